"""Time expressions: the time range of a question, and the days that words in a text mean."""

from qa.dates.dating import date_of
from qa.dates.period import Period
from qa.dates.time_range import Preference, TimeRange, parse_time_range, recent

__all__ = ["Period", "Preference", "TimeRange", "date_of", "parse_time_range", "recent"]
