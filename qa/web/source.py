"""A document as the source panel shows it: its text with headings, page marks and marked places."""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from embeddings import Document, OriginalFile, Outline
from qa.web.markup import render, title_case

_CHARACTERS = 500_000
"""Length of the text shown on either side of the first mark."""

_MAX_MARKS = 500
"""Number of places that are marked."""

_Range = tuple[int, int]


def source_json(
    document: Document,
    marks: Sequence[_Range],
    *,
    find: str = "",
    original: OriginalFile | None = None,
    with_text: bool = True,
) -> dict[str, Any]:
    """Describe a document for the source panel.

    Args:
        document: the document.
        marks: half-open character ranges to mark. Those that are not in the text are left out: the
            document has changed.
        find: words to mark instead; white space and case are ignored.
        original: the file of the document, if it was kept.
        with_text: whether `html` is needed even if images of the pages can be shown.

    Returns:
        `title`, `about` (HTML), `pages` (number of pages, 0 if the format has none), `has_file`,
        `is_pdf` (images of the pages can be shown), `marks` with `start`, `end` and `page`, `more`
        (the words are at more places), and the text as `html` with the marks numbered in order; ""
        if it is not needed.
    """
    length = len(document.text)
    marks = sorted({mark for mark in marks if 0 <= mark[0] < mark[1] <= length})
    if find.strip():
        marks = _find(document.text, find)
    more = len(marks) > _MAX_MARKS
    marks = marks[:_MAX_MARKS]
    outline = Outline(document)
    is_pdf = (
        original is not None and original.name.lower().endswith(".pdf") and len(document.pages) > 0
    )
    return {
        "title": document.title or document.id,
        "about": _about(document),
        "pages": len(document.pages),
        "has_file": original is not None,
        "is_pdf": is_pdf,
        "marks": [
            {"start": start, "end": end, "page": outline.page(start)} for start, end in marks
        ],
        "more": more,
        "html": _text_html(document, marks) if with_text or not is_pdf else "",
    }


def _find(content: str, words: str) -> list[_Range]:
    pattern = r"\s+".join(re.escape(word) for word in words.split())
    found = re.finditer(pattern, content, re.IGNORECASE)
    return [match.span() for match, _ in zip(found, range(_MAX_MARKS + 1), strict=False)]


def _about(document: Document) -> str:
    dateline = title_case(str(document.metadata.get("dateline", "")))
    is_link = _is_web_address(document.source)
    return render("about", document=document, dateline=dateline, is_link=is_link)


def _is_web_address(source: str) -> bool:
    """Return whether to link a source. Paths are not shown: they describe the server."""
    try:
        parts = urlsplit(source)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _text_html(document: Document, marks: Sequence[_Range]) -> str:
    content = document.text
    first = max(0, marks[0][0] - _CHARACTERS) if marks else 0
    last = min(len(content), (marks[0][1] if marks else 0) + _CHARACTERS)
    headings = {start: (end, level) for start, end, level in _headings(document)}
    pages = {start: number for number, start in enumerate(document.pages, start=1)}
    cuts = {first, last, *pages}
    for start, (end, _) in headings.items():
        cuts |= {start, end}
    for start, end in marks:
        cuts |= {start, end}
    places = sorted(cut for cut in cuts if first <= cut <= last)
    pieces = []
    heading_end = level = 0
    for start, end in itertools.pairwise(places):
        heading_end, level = headings.get(start, (heading_end, level))
        pieces.append(
            {
                "text": content[start:end],
                "page": pages.get(start),
                "level": level if start < heading_end else None,
                "mark": next(
                    (n for n, mark in enumerate(marks) if mark[0] <= start < mark[1]), None
                ),
            }
        )
    return render(
        "source",
        pieces=pieces,
        pages=len(pages),
        length=len(content),
        is_part=first > 0 or last < len(content),
    )


def _headings(document: Document) -> Iterator[tuple[int, int, int]]:
    """Yield the range and level of each heading that forms a line of the text."""
    for section in document.sections:
        start = section.start
        while document.text[start : start + 1].isspace():
            start += 1
        end = document.text.find("\n", start)
        end = len(document.text) if end == -1 else end
        words = section.heading.split()
        if words and words[-1] in document.text[start:end]:
            yield start, end, min(section.level, 4)
