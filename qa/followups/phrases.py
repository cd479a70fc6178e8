"""Noun phrases in questions and answers that a follow-up may refer to."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from qa.followups import words
from qa.followups.tagging import NOUN_TAGS, Token, tag

Kind: TypeAlias = Literal["person", "time", "name", "thing"]
Role: TypeAlias = Literal["asked", "subject", "other"]

_YEAR = re.compile(r"(?:1\d|20)\d\ds?")
_MAX_ANSWER_WORDS = 10
_SINGULAR_FORMS = frozenset("is was does has isn't wasn't doesn't hasn't".split())
_PLURAL_FORMS = frozenset("are were do have aren't weren't don't haven't".split())
_HOW_MANY = (["how", "many"], ["how", "much"])
_RELATIONS = frozenset("difference history meaning name point purpose reason role use way".split())
"""Nouns that a follow-up rarely refers to: after "the purpose of X", "it" is X."""
_EST_NOUNS = frozenset(
    "arrest conquest contest forest harvest interest priest protest request".split()
)
_TIME_WORDS = frozenset("last next early late first end beginning of".split())
_UNSPECIFIC = words.DETERMINERS - frozenset("a an the my our your".split())
"""First words of phrases that introduce no new thing: "any album", "this article"."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase with its half-open character range and its likely meaning."""

    text: str
    start: int
    end: int
    kind: Kind
    """Kind of thing that the phrase names; "name" if the kind is unknown."""
    plural: bool
    gender: Literal["male", "female"] | None
    """None if unknown."""
    head: str
    """The main noun in lower case: "council" in "the city council of Ormsay"."""
    named: bool
    """Whether it is a name without other nouns."""
    preposition: str
    """The preposition before it, in lower case; empty if there is none."""
    role: Role
    """Whether the phrase is asked for ("which town"), is the subject, or neither."""

    @property
    def key(self) -> str:
        """The text for comparison: lower case, without an article."""
        return re.sub(r"^(?:the|an?)\s+", "", self.text.casefold())


@dataclass(frozen=True, slots=True)
class Question:
    """A question and its parts."""

    text: str
    tokens: tuple[Token, ...]
    sentence: int
    """Token index of the start of the last sentence, which the other parts belong to."""
    word: str
    """The question word in lower case; empty if there is none."""
    auxiliary: int | None
    """Token index of the auxiliary after the question phrase or at the start of the question."""
    verb: int | None
    """Token index of the main verb, or of the predicate of a form of be."""
    phrases: tuple[Phrase, ...]
    """Noun phrases, those of the last sentence first; a phrase inside another one follows it."""

    @property
    def asked(self) -> Phrase | None:
        """The noun asked for: "towns" in "Which towns were flooded?"."""
        return next((phrase for phrase in self.phrases if phrase.role == "asked"), None)


def parse(text: str) -> Question:
    """Find the parts of a question (of the last one, if the text has several sentences)."""
    tokens = tag(text)
    ends = [at for at, token in enumerate(tokens[:-1]) if token.text in (".", "?", "!")]
    sentence = next((at + 1 for at in reversed(ends) if tokens[at + 1].tag != "punct"), 0)
    wh, auxiliary, verb = _main_words(tokens, sentence)
    found = list[Phrase]()
    asked_end = 0
    for first, last in _spans(tokens):
        role: Role = "other"
        if _follows_asking(tokens, first) or last <= asked_end:
            role, asked_end = "asked", last
        elif auxiliary is not None and auxiliary < first and (verb is None or last <= verb):
            role = "subject"
        phrase = _phrase(text, tokens, first, last, role)
        owner = tokens[last : last + 1] and tokens[last].tag == "poss"
        if auxiliary is not None and first == auxiliary + 1 and not owner:
            # "What is Kubernetes?" shows that its subject is singular.
            form = tokens[auxiliary].lower
            plural = form in _PLURAL_FORMS or (phrase.plural and form not in _SINGULAR_FORMS)
            phrase = replace(phrase, plural=plural)
        found.append(phrase)
    if sentence:
        found.sort(key=lambda phrase: phrase.start < tokens[sentence].start)
    word = "" if wh is None else tokens[wh].lower
    return Question(text, tuple(tokens), sentence, word, auxiliary, verb, tuple(found))


