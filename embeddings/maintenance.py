"""Making an index anew from the texts in it, while the old one goes on."""

from __future__ import annotations

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
from embeddings.ingest import Ingest, LocalPreparer
from embeddings.stores.local.index_folder import lock_folder, translate_errors
from embeddings.stores.local.store import LocalStore
from embeddings.stores.local.swap import copy_other_files, require_movable, staging_folder, swap_in
from embeddings.stores.store import Store
from embeddings.types import IndexReport

__all__ = ["reindex"]

WAIT_SECONDS = 60.0
"""How long the end waits for who is writing to the old index."""


def reindex(
    folder: Path,
    *,
    encoder: str | Path | None,
    chunking: Chunking | None,
    progress: Callable[[int, int], None] | None,
) -> tuple[IndexReport, Path | None]:
    """Make an index anew; see `Index.reindex`.

    The new one grows beside the old one. Others may write to the old one meanwhile, but for the
    end: then the new one takes over what has changed since, and its place.
    """
    with translate_errors(folder), closing(LocalStore.open(folder)) as old:
        folder = folder.resolve()
        require_movable(folder)
        cut = chunking_from_settings(old.settings) if chunking is None else chunking
        unfinished = folder.with_name(f"{folder.name}.reindexing")
        reports, generation = [], -1
        resources = _open_target(unfinished, encoder, cut, old.generation)
        with closing(resources.store):
            while generation != old.generation:  # until nobody has changed anything meanwhile
                generation = old.generation
                reports.append(_catch_up(resources, old, progress))
            with lock_folder(folder, wait_seconds=WAIT_SECONDS):
                if old.is_replaced:
                    raise IndexBusyError(f"{folder} was replaced meanwhile: reindex it again")
                reports.append(_catch_up(resources, old, progress))
                resources.store.close()
                with copy_other_files(folder, unfinished):
                    ready = staging_folder(folder)
                    if ready.exists():
                        shutil.rmtree(ready)  # an interrupted attempt
                    unfinished.rename(ready)
                    replaced = swap_in(ready, folder)
    return _merge_reports(reports), replaced


def _open_target(
    unfinished: Path, encoder: str | Path | None, chunking: Chunking, generation: int
) -> IndexResources:
    """Go on with what an interrupted call has left, if it was to become the same, or begin."""
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
    resources: IndexResources, old: Store, progress: Callable[[int, int], None] | None
) -> IndexReport:
    """Take over what is in the old index and not, or otherwise, in the new one."""
    with resources.store.writing():
        run = Ingest(resources.store, LocalPreparer(resources.encoder, resources.chunking))
        wanted = list(old.documents())
        for done, known in enumerate(wanted):
            if progress is not None:
                progress(done, len(wanted))
            run.copy_from(known, old)
        run.flush()
        run.remove_unseen()
        if progress is not None:
            progress(len(wanted), len(wanted))
    return run.report()


def _merge_reports(reports: Sequence[IndexReport]) -> IndexReport:
    """Sum up what one look at the old index after another did."""
    return IndexReport(
        added=tuple(
            one for report in reports for one in (*report.added, *report.updated, *report.moved)
        ),
        unchanged=reports[0].unchanged,
        failed=reports[-1].failed,
    )
