"""One process on one port: the HTTP API, the agents' door and, with `qa.chat`, the page."""
