"""Rewriting of follow-up questions from the conversation so far."""

from qa.followups.rewriting import repeats_answer, search_text, standalone
from qa.followups.turns import Turn

__all__ = ["Turn", "repeats_answer", "search_text", "standalone"]
