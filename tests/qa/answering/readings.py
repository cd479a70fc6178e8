"""Readings of passages for tests."""

from collections.abc import Sequence

from qa.reader.reader import PassageReading
from qa.reader.spans import LogitSpan, ScoredSentence


def reading(
    *spans: LogitSpan, sentences: Sequence[ScoredSentence] = (), relevance: float = 1.0
) -> PassageReading:
    """Build a reading of a relevant passage."""
    return PassageReading(spans, tuple(sentences), relevance)
