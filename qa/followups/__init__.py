"""Follow-up questions, made to stand alone from what was asked and answered before."""

from qa.followups.follow_ups import Turn, standalone

__all__ = ["Turn", "standalone"]
