"""Steps that several commands share: open the index or the assistant, add files, ask."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from embeddings import SettingsError
from qa.cli.options import bar
from qa.config import SEEDS, Config
from qa.retry import retry_when_busy

# The rest is imported where it is used, so that `qa --help` is fast.
if TYPE_CHECKING:
    from embeddings import Index, IndexCatalog, IndexReport, ParseOptions
    from qa import Assistant, Reply
    from qa.monitoring.batch import BatchQuestion


def say(text: str) -> None:
    """Print a message to standard error, apart from the command's output."""
    click.echo(text, err=True)


def open_index(config: Config, *, create: bool = False) -> Index:
    """Open the index; with `create`, create it if it does not exist."""
    from embeddings import Index

    return Index.open(config.index, create=create, encoder=config.encoder, chunking=config.chunking)


def open_catalog(config: Config) -> IndexCatalog:
    """Open the documents of the index without loading the encoder."""
    from embeddings import IndexCatalog

    return IndexCatalog.open(config.index)


@contextmanager
def open_assistant(
    config: Config,
    *,
    tell: Callable[[str], None] = say,
    wait: bool = False,
    allow_empty: bool = False,
) -> Iterator[Assistant]:
    """Open the assistant; first index the corpus if it is set or if the index does not exist.

    With a corpus, an index of an older encoder is rebuilt. An index in Milvus is created only if a
    corpus is set. It is not built in a temporary place, and the next call continues an interrupted
    build.

    `tell` gets a report of what was indexed. With `wait`, the wait for another writer has no time
    limit. With `allow_empty`, an empty index is created if there is no index and no corpus.
    """
    from embeddings import DocumentError, Index, IndexOutdatedError
    from qa import Assistant

    if config.corpus is not None and not Path(config.corpus).exists():
        raise DocumentError(f"There are no documents at {config.corpus}: check --corpus.")
    movable = Index.folder_of(config.index) is not None
    is_free = allow_empty and _is_free(Path(config.index))
    create = is_free and config.corpus is None and not Path(SEEDS).exists()
    if movable and not create and not Index.is_at(config.index):
        tell(_build(config, SEEDS if config.corpus is None else config.corpus, wait=wait))
    elif config.corpus is not None:
        try:
            _, text = _update(config, config.corpus, wait=wait)
        except IndexOutdatedError as error:
            tell(reindex_with_progress(config, encoder=error.encoder))
            _, text = _update(config, config.corpus, wait=wait)
        tell(text)
    with open_index(config, create=create) as opened:
        yield Assistant.open(opened, **config.assistant_settings)


def _is_free(place: Path) -> bool:
    """Return whether there is nothing at a path, or an empty folder."""
    return not place.exists() or (place.is_dir() and not any(place.iterdir()))


def _update(config: Config, corpus: str, *, wait: bool) -> tuple[IndexReport, str]:
    """Add a corpus to the index; return the report, also as text."""
    from qa.cli.output import report_text

    with open_index(config, create=True) as opened:
        report = add_paths(
            opened, [corpus], options=config.parse_options, ray=config.ray, wait=wait
        )
        return report, report_text(report, warnings=warnings_of(opened, report))


def _build(config: Config, corpus: str, *, wait: bool) -> str:
    """Build an index in a temporary place, move it to its own, and return the report as text.

    The next build continues an interrupted one and removes documents of another corpus from it.
    """
    from embeddings import DocumentError, IndexStorageError

    place = Path(config.index)
    if not _is_free(place):
        raise IndexStorageError(
            f"{place} exists but is not an index: name a new folder with --index."
        )
    if not Path(corpus).exists():
        raise DocumentError(
            f"There is no index at {config.index}: index your documents with `qa index FOLDER`, or "
            "name them with --corpus FOLDER."
        )
    unfinished = dataclasses.replace(config, index=f"{config.index.rstrip('/')}.unfinished")
    report, text = _update(unfinished, corpus, wait=wait)
    found = {*report.added, *report.updated, *report.moved, *report.unchanged}
    with open_catalog(unfinished) as opened:
        others = [stored.id for stored in opened.documents() if stored.id not in found]
        opened.remove(others, exclude=False)
    if not found:
        reasons = [f" {reason}" for _, reason in (*report.failed, *report.warnings)]
        raise DocumentError(f"There are no readable documents in {corpus}.{''.join(reasons[:1])}")
    Path(unfinished.index).rename(place)
    return text


