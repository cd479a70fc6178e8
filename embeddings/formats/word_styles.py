"""Styles and numbering of Word files: which paragraphs are headings, and the numbers shown."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from embeddings.formats.numbering import in_format

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

_HEADING = re.compile(r"heading ?([1-9])", re.IGNORECASE)
_BODY_LEVEL = 9
OFF = ("0", "false", "off")
"""The values of a property that is switched off."""


def value(parent: Any, path: str) -> str | None:
    """Return the `w:val` of the element at a path such as "pPr/pStyle"; None if it is missing."""
    found = parent.find("/".join(W + step for step in path.split("/")))
    return found.get(W + "val", "") if found is not None else None


def flag(parent: Any, path: str) -> bool:
    """Return whether a boolean property is on."""
    stated = value(parent, path)
    return stated is not None and stated not in OFF


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"-?[0-9]{1,9}", text) else None


class Styles:
    """The paragraph styles of a document, with what they inherit from each other."""

    def __init__(self, root: Any | None) -> None:
        elements = () if root is None else root.iterfind(W + "style")
        self._styles = {element.get(W + "styleId", ""): element for element in elements}

    def _chain(self, style: str | None) -> Iterator[Any]:
        seen = set()
        while style in self._styles and style not in seen:
            seen.add(style)
            yield self._styles[style]
            style = value(self._styles[style], "basedOn")

    def name(self, style: str | None) -> str:
        """Return the English name of a style, in lower case; its id if it is not defined."""
        element = self._styles.get(style or "")
        name = value(element, "name") if element is not None else None
        return (name or style or "").lower()

    def heading_level(self, paragraph: Any) -> int:
        """Return the level of a heading, from 1; 0 if the paragraph is not a heading."""
        style = value(paragraph, "pPr/pStyle")
        stated = [value(paragraph, "pPr/outlineLvl")]
        stated += [value(element, "pPr/outlineLvl") for element in self._chain(style)]
        level = next((number for number in map(_number, stated) if number is not None), None)
        if level is not None:
            return level + 1 if 0 <= level < _BODY_LEVEL else 0
        names = [self.name(style), *(value(each, "name") or "" for each in self._chain(style))]
        matches = (_HEADING.fullmatch(name) for name in names)
        return next((int(match[1]) for match in matches if match is not None), 0)

    def of_run(self, run: Any, name: str) -> str | None:
        """Return the `w:val` of a property of a run, its own or that of its style; else None."""
        stated = (
            value(each, f"rPr/{name}") for each in (run, *self._chain(value(run, "rPr/rStyle")))
        )
        return next((each for each in stated if each is not None), None)

    def list_of(self, style: str) -> str:
        """Return the numbering id of a style; "" if it has none."""
        numbers = (value(element, "pPr/numPr/numId") for element in self._chain(style))
        return next((number for number in numbers if number), "")

    def numbering(self, paragraph: Any) -> tuple[str, int | None]:
        """Return the numbering id of a paragraph ("" for none) and its level, if stated."""
        chain = self._chain(value(paragraph, "pPr/pStyle"))
        numbering, level = None, None
        for element in (paragraph, *chain):
            if numbering is None:
                numbering = value(element, "pPr/numPr/numId")
            if level is None:
                level = _number(value(element, "pPr/numPr/ilvl"))
        return ("" if numbering in (None, "0") else str(numbering)), level


@dataclass(slots=True)
class _List:
    levels: dict[int, Any] = field(default_factory=dict)
    """The `w:lvl` elements by their numbers from 0."""
    counts: dict[int, int] = field(default_factory=dict)


class Numbering:
    """The lists of a document. Request labels in the order of the paragraphs."""

    def __init__(self, root: Any | None, styles: Styles) -> None:
        self._styles = styles
        self._lists: dict[str, _List] = {}
        self._starts: dict[str, dict[int, int]] = {}
        if root is None:
            return
        shared: dict[str, _List] = {}
        linked: dict[str, str] = {}
        for element in root.iterfind(W + "abstractNum"):
            key = element.get(W + "abstractNumId", "")
            shared[key] = _List(_by_level(element.iterfind(W + "lvl")))
            style = value(element, "numStyleLink")
            if style is not None:  # the paragraph is in the list of its style
                linked[key] = styles.list_of(style)
        numbers = {each.get(W + "numId", ""): each for each in root.iterfind(W + "num")}
        keys = {number: value(each, "abstractNumId") or "" for number, each in numbers.items()}
        for number, element in numbers.items():
            key = keys.get(linked.get(keys[number], ""), keys[number])
            overrides = _by_level(element.iterfind(W + "lvlOverride"))
            replaced = _by_level(element.iterfind(f"{W}lvlOverride/{W}lvl"))
            base = shared.get(key, _List())
            self._lists[number] = _List(base.levels | replaced, base.counts)
            starts = {
                level: _number(value(each, "startOverride")) for level, each in overrides.items()
            }
            self._starts[number] = {
                level: start for level, start in starts.items() if start is not None
            }

    def label(self, paragraph: Any) -> str:
        """Count a paragraph and return its label, such as "2.1"; "" for bullets or no list."""
        number, level = self._styles.numbering(paragraph)
        found = self._lists.get(number)
        if found is None:
            return ""
        if level is None:
            style = value(paragraph, "pPr/pStyle")
            styles = ((key, value(each, "pStyle")) for key, each in found.levels.items())
            level = next((key for key, each in styles if each == style), 0)
        shown = found.levels.get(level)
        if shown is None:
            return ""
        for key, start in self._starts.pop(number, {}).items():  # at the first paragraph only
            found.counts[key] = start - 1
        found.counts[level] = found.counts.get(level, _start(shown) - 1) + 1
        for key in [key for key in found.counts if key > level]:
            if key not in found.levels or value(found.levels[key], "lvlRestart") != "0":
                del found.counts[key]
        if value(shown, "numFmt") == "bullet":
            return ""
        decimal = flag(shown, "isLgl")  # the numbers of all levels are shown in digits
        return re.sub(
            r"%([1-9])",
            lambda match: _shown(found, int(match[1]) - 1, decimal=decimal),
            value(shown, "lvlText") or "",
        )


def _by_level(elements: Iterable[Any]) -> dict[int, Any]:
    levels = ((_number(each.get(W + "ilvl")), each) for each in elements)
    return {level: each for level, each in levels if level is not None}


def _start(level: Any) -> int:
    start = _number(value(level, "start"))
    return 1 if start is None else start


def _shown(found: _List, level: int, *, decimal: bool) -> str:
    each = found.levels.get(level)
    if each is None:
        return ""
    form = "decimal" if decimal else value(each, "numFmt") or "decimal"
    return in_format(found.counts.get(level, _start(each)), form)
