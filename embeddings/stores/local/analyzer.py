"""The terms that texts are searched by: words in lower case, without accents and endings."""

from __future__ import annotations

import unicodedata

import tantivy

__all__ = ["ANALYZER", "analyze", "analyze_query", "normalize"]

TOKEN_BYTES = 255

STOP_WORDS = frozenset(
    """
    a about after all also am an and any are as at be because been before being between both but by
    can could did didn do does doesn doing don during each for from had has have having he her here
    hers him his how i if in into is isn it its just ll me more most my no nor not of off on once
    only or other our ours out over own re s same she should so some such t than that the their
    theirs them then there these they this those through to too under until up ve very was wasn we
    were weren what when where which while who whom whose why will with would you your yours
    """.split()
)

_split = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).build()
ANALYZER = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    .filter(tantivy.Filter.remove_long(TOKEN_BYTES))
    .filter(tantivy.Filter.lowercase())
    .filter(tantivy.Filter.ascii_fold())
    .filter(tantivy.Filter.stemmer("english"))
    .build()
)


def analyze(text: str) -> list[str]:
    """Split a text that is to be found into its terms, in order."""
    return list(ANALYZER.analyze(normalize(text)))


def analyze_query(question: str) -> list[str]:
    """Split a question into the terms to search for, each once."""
    return list(dict.fromkeys(ANALYZER.analyze(" ".join(content_words(question)))))


def content_words(question: str) -> list[str]:
    """Drop the stop words, but no acronym (US, WHO), and none when nothing else would be left."""
    words = _split.analyze(normalize(question))
    acronyms_stand_out = not question.isupper()
    kept = [
        word
        for word in words
        if word.lower() not in STOP_WORDS
        or (acronyms_stand_out and len(word) > 1 and word.isupper())
    ]
    return kept if kept else words


def normalize(text: str) -> str:
    """Join what Unicode spells in several ways; what cannot be encoded becomes a question mark."""
    return unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode())
