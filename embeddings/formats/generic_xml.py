"""XML files: documents such as DocBook with titles and paragraphs, and data."""

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from embeddings.dates import parse_date
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.records import without_tags
from embeddings.formats.text_builder import TextBuilder
from embeddings.formats.zip_package import parse_xml
from embeddings.types import Document

_TITLES = frozenset({"title", "head", "article-title"})
_PARAGRAPHS = frozenset({"para", "simpara", "p", "programlisting", "screen", "literallayout"})
_VERBATIM = frozenset({"programlisting", "screen", "literallayout", "synopsis", "codeblock", "pre"})
_FOOTNOTES = frozenset({"footnote", "fn"})
_DAYS = ("date", "pubdate", "pub-date", "published", "created")
_DAY_PARTS = ("year", "month", "day")
_AUTHORS = ("author", "creator")
_FEEDS = frozenset({"feed", "rss", "RDF"})
_BODIES = ("encoded", "content", "description", "summary")
_ENTRY_DAYS = ("pubDate", "published", "updated", "date")
_ENTITY_CHARACTERS = 200


def read(path: Path, _options: ParseOptions) -> Iterator[Document]:
    """Read an XML file; nothing is loaded from elsewhere, and nested entities are not expanded.

    In a document, titles start sections. In data, an element whose children are values is a line
    such as "name: Lamp; price: 12". Each entry of a feed is a document.
    """
    root = parse_xml(path.read_bytes().lstrip())
    entries = list(root.iter("{*}item", "{*}entry")) if _name(root) in _FEEDS else []
    if entries:  # an RDF file can be something else than a feed
        yield from map(_entry, enumerate(entries, start=1))
        return
    is_data = _PARAGRAPHS.isdisjoint(map(_name, root.iter()))
    reader = _Reader(is_data=is_data)
    reader.add(root, 0)
    builder = reader.builder
    yield builder.document(
        title=builder.sections[0].heading if builder.sections else "",
        date=None if is_data else parse_date(_first(root, _DAYS)),
        metadata={"author": "" if is_data else _first(root, _AUTHORS)},
    )


def _entry(numbered: tuple[int, Any]) -> Document:
    number, entry = numbered
    bodies = (body for name in _BODIES for body in entry.iterfind("{*}" + name))
    texts = (_Reader.text(body) if len(body) else without_tags(_text(body)) for body in bodies)
    title = _first(entry, ("title",))
    return Document(
        id=str(number),
        text=next(filter(None, map(str.strip, texts)), title),
        title=title,
        date=parse_date(_first(entry, _ENTRY_DAYS)),
    )


def _name(element: Any) -> str:
    """Return the name of an element without its namespace; "" for an entity."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _own_text(element: Any) -> str:
    """Return the text that is directly inside an element."""
    tails = (child.tail or "" for child in element)
    return (element.text or "") + "".join(tails)


def _text(element: Any) -> str:
    """Return all text inside an element."""
    parts = [element.text or ""]
    for child in element:
        parts += [_text(child) if _name(child) else _entity_text(child), child.tail or ""]
    return "".join(parts)


def _entity_text(entity: Any) -> str:
    """Return the text of an entity that the file declares (if it is short) or that HTML defines."""
    declared = entity.getroottree().docinfo.internalDTD.iterentities()
    texts = (one.content for one in declared if one.name == entity.name and one.content)
    text: str = next(texts, "")
    return text if 0 < len(text) <= _ENTITY_CHARACTERS else html.unescape(entity.text)


def _line(element: Any) -> str:
    return " ".join(without_tags(_text(element)).split())


def _first(root: Any, names: tuple[str, ...]) -> str:
    found = (element for name in names for element in root.iter("{*}" + name))
    return next(filter(None, map(_value, found)), "")


def _value(element: Any) -> str:
    """Return the text of an element; the parts of a date become an ISO date."""
    parts = {_name(child): _line(child) for child in element}
    is_day = parts.keys() >= set(_DAY_PARTS)
    return "-".join(parts[name].zfill(2) for name in _DAY_PARTS) if is_day else _line(element)


class _Reader:
    def __init__(self, *, is_data: bool) -> None:
        self.builder = TextBuilder()
        self._is_data = is_data

    @classmethod
    def text(cls, element: Any) -> str:
        """Return the text inside an element of a document."""
        reader = cls(is_data=False)
        reader.add(element, 0)
        return reader.builder.document().text

    def add(self, element: Any, level: int) -> None:
        """Add the text inside an element; the level is that of the section around it, or 0."""
        children = [child for child in element if _name(child)]
        if _name(element) in _VERBATIM:
            self.builder.add(_text(element).strip("\n"))
        elif _own_text(element).strip():
            self._add_mixed(element, level)
        elif self._is_record(element, children):
            self._add_record(element, children)
        elif _name(element) in ("row", "tr", "Row"):
            self.builder.add_row(map(_text, children))
        else:
            titles = [child for child in children if _name(child) in _TITLES and _line(child)]
            inner = level + 1 if titles else level
            for child in children:
                if titles and child is titles[0]:
                    self.builder.add(_line(child), level=inner)
                else:
                    self.add(child, inner)

    def _add_mixed(self, element: Any, level: int) -> None:
        """Add a paragraph; lists and tables inside it are paragraphs of their own."""
        parts = [element.text or ""]
        notes = []
        for child in element:
            is_block = len(child) > 0 and not _own_text(child).strip()
            if _name(child) in _FOOTNOTES:
                notes.append(child)
            elif _name(child) and (is_block or _name(child) in _VERBATIM):
                self.builder.add(" ".join("".join(parts).split()))
                parts = []
                self.add(child, level)
            else:
                parts.append(_text(child) if _name(child) else _entity_text(child))
            parts.append(child.tail or "")
        self.builder.add(" ".join("".join(parts).split()))
        for note in notes:
            self.add(note, level)

    def _is_record(self, element: Any, children: list[Any]) -> bool:
        """Return whether an element of a data file has values as children or attributes only."""
        names = [_name(child) for child in children]
        return (
            self._is_data
            and (len(names) > 1 or len(element.attrib) > 0)
            and len(set(names)) == len(names)
            and not any(len(child) for child in children)
        )

    def _add_record(self, element: Any, children: list[Any]) -> None:
        pairs = [
            (name.rpartition("}")[2], " ".join(without_tags(value).split()))
            for name, value in element.attrib.items()
        ]
        pairs += [(_name(child), _line(child)) for child in children]
        self.builder.add("; ".join(f"{name}: {value}" for name, value in pairs if value.strip()))
