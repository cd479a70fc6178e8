"""Store in a Milvus cluster or in a Milvus Lite file."""
