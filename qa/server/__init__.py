"""One process on one port: the HTTP API, the agents' door and, with `qa.web`, the page.

Who may attack it, what they reach, and what guards that; each guard has a test that fails without
it.

**A document** says and is called what anybody may have written. Its text, title, file name,
metadata and address are data everywhere. On the page every one of them is escaped
(`qa.web.markup.safe`), only http and https addresses become links, and the page's policy lets
nothing be loaded from or sent to another place; that policy must allow inline scripts, for Gradio
has them, so the escaping is what counts. Exports escape Markdown, tables put an apostrophe before
what a spreadsheet would take for a formula (`qa.monitoring.batch`), and a terminal gets signs for
control characters (`qa.serialization.replace_control_characters`). Files are read up to
`max_file_bytes`, XML entities are not resolved, nothing in a file is fetched or run. A corpus's
links that lead out of it are passed over. What a document says can be false, and is quoted as it
stands: an answer is a quotation, not a truth. Agents that use the tools must treat what they are
given as data, too.

**A page elsewhere**, open in the browser of somebody who may come in, asks and changes nothing:
any request with a foreign `Origin` is refused, and so are web sockets. Without a key the server
goes by the names of this machine alone, against pages whose name is made to point here (DNS
rebinding). No header tells the page to send its questions elsewhere, and no other page may frame
it.

**Whoever reaches the port** without a key finds /health and /ready. Keys are kept as SHA-256,
compared in constant time and never logged; a listener beyond this machine without a key takes
`--insecure`. Of Gradio's paths those that the page needs are there (`qa.server.middleware`): none
that fetches an address, takes a file, or hands one out. Headers are bounded, bodies before they
are read, forms in their parts, questions in length, waiting in number and time. Names of uploads
are bare names.

**A model or an index from somebody else** is opened as data. Weights are safetensors or ONNX: a
pickle is refused before it is opened, code that a model's settings name is not run, an ONNX file
reads no file beside it (`embeddings.runtimes`). An index's folder with a symbolic link in it is
refused, and a catalog with views, triggers or virtual tables; vectors are read as plain numbers,
never by FAISS; an encoder that only the index names is not downloaded (`embeddings.stores`).

**The network** is not used: not to answer, not to serve. Naming the id of a model that is not on
this machine, and a cluster (`--ray`, Milvus), is all that opens a connection; of models, data alone
are fetched.

Not defended:

- Who can write to the index's folder, the corpus, the settings (`qa.toml` is read from the working
  directory) or the models decides what is answered. SHA256SUMS beside a model tell damage, not
  origin.
- Who has the key may do all: read, add and remove documents. There are no users and no quotas, so
  a holder can keep the server busy and fill the disk. Guessing is not slowed down: make keys long.
- The server speaks plain HTTP, and holds as many connections as the system lets it: beyond one's
  own network, put a proxy with TLS and limits before it, which passes the Host header on.
- With `--insecure` on an address of the network, anyone there may do all, and so may any web page
  by DNS rebinding.
- How long an answer takes, and the figures of /metrics, tell something of the documents.
- Whoever reaches the ports of a Ray cluster (`--ray`), and has its token if `RAY_AUTH_MODE=token`
  has it ask for one, may run anything on its machines; texts and questions pass between them in the
  clear. A cluster belongs in a network of its own.
- The libraries that read PDF and Word files, run ONNX and search words are native code in part: a
  flaw in one is a flaw here. `.ci/run` asks for those that are known (pip-audit).
- `qa verify` opens the files that a reply names, so that a reply from a stranger makes it read any
  document of its user's; it tells whether words stand there, and no more.
"""
