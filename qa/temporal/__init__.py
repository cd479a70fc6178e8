"""Time: what a question asks about, and what a text's words for days mean."""

from qa.temporal.window import Preference, Window, recent, window_of

__all__ = ["Preference", "Window", "recent", "window_of"]
