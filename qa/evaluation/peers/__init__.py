"""Other systems at the same task, each in a process and an environment of its own.

`program` is what runs there; a system is a module beside it with two functions:

- `indexer(models, folder)` gets ready to make an index in a folder that is not there yet, and gives
  a function that indexes texts and keeps the index;
- `opened(models, folder)` opens it, and gives a function from a question to an answer's words:
  under "given" what its users are given, None for no answer, under "best" its first answer whatever
  its score, where it tells that too.

`models` is a folder with the models as transformers opens them, `encoder` and `reader`.
"""
