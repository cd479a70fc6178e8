"""Lists of documents as HTML: the table of the index, its folders, and the choice of documents."""

from collections.abc import Collection, Mapping, Sequence

from embeddings import StoredDocument
from qa.web.document_list import kind
from qa.web.histogram import has_enough_dates
from qa.web.markup import button, day, icon, safe
from qa.web.texts import count_text, number_text, text

_FOLDERS = 100
"""Number of folders that are shown at once."""


def summary(documents: Sequence[StoredDocument]) -> str:
    """Return the number of documents as HTML, and their first and last day if many are dated."""
    if not documents:
        return text("documents.none")
    count = count_text("documents", "", len(documents))
    if not has_enough_dates([stored.date for stored in documents]):
        return count
    dates = [stored.date for stored in documents if stored.date]
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


def folders_html(folder: str, counts: Mapping[str, int]) -> str:
    """Return the path to a folder, and the folders in it with their numbers of documents.

    "" if no document is in a folder.
    """
    if not counts and not folder:
        return ""
    names = folder.split("/") if folder else []
    path = "".join(
        _folder("/".join(names[:place]), name, current=place == len(names))
        for place, name in enumerate([text("documents.all"), *names])
    )
    inside = [
        name for name in sorted(counts, key=str.casefold) if name.rpartition("/")[0] == folder
    ]
    rows = "".join(
        _folder(name, name.rpartition("/")[2], count=counts[name]) for name in inside[:_FOLDERS]
    )
    more = text("documents.more_folders", count=number_text(len(inside) - _FOLDERS))
    rows += f'<li class="faint small">{more}</li>' if len(inside) > _FOLDERS else ""
    ask = button("only-folder", "filter", text("documents.ask_folder"), folder=folder)
    return f'<ol class="path">{path}{f"<li>{ask}</li>" if folder else ""}</ol><ul>{rows}</ul>'


def _folder(folder: str, name: str, *, current: bool = False, count: int | None = None) -> str:
    shown = f'<span dir="auto">{safe(name)}</span>'
    if count is not None:
        shown = f'{icon("folder")}{shown} <span class="num faint">{number_text(count)}</span>'
    mark = ' aria-current="page"' if current else ""
    return (
        f'<li><button type="button" class="quiet" data-act="folder" data-folder="{safe(folder)}"'
        f"{mark}>{shown}</button></li>"
    )


def choices_html(
    documents: Sequence[StoredDocument],
    chosen: Collection[str],
    folders: Mapping[str, int],
    chosen_folder: str | None,
) -> str:
    """Return a list item with a checkbox for each folder and each document."""
    rows = "".join(
        f'<li><label><input type="checkbox" data-folder="{safe(name)}"'
        f"{' checked' if name == chosen_folder else ''}>{icon('folder')}"
        f'<span dir="auto">{safe(name)}</span> '
        f'<span class="num faint">{count_text("documents", "", count)}</span></label></li>'
        for name, count in folders.items()
    )
    return rows + "".join(
        f'<li><label><input type="checkbox" value="{safe(stored.id)}"'
        f'{" checked" if stored.id in chosen else ""}><span dir="auto">'
        f"{safe(stored.title or stored.id)}</span> "
        f'<span class="num faint">{stored.date.isoformat() if stored.date else ""}</span>'
        "</label></li>"
        for stored in documents
    )
