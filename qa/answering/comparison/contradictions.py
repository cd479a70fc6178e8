"""Passages about another version, year, number, identifier or name than the question's."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from qa.answering.comparison.names import LABELS, TITLES, is_person, without_titles
from qa.answering.comparison.numbers import roman
from qa.dates.vocabulary import ORDINALS, WORDS

_PRERELEASE = r"(?:-?(?:alpha|beta|pre|rc)[.-]?\d*)?"
_VERSION = re.compile(
    rf"\b(?:version|release|ver\.?|v)\s?(?P<named>\d+(?:\.\d+)*{_PRERELEASE})\b|"
    rf"(?<![\w.])(?P<bare>\d+(?:\.\d+){{2,}}{_PRERELEASE})\b",
    re.IGNORECASE,
)
_YEAR = re.compile(
    r"(?<![\w.,$€£/-])(?P<year>1\d{3}|2[01]\d\d)(?:\s?[-–/]\s?(?P<short>\d\d)|"
    r"(?:\s?[-–/]\s?|\s(?:to|until|till|through|and)\s)(?P<last>1\d{3}|2[01]\d\d)|"
    r"(?P<decade>['’]?s))?(?![\w%]|[.,]\d|-\w)"
)
_BESIDE_YEAR = re.compile(
    r"\b(?:since|after|before|until|till|by|from|between|than|and|to|early|late|mid)\s+"
    r"(?:[A-Z]?[a-z]+\s+)?$"
)
"""Words before a year that show that the question is about other years as well: "since 2019"."""
_NUMBERED = re.compile(
    r"(?:\b(?P<name>[^\W\d_]+)\s+(?:no\.?\s+|number\s+)?|(?P<sign>§)\s*)"
    r"(?P<number>(?:\d[\d,]*(?:\.\d+)*(?:[A-Za-z]|-[A-Z])?|[IVX]+|(?P<letter>[A-Z]))\b"
    r"(?:\(\w+\))*)(?![%°]|[-–]\d)"
)
_ORDERED = re.compile(
    rf"\b(?P<ordinal>\d+(?:st|nd|rd|th)|{'|'.join(ORDINALS)})[\s-]+(?P<name>[a-z]+)\b",
    re.IGNORECASE,
)
_ORDERED_NAMES = LABELS | frozenset(
    """amendment battalion brigade century congress conference crusade dynasty edition generation
    infantry olympics quarter reich republic revision series session symphony term""".split()
)
_SIDED = re.compile(
    r"\b(?P<side>(?:north|south)(?:east|west)?(?:ern)?|(?:east|west)(?:ern)?|upper|lower|left|right|"
    r"inner|outer|male|female)[\s-]+(?!(?:of|or|and|to|from|in|is|was|than)\b)(?P<name>[^\W\d_]+)",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(
    r"(?<![\w/.-])(?:[~.]{0,2}/\w[\w./-]*\w|--?[A-Za-z][\w-]*|[a-z]+(?:[A-Z][a-z]+)+|"
    r"(?=[\w./:-]*[\d_])[A-Za-z][A-Za-z0-9]*(?:[-_./:]+[A-Za-z0-9]+)+|"
    r"(?!(?:Q[1-4]|H[12])\b)[A-Z][A-Za-z]{0,4}\d+(?:[A-Z]\d+)*)(?!\w)"
)
_NUMBER_OR_LETTER = re.compile(r"(?P<number>\d+)|(?<=[-_./:])[A-Za-z](?![^\W\d_])")
_CAPITALISED = r"(?:[A-Z]\.|[A-Z][^\W_]*(?:-[^\W_]+)?)"
_NAME = re.compile(rf"\b{_CAPITALISED}(?:\s{_CAPITALISED})*")
"""Words and initials with capital letters in a row."""
_NAMED_THING = re.compile(r"\bthe ([A-Z][a-z]+) ([a-z]{3,})")
"""A name before a noun: "the Kolm bridge"."""
_ASKS_FOR_NAME = re.compile(r"\b(?:who|whom|whose)\b", re.IGNORECASE)
_TITLE_CASE = re.compile(r"\s(?:Is|Are|Was|Were|Did|Do|Does|Has|Have|Had|Can|Will)\b")
"""A verb in a question whose capital letters do not mark names."""
_OPTION = re.compile(r"-[A-Za-z]")
_PARTS = re.compile(r"[_\W]+|(?<=[a-z])(?=[A-Z])")


_LIMIT = (
    r"(?P<low>under|below|up to|at most|(?:less|fewer|shorter|younger|lighter|smaller|lower) than|"
    r"(?:no|not) (?:more|longer|older|heavier|larger|greater|higher) than|not exceeding)|"
    r"(?:over|above|at least|(?:more|longer|older|heavier|larger|greater|higher) than|"
    r"(?:no|not) (?:less|fewer|shorter|younger|lighter|smaller|lower) than|exceeding)"
)
_LIMITED = re.compile(rf"\b(?:{_LIMIT})\s+[$€£]?(?P<number>\d+(?:[.,]\d+)*)", re.IGNORECASE)
_OF_SOME_CASES = re.compile(
    r"\b(?:(?!(?:is|was|has|does)\s)\w+s|people|children|men|women|of|for|if|with|aged|anyone)\s+$",
    re.IGNORECASE,
)
"""Words before a limit that restricts what the question is about: "stays under 90 days"."""


def contradicts(question: str, text: str) -> bool:
    """Return whether a text is about another version, year, number or name than the question.

    It is if it names another one of the same kind, but not the one in the question: "version 2.3.2"
    for 2.3.1, "2019" for 2020, "Flight 1000" for Flight 2,000, "/etc/mtab" for /etc/fstab, "South
    Tarsia" for North Tarsia, "Ada Berg" for Bo Berg, "stays over 90 days" for those under 90 days.
    """
    return any(
        names_another(question, text)
        for names_another in (
            _another_year,
            _another_number,
            _another_limit,
            _another_identifier,
            _another_name,
        )
    )


def _have_common(asked: set[tuple[str, ...]], named: set[tuple[str, ...]]) -> bool:
    """Return whether a number is in both, or begins one of the other: 3 and 3.1."""
    return any(one[: len(other)] == other[: len(one)] for one in asked for other in named)


def _another_year(question: str, text: str) -> bool:
    asked = {
        int(match["year"])
        for match in _YEAR.finditer(question)
        if match.lastgroup == "year" and not _BESIDE_YEAR.search(question, 0, match.start())
    }
    named = list(_years(text)) if asked else []
    return bool(named) and not any(first <= year <= last for year in asked for first, last in named)


def _years(text: str) -> Iterator[tuple[int, int]]:
    """Yield the first and last year of each year, range of years or decade that a text names."""
    for match in _YEAR.finditer(text):
        first = last = int(match["year"])
        if match["last"]:
            last = int(match["last"])
        elif match["short"]:
            last = first // 100 * 100 + int(match["short"])
        elif match["decade"]:
            last = first + (99 if first % 100 == 0 else 9)
        yield first, last


def _another_number(question: str, text: str) -> bool:
    """Compare nouns with a number or a side: version 2.3, third edition, left hinge."""
    asked = _numbered(question)
    named = _numbered(text) if asked else {}
    return any(name in named and not _have_common(asked[name], named[name]) for name in asked)


def _numbered(text: str) -> dict[str, set[tuple[str, ...]]]:
    found: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for match in _VERSION.finditer(text):
        found["v"].add(tuple(re.findall(r"\d+|[a-z]+", match[match.lastgroup or 0].casefold())))
    for match in _NUMBERED.finditer(text):
        written, number = match["name"] or match["sign"], match["number"].replace(",", "")
        is_year = re.fullmatch(r"1\d{3}|2[01]\d\d", number) is not None
        name = written.casefold()
        is_name = written != name and name not in WORDS["month"] and not is_year
        if number == "I" and written == name:  # "the room I booked"
            continue
        if name in LABELS or (not match["letter"] and (is_name or match["sign"])):
            parts = re.findall(r"\w+", str(roman(number) or number.casefold()))
            found[name].add(tuple(parts))
    for match in _ORDERED.finditer(text):
        name, ordinal = match["name"].casefold(), match["ordinal"].casefold()
        if name in _ORDERED_NAMES:
            found[name].add((str(ORDINALS.get(ordinal) or re.sub(r"\D", "", ordinal)),))
    for match in _SIDED.finditer(text):
        found[match["name"].casefold()].add((match["side"].casefold().removesuffix("ern"),))
    return found


def _another_limit(question: str, text: str) -> bool:
    """Compare the sides of a number that limits the cases: stays under and over 90 days."""
    asked = {
        (one["number"], one["low"] is None)
        for one in _LIMITED.finditer(question)
        if _OF_SOME_CASES.search(question, 0, one.start())
    }
    named = {(one["number"], one["low"] is None) for one in _LIMITED.finditer(text)}
    return any((number, not over) in named for number, over in asked - named)


def _another_identifier(question: str, text: str) -> bool:
    """Compare identifiers: a text that has only similar ones is about something else."""
    asked = {match[0] for match in _IDENTIFIER.finditer(question)}
    folded = text.casefold()
    missing = [
        name
        for name in asked
        if name not in text and (_OPTION.fullmatch(name) or name.casefold() not in folded)
    ]
    named = {match[0] for match in _IDENTIFIER.finditer(text)} if missing else set()
    same = {_parts(name) for name in named if not _OPTION.fullmatch(name)}
    missing = [name for name in missing if _parts(name) not in same]
    return any(_are_similar(one, other) for one in missing for other in named)


def _are_similar(one: str, other: str) -> bool:
    """Return whether two identifiers share a word and at least half of their parts.

    Examples are "E0432" and "E0433", "KX-200-A" and "KX-300-B".
    """
    if _pattern(one) == _pattern(other):
        return True
    parts, others = set(_parts(one)), set(_parts(other))
    shared = parts & others
    is_half = 2 * len(shared) >= max(len(parts), len(others))
    return is_half and any(len(part) > 1 and part.isalpha() for part in shared)


def _parts(identifier: str) -> tuple[str, ...]:
    """Split an identifier into the same parts in any spelling: "getUser" and "get_user"."""
    return tuple(part.casefold() for part in _PARTS.split(identifier) if part)


def are_other_people(one: str, other: str) -> bool:
    """Return whether two answers are different people: full names or names with a title."""
    names = []
    for text in (one, other):
        bare = without_titles(text)[0]
        name = bare.split()
        if not is_person(name) or (len(name) == 1 and bare == text):
            return False
        names.append([word.strip(".,").casefold() for word in name])
    (*given, family), known = sorted(names, key=len)
    return family not in known or not all(
        any((len(one) != len(name) and may_be_same([one], [name])) or one == name for name in known)
        for one in given  # "Maria" is not Mario, but "Mike" may be Michael
    )


def _pattern(identifier: str) -> str:
    return _NUMBER_OR_LETTER.sub(lambda match: "0" if match["number"] else "A", identifier)


def _another_name(question: str, text: str) -> bool:
    """Compare names with the same last word: Ada Berg and Bo Berg, Kolm Prize and Nobel Prize.

    Questions that ask for a person are not compared: the answer can be the name of a relative.
    Questions with capital letters in each word are not compared either.
    """
    has_names = any(word[0].islower() for word in question.split())
    if not has_names or _ASKS_FOR_NAME.search(question) or _TITLE_CASE.search(question):
        return False
    first = question.split(maxsplit=1)[0] if question.strip() else ""
    asked = [name for name in _names(question.removeprefix(first)) if len(name) > 1]
    named = list(_names(text)) if asked else []
    for name in asked:
        alike = [other for other in named if other[-1] == name[-1]]
        if alike and not any(may_be_same(name, other) for other in alike):
            return True
    return any(
        name not in text and re.search(rf"\b(?:[a-z]+|The) [A-Z][a-z]+ {noun}\b", text)
        for name, noun in _NAMED_THING.findall(question)
    )


def _names(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of each name, in lower case and without articles and titles of people."""
    for match in _NAME.finditer(text):
        words = tuple(word.rstrip(".").casefold() for word in match[0].split())
        kept = tuple(
            word for word in words if word not in TITLES and word not in ("the", "a", "an")
        )
        if kept:
            yield kept


def may_be_same(name: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether one name is a part of the other one, apart from initials and short forms."""
    shorter, longer = sorted((name, other), key=len)
    return all(
        any(word[:2] == known[:2] or word == known[:1] or known == word[:1] for known in longer)
        for word in shorter
    )
