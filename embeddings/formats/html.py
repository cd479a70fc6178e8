"""HTML files: the text that a browser shows, without navigation and other boilerplate."""

import re
import warnings
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

from bs4 import BeautifulSoup, Tag, XMLParsedAsHTMLWarning
from bs4.dammit import EncodingDetector

from embeddings.errors import DocumentError
from embeddings.formats.encoding import (
    declared_codec,
    encoding_of,
    marked_encoding,
    without_soft_hyphens,
)
from embeddings.formats.html_boilerplate import attribute
from embeddings.formats.html_dates import edit_date, publication_date
from embeddings.formats.html_text import page_text
from embeddings.formats.parse_options import ParseOptions
from embeddings.types import Document, Section

_MAX_DEPTH = 10_000

# Between the title of a page and the name of its site.
_SITE_SEPARATOR = re.compile(r"\s+(?:[-–—|·•»«<>‹›]|::)\s+|:\s+")
_DASHES = "-–—:"
_SEPARATORS = 10
_MANUAL = re.compile(r".*\S documentation", re.IGNORECASE)  # the site's name, as Sphinx writes it
_SITE_NAMES = ("og:site_name", "application-name", "apple-mobile-web-app-title")


def read(path: Path, _options: ParseOptions) -> Document:
    """Read a page; its text is that of the article or the main part where one is marked."""
    data = path.read_bytes()
    page = data.decode(_encoding(path, data), errors="replace")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)  # XHTML is read as HTML on purpose
        soup = _Page(page.encode(), "lxml", from_encoding="utf-8")
    meta = _meta(soup)
    text, sections = page_text(soup)
    date = publication_date(soup, meta)
    modified = edit_date(soup, meta) if date is None else None
    author, description = meta.get("author", ""), meta.get("description", "")
    described = {
        "author": author,
        "description": description if description else meta.get("og:description", ""),
        "language": attribute(soup.html, "lang"),
        "modified": modified.isoformat() if modified is not None else "",
    }
    return Document(
        id="",
        text=text,
        title=_title(soup, meta, sections),
        date=date,
        metadata={name: value for name, value in described.items() if value},
        sections=sections,
    )


class _Page(BeautifulSoup):
    def pushTag(self, tag: Tag) -> None:  # noqa: N802
        """Open an element; raise DocumentError if it is nested so deeply that searches are slow."""
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
        raise DocumentError("is a binary file, not HTML; give it the suffix of its format")
    declared = EncodingDetector.find_declared_encoding(data, is_html=True)
    codec = declared_codec(declared) if declared else ""
    # A declaration of UTF-16 or UTF-32 that was read as ASCII is wrong. Many pages in UTF-8 declare
    # an older encoding, and text in older encodings is hardly ever valid UTF-8.
    if not codec or codec.startswith(("utf-16", "utf-32")) or _is_utf8(data):
        return encoding_of(path)
    return codec


def _is_utf8(data: bytes) -> bool:
    try:
        return not data.isascii() and bool(data.decode())
    except UnicodeDecodeError:
        return False


def _meta(soup: BeautifulSoup) -> dict[str, str]:
    """Map the names of `meta` elements, in small letters, to their content; the first counts."""
    found: dict[str, str] = {}
    for element in soup.find_all("meta"):
        content = " ".join(attribute(element, "content").split())
        # Microdata in the body can belong to a comment.
        in_head = element.find_parent("head") is not None
        for kind in ("property", "name", "itemprop")[: 3 if in_head else 2]:
            name = attribute(element, kind).strip().lower()
            if name and content:
                found.setdefault(name, content)
    return found


def _title(soup: BeautifulSoup, meta: Mapping[str, str], sections: Sequence[Section]) -> str:
    titles = (" ".join(meta.get("og:title", "").split()), _line(soup.select_one("head title")))
    title = next(filter(None, titles), "")
    if not title:
        return _line(soup.find("h1"))
    # The first heading of the text, not the name of the site above it.
    headings = {one.heading.casefold() for one in sections[:1]}
    headings |= {one.heading.casefold() for one in sections if one.level == 1}
    sites = {meta[name].casefold() for name in _SITE_NAMES if name in meta}
    return _without_site(title, headings, sites)


def _line(element: Tag | None) -> str:
    text = element.get_text(" ") if element is not None else ""
    return without_soft_hyphens(" ".join(text.split()))


def _without_site(title: str, headings: set[str], sites: set[str]) -> str:
    """Remove the name of the site: "Mill closes | The Gazette" is "Mill closes"."""
    borders = list(islice(_SITE_SEPARATOR.finditer(title), _SEPARATORS))
    for border in borders:
        for part in (title[: border.start()], title[border.end() :]):
            if part.casefold() in headings:
                return part
    for border in borders:
        before, after = title[: border.start()], title[border.end() :]
        if before.casefold() in sites:
            return after
        # A dash or colon can be part of the title; the other signs precede the name of a site.
        is_site = after.casefold() in sites or _MANUAL.fullmatch(after) is not None
        if is_site or border[0].strip() not in _DASHES:
            return before
    return title
