"""How each family of file formats is read; `embeddings.files` picks by the ending."""
