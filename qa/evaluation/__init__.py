"""Evaluation of the retriever, the reader and the whole assistant.

Invalid input raises an `AssistantError`.
"""
