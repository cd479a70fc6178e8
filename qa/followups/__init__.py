"""Rewriting of follow-up questions from the conversation so far."""

from qa.followups.rewriting import standalone
from qa.followups.turns import Turn

__all__ = ["Turn", "standalone"]
