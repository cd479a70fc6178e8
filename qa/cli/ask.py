"""Commands that ask: `qa ask`, `qa timeline`, `qa verify` and `qa watch`."""

from __future__ import annotations

import json
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from qa.cli.options import (
    as_json_flag,
    as_of_option,
    bar,
    documents_option,
    offsets_flag,
    question_argument,
    read_lines,
    settings,
    undated_flag,
    window_flag,
    with_dates,
)
from qa.cli.session import answer_batch, open_assistant, open_catalog, say
from qa.config import Config

if TYPE_CHECKING:
    from qa.monitoring.batch import BatchQuestion
    from qa.monitoring.watch import Change

# Commands import the rest of the project when they run, so that `qa --help` is fast.


@click.command()
@click.argument("words", metavar="[QUESTION]", nargs=-1)
@click.option(
    "--file",
    help="Ask the questions of this file: one per line, or a table (.csv, .tsv); - is stdin.",
)
@click.option(
    "--out", help="Write the answers of --file to a table (.csv, .tsv) or, otherwise, JSON lines."
)
@with_dates
@as_of_option
@window_flag
@undated_flag
@documents_option
@settings(
    *("index", "corpus", "encoder", "reader", "k", "min_read", "answers"),
    *("confidence", "min_score", "min_precision"),
)
@offsets_flag
@click.option("--exit-code", is_flag=True, help="Exit with code 4 if a question has no answer.")
@as_json_flag
def ask(
    words: tuple[str, ...],
    file: str | None,
    out: str | None,
    config: Config,
    offsets: bool,
    exit_code: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Answer a question with quotations from your documents.

    If the index does not exist, the documents of --corpus (default: the folder seeds) are indexed
    first. Questions can also come from a file or a pipe, one per line. A table of questions needs
    a column "question"; its columns "after", "before" and "as_of" take precedence over the flags.

    \b
    Examples:
      qa ask "When was the ceasefire agreed?"
      qa ask When was the ceasefire agreed
      qa ask --corpus ~/articles "Who won?"
      qa ask --after 2020-09 --before 2020 "What did the GNA declare?"
      qa ask -k 20 --min-read 20 "How many died?"
      qa ask --min-precision 0.9 --json "How many people were displaced?"
      qa ask --as-of 2020-09-16 "Who resigned last week?"
      qa ask --file questions.txt --json > replies.jsonl
      qa ask --file questions.csv --out answers.csv

    \b
    Exit codes:
      0  all questions were asked
      1  error
      2  wrong usage
      4  a question has no answer (only with --exit-code)
    """
    from qa.monitoring.batch import BatchQuestion

    question = " ".join(words) if words else None
    if file is None and question is None and not sys.stdin.isatty():
        file = "-"
    if (question is None) == (file is None):
        raise click.UsageError("Give one QUESTION, or --file FILE with one question per line.")
    if out is not None and file is None:
        raise click.UsageError("--out needs the questions of a --file.")
    if out is not None and _is_same_file(str(file), out):
        raise click.UsageError(f"--out would replace the questions in {file}: name another file.")
    # Read the questions before an index is built, so that an unreadable file fails at once.
    asked = [BatchQuestion(question)] if question is not None else _questions(str(file))
    if not asked:
        raise click.UsageError("There is no question: give one, or a file with one per line.")
    with open_assistant(config) as assistant:
        if not assistant.index.document_count:
            raise click.ClickException(
                f"There are no documents in {config.index}: add some with `qa index FOLDER`."
            )
        all_answered = answer_batch(
            asked,
            assistant,
            config=config,
            options=options,
            out=out,
            as_json=as_json,
            offsets=offsets,
        )
    if exit_code and not all_answered:
        raise click.exceptions.Exit(4)


def _is_same_file(one: str, other: str) -> bool:
    return Path(one).exists() and Path(other).exists() and Path(one).samefile(other)


def _questions(file: str) -> list[BatchQuestion]:
    from qa.monitoring.batch import BatchQuestion, is_table, read_table

    if is_table(file):
        return read_table(file)
    return [BatchQuestion(line, row={"question": line}) for line in read_lines(file)]


@click.command()
@question_argument
@with_dates
@as_of_option
@settings("index", "corpus", "encoder", "reader", "k", "timeline_slices", "timeline_min_score")
@offsets_flag
@as_json_flag
def timeline(
    words: tuple[str, ...], config: Config, offsets: bool, as_json: bool, **options: Any
) -> None:
    """Show how the answer to a question changed over time.

    Answers with the same value are grouped. A value is marked as superseded if later documents
    give another one.

    \b
    Example:
      qa timeline "How many people were displaced?" --after 2020
    """
    from qa.cli.output import timeline_text
    from qa.serialization import timeline_json

    with open_assistant(config) as assistant:
        found = assistant.timeline(
            " ".join(words),
            k=config.k,
            slices=config.timeline_slices,
            min_score=config.timeline_min_score,
            **options,
        )
    click.echo(
        json.dumps(timeline_json(found)) if as_json else timeline_text(found, offsets=offsets)
    )


@click.command()
@click.argument("replies", type=click.File("rb"))
@settings("index", "max_file_bytes", "max_file_seconds")
@as_json_flag
def verify(replies: BinaryIO, config: Config, as_json: bool) -> None:
    """Check that quotations are still in their documents.

    REPLIES is a file (- is stdin) with the JSON of `qa ask --json`, of the HTTP API or of the web
    page. The files are read again and compared character by character. Documents that did not come
    from a file are compared with the index. The exit code is 1 if a quotation is not confirmed.

    \b
    Examples:
      qa ask --json "Who won?" > reply.json && qa verify reply.json
      qa ask --json --file questions.txt | qa verify -
    """
    from embeddings import Index
    from qa.cli.output import finding_text
    from qa.monitoring.verify import load_citations, verify
    from qa.serialization import finding_json

    citations = load_citations(replies.read())
    with ExitStack() as stack:
        index = None
        if Index.is_at(config.index):
            index = stack.enter_context(open_catalog(config))
        stored = index.document if index is not None else lambda document_id: None
        findings = verify(citations, stored, options=config.parse_options)
    for finding in findings:
        click.echo(json.dumps(finding_json(finding)) if as_json else finding_text(finding))
    wrong = sum(finding.verdict != "confirmed" for finding in findings)
    if not as_json:
        click.echo(f"{len(findings) - wrong} of {len(findings)} quotations confirmed.")
    if wrong:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("questions")
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Save the last answers in this file. Default: watch.json in the index's folder.",
)
@click.option(
    "--every",
    type=click.FloatRange(1),
    metavar="SECONDS",
    help="Repeat after this many seconds until Ctrl-C.",
)
@settings(
    *("index", "corpus", "encoder", "reader", "k", "confidence", "min_score", "min_precision")
)
@as_json_flag
def watch(
    questions: str, state: Path | None, every: float | None, config: Config, as_json: bool
) -> None:
    """Ask questions again and show the answers that changed.

    QUESTIONS is a file as for `qa ask --file`. The first run only saves the answers; later runs ask
    again if documents have changed. With --corpus, new and changed documents are indexed first. If
    another process is writing to the index, the command waits. A question that fails is reported,
    and the others are still asked.

    \b
    Examples:
      qa watch questions.txt --corpus ~/articles
      qa watch questions.csv --every 600 --json >> changes.jsonl
    """
    from qa.cli.output import change_text
    from qa.monitoring.watch import STATE, watch
    from qa.serialization import change_json

    asked = _questions(questions)
    file = config.file_beside_index(STATE) if state is None else state

    def show(change: Change) -> None:
        # click.echo flushes. If the output is closed, it raises before the change is saved.
        click.echo(json.dumps(change_json(change)) if as_json else change_text(change))

    while True:
        with open_assistant(config, wait=True) as assistant, bar("Asking") as progress:
            result = watch(asked, assistant, file, k=config.k, progress=progress, report=show)
        for question, error in result.failed:
            say(f"{question!r} failed: {error}")
        if every is None:
            break
        time.sleep(every)
    if not as_json:
        click.echo(f"Questions: {len(asked)}. Changed answers: {len(result.changes)}.")
    if result.failed:
        raise click.exceptions.Exit(1)
