"""Lexical analysis: the terms of a text and of a query, for BM25."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

import tantivy

VERSION = 2
"""Version of the analysis. Raise it with every change of `terms`: older caches are then rebuilt."""

TERM_BYTES = 255
"""Longer terms are not indexed."""

_LONGEST_COMPOUND = 30
"""Maximum letters of a word that is tried as two words: each place to split it is looked up."""

CACHED_WORDS = 2**15
"""Number of words whose stem or spellings are cached: most words of a text have occurred before."""

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

_BRITISH_ENDINGS = "our or,tr ter,br ber,is iz,ys yz,enc ens,ogu og"
_ENDINGS = dict(pair.split() for pair in _BRITISH_ENDINGS.split(","))
_ENDINGS |= {other: ending for ending, other in _ENDINGS.items()}
"""Endings of British stems and of American ones: "colour", "centr", "organis", "catalogu"."""
_FORMS = """child children, foot feet, man men, mous mice, person peopl, tooth teeth, woman women,
aluminium aluminum, grey gray, programm program, tyre tire"""
"""Stems of irregular plurals, and of words with two spellings."""
_OTHER_FORM = dict(pair.split() for pair in _FORMS.split(","))
_OTHER_FORM |= {other: form for form, other in _OTHER_FORM.items()}
_PREFIX = re.compile(r"^(co|e|multi|non|pre|semi|sub|t|wi|x)(?=\w{2})")
"""Prefixes that may be followed by a hyphen: "e-mail", "non-profit"."""

# Searching for these first is faster: a pattern that begins with a lookbehind is tried everywhere.
_DIGIT_COMMA = re.compile(r"\d,\d")
_VERSION = re.compile(r"[vV]\d+\.\d")
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_VERSION_PREFIX = re.compile(r"(?<![^\W_])[vV](?=\d+\.\d)")
_HUMP = re.compile(r"(?<=[a-z]{2})(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_SEPARATORS = "\"'`“”‘’()[]{}<>,;!?|=*–—…"
_PIECE = re.compile(rf"[^\s{re.escape(_SEPARATORS)}]+")
_ENDS = ".:-/\\~%"
"""Characters at the end of an identifier that are not part of it."""
_IDENTIFIER = re.compile(
    r"""
    (?:\.|--?|[~.]{0,2}[/\\]) [^\W\d_] .*  # .NET, -v, --dry-run, /etc/fstab, ./run
    | [^\W\d_] \w* (?:\#|\+\+)             # C#, C++
    | \w .* [-./\\_:@+\#~] .* \w           # ORA-00942, 2.3.1, node.js, get_user, C:\Temp
    """,
    re.VERBOSE | re.DOTALL,
)
_ORDINARY = re.compile(r"(?<![^\W\d_])[^\W\d_]++(?:[-/][^\W\d_]++)+")
"""Words joined by a hyphen or a slash, such as "well-known" and "and/or"."""


def terms(text: str) -> list[str]:
    """Split a text into its terms: stemmed words, parts of identifiers and whole identifiers.

    Words are lower-cased, stripped of accents and stemmed. "getUserById" adds its parts,
    "/etc/fstab" stands whole after its parts, "2,000" is "2000" and "v2.3.1" is "2.3.1".
    """
    spelled = _spelled(text)
    words: list[str] = _WORDS.analyze(spelled)
    stems = [stem for word in words for stem in _stems(word)]
    parts = [part for word in words if not word.islower() for part in _parts(word)]
    return [*stems, *(stem for part in parts for stem in _stems(part)), *_identifiers(spelled)]


def query_terms(query: str) -> list[str]:
    """Split a query into the terms to search for, each once, without stop words."""
    spelled = _spelled(query)
    words: list[str] = _WORDS.analyze(spelled)
    words += [part for word in words for part in _parts(word)]
    stems = [stem for word in _content_words(words, query=spelled) for stem in _stems(word)]
    compounds = [word.lower() for word in _ORDINARY.findall(spelled) if "-" in word]
    return list(dict.fromkeys([*stems, *_identifiers(spelled), *compounds]))


@lru_cache(maxsize=CACHED_WORDS)
def spellings(term: str) -> Sequence[str]:
    """Return other spellings of a term: "color", "children" for "child", "iso 9001" for "iso9001".

    A spelling of two words, such as "e mail", requires both. The caller keeps those that are
    indexed.
    """
    if not term.isalpha():
        joined = [re.sub(r"(?<=[a-z])(?=\d)", mark, term, count=1) for mark in "- "]
        return [*_stems(term.replace("-", "")), *joined]
    found = [_OTHER_FORM[term]] if term in _OTHER_FORM else []
    for one, other in _ENDINGS.items():
        if term.endswith(one) and len(term) > 4:
            found.append(term.removesuffix(one) + other)
    return [*found, _PREFIX.sub(r"\1 ", term)]


def split_compound(term: str) -> list[str]:
    """Return the ways to write a term as two words: "start up" for "startup"."""
    is_word = term.isalpha() and len(term) <= _LONGEST_COMPOUND
    cuts = range(3, len(term) - 1) if is_word else ()
    return [
        f"{term[:cut]} {term[cut:]}"
        for cut in cuts
        if len(term) > cut + 2 or term[cut:] in ("in", "on", "up")
    ]


def related_forms(term: str) -> list[str]:
    """Return the agent nouns of a verb, or the verb of an agent noun: stemming keeps them apart.

    "found", the stem of "founded", gives "founder" and "foundor"; "founder" gives "found". The
    caller keeps those that are indexed.
    """
    if not term.isalpha() or len(term) < SHORTEST_VERB or term in _NO_AGENTS:
        return []
    if term.endswith(("er", "or")):
        return [term[:-2]] if len(term) >= SHORTEST_VERB + 2 else []
    return [noun for noun in (term + "er", term + "or") if noun not in _NO_AGENTS]


def _content_words(words: list[str], *, query: str) -> list[str]:
    """Drop stop words, except acronyms (US, WHO); keep all if nothing else would be left."""
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
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode())
    if _DIGIT_COMMA.search(text):
        text = _THOUSANDS.sub(lambda match: match[0].replace(",", ""), text)
    return _VERSION_PREFIX.sub("", text) if _VERSION.search(text) else text


@lru_cache(maxsize=CACHED_WORDS)
def _stems(word: str) -> Sequence[str]:
    """Return the stem of a word; empty for a long word."""
    return tuple(_STEMS.analyze(word))


@lru_cache(maxsize=CACHED_WORDS)
def _parts(word: str) -> Sequence[str]:
    """Return the parts of a word in camel case; empty for other words."""
    parts = _HUMP.split(word)
    return parts if len(parts) > 1 else ()


def _identifiers(text: str) -> Iterator[str]:
    """Yield the identifiers of a text whole, in lower case."""
    for token in text.split():
        # Most tokens are words, and string methods are faster than the patterns.
        if token.isalnum() or token.lstrip(_SEPARATORS).rstrip(_SEPARATORS + _ENDS).isalnum():
            continue
        for piece in _PIECE.findall(token):
            bare = piece.rstrip(_ENDS).lstrip(":$€£")
            if bare.isalnum() or len(piece.encode()) > TERM_BYTES:
                continue
            if _IDENTIFIER.fullmatch(bare) and (bare.isupper() or not _ORDINARY.fullmatch(bare)):
                yield bare.lower()
