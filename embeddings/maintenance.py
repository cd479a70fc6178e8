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
from embeddings.handle import Parts, chunking_of
from embeddings.ingest import Addition, LocalPreparation
from embeddings.stores.local.index_folder import locked, translated
from embeddings.stores.local.store import LocalStore
from embeddings.stores.local.swap import copied_others, ready_place, replace, require_movable
from embeddings.types import IndexReport, Store

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
    with translated(folder), closing(LocalStore.open(folder)) as old:
        folder = folder.resolve()
        require_movable(folder)
        cut = chunking_of(old.settings) if chunking is None else chunking
        unfinished = folder.with_name(f"{folder.name}.reindexing")
        reports, generation = [], -1
        parts = _begun(unfinished, encoder, cut, old.generation)
        with closing(parts.store):
            while generation != old.generation:  # until nobody has changed anything meanwhile
                generation = old.generation
                reports.append(_catch_up(parts, old, progress))
            with locked(folder, wait_seconds=WAIT_SECONDS):
                if old.is_replaced:
                    raise IndexBusyError(f"{folder} was replaced meanwhile: reindex it again")
                reports.append(_catch_up(parts, old, progress))
                parts.store.close()
                with copied_others(folder, unfinished):
                    ready = ready_place(folder)
                    if ready.exists():
                        shutil.rmtree(ready)  # an interrupted attempt
                    unfinished.rename(ready)
                    replaced = replace(ready, folder)
    return _together(reports), replaced


def _begun(
    unfinished: Path, encoder: str | Path | None, chunking: Chunking, generation: int
) -> Parts:
    """Go on with what an interrupted call has left, if it was to become the same, or begin."""
    try:
        return Parts.open(unfinished, encoder=encoder, chunking=chunking)
    except (IndexMismatchError, IndexDamagedError):
        with locked(unfinished):
            shutil.rmtree(unfinished)
    except IndexNotFoundError:
        pass
    return Parts.create(unfinished, encoder=encoder, chunking=chunking, generation=generation)


def _catch_up(parts: Parts, old: Store, progress: Callable[[int, int], None] | None) -> IndexReport:
    """Take over what is in the old index and not, or otherwise, in the new one."""
    with parts.store.writing():
        run = Addition(parts.store, LocalPreparation(parts.encoder, parts.chunking))
        wanted = list(old.documents())
        for done, known in enumerate(wanted):
            if progress is not None:
                progress(done, len(wanted))
            run.take_over(known, old)
        run.flush()
        run.remove_others()
        if progress is not None:
            progress(len(wanted), len(wanted))
    return run.report()


def _together(reports: Sequence[IndexReport]) -> IndexReport:
    """Sum up what one look at the old index after another did."""
    return IndexReport(
        added=tuple(one for report in reports for one in (*report.added, *report.updated)),
        unchanged=reports[0].unchanged,
        failed=reports[-1].failed,
    )
