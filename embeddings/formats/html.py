"""HTML files: the text that a browser shows, without what surrounds the article."""

from __future__ import annotations

import codecs
import datetime
import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bs4 import BeautifulSoup, Tag, XMLParsedAsHTMLWarning
from bs4.dammit import EncodingDetector
from bs4.element import NavigableString, PageElement, PreformattedString

from embeddings.dates import parse_date
from embeddings.errors import DocumentError
from embeddings.formats.encoding import encoding_of, marked_encoding
from embeddings.types import Document

__all__ = ["read"]

_NEVER_SHOWN = frozenset(
    "head script style noscript template iframe object svg math button select textarea".split()
)
_SURROUNDINGS = frozenset("nav header footer aside dialog".split())
_ARTICLES = ("article", "main")
_PARAGRAPHS = frozenset(
    "address article aside blockquote body caption dialog div dl fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr main nav ol p pre section table ul".split()
)
_LINES = frozenset({"br", "dd", "details", "dt", "li", "summary", "tr"})
_CELLS = frozenset({"td", "th"})
_MAX_DEPTH = 10_000
_CELL_MARK = "\x1f"  # the unit separator is white space to Python, so it never stays in a text
_SPACE = re.compile(r"\s+")
_NOT_DISPLAYED = re.compile(r"display\s*:\s*none", re.IGNORECASE)

_DATE_NAMES = (
    "article:published_time",
    "og:published_time",
    "datepublished",
    "date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "dc.date",
    "dc.date.issued",
    "dcterms.date",
    "dcterms.created",
)

# Pages that declare these are written in the Windows code page: WHATWG Encoding Standard, 4.2.
_AS_BROWSERS_READ: Final = {"ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254"}


def read(path: Path) -> Document:
    """Read a page; its text is that of the article or the main part where one is marked.

    Raises:
        DocumentError: the bytes are no text, or elements are nested too deeply.
    """
    data = path.read_bytes()
    page = data.decode(_encoding(path, data), errors="replace")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)  # XHTML is meant to be read so
        soup = _Page(page.encode(), "lxml", from_encoding="utf-8")
    meta = _meta(soup)
    author, description = meta.get("author", ""), meta.get("description", "")
    described = {
        "author": author,
        "description": description if description else meta.get("og:description", ""),
        "language": _attribute(soup.html, "lang"),
    }
    return Document(
        id="",
        text=_article_text(soup),
        title=_title(soup, meta),
        date=_date(soup, meta),
        metadata={name: value for name, value in described.items() if value},
    )


class _Page(BeautifulSoup):
    def pushTag(self, tag: Tag) -> None:  # noqa: N802
        """Open an element; a depth that no page has is refused, as looking upwards costs it."""
        super().pushTag(tag)
        if len(self.tagStack) > _MAX_DEPTH:
            raise DocumentError(
                f"is nested too deeply: more than {_MAX_DEPTH:,} elements; flatten it"
            )


def _encoding(path: Path, data: bytes) -> str:
    marked = marked_encoding(data)
    if marked is not None:
        return marked
    if b"\0" in data:
        raise DocumentError("is a binary file, not HTML; give it the ending of its format")
    declared = EncodingDetector.find_declared_encoding(data, is_html=True)
    try:
        codec = codecs.lookup(declared).name if declared else ""
        "".encode(codec)  # some codecs are no character encodings
    except (LookupError, ValueError):
        codec = ""
    # A page whose declaration was readable is not in these, whatever it declares.
    if not codec or codec.startswith(("utf-16", "utf-32")):
        return encoding_of(path)
    return _AS_BROWSERS_READ.get(codec, codec)


def _meta(soup: BeautifulSoup) -> dict[str, str]:
    """Map the names of `meta` elements, in small letters, to their content; the first counts."""
    found: dict[str, str] = {}
    for element in soup.find_all("meta"):
        content = " ".join(_attribute(element, "content").split())
        for kind in ("property", "name", "itemprop"):
            name = _attribute(element, kind).strip().lower()
            if name and content:
                found.setdefault(name, content)
    return found


