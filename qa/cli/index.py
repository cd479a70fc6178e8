"""Commands for an index and its documents."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qa.cli.options import as_json_flag, offsets_flag, question_argument, settings, with_dates
from qa.cli.session import add_paths, open_catalog, open_index, reindex_with_progress, warnings_of
from qa.config import Config

if TYPE_CHECKING:
    from embeddings import IndexCatalog

# Commands import the rest of the project when they run, so that `qa --help` is fast.


@click.command()
@click.argument("paths", nargs=-1, required=True)
@click.option(
    "--text-field",
    "text",
    metavar="NAME",
    help="Column or key of the text in tables and JSON files.",
)
@click.option("--title-field", "title", metavar="NAME", help="Column or key of the title.")
@click.option("--date-field", "date", metavar="NAME", help="Column or key of the date.")
@click.option("--id-field", "id", metavar="NAME", help="Column or key of the id.")
@settings(
    *("index", "encoder", "chunk_words", "overlap_words"),
    *("max_file_bytes", "max_file_seconds", "ray"),
)
@click.option(
    "--verify", is_flag=True, help="Read all files, also those with unchanged size and time."
)
@click.option(
    "--yes", is_flag=True, help="Remove the documents of a folder even if it is empty or gone."
)
@click.option("--verbose", is_flag=True, help="List the skipped files.")
@as_json_flag
def index(
    paths: tuple[str, ...],
    config: Config,
    verify: bool,
    yes: bool,
    verbose: bool,
    as_json: bool,
    **fields: str | None,
) -> None:
    """Add files and folders to the index, or update them.

    PATHS are files, folders and glob patterns. Files with unchanged size and modification time are
    not read again, and an interrupted run continues where it stopped. Documents whose file is gone
    from a folder are removed from the index, unless the whole folder is empty or gone: its disk may
    not be mounted. Files of unsupported kinds are skipped, and so are unchanged files whose
    documents you removed, unless PATHS name them. The exit code is 1 if a file could not
    be read.

    With --ray, the machines of a Ray cluster read, chunk and encode the documents, and this process
    stores them. Every machine needs this version of the package and the same file paths. The index
    is the same as without Ray.

    \b
    Examples:
      qa index ~/articles report.pdf
      qa index "news/**/*.html" --index news-index
      qa index export.csv --text-field body --date-field published
      qa index /shared/articles --ray auto
      qa index /shared/articles --ray 10.0.0.1:6379 --index https://milvus:19530
    """
    from embeddings import Fields, Index
    from qa.cli.output import report_text
    from qa.serialization import report_json

    named = Fields(**{name: value for name, value in fields.items() if value is not None})
    options = dataclasses.replace(config.parse_options, fields=named)
    if not Index.is_at(config.index):
        _require_files(paths)
    with open_index(config, create=True) as opened:
        report = add_paths(
            opened, paths, options=options, ray=config.ray, verify=verify, allow_empty=yes
        )
        warnings = warnings_of(opened, report)
    if as_json:
        click.echo(json.dumps(report_json(report)))
    else:
        click.echo(report_text(report, warnings=warnings, verbose=verbose))
    if report.failed:
        raise click.exceptions.Exit(1)


def _require_files(paths: Sequence[str]) -> None:
    """Raise DocumentError if no path has a file to read: a wrong path creates no index."""
    from embeddings import DocumentError, find_files

    reasons = []
    for path in paths:
        try:
            if find_files(path).files:
                return
            reasons.append(f"There is no file of a supported format in {path}.")
        except DocumentError as error:
            reasons.append(f"{error}.")
    raise DocumentError(" ".join(reasons))


@click.command()
@question_argument
@with_dates
@settings("index", "encoder", "k")
@offsets_flag
@as_json_flag
def search(
    words: tuple[str, ...],
    after: str | None,
    before: str | None,
    config: Config,
    offsets: bool,
    as_json: bool,
) -> None:
    """Show the passages that match a question best.

    Each passage is shown with its score, the BM25 score of its words and the cosine similarity of
    its meaning.

    \b
    Examples:
      qa search "ceasefire in Libya"
      qa search "oil facilities" -k 3 --json
    """
    from embeddings import DateRange, Filter
    from qa.cli.output import hit_text
    from qa.serialization import hit_json

    within = Filter(dates=DateRange.of(after, before))
    with open_index(config) as opened:
        hits = opened.search(" ".join(words), config.k, within=within)
    for hit in hits:
        click.echo(json.dumps(hit_json(hit)) if as_json else hit_text(hit, offsets=offsets))
    if not hits and not as_json:
        click.echo("Nothing found.")


@click.group()
def documents() -> None:
    """List, show and remove the documents of an index."""


@documents.command("list")
@settings("index")
@as_json_flag
def documents_list(config: Config, as_json: bool) -> None:
    """List all documents with date, number of chunks, id and title.

    \b
    Examples:
      qa documents list
      qa documents list --json
    """
    from qa.cli.output import stored_table
    from qa.serialization import stored_json

    with open_catalog(config) as opened:
        if as_json:
            for stored in opened.documents():
                click.echo(json.dumps(stored_json(stored)))
        else:
            click.echo(stored_table(opened.documents()))


def _document_ids(opened: IndexCatalog, name: str) -> list[str]:
    """Return the ids of the documents with an id, or from a file or folder."""
    if opened.known([name]):
        return [name]
    ids = [stored.id for stored in opened.documents_under(str(Path(name).resolve()))]
    if not ids:
        raise click.ClickException(
            f"There is no document {name!r} in the index; `qa documents list` shows the ids."
        )
    return ids


@documents.command("show")
@click.argument("name", metavar="ID")
@settings("index")
def documents_show(name: str, config: Config) -> None:
    """Print the text of a document; offsets count its characters.

    ID is the id of the document or the path of its file. In a terminal, control characters are
    replaced.

    \b
    Examples:
      qa documents show report.pdf
      qa documents show ~/articles/2020/report.pdf
    """
    from qa.serialization import replace_control_characters

    with open_catalog(config) as opened:
        texts = [
            found.text for one in _document_ids(opened, name) if (found := opened.document(one))
        ]
    for text in texts:
        # With color=True, click keeps escape sequences: a pipe gets the text as it is.
        shown = replace_control_characters(text) if sys.stdout.isatty() else text
        click.echo(shown, color=True)


@documents.command("remove")
@click.argument("names", metavar="ID...", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@settings("index")
def documents_remove(names: tuple[str, ...], yes: bool, config: Config) -> None:
    """Remove documents from the index. Their files are kept.

    ID is the id of a document, or the path of a file or folder that was indexed. `qa index` adds
    removed documents again only if their file changes or is named, or with --verify.

    \b
    Examples:
      qa documents remove old.txt draft.txt --yes
      qa documents remove ~/articles/drafts
    """
    with open_catalog(config) as opened:
        ids = dict.fromkeys(one for name in names for one in _document_ids(opened, name))
        if not yes:
            count = "1 document" if len(ids) == 1 else f"{len(ids)} documents"
            click.confirm(f"Remove {count} from {config.index}?", abort=True)
        removed = opened.remove(ids)
    click.echo(f"{len(removed)} removed.")


@click.command()
@click.option(
    "--repair", is_flag=True, help="Rebuild damaged parts and remove documents that are lost."
)
@settings("index")
def check(repair: bool, config: Config) -> None:
    """Check that the index is undamaged.

    All parts of the index are compared. The exit code is 1 if there is damage.

    \b
    Examples:
      qa check
      qa check --repair
    """
    from embeddings import Index, IndexDamagedError
    from qa.serialization import replace_control_characters

    done: list[str] = []
    try:
        with open_catalog(config) as opened:
            faults = opened.check()
            if repair and faults:
                done = opened.repair()
    except IndexDamagedError as error:
        faults = [str(error)]
        if repair:
            done = Index.salvage(config.index)
    for sentence in [*faults, *done]:
        click.echo(replace_control_characters(sentence))
    if not faults:
        click.echo("The index is undamaged.")
    elif not repair:
        click.echo("To repair the index, run `qa check --repair`.", err=True)
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("target", type=click.Path(file_okay=False))
@settings("index")
def backup(target: str, config: Config) -> None:
    """Copy the index to a new folder.

    Servers can read and write the index meanwhile. Feedback and the answers of `qa watch` are
    copied as well. A backup is an index: --index opens it.

    \b
    Example:
      qa backup backups/monday
    """
    from embeddings import Index

    Index.backup(config.index, target)
    click.echo(f"Copied {config.index} to {target}. To restore it, run `qa restore {target}`.")


@click.command()
@click.argument("source", metavar="BACKUP", type=click.Path(exists=True, file_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@settings("index")
def restore(source: str, yes: bool, config: Config) -> None:
    """Replace the index with a backup.

    The current index is renamed and kept. Running servers switch to the backup.

    \b
    Example:
      qa restore backups/monday
    """
    from embeddings import Index

    if Index.is_at(config.index) and not yes:
        click.confirm(f"Replace {config.index} with {source}?", abort=True)
    replaced = Index.restore(source, config.index)
    click.echo(f"Restored {source} to {config.index}.")
    if replaced is not None:
        click.echo(f"The replaced index is in {replaced}.")


@click.command()
@settings("index", "encoder", "chunk_words", "overlap_words")
def reindex(config: Config) -> None:
    """Rebuild the index with another encoder or other chunks.

    The texts in the index are used; no files are read. Without --encoder, the bundled encoder is
    used. Chunk sizes stay the same unless they are set. The old index is used until the new one is
    complete; then it is renamed and kept, and running servers switch to the new one. An interrupted
    run continues where it stopped.

    \b
    Examples:
      qa reindex
      qa reindex --encoder my-encoder/
      qa reindex --chunk-words 60 --overlap-words 20
    """
    click.echo(reindex_with_progress(config, encoder=config.encoder))
