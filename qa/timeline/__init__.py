"""Timelines: changes of the answer to a question over time."""
