"""Rebuild an index from the texts in it, while the old one is used."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from embeddings.chunking import Chunking
from embeddings.errors import (
    IndexBusyError,
    IndexDamagedError,
    IndexMismatchError,
    IndexNotFoundError,
)
from embeddings.handle import IndexResources, chunking_from_settings
from embeddings.ingest import Ingest, Preparer
from embeddings.stores.local import swap
from embeddings.stores.local.index_folder import folder_of, lock_folder, translate_errors
from embeddings.stores.local.store import LocalStore
from embeddings.types import IndexReport

WAIT_SECONDS = 60.0
"""Seconds to wait at the end for other processes that write to the old index."""


def reindex(
    location: str | Path,
    *,
    encoder: str | Path | None = None,
    chunking: Chunking | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[IndexReport, Path | None]:
    """Rebuild an index from its stored texts, with another encoder or chunking.

    Other processes can search and write to the old index until the new index replaces it; then they
    open the new index. Calling this again after an interruption continues the work. Headings and
    pages that an older version did not store are not added: to get them, add the files again.

    Args:
        location: folder of the index.
        encoder: a model as in `open_encoder`; by default the bundled one.
        chunking: how to split documents; by default as the index was made.
        progress: called with (documents done, number of documents).

    Returns:
        A report of the documents that this call encoded (`added`) or that an interrupted call
        had encoded (`unchanged`), and the new path of the old index.

    Raises:
        IndexBusyError: another process is reindexing it, or keeps writing to it.
        AssistantError: it cannot be opened or written (see `Index.open`).
    """
    progress = progress or (lambda _done, _documents: None)
    folder = folder_of(location)
    with translate_errors(folder), closing(LocalStore.open(folder)) as old:
        folder = folder.resolve()
        swap.require_movable(folder)
        cut = chunking_from_settings(old.settings) if chunking is None else chunking
        unfinished = folder.with_name(f"{folder.name}.reindexing")
        reports, generation = [], -1
        resources = _open_target(unfinished, encoder, cut, old.generation)
        with closing(resources.store):
            while generation != old.generation:  # until nothing changes during a pass
                generation = old.generation
                reports.append(_catch_up(resources, old, progress))
            with lock_folder(folder, wait_seconds=WAIT_SECONDS):
                if old.is_replaced:
                    raise IndexBusyError(f"{folder} was replaced meanwhile: run `qa reindex` again")
                reports.append(_catch_up(resources, old, progress))
                resources.store.close()
                with swap.copy_other_files(folder, unfinished):
                    ready = swap.empty_staging_folder(folder)
                    unfinished.rename(ready)
                    replaced = swap.swap_in(ready, folder)
    return _merge_reports(reports), replaced


def _open_target(
    unfinished: Path, encoder: str | Path | None, chunking: Chunking, generation: int
) -> IndexResources:
    """Open what an interrupted call has left, if it has the same settings, or create an index."""
    try:
        return IndexResources.open(unfinished, encoder=encoder, chunking=chunking)
    except (IndexMismatchError, IndexDamagedError):
        with lock_folder(unfinished):
            shutil.rmtree(unfinished)
    except IndexNotFoundError:
        pass
    return IndexResources.create(
        unfinished, encoder=encoder, chunking=chunking, generation=generation
    )


def _catch_up(
    resources: IndexResources, old: LocalStore, progress: Callable[[int, int], None]
) -> IndexReport:
    """Copy the differences between the old index and the new one."""
    with resources.store.writing():
        run = Ingest(resources.store, Preparer(resources.encoder, resources.chunking))
        wanted = list(old.documents())
        run.store(run.copies(wanted, old, progress))
        run.remove_unseen()
        if not old.is_of_older_format:
            resources.store.set_problems(old.problems())
        progress(len(wanted), len(wanted))
    return run.report()


def _merge_reports(reports: Sequence[IndexReport]) -> IndexReport:
    """Add up the reports of all passes over the old index."""
    return IndexReport(
        added=tuple(
            one for report in reports for one in (*report.added, *report.updated, *report.moved)
        ),
        unchanged=reports[0].unchanged,
        failed=reports[-1].failed,
    )
