"""The extractive reader: token windows in, answer spans out."""
