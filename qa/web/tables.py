"""Lists of documents as HTML: the table of the index, and the choice of documents to ask."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from embeddings import StoredDocument
from qa.web.document_list import kind
from qa.web.markup import button, day, safe
from qa.web.texts import count_text, text

__all__ = ["choices_html", "rows_html", "summary"]


def summary(documents: Sequence[StoredDocument]) -> str:
    """Return the number of documents and their first and last day as HTML."""
    if not documents:
        return text("documents.none")
    count = count_text("documents", "", len(documents))
    dates = [stored.date for stored in documents if stored.date]
    if not dates:
        return count
    first, last = day(min(dates)), day(max(dates))
    days = first if first == last else text("answer.from_to", first=first, last=last)
    return f"{count}, {days}"


def rows_html(documents: Sequence[StoredDocument]) -> str:
    """Return a table row for each document: selection, title, date, kind, actions."""
    return "".join(_row(stored) for stored in documents)


def _row(stored: StoredDocument) -> str:
    document_id, title = safe(stored.id), safe(stored.title or stored.id)
    name = "" if title == document_id else f'<span class="place">{document_id}</span>'
    actions = "".join(
        button(
            act,
            sign,
            f"{label}: {stored.title or stored.id}",
            square=True,
            document=stored.id,
            title=stored.title or stored.id,
        )
        for act, sign, label in (
            ("only", "filter", text("documents.ask_only")),
            ("remove", "trash", text("documents.remove")),
        )
    )
    selected = text("documents.select", title=stored.title or stored.id)
    return (
        f'<tr data-document="{document_id}"><td class="select"><input type="checkbox" '
        f'value="{document_id}" aria-label="{safe(selected)}"></td>'
        f'<th scope="row"><button type="button" class="link" dir="auto" data-act="source" '
        f'data-document="{document_id}" data-start="0" data-end="0">{title}</button>{name}</th>'
        f'<td class="num date">{_date(stored)}</td><td class="kind">{safe(kind(stored))}</td>'
        f'<td class="right">{actions}</td></tr>'
    )


def _date(stored: StoredDocument) -> str:
    if stored.date is None:
        return f'<span class="faint">{text("answer.no_date")}</span>'
    return f'<time datetime="{stored.date.isoformat()}">{stored.date.isoformat()}</time>'


def choices_html(documents: Sequence[StoredDocument], chosen: Collection[str]) -> str:
    """Return a list item with a checkbox for each document."""
    return "".join(
        f'<li><label><input type="checkbox" value="{safe(stored.id)}"'
        f'{" checked" if stored.id in chosen else ""}><span dir="auto">'
        f"{safe(stored.title or stored.id)}</span>"
        f'<span class="num faint">{stored.date.isoformat() if stored.date else ""}</span>'
        "</label></li>"
        for stored in documents
    )
