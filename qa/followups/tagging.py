"""Split English text into words and tag them, with word lists and word order only."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qa.followups import words

NOUN_TAGS = ("det", "name", "noun")
"""Tags of the words in a noun phrase."""

_HEADS = NOUN_TAGS[1:]
_TOKEN = re.compile(r"['’]s(?![\w'’])|(?:(?!['’]s(?![\w'’]))[^\s\"“”„(),;?!\[\]…—])+|\S")
_ABBREVIATION = re.compile(r"(?:[a-z]\.)+|(?:mr|mrs|ms|dr|prof|st|gen|gov|sen|rep|capt|jr|sr)\.")
_LISTED = {
    **dict.fromkeys(words.ADVERBS, "adv"),
    **dict.fromkeys(words.CONJUNCTIONS, "conj"),
    **dict.fromkeys(words.PREPOSITIONS, "prep"),
    **dict.fromkeys(words.PRONOUNS, "pron"),
    **dict.fromkeys(words.DETERMINERS, "det"),
    **dict.fromkeys(words.BE | words.HAVE | words.DO | words.MODALS, "aux"),
    **dict.fromkeys(words.WH, "wh"),
}
_SUBJECT_PRONOUNS = frozenset("i we you they he she it one there this that".split())
_LY_NOUNS = frozenset("assembly family monopoly rally reply supply".split())
_CAUSATIVES = frozenset("make makes let lets help helps".split())


@dataclass(frozen=True, slots=True)
class Token:
    """A word or punctuation mark with its half-open character range in the text."""

    text: str
    lower: str
    """The word in lower case, without the full stop of an abbreviation."""
    start: int
    end: int
    tag: str
    """wh, aux, det, pron, prep, conj, adv, verb, adj (as a predicate), noun, name (capitalised, or
    a number, path, option or other identifier), poss ('s) or punct."""


def tag(text: str) -> list[Token]:
    """Split a text into tagged words and punctuation marks."""
    tokens = list[Token]()
    for match in _TOKEN.finditer(text):
        word, start = match[0], match.start()
        if not _ABBREVIATION.fullmatch(word.lower()):
            word = word.rstrip(".:'’") or word
        lower = word.lower().replace("’", "'").rstrip(".")
        kind = _word_tag(word, lower, tokens[-1].tag if tokens else "")
        tokens.append(Token(word, lower, start, start + len(word), kind))
        if rest := match[0][len(word) :]:
            owner = rest in ("'", "’") and word[-1] == "s"  # "the turkeys' origin"
            kind = "poss" if owner else "punct"
            tokens.append(Token(rest, rest, start + len(word), match.end(), kind))
    _tag_verbs(tokens)
    return tokens


def _word_tag(word: str, lower: str, before: str) -> str:
    """Tag a word by itself; verbs and adjectives are tagged as nouns until `_tag_verbs`."""
    if lower == "'s":
        return "aux" if before in ("wh", "pron") else "poss"
    if not any(character.isalnum() for character in word):
        return "punct"
    if word == "I" or lower.startswith("i'"):
        return "pron"
    if word == "Per":
        return "name"
    listed = _LISTED.get(lower)
    inside = before not in ("", "punct")
    if word[0].isupper() and inside:
        return "name"  # "IT", "US" and "May"
    if listed is not None:
        return listed
    identifier = re.search(r"[^\w'’-]|^-|[\d_]|\w[A-Z]", word)
    if identifier or (word[0].isupper() and lower not in words.VERBS):
        return "name"
    adverb = lower.endswith("ly") and lower not in _LY_NOUNS | words.VERBS
    return "adv" if adverb else "noun"


@dataclass(slots=True)
class _Clause:
    """State of a clause while its words are tagged from left to right."""

    auxiliary: str = ""
    """The last auxiliary whose verb has not come yet, in lower case; empty without one."""
    asking: str = ""
    """The question word if it may be the subject ("Which command lists ...?"), else empty."""
    predicate: bool = True
    """Whether a form of be still needs a predicate, as in "Is the case waterproof?"."""
    nouns: int = 0
    """Nouns since the auxiliary or question word."""


def _tag_verbs(tokens: list[Token]) -> None:
    """Change the tags of nouns that are verbs or predicates in their position."""
    clause = _Clause()
    before = nothing = Token("", "", 0, 0, "punct")
    for at, token in enumerate(tokens):
        main_verb = clause.auxiliary and clause.nouns and token.lower in words.DO | words.HAVE
        if token.text in (".", "?", "!"):
            clause = _Clause()
        elif token.tag == "wh":
            after = tokens[at + 1].lower if at + 1 < len(tokens) else ""
            subject = token.lower in ("who", "what", "which") or after in ("many", "much")
            asking = token.lower if subject else ""
            clause = _Clause(asking=asking, predicate=token.lower == "why")
        elif token.tag == "aux" and not main_verb:
            asking = "" if clause.nouns else clause.asking
            clause = _Clause(token.lower, asking, clause.predicate and not clause.nouns)
        elif token.tag in ("det", "prep", "pron"):
            clause.predicate = clause.predicate and token.tag == "det" and not clause.nouns
        elif token.tag in ("noun", "aux"):
            rest = [*tokens[at + 1 :], nothing]
            kind = "verb" if main_verb else _verb_tag(token.lower, before, rest, clause)
            if kind == "noun" and _is_caused(tokens, at):
                kind = "verb"
            tokens[at] = replace(token, tag=kind)
            if kind != "noun" and before.lower != "to":
                clause = _Clause(predicate=clause.predicate)
        clause.nouns += tokens[at].tag in ("noun", "name", "pron")
        before = before if token.tag == "adv" else tokens[at]


def _verb_tag(word: str, before: Token, rest: Sequence[Token], clause: _Clause) -> str:
    """Return "verb", "adj" or "noun" for a word that no list contains.

    `before` is the token before it, adverbs left out; `rest` are the tokens after it.
    """
    after, known = rest[0], word in words.VERBS
    if before.tag == "punct":
        return "verb" if known and after.tag != "punct" else "noun"  # "Show me ..."
    if before.tag in ("det", "poss") or before.lower == "of":
        return "noun"
    if before.lower == "to":
        return "verb" if known or after.tag in ("det", "pron") else "noun"
    adjective = word in words.ADJECTIVES and before.tag in _HEADS and after.tag not in _HEADS
    if adjective or (word.endswith("er") and after.lower == "than"):
        return "adj"  # "keep my phone safe"
    past = word in words.IRREGULAR_VERBS or (word[-2:] == "ed" and word[-3:] != "eed")
    object_follows = after.tag in ("det", "pron", "name")
    object_follows = object_follows or (word[-1] == "s" and after.lower in words.ADJECTIVES)
    if past and before.tag in (*_HEADS, "wh"):
        return "verb"
    clause_starts = before.tag in ("noun", "name") and _is_verb_form(word)
    if object_follows and (clause_starts or word.endswith("ing")):
        return "verb"
    if clause.auxiliary in words.BE | words.HAVE:
        return _tag_after_be(word, before, after, clause, past=past)
    if before.lower in _SUBJECT_PRONOUNS:
        return "verb"
    if clause.auxiliary:
        return _tag_after_do(word, before, rest, clause)
    # "Which file contains" and "What file contains", but "What contains".
    noun = before.lower in ("which", "how") or after.tag == "aux" or _is_verb_form(after.lower)
    verb = before.lower == "who" or (_is_verb_form(word) and not (before.tag == "wh" and noun))
    return "verb" if clause.asking and verb else "noun"


def _tag_after_be(word: str, before: Token, after: Token, clause: _Clause, *, past: bool) -> str:
    if word in words.ADJECTIVES:
        return "noun" if after.tag in _HEADS else "adj"
    if (past or (word.endswith("ing") and len(word) > 4)) and after.tag != "noun":
        return "verb"
    last = after.tag == "punct" and clause.predicate
    return "adj" if last and clause.auxiliary != "be" else "noun"


def _tag_after_do(word: str, before: Token, rest: Sequence[Token], clause: _Clause) -> str:
    after, known = rest[0], word in words.VERBS
    if not clause.nouns:  # "What will happen?"
        asked = clause.asking and clause.auxiliary in words.MODALS
        sure = known or clause.asking == "who" or after.tag in ("det", "pron")
        return "verb" if asked and sure else "noun"
    if known and after.lower not in words.VERBS:
        return "verb"
    # If no verb is known, the last word before the object or the end is the verb.
    last = after.tag not in (*_HEADS, "aux", "poss")
    known_later = any(token.tag in ("noun", "aux") and token.lower in words.VERBS for token in rest)
    return "verb" if last and not known_later else "noun"


def _is_verb_form(word: str) -> bool:
    """Return whether a word in lower case may be a form of a known verb."""
    stems = [word, word.removesuffix("s"), word.removesuffix("es"), word.removesuffix("d")]
    stems += [re.sub("ie[sd]$", "y", word), re.sub(r"(?:(\w)\1)?ed$", r"\1", word)]
    return word in words.IRREGULAR_VERBS or not words.VERBS.isdisjoint(stems)


def _is_caused(tokens: Sequence[Token], at: int) -> bool:
    """Return whether a word is the verb in "make my phone charge"."""
    if tokens[at].lower not in words.VERBS or tokens[at - 1].tag not in ("noun", "name"):
        return False
    while at and tokens[at - 1].tag in NOUN_TAGS:
        at -= 1
    return at > 0 and tokens[at - 1].lower in _CAUSATIVES
