"""How each family of file formats is read; `embeddings.documents` picks by the ending."""
