"""Batches of questions, watched questions, citation checks and feedback."""
