"""Opening what the settings name, with what a person sees of it in a terminal."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from embeddings import SettingsError
from qa.cli.options import bar
from qa.config import SEEDS, Config

# The rest is imported where it is used: `qa --help` waits for none of it.
if TYPE_CHECKING:
    from embeddings import Index, IndexCatalog, IndexReport, ParseOptions
    from qa import Assistant
    from qa.monitoring.batch import BatchQuestion

__all__ = [
    "add_paths",
    "answer_batch",
    "open_assistant",
    "open_catalog",
    "open_index",
    "reindex_with_progress",
    "say",
]


def say(text: str) -> None:
    """Tell a person, beside what the command puts out."""
    click.echo(text, err=True)


@contextmanager
def open_index(config: Config, *, create: bool = False) -> Iterator[Index]:
    """Open the index; one that is not there is an error, or made."""
    from embeddings import Index

    with Index.open(
        config.index, create=create, encoder=config.encoder, chunking=config.chunking
    ) as opened:
        yield opened


@contextmanager
def open_catalog(config: Config) -> Iterator[IndexCatalog]:
    """Open the documents of the index without loading the encoder."""
    from embeddings import IndexCatalog

    with IndexCatalog.open(config.index) as opened:
        yield opened


@contextmanager
def open_assistant(config: Config, *, tell: Callable[[str], None] = say) -> Iterator[Assistant]:
    """Open the assistant; first index the corpus if it was named or there is no index yet.

    With a corpus named, an index whose encoder has given way to another is made anew as well. An
    index in Milvus is made for a named corpus only: it cannot be moved to its place when it is
    whole, and the next call goes on with what an interrupted one left. What was done is told.
    """
    from embeddings import Index, IndexOutdatedError
    from qa import Assistant
    from qa.cli.output import report_text

    options = config.parse_options
    movable = Index.folder_of(config.index) is not None
    if movable and not Index.is_at(config.index):
        report = _build(config, SEEDS if config.corpus is None else config.corpus, options=options)
        tell(report_text(report))
    elif config.corpus is not None:
        try:
            report = _updated(config, config.corpus, options=options)
        except IndexOutdatedError as error:
            tell(reindex_with_progress(config, encoder=error.encoder))
            report = _updated(config, config.corpus, options=options)
        tell(report_text(report))
    with open_index(config) as opened:
        yield Assistant.over(opened, config)


def _updated(config: Config, corpus: str, *, options: ParseOptions) -> IndexReport:
    with open_index(config, create=True) as opened:
        return add_paths(opened, [corpus], options=options, ray=config.ray)


def _build(config: Config, corpus: str, *, options: ParseOptions) -> IndexReport:
    """Make an index beside its place and move it there when it is whole.

    An interrupted build is gone on with by the next one, and never taken for the whole; what it
    holds of another corpus goes.
    """
    from embeddings import DocumentError, IndexStorageError

    place = Path(config.index)
    if place.exists() and not (place.is_dir() and next(place.iterdir(), None) is None):
        raise IndexStorageError(
            f"{place} holds no index, but something else: name a new folder with --index."
        )
    if not Path(corpus).exists():
        raise DocumentError(
            f"There is no index at {config.index} and no documents at {corpus}: name your "
            "documents with --corpus FOLDER, or index them with `qa index FOLDER`."
        )
    unfinished = dataclasses.replace(config, index=f"{config.index.rstrip('/')}.unfinished")
    with open_index(unfinished, create=True) as opened:
        report = add_paths(opened, [corpus], options=options, ray=config.ray)
        there = {*report.added, *report.updated, *report.unchanged}
        opened.remove([known.id for known in opened.documents() if known.id not in there])
    if report.failed and not (report.added or report.updated or report.unchanged):
        raise DocumentError(f"No document of {corpus} could be read: {report.failed[0][1]}")
    Path(unfinished.index).rename(place)
    return report


def reindex_with_progress(config: Config, *, encoder: str | None) -> str:
    """Make the index anew under a progress bar; what was done, in words."""
    from embeddings import Index

    with _explain_interrupt(), bar("Reindexing") as progress:
        report, replaced = Index.reindex(
            config.index, encoder=encoder, chunking=config.chunking, progress=progress
        )
    lines = [f"{reason} It is in the old index only." for _, reason in report.failed]
    count = len(report.added) + len(report.unchanged)
    lines.append(
        f"{config.index} is made anew from {count} documents; the old index is in {replaced}."
    )
    return "\n".join(lines)


@contextmanager
def _explain_interrupt() -> Iterator[None]:
    """Tell whoever presses Ctrl-C that nothing is lost."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("\nWhat is done is kept; the same command goes on.", err=True)
        raise


def add_paths(
    opened: Index, paths: Sequence[str], *, options: ParseOptions, ray: str | None
) -> IndexReport:
    """Add paths under a progress bar."""
    with _explain_interrupt(), bar("Indexing") as progress:
        return opened.add_paths(paths, options=options, progress=progress, ray=ray)


def answer_batch(
    asked: Sequence[BatchQuestion],
    assistant: Assistant,
    *,
    config: Config,
    limits: Mapping[str, Any],
    out: str | None,
) -> None:
    """Answer questions as JSON lines, or as a table where `out` is one; None for standard output.

    A question that cannot be asked gets an error in its place, and the exit code 1, but one alone
    fails as it is. What a question's row says goes before `limits`.
    """
    from embeddings import QuestionError
    from qa.monitoring.batch import AnswerTable, delimiter, is_table
    from qa.serialization import reply_json

    failed = False
    with ExitStack() as stack:
        stream, told = sys.stdout, None
        if out is not None:
            encoding = "utf-8-sig" if is_table(out) else "utf-8"
            stream = stack.enter_context(Path(out).open("w", encoding=encoding, newline=""))
            told = stack.enter_context(bar("Asking"))
        table = None
        if out is not None and is_table(out):
            table = AnswerTable(stream, asked, delimiter=delimiter(out))
        for number, one in enumerate(asked, start=1):
            reply, error = None, ""
            try:
                reply = assistant.ask(
                    one.question, k=config.k, answers=config.answers, **{**limits, **one.options}
                )
            except (QuestionError, SettingsError) as refused:
                if not one.row:
                    raise
                error, failed = str(refused), True
            if table is not None:
                table.write(one, reply, error=error)
            else:
                said = reply_json(reply) if reply else {"question": one.question, "error": error}
                click.echo(json.dumps(said), file=stream)
            if told is not None:
                told(number, len(asked))
    if failed:
        raise click.exceptions.Exit(1)
