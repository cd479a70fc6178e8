"""Server of the HTTP API, MCP and metrics, to which `qa serve` adds the web page.

`README.md` has the threat model. Each protection has a test.
"""