def _attribute(element: Tag | None, name: str) -> str:
    value = element.get(name) if element is not None else None
    return value if isinstance(value, str) else ""


def _title(soup: BeautifulSoup, meta: dict[str, str]) -> str:
    elements = (soup.select_one("head title"), soup.find("h1"))
    titles = [meta.get("og:title", ""), *(each.get_text(" ") for each in elements if each)]
    return next(filter(None, (" ".join(title.split()) for title in titles)), "")


def _date(soup: BeautifulSoup, meta: dict[str, str]) -> datetime.date | None:
    stated = [meta[name] for name in _DATE_NAMES if name in meta]
    stated.extend(_linked_data_dates(soup))
    stated.extend(_attribute(each, "datetime") for each in soup.find_all("time", limit=1))
    days = map(parse_date, stated)
    return next((day for day in days if day is not None), None)


def _linked_data_dates(soup: BeautifulSoup) -> Iterator[str]:
    """Find `datePublished` in JSON-LD, at any depth (schema.org, CreativeWork)."""
    for script in soup.find_all("script", type="application/ld+json"):
        try:
            values = [json.loads(script.get_text())]
        except (ValueError, RecursionError):
            continue
        for value in values:  # grows as it goes
            if isinstance(value, dict):
                published = value.get("datePublished")
                if isinstance(published, str):
                    yield published
                values.extend(value.values())
            elif isinstance(value, list):
                values.extend(value)


def _article_text(soup: BeautifulSoup) -> str:
    articles = [each for each in soup.find_all("article") if each.find_parent("article") is None]
    # Several articles are a list of teasers, not the text of the page.
    roots = [*(articles if len(articles) == 1 else ()), soup.find("main"), soup.body]
    for root in roots:
        text = _text(root, _NEVER_SHOWN | _SURROUNDINGS) if root is not None else ""
        if text:
            return text
    return _text(soup, _NEVER_SHOWN)


def _text(root: Tag, skipped: frozenset[str]) -> str:
    """Write out what is shown; no recursion, as pages can be nested deeper than the stack."""
    parts: list[str] = []
    pending: list[PageElement | str | None] = [root]
    articles = int(root.find_parent(_ARTICLES) is not None)  # open ones
    while pending:
        node = pending.pop()
        if node is None:
            articles -= 1
        elif isinstance(node, Tag):
            if not _is_skipped(node, skipped, in_article=articles > 0):
                if node.name in _ARTICLES:
                    articles += 1
                    pending.append(None)
                mark = _mark(node.name)
                pending.append(mark if node.name in _PARAGRAPHS else "")
                pending.extend([node.get_text()] if node.name == "pre" else reversed(node.contents))
                parts.append(mark)
        elif isinstance(node, NavigableString):
            # Comments and declarations are not shown.
            if not isinstance(node, PreformattedString):
                parts.append(_SPACE.sub(" ", node))
        elif isinstance(node, str):
            parts.append(node)
    lines = []
    for line in "".join(parts).split("\n"):
        cells = (" ".join(cell.split()) for cell in line.split(_CELL_MARK))
        lines.append(" | ".join(filter(None, cells)))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _is_skipped(element: Tag, skipped: frozenset[str], *, in_article: bool) -> bool:
    if element.name in skipped:
        # The header of an article holds its headline, not the site's.
        return element.name != "header" or not in_article
    hidden = element.has_attr("hidden") or _NOT_DISPLAYED.search(_attribute(element, "style"))
    return bool(hidden)


def _mark(name: str) -> str:
    """Choose what parts an element from what stands before it; a paragraph also ends with it."""
    if name in _PARAGRAPHS:
        return "\n\n"
    if name in _LINES:
        return "\n"
    return _CELL_MARK if name in _CELLS else ""
