"""Styles and numbering of Word files: which paragraphs are headings, and the numbers shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from embeddings.formats.numbering import in_format

__all__ = ["Numbering", "Styles", "W", "flag", "value"]

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

_HEADING = re.compile(r"heading ?([1-9])", re.IGNORECASE)
_BODY_LEVEL = 9


def value(parent: Any, path: str) -> str | None:
    """Return the `w:val` of the element at a path such as "pPr/pStyle"; None if it is missing."""
    found = parent.find("/".join(W + step for step in path.split("/")))
    return found.get(W + "val", "") if found is not None else None


def flag(parent: Any, path: str) -> bool:
    """Tell whether a property that is on or off is on."""
    stated = value(parent, path)
    return stated is not None and stated not in ("0", "false", "off")


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
        match = _HEADING.fullmatch(self.name(style))
        return int(match[1]) if match is not None else 0

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
class _Level:
    start: int
    format: str
    text: str
    style: str | None
    decimal: bool
    """Whether the numbers of all levels are shown in decimal digits ("legal" numbering)."""
    restarts: bool


@dataclass(slots=True)
class _List:
    levels: dict[int, _Level] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)


class Numbering:
    """The lists of a document. Labels must be asked for in the order of the paragraphs."""

    def __init__(self, root: Any | None, styles: Styles) -> None:
        self._styles = styles
        self._numbers: dict[str, _List] = {}
        self._starts: dict[str, dict[int, int]] = {}
        if root is None:
            return
        lists: dict[str, _List] = {}
        linked: dict[str, str] = {}
        for element in root.iterfind(W + "abstractNum"):
            levels = {_number(each.get(W + "ilvl")): each for each in element.iterfind(W + "lvl")}
            key = element.get(W + "abstractNumId", "")
            lists[key] = _List({n: _level(each) for n, each in levels.items() if n is not None})
            style = value(element, "numStyleLink")
            if style is not None:  # the style's list is meant
                linked[key] = styles.list_of(style)
        numbers = {
            element.get(W + "numId", ""): value(element, "abstractNumId") or ""
            for element in root.iterfind(W + "num")
        }
        for number, key in numbers.items():
            key = numbers.get(linked.get(key, ""), key)
            self._numbers[number] = lists.get(key, _List())
        for element in root.iterfind(W + "num"):
            starts = {
                _number(each.get(W + "ilvl")): _number(value(each, "startOverride"))
                for each in element.iterfind(W + "lvlOverride")
            }
            self._starts[element.get(W + "numId", "")] = {
                level: start
                for level, start in starts.items()
                if level is not None and start is not None
            }

    def label(self, paragraph: Any) -> str:
        """Count a paragraph and return its label, such as "2.1"; "" for bullets and no list."""
        number, level = self._styles.numbering(paragraph)
        found = self._numbers.get(number)
        if found is None:
            return ""
        if level is None:
            style = value(paragraph, "pPr/pStyle")
            level = next((key for key, each in found.levels.items() if each.style == style), 0)
        shown = found.levels.get(level)
        if shown is None:
            return ""
        for key, start in self._starts.pop(number, {}).items():  # at the first paragraph only
            found.counts[key] = start - 1
        found.counts[level] = found.counts.get(level, shown.start - 1) + 1
        for key in [key for key in found.counts if key > level]:
            if key not in found.levels or found.levels[key].restarts:
                del found.counts[key]
        if shown.format == "bullet":
            return ""
        return re.sub(
            r"%([1-9])", lambda match: _shown(found, shown, int(match[1]) - 1), shown.text
        )


def _level(element: Any) -> _Level:
    start = _number(value(element, "start"))
    return _Level(
        start=1 if start is None else start,
        format=value(element, "numFmt") or "decimal",
        text=value(element, "lvlText") or "",
        style=value(element, "pStyle"),
        decimal=flag(element, "isLgl"),
        restarts=value(element, "lvlRestart") != "0",
    )


def _shown(found: _List, shown: _Level, level: int) -> str:
    each = found.levels.get(level)
    if each is None:
        return ""
    return in_format(
        found.counts.get(level, each.start), "decimal" if shown.decimal else each.format
    )
