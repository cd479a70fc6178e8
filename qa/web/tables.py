"""Lists of documents as HTML: the table of the index, its folders, and the choice of documents."""

from collections.abc import Collection, Mapping, Sequence

from embeddings import StoredDocument
from qa.web.document_list import kind
from qa.web.histogram import has_enough_dates
from qa.web.markup import days, render
from qa.web.texts import count_text, text

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
    return f"{count}, {days(min(dates), max(dates))}"


def rows_html(documents: Sequence[StoredDocument]) -> str:
    """Return a table row for each document: selection, title, date, kind, actions."""
    return render("rows", documents=documents, kind=kind)


def folders_html(folder: str, counts: Mapping[str, int]) -> str:
    """Return the path to a folder, and the folders in it with their numbers of documents.

    "" if no document is in a folder.
    """
    if not counts and not folder:
        return ""
    names = folder.split("/") if folder else []
    parents = [("/".join(names[: place + 1]), name) for place, name in enumerate(names)]
    inside = [
        (name, name.rpartition("/")[2], counts[name])
        for name in sorted(counts, key=str.casefold)
        if name.rpartition("/")[0] == folder
    ]
    return render(
        "folders",
        folder=folder,
        parents=[("", text("documents.all")), *parents],
        inside=inside[:_FOLDERS],
        more=len(inside) - _FOLDERS,
    )


def choices_html(
    documents: Sequence[StoredDocument],
    chosen: Collection[str],
    folders: Mapping[str, int],
    chosen_folder: str | None,
) -> str:
    """Return a list item with a checkbox for each folder and each document."""
    return render(
        "choices", documents=documents, chosen=chosen, folders=folders, chosen_folder=chosen_folder
    )
