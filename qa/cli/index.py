"""The commands about an index and its documents."""

from __future__ import annotations

import dataclasses
import json
import sys

import click

from qa.cli.options import as_json_flag, settings, with_dates
from qa.cli.session import add_paths, open_catalog, open_index, reindex_with_progress
from qa.config import Config

# The rest of the project is imported by the commands that use it: `qa --help` waits for none.

__all__ = ["backup", "check", "documents", "index", "reindex", "restore", "search"]


@click.command()
@click.argument("paths", nargs=-1, required=True)
@click.option("--text-field", help="The column or key with the text, in CSV and JSON files.")
@click.option("--title-field", help="The one with the title.")
@click.option("--date-field", help="The one with the date.")
@click.option("--id-field", help="The one with the id.")
@settings(
    *("index", "encoder", "chunk_words", "overlap_words"),
    *("max_file_bytes", "max_file_seconds", "ray"),
)
@as_json_flag
def index(
    paths: tuple[str, ...],
    text_field: str | None,
    title_field: str | None,
    date_field: str | None,
    id_field: str | None,
    config: Config,
    as_json: bool,
) -> None:
    """Add or update the documents of files, folders and glob patterns.

    Unchanged documents are passed over, and an interrupted run goes on where it was. Documents
    that are gone from a folder named again are removed from the index.

    With --ray, the machines of a cluster read, cut and encode the documents, and this process
    stores them: the index becomes the same. Every machine must have this package in this version,
    and see the files under the same paths. Machines may die, come and go meanwhile.

    \b
    Examples:
      qa index ~/articles report.pdf
      qa index "news/**/*.html" --index news-index
      qa index export.csv --text-field body --date-field published
      qa index /shared/articles --ray auto
      qa index /shared/articles --ray 10.0.0.1:6379 --index https://milvus:19530
    """
    from embeddings import Fields
    from qa.cli.output import report_text
    from qa.serialization import report_json

    given = {"text": text_field, "title": title_field, "date": date_field, "id": id_field}
    fields = Fields(**{name: value for name, value in given.items() if value is not None})
    options = dataclasses.replace(config.parse_options, fields=fields)
    with open_index(config, create=True) as opened:
        report = add_paths(opened, paths, options=options, ray=config.ray)
    click.echo(json.dumps(report_json(report)) if as_json else report_text(report))
    if report.failed and not (report.added or report.updated or report.unchanged):
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("question")
@with_dates
@settings("index", "encoder", "k")
@as_json_flag
def search(
    question: str, after: str | None, before: str | None, config: Config, as_json: bool
) -> None:
    """Show the chunks that fit a question best, with both parts of their score.

    \b
    Examples:
      qa search "ceasefire in Libya"
      qa search "oil facilities" --k 3 --json
    """
    from embeddings import DateRange, Filter
    from qa.cli.output import hit_text
    from qa.serialization import hit_json

    within = Filter(dates=DateRange.of(after, before))
    with open_index(config) as opened:
        hits = opened.search(question, config.k, within=within)
    for hit in hits:
        click.echo(json.dumps(hit_json(hit)) if as_json else hit_text(hit))
    if not hits and not as_json:
        click.echo("Nothing found.")


@click.group()
def documents() -> None:
    """List, show and remove the documents of an index."""


@documents.command("list")
@settings("index")
@as_json_flag
def documents_list(config: Config, as_json: bool) -> None:
    """List every document: date, chunks, id and title.

    \b
    Example:
      qa documents list --json
    """
    from qa.cli.output import stored_text
    from qa.serialization import stored_json

    with open_catalog(config) as opened:
        for known in opened.documents():
            click.echo(json.dumps(stored_json(known)) if as_json else stored_text(known))


@documents.command("show")
@click.argument("document_id", metavar="ID")
@settings("index")
def documents_show(document_id: str, config: Config) -> None:
    """Print a document's text as it was read; offsets count its characters.

    In a terminal, a sign stands for each character that would command it.

    \b
    Example:
      qa documents show report.pdf
    """
    from qa.serialization import replace_control_characters

    with open_catalog(config) as opened:
        document = opened.document(document_id)
    if document is None:
        raise click.ClickException(
            f"There is no document {document_id!r}; `qa documents list` shows all."
        )
    # Told colours, click leaves escape sequences where they are: what is piped on is the text.
    shown = replace_control_characters(document.text) if sys.stdout.isatty() else document.text
    click.echo(shown, color=True)


@documents.command("remove")
@click.argument("document_ids", metavar="ID...", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@settings("index")
def documents_remove(document_ids: tuple[str, ...], yes: bool, config: Config) -> None:
    """Remove documents from the index; their files stay, and `qa index` brings them back.

    \b
    Example:
      qa documents remove old.txt draft.txt --yes
    """
    if not yes:
        click.confirm(f"Remove {len(document_ids)} document(s) from {config.index}?", abort=True)
    with open_catalog(config) as opened:
        removed = opened.remove(document_ids)
    for missing in set(document_ids) - set(removed):
        click.echo(f"There was no document {missing!r}.", err=True)
    click.echo(f"{len(removed)} removed.")
    if not removed:
        raise click.exceptions.Exit(1)


@click.command()
@click.option("--repair", is_flag=True, help="Rebuild what can be rebuilt, drop what is lost.")
@settings("index")
def check(repair: bool, config: Config) -> None:
    """Compare all parts of the index; exit code 1 if something is wrong.

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
        click.echo("The index is sound.")
    elif not repair:
        click.echo("`qa check --repair` mends it.", err=True)
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("target", type=click.Path(file_okay=False))
@settings("index")
def backup(target: str, config: Config) -> None:
    """Copy the index into TARGET, a new folder, while servers go on reading and writing it.

    Judgements and standing questions go with it. A backup is an index: --index opens it.

    \b
    Example:
      qa backup backups/monday
    """
    from embeddings import Index

    Index.backup(config.index, target)
    click.echo(f"{config.index} is copied to {target}; `qa restore {target}` puts it back.")


@click.command()
@click.argument("source", metavar="BACKUP", type=click.Path(exists=True, file_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask.")
@settings("index")
def restore(source: str, yes: bool, config: Config) -> None:
    """Put BACKUP in the place of the index, which is moved aside; servers go over to it.

    \b
    Example:
      qa restore backups/monday
    """
    from embeddings import Index

    if Index.is_at(config.index) and not yes:
        click.confirm(f"Put {source} in the place of {config.index}?", abort=True)
    replaced = Index.restore(source, config.index)
    click.echo(f"{source} is restored to {config.index}.")
    if replaced is not None:
        click.echo(f"What was there is in {replaced}.")


@click.command()
@settings("index", "encoder", "chunk_words", "overlap_words")
def reindex(config: Config) -> None:
    """Make the index anew from the texts in it, for another encoder or other chunks.

    Without --encoder, with the one that comes with this version; chunks stay as they are unless
    told otherwise. No file is read. The old index is used until the new one is whole, then moved
    aside, and servers go over to the new one. An interrupted run goes on where it was.

    \b
    Examples:
      qa reindex
      qa reindex --encoder my-encoder/
      qa reindex --chunk-words 60 --overlap-words 20
    """
    click.echo(reindex_with_progress(config, encoder=config.encoder))