def _follows_asking(tokens: Sequence[Token], at: int) -> bool:
    """Return whether "which", "what", "whose" or "how many" precedes a token."""
    before = [token.lower for token in tokens[max(at - 2, 0) : at]]
    return before[-1:] in (["which"], ["what"], ["whose"]) or before in _HOW_MANY


def _main_words(tokens: Sequence[Token], start: int) -> tuple[int | None, int | None, int | None]:
    """Return the token indexes of the question word, the auxiliary and the main verb."""
    while start < len(tokens) and tokens[start].tag in ("conj", "adv", "punct", "prep"):
        start += 1  # "And in which year"
    wh = start if start < len(tokens) and tokens[start].tag == "wh" else None
    auxiliary = verb = None
    for at, token in enumerate(tokens[start:], start):
        if token.tag == "aux" and auxiliary is None and verb is None:
            auxiliary = at if wh is not None or at == start else None
        elif token.tag in ("verb", "adj") and verb is None:
            verb = at
    return wh, auxiliary, verb


def answer_phrase(answer: str) -> Phrase | None:
    """Return a short answer as a phrase; None if it is long or not a noun phrase."""
    answer = re.split(r",\s+(?:who|whose|whom|which|where)\b", answer[:200])[0].strip(" \t\n.,;:")
    tokens = tag(answer)
    if [token.tag for token in tokens[:2]] == ["aux", "name"]:  # "Will Carter"
        tokens[0] = replace(tokens[0], tag="name")
    tags = [token.tag for token in tokens]
    first = 1 if tags[:1] == ["prep"] and tags[1:2] != ["verb"] else 0
    inside = tokens[first:]
    if not 0 < len(inside) <= _MAX_ANSWER_WORDS or inside[0].lower in _UNSPECIFIC:
        return None
    relative = inside[0].lower in ("last", "next")  # "last year"
    ends = (inside[0].tag in NOUN_TAGS or relative, inside[-1].tag in NOUN_TAGS[1:])
    # A clause, a list, a command ("apt install ...") or a participle ("privately funded").
    clause = any(
        t.tag not in (*NOUN_TAGS, "prep", "conj", "poss") or t.lower == "that"
        for t in inside[relative:]
    )
    command = inside[0].tag == "noun" and (
        inside[0].lower in words.VERBS or (inside[1:2] and inside[1].tag == "det")
    )
    participle = any(t.tag == "noun" and t.lower.endswith("ed") for t in (inside[0], inside[-1]))
    if not all(ends) or clause or command or participle:
        return None
    return _phrase(answer, tokens, first, len(tokens), "other")


