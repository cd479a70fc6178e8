"""Time: what a question asks about, and what a text's words for days mean."""

from qa.dates.dating import date_of
from qa.dates.periods import Period
from qa.dates.window import Preference, Window, recent, window_of

__all__ = ["Period", "Preference", "Window", "date_of", "recent", "window_of"]
