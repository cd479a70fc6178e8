"""Store in a folder: a SQLite catalog with FAISS and Tantivy indexes built from it."""
