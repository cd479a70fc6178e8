"""Lexical analysis: the terms of a text and of a query, for BM25."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import tantivy

__all__ = ["VERSION", "kindred_terms", "query_terms", "terms"]

VERSION = 2
"""Version of the analysis. Raise it with every change of `terms`: older caches are then rebuilt."""

TERM_BYTES = 255
"""Longer terms are not indexed."""

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

_WORDS = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).build()
_STEMS = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    .filter(tantivy.Filter.remove_long(TERM_BYTES))
    .filter(tantivy.Filter.lowercase())
    .filter(tantivy.Filter.ascii_fold())
    .filter(tantivy.Filter.stemmer("english"))
    .build()
)

SHORTEST_VERB = 4
_NO_AGENTS = frozenset("center corner counter factor former letter master number sector".split())
"""Nouns that look like the agent noun of another word."""

_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_VERSION_PREFIX = re.compile(r"(?<![^\W_])[vV](?=\d+\.\d)")
_HUMP = re.compile(r"(?<=[a-z]{2})(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_PIECE = re.compile(r"""[^\s"'`“”‘’()\[\]{}<>,;!?|=*–—…]+""")
_IDENTIFIER = re.compile(
    r"""
    (?:\.|--?|[~.]{0,2}[/\\]) [^\W\d_] .*  # .NET, -v, --dry-run, /etc/fstab, ./run
    | [^\W\d_] \w* (?:\#|\+\+)             # C#, C++
    | \w .* [-./\\_:@+\#~] .* \w           # ORA-00942, 2.3.1, node.js, get_user, C:\Temp
    """,
    re.VERBOSE | re.DOTALL,
)
_ORDINARY = re.compile(r"[^\W\d_]+(?:[-/][^\W\d_]+)+")
"""Words joined by a hyphen or a slash, such as "well-known" and "and/or"."""


def terms(text: str) -> list[str]:
    """Split a text into its terms: stemmed words, parts of identifiers and whole identifiers.

    Words are lower-cased, stripped of accents and stemmed. "getUserById" adds its parts,
    "/etc/fstab" stands whole after its parts, "2,000" is "2000" and "v2.3.1" is "2.3.1".
    """
    spelled = _spelled(text)
    return [*_STEMS.analyze(_with_parts(spelled)), *_identifiers(spelled)]


def query_terms(query: str) -> list[str]:
    """Split a query into the terms to search for, each once, without stop words."""
    spelled = _spelled(query)
    words = _STEMS.analyze(" ".join(_content_words(_with_parts(spelled))))
    return list(dict.fromkeys([*words, *_identifiers(spelled)]))


def kindred_terms(term: str) -> list[str]:
    """Give the terms that a stemmer leaves apart: the agent noun of a verb, or its verb.

    "found", the stem of "founded", gives "founder" and "foundor"; "founder" gives "found". The
    caller keeps those that are indexed.
    """
    if not term.isalpha() or len(term) < SHORTEST_VERB or term in _NO_AGENTS:
        return []
    if term.endswith(("er", "or")):
        return [term[:-2]] if len(term) >= SHORTEST_VERB + 2 else []
    return [noun for noun in (term + "er", term + "or") if noun not in _NO_AGENTS]


def _content_words(query: str) -> list[str]:
    """Drop stop words, except acronyms (US, WHO); keep all if nothing else would be left."""
    words: list[str] = _WORDS.analyze(query)
    acronyms_stand_out = not query.isupper()
    kept = [
        word
        for word in words
        if word.lower() not in STOP_WORDS
        or (acronyms_stand_out and len(word) > 1 and word.isupper())
    ]
    return kept or words


def _spelled(text: str) -> str:
    """Give equal numbers, versions and characters one spelling; replace lone surrogates by "?"."""
    text = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode())
    text = _THOUSANDS.sub(lambda match: match[0].replace(",", ""), text)
    return _VERSION_PREFIX.sub("", text)


def _with_parts(text: str) -> str:
    """Append the parts of words in camel case."""
    split = (_HUMP.split(word) for word in _WORDS.analyze(text))
    parts = [part for found in split if len(found) > 1 for part in found]
    return " ".join([text, *parts])


def _identifiers(text: str) -> Iterator[str]:
    """Yield the identifiers of a text whole, in lower case."""
    for piece in _PIECE.findall(text):
        if piece.isalpha() or len(piece.encode()) > TERM_BYTES:
            continue
        bare = piece.rstrip(".:-/\\~%").lstrip(":$€£")
        if _IDENTIFIER.fullmatch(bare) and (bare.isupper() or not _ORDINARY.fullmatch(bare)):
            yield bare.lower()
