"""Places where documents, chunks and vectors live; each module holds one kind."""
