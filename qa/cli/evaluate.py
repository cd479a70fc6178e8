"""`qa evaluate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qa.cli.options import as_json_flag, bar, settings
from qa.config import Config

if TYPE_CHECKING:
    from qa.evaluation.questions import Dates

# The command imports the rest when it runs, so that `qa --help` is fast.


@click.command()
@click.argument("data", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--part",
    type=click.Choice(["reader", "hits", "retriever", "sweep", "assistant"]),
    default="assistant",
    show_default=True,
    help="What to measure. reader: the reader on the right contexts. hits: the reader on retrieved "
    "chunks. retriever: the rankings. sweep: rankings with several weights of the vectors. "
    "assistant: the whole pipeline.",
)
@click.option(
    "--corpus",
    help="Index and search these documents. Default: the contexts in DATA, or else the index.",
)
@click.option(
    "--dates",
    type=click.Choice(["as-of", "words", "off"]),
    default="as-of",
    show_default=True,
    help="How the assistant gets the date of each question: as the reference day, in the words of "
    "the question, or not at all.",
)
@click.option(
    "--limit", type=click.IntRange(1), help="Ask at most this many questions, evenly spread."
)
@click.option(
    "--worst",
    type=click.IntRange(0),
    default=0,
    help="List this many of the questions with the lowest values.",
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw a reliability diagram of the scores to this SVG file.",
)
@click.option(
    "--expect",
    is_flag=True,
    help="Compare with the recorded scores; exit code 1 if one is outside its tolerance.",
)
@settings(
    *("index", "encoder", "reader", "chunk_words", "overlap_words", "k", "min_read", "answers"),
    *("confidence", "min_score", "min_precision"),
)
@as_json_flag
def evaluate(
    data: Path,
    part: str,
    corpus: str | None,
    dates: Dates,
    limit: int | None,
    worst: int,
    plot: Path | None,
    expect: bool,
    config: Config,
    as_json: bool,
) -> None:
    """Measure the quality of answers.

    DATA is SQuAD JSON (1.1 or 2.0) or JSON lines with `question` and `answers`, gzipped or not.
    Optional keys: `context`, `title`, `date`, and `evidence` (pairs of start and end of the
    sentences that answer). With `kind` "list" and `mode` "all", the answers are the items of a
    list. Rows without answers and evidence are unanswerable. The results are percentages with 95%
    intervals.

    \b
    Examples:
      qa evaluate questions.jsonl --corpus ~/articles
      qa evaluate dev-v2.0.json --part reader --worst 10
      qa evaluate dev-v2.0.json --part retriever --json
      qa evaluate dev-v2.0.json --plot reliability.svg
    """
    from qa.evaluation.expected import compare, load_rows, matching
    from qa.evaluation.questions import load_questions
    from qa.evaluation.reliability import reliability_svg
    from qa.evaluation.results import evaluation_json, evaluation_text
    from qa.evaluation.run import evaluate as run
    from qa.evaluation.run import model_name

    if expect and limit is not None:
        raise click.UsageError("--expect needs all questions: remove --limit.")
    if plot is not None and part != "assistant":
        raise click.UsageError("--plot needs --part assistant.")
    questions = load_questions(data)
    model = model_name(part, config)
    # Missing rows are reported before the measurement, not hours later.
    rows = matching(load_rows(), file=data, part=part, model=model) if expect else []
    measured = run(
        questions, part, config=config, stage=bar, corpus=corpus, limit=limit, dates=dates
    )
    if plot is not None and measured.firsts:
        plot.write_text(reliability_svg(measured.firsts), encoding="utf-8")
    lines = compare(measured.scores, rows)
    if as_json:
        shown = {"file": data.name, "model": model} | evaluation_json(measured, n_worst=worst)
        click.echo(json.dumps(shown | {"expected": lines} if expect else shown))
    else:
        click.echo("\n".join([evaluation_text(measured, n_worst=worst), *lines]))
    if any(line.startswith("FAIL") for line in lines):
        raise click.exceptions.Exit(1)
