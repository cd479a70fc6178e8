"""E-books (epub): the chapters in reading order, each read as HTML."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from embeddings.dates import parse_date
from embeddings.errors import DocumentError
from embeddings.formats.nested_files import parse_page
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.text_builder import TextBuilder
from embeddings.formats.zip_package import ZipPackage, linked_part
from embeddings.types import Document

_CONTAINER = "META-INF/container.xml"
_OPF = "{http://www.idpf.org/2007/opf}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_NCX = "application/x-dtbncx+xml"
_HTML = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml"})


def read(path: Path, options: ParseOptions) -> Document:
    """Read an e-book; a chapter without headings is a section with its title in the contents."""
    with ZipPackage.open(path, options) as package:
        name = _package_file(package)
        root = package.xml(name)
        if root is None:
            raise DocumentError("cannot be read: it is damaged, or not an EPUB file")
        items = {
            item.get("id", ""): (linked_part(name, item.get("href", "")), item)
            for item in root.iter(_OPF + "item")
        }
        titles = _contents(package, items.values())
        builder = TextBuilder()
        order = (reference.get("idref", "") for reference in root.iter(_OPF + "itemref"))
        for name in dict.fromkeys(order):
            part, item = items.get(name, ("", None))
            if item is None or part not in package:
                continue
            is_contents = "nav" in item.get("properties", "").split()
            if item.get("media-type") in _HTML and not is_contents:
                _add_chapter(builder, package.read(part), titles.get(part, ""), options)
    day = root.findtext(f".//{_DC}date", "")[:10]
    return builder.document(
        title=root.findtext(f".//{_DC}title", ""),
        date=parse_date(day),
        metadata={
            "author": ", ".join(each.text for each in root.iter(_DC + "creator") if each.text),
            "language": root.findtext(f".//{_DC}language", ""),
        },
    )


def _package_file(package: ZipPackage) -> str:
    """Return the name of the package document.

    Raises:
        DocumentError: the e-book is protected, or names no such document.
    """
    if "META-INF/rights.xml" in package or "META-INF/sinf.xml" in package:
        raise DocumentError("is protected against copying (DRM), so its text cannot be read")
    root = package.xml(_CONTAINER)
    files = [] if root is None else [each.get("full-path", "") for each in root.iter("{*}rootfile")]
    if not files:
        raise DocumentError("cannot be read: it is damaged, or not an EPUB file")
    return str(files[0])


def _contents(package: ZipPackage, items: Any) -> dict[str, str]:
    """Map parts to the titles that the table of contents gives them."""
    titles: dict[str, str] = {}
    for part, item in items:
        is_contents = "nav" in item.get("properties", "").split() or item.get("media-type") == _NCX
        root = package.xml(part) if is_contents else None
        for link in () if root is None else root.iter("{*}navPoint", "{*}a"):
            label, target = link.find("{*}navLabel"), link.find("{*}content")
            words = "".join((link if label is None else label).itertext()).split()
            address = link.get("href", "") if target is None else target.get("src", "")
            titles.setdefault(linked_part(part, address), " ".join(words))
    return titles


def _add_chapter(builder: TextBuilder, data: bytes, title: str, options: ParseOptions) -> None:
    chapter = parse_page(data, options, "chapter.xhtml")
    if chapter.text and not chapter.sections:
        builder.add_section(title if title else chapter.title)
    elif chapter.text and title.startswith(chapter.sections[0].heading):  # "I: Fog" for "I"
        first = replace(chapter.sections[0], heading=title)
        chapter = replace(chapter, sections=(first, *chapter.sections[1:]))
    builder.add_document(chapter)
