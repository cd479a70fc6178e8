"""Opening what the settings name, with what a person sees of it in a terminal."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qa.config import SEEDS, Config
from qa.flags import bar

# The rest is imported where it is used: `qa --help` waits for none of it.
if TYPE_CHECKING:
    from embeddings import Index, IndexReport, Reading
    from qa import Assistant

__all__ = ["add_paths", "open_assistant", "open_index"]


@contextmanager
def open_index(config: Config, *, create: bool = False) -> Iterator[Index]:
    """Open the index; one that is not there is an error, or made."""
    from embeddings import Index

    with Index.open(
        config.index, create=create, encoder=config.encoder, chunking=config.chunking
    ) as opened:
        yield opened


@contextmanager
def open_assistant(config: Config) -> Iterator[Assistant]:
    """Open the assistant; first index the corpus if it was named or there is no index yet."""
    from embeddings import Index, Reading
    from qa import Assistant, Reader
    from qa.rendering import report_text

    reading = Reading(max_file_bytes=config.max_file_bytes)
    if not Index.is_at(config.index):
        report = _build(config, SEEDS if config.corpus is None else config.corpus, reading=reading)
        click.echo(report_text(report), err=True)
    elif config.corpus is not None:
        with open_index(config) as opened:
            report = add_paths(opened, [config.corpus], reading=reading)
        click.echo(report_text(report), err=True)
    with open_index(config) as opened:
        yield Assistant(opened, Reader.open(config.reader), min_score=config.min_score)


def _build(config: Config, corpus: str, *, reading: Reading) -> IndexReport:
    """Make an index beside its place and move it there when it is whole.

    An interrupted build is gone on with by the next one, and never taken for the whole; what it
    holds of another corpus goes.
    """
    from embeddings import DocumentError

    if not Path(corpus).exists():
        raise DocumentError(
            f"There is no index at {config.index} and no documents at {corpus}: name your "
            "documents with --corpus FOLDER, or index them with `qa index FOLDER`."
        )
    unfinished = dataclasses.replace(config, index=f"{config.index.rstrip('/')}.unfinished")
    with open_index(unfinished, create=True) as opened:
        report = add_paths(opened, [corpus], reading=reading)
        there = {*report.added, *report.updated, *report.unchanged}
        opened.remove([known.id for known in opened.documents() if known.id not in there])
    if report.failed and not (report.added or report.updated or report.unchanged):
        raise DocumentError(f"No document of {corpus} could be read: {report.failed[0][1]}")
    Path(unfinished.index).rename(config.index)
    return report


def add_paths(opened: Index, paths: Sequence[str], *, reading: Reading) -> IndexReport:
    """Add paths under a progress bar."""
    try:
        with bar("Indexing") as progress:
            return opened.add_paths(paths, reading=reading, progress=progress)
    except KeyboardInterrupt:
        click.echo("\nWhat is done is kept; the same command goes on.", err=True)
        raise