def reindex_with_progress(config: Config, *, encoder: str | None) -> str:
    """Rebuild the index with a progress bar and return a report as text."""
    from embeddings import Index

    with _explain_interrupt(), bar("Reindexing") as progress:
        report, replaced = Index.reindex(
            config.index, encoder=encoder, chunking=config.chunking, progress=progress
        )
    lines = [f"{reason} It is only in the old index." for _, reason in report.failed]
    count = len(report.added) + len(report.unchanged)
    lines.append(f"Rebuilt {config.index} with {count} documents. The old index is in {replaced}.")
    return "\n".join(lines)


@contextmanager
def _explain_interrupt() -> Iterator[None]:
    """On Ctrl-C, print that the command can be continued."""
    try:
        yield
    except KeyboardInterrupt:
        say("Interrupted. Run the same command again to continue.")
        raise click.exceptions.Exit(1) from None


def add_paths(
    opened: Index,
    paths: Sequence[str],
    *,
    options: ParseOptions,
    ray: str | None,
    wait: bool = False,
    verify: bool = False,
    allow_empty: bool = False,
) -> IndexReport:
    """Add paths with a progress bar; with `wait`, wait for another writer without a time limit."""
    with _explain_interrupt(), bar("Indexing") as progress:
        return retry_when_busy(
            lambda: opened.add_paths(
                paths,
                options=options,
                progress=progress,
                ray=ray,
                verify=verify,
                allow_empty=allow_empty,
            ),
            seconds=math.inf if wait else 0,
            on_wait=lambda: say("Another process is writing to the index. Waiting for it ..."),
        )


def warnings_of(opened: Index, report: IndexReport) -> dict[str, str]:
    """Return the warnings of the documents that were added or updated, by document id."""
    return {
        stored.id: str(stored.metadata["warning"])
        for stored in opened.known({*report.added, *report.updated}).values()
        if "warning" in stored.metadata
    }


def answer_batch(
    asked: Sequence[BatchQuestion],
    assistant: Assistant,
    *,
    config: Config,
    options: Mapping[str, Any],
    out: str | None,
    as_json: bool,
    offsets: bool,
) -> bool:
    """Print the answers to questions, or write them to a file; return whether all have an answer.

    The output is text, JSON lines, or a table if `out` is one. The options in a question's row
    take precedence over `options`. If a question of a file fails, the others are still asked, and
    the command then exits with code 1.
    """
    from embeddings import QuestionError
    from qa.monitoring.batch import is_table

    failed, all_answered = False, True
    with ExitStack() as stack:
        stream = sys.stdout
        if out is not None:
            encoding = "utf-8-sig" if is_table(out) else "utf-8"
            stream = stack.enter_context(Path(out).open("w", encoding=encoding, newline=""))
        write = _writer(stream, asked, out=out, as_json=as_json, offsets=offsets)
        progress = stack.enter_context(bar("Asking")) if out is not None else None
        for number, one in enumerate(asked, start=1):
            reply, error = None, ""
            try:
                reply = assistant.ask(
                    one.question, k=config.k, answers=config.answers, **{**options, **one.options}
                )
            except (QuestionError, SettingsError) as refused:
                if not one.row:
                    raise
                error, failed = str(refused), True
            all_answered = all_answered and reply is not None and reply.answer is not None
            write(one, reply, error)
            if progress is not None:
                progress(number, len(asked))
    if failed:
        raise click.exceptions.Exit(1)
    return all_answered


def _writer(
    stream: TextIO,
    asked: Sequence[BatchQuestion],
    *,
    out: str | None,
    as_json: bool,
    offsets: bool,
) -> Callable[[BatchQuestion, Reply | None, str], None]:
    """Return a function that writes a question with its reply, or with an error."""
    from qa.cli.output import batch_text, reply_text
    from qa.monitoring.batch import AnswerTable, delimiter, is_table
    from qa.serialization import reply_json

    if out is not None and is_table(out):
        table = AnswerTable(stream, asked, delimiter=delimiter(out))
        return lambda one, reply, error: table.write(one, reply, error=error)

    def write(one: BatchQuestion, reply: Reply | None, error: str) -> None:
        if as_json or out is not None:
            row = reply_json(reply) if reply else {"question": one.question, "error": error}
            click.echo(json.dumps(row), file=stream)
        elif reply is not None and len(asked) == 1:
            click.echo(reply_text(reply, offsets=offsets))
        else:
            click.echo(batch_text(one.question, reply, error, offsets=offsets))

    return write
