"""A small parser of rules over tokens; the rules are those of `qa.dates.grammar`.

A rule is a pattern and a function. The items of a pattern match one after the other:

- `of|in` matches one of these words; punctuation matches itself;
- `<month>` matches a class of `vocabulary.WORDS` or `numeric.PATTERNS` or the rules of this name.
  The function gets the value as its argument `month`, that of `<month:last>` as `last`, and not
  that of `<month:_>`;
- `?` at the end makes an item optional.

Of the rules with the same name, the one with the longest match is used; ties go to the first.
"""

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from qa.dates.numeric import PATTERNS
from qa.dates.tokens import Token
from qa.dates.vocabulary import COUNTED, LONGEST, NOT_COUNTED, WORDS

Tense: TypeAlias = Literal["past", "future"]
"""Meaning of "September": the last one that has begun, or the first that has not ended."""

_TO = "to|until|till|through|and|or|-|–|/"
_MAX_DEPTH = 12
"""Maximum nesting of rules, as in "the end of the first half of last year"."""


class Found(NamedTuple):
    """The value of a match, and the index of the token after it."""

    value: Any
    end: int
    kind: str = ""
    """The name of the rule's function."""


class _Item(NamedTuple):
    words: frozenset[str] | None
    name: str
    argument: str
    optional: bool


class Rule(NamedTuple):
    """A pattern and its function."""

    items: tuple[_Item, ...]
    function: Callable[..., Any]
    starts: frozenset[str] = frozenset()
    """The words that a match may begin with; "0" means all tokens with digits."""


def rules(*rows: tuple[str, Callable[..., Any]]) -> list[Rule]:
    """Create rules from patterns and functions; `<to>` in a pattern means "to", "and" or "-"."""
    return [Rule(tuple(map(_item, pattern.split())), function) for pattern, function in rows]


def with_starts(grammar: Mapping[str, Sequence[Rule]]) -> dict[str, list[Rule]]:
    """Add `starts` to the rules, so that most of them need not be tried."""

    def starts(items: tuple[_Item, ...]) -> Iterator[str]:
        for item in items:
            for one in grammar.get(item.name, ()):
                yield from starts(one.items)
            yield from item.words or (words.split()[0] for words in WORDS.get(item.name, ()))
            if item.name in PATTERNS:
                yield "0"
            if not item.optional:
                break

    return {
        name: [one._replace(starts=frozenset(starts(one.items))) for one in rules]
        for name, rules in grammar.items()
    }


def _item(text: str) -> _Item:
    item = text.removesuffix("?")
    if item == "<to>":
        item = _TO
    if not item.startswith("<"):
        return _Item(frozenset(item.split("|")), "", "", text.endswith("?"))
    name, _, argument = item.strip("<>").partition(":")
    return _Item(None, name, argument or name, text.endswith("?"))


@dataclass(slots=True)
class Parser:
    """A parser of one text, with its tokens and the matches found so far."""

    tokens: Sequence[Token]
    rules: Mapping[str, Sequence[Rule]]
    anchor: datetime.date
    """The day on which the text was written, or the question asked."""
    tense: Tense
    days_ahead: int
    """Maximum number of days after the anchor of a date without a year."""
    _found: dict[tuple[str, int], Found | None] = field(default_factory=dict)
    _depth: int = 0

    def word(self, index: int) -> str:
        """Return the text of a token; "" outside the text."""
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def is_capitalized(self, index: int) -> bool:
        """Return whether a token begins with a capital; False outside the text."""
        return index < len(self.tokens) and self.tokens[index].capitalized

    def is_counted(self, index: int) -> bool:
        """Return whether the number before a token counts something, as in "2000 soldiers"."""
        if self.word(index) in ("to", "and", "or", "-", "–"):  # "from 1024 to 2048 bytes"
            index += 2 * self.word(index + 1)[:1].isdigit()
        word = self.word(index)
        plural = word.endswith("s") and word.isalpha() and not self.is_capitalized(index)
        return word in COUNTED or (plural and word not in NOT_COUNTED)

    def find(self, name: str, index: int) -> Found | None:
        """Match the rules, the pattern or the words with a name at a token."""
        key = name, index
        if key in self._found:
            return self._found[key]
        self._found[key] = None  # a rule that begins with itself does not match
        if name not in self.rules:
            self._found[key] = self._class(name, index)
        elif self._depth < _MAX_DEPTH:
            self._depth += 1
            self._found[key] = self.longest(self.rules[name], index)
            self._depth -= 1
        return self._found[key]

    def _class(self, name: str, index: int) -> Found | None:
        for pattern, convert in PATTERNS.get(name, ()):
            match = pattern.fullmatch(self.word(index))
            value = None if match is None else convert(match, self.anchor)
            if value is not None:
                return Found(value, index + 1)
        for length in range(min(LONGEST.get(name, 0), len(self.tokens) - index), 0, -1):
            words = " ".join(token.text for token in self.tokens[index : index + length])
            if words in WORDS[name]:
                return Found(WORDS[name][words], index + length)
        return None

    def longest(self, rules: Sequence[Rule], index: int, **values: object) -> Found | None:
        """Return the longest match of some rules; `values` are further arguments."""
        best: Found | None = None
        word = self.word(index)
        start = "0" if any(map(str.isdigit, word)) else word
        for items, function, starts in rules:
            matched = self._match(items, index, values) if start in starts else None
            if matched is None or (best is not None and matched[0] <= best.end):
                continue
            end, arguments = matched
            try:
                value = function(Match(self, index, end), **arguments)
            except (OverflowError, StopIteration, ValueError):  # outside the calendar
                continue
            if value is not None:
                best = Found(value, end, function.__name__)
        return best

    def _match(
        self, items: tuple[_Item, ...], index: int, values: dict[str, object]
    ) -> tuple[int, dict[str, object]] | None:
        if not items:
            return index, values
        item, rest = items[0], items[1:]
        found = None
        if item.words is None:
            part = self.find(item.name, index)
            if part is not None:
                named = {} if item.argument == "_" else {item.argument: part.value}
                found = self._match(rest, part.end, values | named)
        elif self.word(index) in item.words:
            found = self._match(rest, index + 1, values)
        if found is None and item.optional:
            return self._match(rest, index, values)
        return found


@dataclass(frozen=True, slots=True)
class Match:
    """A match of a rule: the tokens from `start` to `end` (half-open)."""

    parser: Parser
    start: int
    end: int

    @property
    def anchor(self) -> datetime.date:
        """The day on which the text was written, or the question asked."""
        return self.parser.anchor

    @property
    def before(self) -> str:
        """The word before the match; "" if there is none."""
        return self.parser.word(self.start - 1)

    @property
    def lead(self) -> str:
        """The word before the match, or before its "the"."""
        return self.parser.word(self.start - 2) if self.before == "the" else self.before
