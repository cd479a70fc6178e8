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

# The rest is imported by the commands that use it: `qa --help` waits for none of it.

__all__ = ["evaluate"]


@click.command()
@click.argument("data", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--part",
    type=click.Choice(["reader", "hits", "retriever", "sweep", "assistant"]),
    default="assistant",
    show_default=True,
    help="reader: on the right contexts; hits: the reader on what a search finds; retriever: its "
    "rankings; sweep: with other shares of the dense part; assistant: everything together.",
)
@click.option("--corpus", help="Documents to search; else the contexts in DATA, else the index.")
@click.option(
    "--dates",
    type=click.Choice(["as-of", "words", "off"]),
    default="as-of",
    show_default=True,
    help="How the assistant is told the day of a dated question: beside it, in its words, not.",
)
@click.option("--limit", type=click.IntRange(1), help="Only so many questions, taken evenly.")
@click.option("--worst", type=click.IntRange(0), default=0, help="List so many of the worst.")
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw how far the scores of answers can be trusted: an SVG file.",
)
@click.option("--expect", is_flag=True, help="Compare with the scores written down.")
@settings(
    "index",
    "encoder",
    "reader",
    "chunk_words",
    "overlap_words",
    "k",
    "min_read",
    "answers",
    "confidence",
    "min_score",
    "min_precision",
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
    """Measure answers to questions whose answers are known.

    DATA is SQuAD JSON (1.1 or 2.0) or JSON lines, gzipped or not. Scores are percentages with
    their 95% intervals. With --expect, the exit code is 1 when a score is off.

    \b
    Examples:
      qa evaluate dev-v2.0.json --part reader --worst 10
      qa evaluate dev-v2.0.json --part retriever --json
      qa evaluate questions.jsonl --corpus news.jsonl --index .news-index
      qa evaluate dev-v2.0.json --plot trust.svg
    """
    from qa.evaluation.diagrams import reliability_svg
    from qa.evaluation.expected import compare, load_rows, matching
    from qa.evaluation.questions import load_questions
    from qa.evaluation.results import evaluation_json, evaluation_text
    from qa.evaluation.run import evaluate as run
    from qa.evaluation.run import model_name

    if expect and limit is not None:
        raise click.UsageError("--expect is about all questions: leave --limit out.")
    if plot is not None and part != "assistant":
        raise click.UsageError("--plot is about the answers of --part assistant.")
    questions = load_questions(data)
    model = model_name(part, config)
    # Rows that are missing are told before hours of measuring, not after.
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
