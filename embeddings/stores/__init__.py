"""Stores of documents, chunks and vectors: local folders and Milvus."""