def _spans(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Find noun phrases and the phrases inside them ("PostgreSQL" in "the port of PostgreSQL")."""
    at = 0
    while at < len(tokens):
        end = at
        while end < len(tokens) and _belongs(tokens, at, end):
            end += 1
        if _introduces(tokens, at, end):
            yield at, end
        for inner in range(at + 1, end):
            if tokens[inner].tag == "poss" and _introduces(tokens, at, inner):
                yield at, inner
            elif tokens[inner].lower == "of" and _introduces(tokens, inner + 1, end):
                yield inner + 1, end
        at = max(end, at + 1)


def _belongs(tokens: Sequence[Token], start: int, at: int) -> bool:
    """Return whether a token starts a noun phrase or continues the one from `start`."""
    token = tokens[at]
    if at == start:
        return token.tag in NOUN_TAGS
    before, following = tokens[at - 1], tokens[at + 1].tag if at + 1 < len(tokens) else ""
    if token.tag == "poss" or token.lower == "of":
        return following in NOUN_TAGS
    if token.lower == "and":
        return following == "name"
    return token.tag in NOUN_TAGS[1:] or (token.tag == "det" and before.lower == "of")


def _introduces(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Return whether words form a noun phrase that a pronoun may refer to."""
    phrase = tokens[start:end]
    if not phrase or phrase[-1].tag not in NOUN_TAGS[1:]:
        return False
    lower = [token.lower for token in phrase]
    if lower[0] in _UNSPECIFIC:
        return False
    superlative = _is_superlative(lower[-1]) or end == len(tokens) or tokens[end].tag != "prep"
    if superlative and all(token.tag == "det" or _is_adjective(token.lower) for token in phrase):
        return False  # "Which planet is the largest?", but "the fine for parking"
    if start and tokens[start - 1].lower == "long":
        return False  # "use" in "long term use"
    relation = lower[lower[0] == "the" :][0].removesuffix("s") in _RELATIONS
    if relation or (len(lower) == 1 and lower[0] in words.VERBS):
        return False
    if end < len(tokens) and tokens[end].lower in ("one", "ones"):
        return False
    if any(token.tag != "noun" for token in phrase) or _is_plural(lower[-1]):
        return True
    # Only its position shows that a word without a determiner is a noun.
    before = tokens[start - 1] if start else None
    return before is None or (before.tag in ("prep", "verb", "aux", "wh") and before.lower != "to")


def _is_adjective(word: str) -> bool:
    return word in words.ADJECTIVES or _is_superlative(word)


def _is_superlative(word: str) -> bool:
    superlative = word.endswith("est") and len(word) > 5 and word not in _EST_NOUNS
    return superlative or word in ("best", "first", "least", "most", "worst")


def _phrase(text: str, tokens: Sequence[Token], first: int, last: int, role: Role) -> Phrase:
    phrase = tokens[first:last]
    before = tokens[first - 1] if first else None
    core = [token for token in phrase if token.tag != "det"]
    # "prime minister" is the main part of "Italy's prime minister in spring".
    main = core[: next((at for at, t in enumerate(core) if t.tag == "prep" and at), len(core))]
    main = main[max((at for at, t in enumerate(main[:-1], 1) if t.tag == "poss"), default=0) :]
    joined = any(token.lower == "and" for token in core)
    named = all(token.tag == "name" or token.lower in ("and", "of") for token in core)
    kind = _kind(core, main, named=named)
    head, main_words = main[-1], {token.lower for token in main}
    male, female = main_words & words.MALE, main_words & words.FEMALE
    return Phrase(
        text=text[phrase[0].start : phrase[-1].end],
        start=phrase[0].start,
        end=phrase[-1].end,
        kind=kind,
        plural=joined or (head.tag == "noun" and kind != "time" and _is_plural(head.lower)),
        gender="male" if male else "female" if female else None,
        head=head.lower,
        named=named,
        preposition=before.lower if before is not None and before.tag == "prep" else "",
        role=role,
    )


def _kind(core: Sequence[Token], main: Sequence[Token], *, named: bool) -> Kind:
    lower, head = [token.lower for token in core], main[-1].lower
    dated = [w for w in lower if w.removesuffix("s") in words.TIMES or _YEAR.fullmatch(w)]
    others = {word for word in lower if word not in dated and not word[:1].isdigit()}
    if dated and others <= _TIME_WORDS:
        return "time"
    title = main[-1].tag == "name" and any(token.lower in words.TITLES for token in main)
    given_name = named and main[0].lower in words.MALE | words.FEMALE
    if title or given_name or {head, head.removesuffix("s")} & words.PERSONS:
        return "person"
    return "name" if named and all(token.text[0].isupper() for token in main) else "thing"


def _is_plural(word: str) -> bool:
    return word in words.IRREGULAR_PLURALS or (
        len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
    )
