"""A document as the source panel shows it: its text with headings, page marks and marked places."""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from embeddings import Document, OriginalFile, Outline
from qa.web.markup import day, safe
from qa.web.texts import number_text, text

_CHARACTERS = 500_000
"""Length of the text shown on either side of the first mark."""

_MOST_MARKS = 500
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
    more = len(marks) > _MOST_MARKS
    marks = marks[:_MOST_MARKS]
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
    return [match.span() for match, _ in zip(found, range(_MOST_MARKS + 1), strict=False)]


def _about(document: Document) -> str:
    place = str(document.metadata.get("dateline", ""))
    place = place.title() if place.isupper() else place
    parts = [f"<span>{safe(place)}</span>"] if place else []
    parts += [day(document.date)] if document.date else []
    parts.append(f'<span class="name">{safe(document.id)}</span>')
    about = f'<p class="cite"><span class="parts">{" ".join(parts)}</span></p>'
    return about + _link(document.source)


def _link(source: str) -> str:
    """Return a link to a web address. Paths are not shown: they describe the server."""
    try:
        parts = urlsplit(source)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    return (
        f'<p class="origin"><a href="{safe(source)}" rel="noopener noreferrer" target="_blank">'
        f"{safe(source)}</a></p>"
    )


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
    note = ""
    if first > 0 or last < len(content):
        note = f'<p class="note">{text("source.part", count=number_text(len(content)))}</p>'
    shown = []
    heading_end = level = 0
    for start, end in itertools.pairwise(places):
        if start in pages:
            number = text("source.page_of", number=pages[start], count=len(pages))
            shown.append(f'<span class="page-mark" data-page="{pages[start]}">{number}</span>')
        piece = safe(content[start:end])
        inside = next((n for n, mark in enumerate(marks) if mark[0] <= start < mark[1]), None)
        if inside is not None:
            piece = f'<mark tabindex="-1" data-mark="{inside}">{piece}</mark>'
        heading_end, level = headings.get(start, (heading_end, level))
        if start < heading_end:
            piece = f'<span class="heading" role="heading" aria-level="{level + 2}">{piece}</span>'
        shown.append(piece)
    return f'{note}<div class="text" dir="auto">{"".join(shown)}</div>'


def _headings(document: Document) -> Iterator[tuple[int, int, int]]:
    """Yield the range and level of each heading that is a line of the text."""
    for section in document.sections:
        start = section.start
        while document.text[start : start + 1].isspace():
            start += 1
        end = document.text.find("\n", start)
        end = len(document.text) if end == -1 else end
        words = section.heading.split()
        if words and words[-1] in document.text[start:end]:
            yield start, end, min(section.level, 4)
