"""Commands that ask: `qa ask`, `qa timeline`, `qa verify` and `qa watch`."""

from __future__ import annotations

import json
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from qa.cli.options import as_json_flag, bar, read_lines, settings, with_dates, with_time
from qa.cli.session import answer_batch, open_assistant, open_catalog
from qa.config import Config

if TYPE_CHECKING:
    from qa.monitoring.batch import BatchQuestion

# The rest of the project is imported by the commands that use it: `qa --help` waits for none.

__all__ = ["ask", "timeline", "verify", "watch"]


@click.command()
@click.argument("question", required=False)
@click.option("--file", help="Questions, one a line, or a table (.csv, .tsv); - for stdin.")
@click.option("--out", help="Where the answers of a file go: a table (.csv, .tsv), or JSON lines.")
@with_dates
@with_time
@settings(
    *("index", "corpus", "encoder", "reader", "k", "min_read", "answers"),
    *("confidence", "min_score", "min_precision"),
)
@as_json_flag
def ask(
    question: str | None,
    file: str | None,
    out: str | None,
    after: str | None,
    before: str | None,
    as_of: str | None,
    window: bool,
    config: Config,
    as_json: bool,
) -> None:
    """Answer a question.

    Without an index yet, one is built from the corpus first. Questions from a file or standard
    input are answered as JSON lines, or as a table. A table of questions has the column question,
    and may have after, before and as_of, which go before the flags.

    \b
    Examples:
      qa ask "When was the ceasefire agreed?"
      qa ask --corpus ~/articles "Who won?"
      qa ask --k 20 --min-read 20 "How many died?"
      qa ask --min-precision 0.9 --json "How many people were displaced?"
      qa ask --as-of 2020-09-16 "Who resigned last week?"
      qa ask --file questions.txt > replies.jsonl
      qa ask --file questions.csv --out answers.csv
    """
    from qa.cli.output import reply_text
    from qa.monitoring.batch import BatchQuestion

    if file is None and question is None and not sys.stdin.isatty():
        file = "-"
    if (question is None) == (file is None):
        raise click.UsageError("Give one QUESTION, or --file FILE with a question a line.")
    if out is not None and file is None:
        raise click.UsageError("--out is for the answers of a --file.")
    limits: dict[str, Any] = {"after": after, "before": before, "as_of": as_of, "window": window}
    # Read before anything is built: a file that cannot be read costs nothing.
    asked = [BatchQuestion(question)] if question is not None else _questions(str(file))
    if not asked:
        raise click.UsageError("There is no question: give one, or a file with one a line.")
    with open_assistant(config) as assistant:
        if question is None or as_json:
            answer_batch(asked, assistant, config=config, limits=limits, out=out)
        else:
            reply = assistant.ask(question, k=config.k, answers=config.answers, **limits)
            click.echo(reply_text(reply))


def _questions(file: str) -> list[BatchQuestion]:
    from qa.monitoring.batch import BatchQuestion, is_table, read_table

    if is_table(file):
        return read_table(file)
    return [BatchQuestion(line, row={"question": line}) for line in read_lines(file)]


@click.command()
@click.argument("question")
@with_dates
@click.option("--as-of", metavar="YYYY-MM-DD", help="Ask as on this day: nothing later is read.")
@settings("index", "corpus", "encoder", "reader", "k", "timeline_slices", "timeline_min_score")
@as_json_flag
def timeline(
    question: str,
    after: str | None,
    before: str | None,
    as_of: str | None,
    config: Config,
    as_json: bool,
) -> None:
    """Show how the answer to a question changed over time.

    Answers are grouped by what they come to; a value that only older documents give than the
    first one that gives another is superseded, unless one document stands against several.

    \b
    Example:
      qa timeline "How many people were displaced?" --after 2020-01-01
    """
    from qa.cli.output import timeline_text
    from qa.serialization import timeline_json

    with open_assistant(config) as assistant:
        shown = assistant.timeline(
            question,
            k=config.k,
            slices=config.timeline_slices,
            after=after,
            before=before,
            min_score=config.timeline_min_score,
            as_of=as_of,
        )
    click.echo(json.dumps(timeline_json(shown)) if as_json else timeline_text(shown))


@click.command()
@click.argument("replies", type=click.File(encoding="utf-8-sig"))
@settings("index", "max_file_bytes", "max_file_seconds")
@as_json_flag
def verify(replies: TextIO, config: Config, as_json: bool) -> None:
    """Check citations: whether the quoted words still stand in their sources; exit code 1 if not.

    REPLIES is JSON or JSON lines with replies, as `qa ask --json`, the HTTP API and the page give
    them, or a citation that the page copied; - for stdin. Files are read again, and compared
    character by character, plain text byte by byte; what came from no file is compared with the
    index.

    \b
    Examples:
      qa ask --json "Who won?" > reply.json && qa verify reply.json
      qa ask --file questions.txt | qa verify -
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
        click.echo(f"{len(findings)} citation(s), {len(findings) - wrong} confirmed.")
    if wrong:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("questions")
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The memory: a file (default: in the index's folder).",
)
@click.option("--every", type=click.FloatRange(1), metavar="SECONDS", help="Go on watching.")
@settings(
    *("index", "corpus", "encoder", "reader", "k", "confidence", "min_score", "min_precision")
)
@as_json_flag
def watch(
    questions: str, state: Path | None, every: float | None, config: Config, as_json: bool
) -> None:
    """Ask standing questions again when documents have changed, and tell which answers did.

    QUESTIONS is a file as `qa ask --file` takes it. The first time, the answers are only
    remembered. With --corpus, its new and changed documents are indexed first.

    \b
    Examples:
      qa watch questions.txt --corpus ~/articles
      qa watch questions.csv --every 600 --json >> changes.jsonl
    """
    from qa.cli.output import change_text
    from qa.monitoring.watch import STATE, change_json, watch

    asked = _questions(questions)
    memory = config.file_beside_index(STATE) if state is None else state
    while True:
        with open_assistant(config) as assistant, bar("Asking") as progress:
            changes = watch(asked, assistant, memory, k=config.k, progress=progress)
        for change in changes:
            click.echo(json.dumps(change_json(change)) if as_json else change_text(change))
        if every is None:
            break
        time.sleep(every)
    if not as_json:
        click.echo(f"{len(asked)} question(s), {len(changes)} answered otherwise than before.")
