"""Lists of documents as HTML: the corpus, and the choice of documents to ask."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from embeddings import StoredDocument
from qa.web.markup import day, figure, icon, safe

__all__ = ["choices_html", "rows_html", "summary"]


def summary(documents: Sequence[StoredDocument]) -> str:
    """Say how many documents there are, and of what time; HTML."""
    if not documents:
        return "No documents yet"
    count = "1 document" if len(documents) == 1 else f"{figure(len(documents))} documents"
    dates = [known.date for known in documents if known.date]
    if not dates:
        return count
    first, last = min(dates), max(dates)
    return f"{count}, {day(first)}" + ("" if first == last else f" to {day(last)}")


def rows_html(documents: Sequence[StoredDocument]) -> str:
    """Give each document a row of a table: date, title, chunks, what can be done."""
    return "".join(_row(known) for known in documents)


def _row(known: StoredDocument) -> str:
    document_id, title = safe(known.id), safe(known.title or known.id)
    name = "" if title == document_id else f'<span class="place">{document_id}</span>'
    actions = "".join(
        f'<button type="button" class="quiet{look}" data-act="{act}" '
        f'data-document="{document_id}" data-title="{title}" aria-label="{label}: {title}" '
        f'title="{label}">{icon(sign)}</button>'
        for act, sign, label, look in (
            ("only", "filter", "Ask only this document", " square"),
            ("remove", "trash", "Remove", " square"),
        )
    )
    return (
        f'<tr data-document="{document_id}"><td class="num">{_date(known)}</td>'
        f'<th scope="row"><button type="button" class="link" dir="auto" data-act="source" '
        f'data-document="{document_id}" data-start="0" data-end="0">{title}</button>{name}</th>'
        f'<td class="num right">{figure(known.chunks)}</td><td class="right">{actions}</td></tr>'
    )


def _date(known: StoredDocument) -> str:
    if known.date is None:
        return '<span class="faint">no date</span>'
    return f'<time datetime="{known.date.isoformat()}">{known.date.isoformat()}</time>'


def choices_html(documents: Sequence[StoredDocument], chosen: Collection[str]) -> str:
    """Offer documents to be ticked."""
    return "".join(
        f'<li><label><input type="checkbox" value="{safe(known.id)}"'
        f'{" checked" if known.id in chosen else ""}><span dir="auto">'
        f"{safe(known.title or known.id)}</span>"
        f'<span class="num faint">{known.date.isoformat() if known.date else ""}</span>'
        "</label></li>"
        for known in documents
    )
