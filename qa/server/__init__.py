"""Server of the HTTP API, MCP, metrics and the web page in one process and on one port.

`README.md` has the threat model. Each protection has a test.
"""
