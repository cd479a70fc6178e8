"""`qa evaluate` and `qa bench`."""

from __future__ import annotations

import json
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from qa.cli.options import as_json_flag, bar, read_lines, settings
from qa.config import Config
from qa.evaluation.peers.environment import PEERS

if TYPE_CHECKING:
    from qa.evaluation.questions import Dates

# The rest is imported by the commands that use it: `qa --help` waits for none of it.

__all__ = ["bench", "evaluate"]


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


@click.group(invoke_without_command=True)
@click.option(
    "--data",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Questions with contexts and answers, as `qa evaluate` takes them.",
)
@click.option(
    "--peer",
    "peers",
    multiple=True,
    type=click.Choice(list(PEERS)),
    help="Another system to measure beside the assistant; may be given twice.",
)
@click.option("--limit", type=click.IntRange(1), help="Only so many questions, taken evenly.")
@click.option("--repeats", type=click.IntRange(1), default=3, show_default=True)
@click.option(
    "--chart",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the assistant beside the other systems: an SVG file.",
)
@as_json_flag
@click.pass_context
def bench(
    context: click.Context,
    data: Path | None,
    peers: tuple[str, ...],
    limit: int | None,
    repeats: int,
    chart: Path | None,
    as_json: bool,
) -> None:
    """Measure the assistant, alone or beside other systems; or one thing of it with a command.

    The contexts in the data are indexed, and the questions that have an answer are asked, each
    system at its defaults, in processes of its own and in turns. Shown are medians and, in
    parentheses, the least and the most; ×2 behind another system's figure says that the
    assistant's is 2 times better.

    --peer runs Haystack or txtai on the same chunks, questions and weights: the bundled models,
    taken back to 32 bits for PyTorch (pip install 'document-qa-assistant[train]'). The first time,
    pip installs it into an environment of 1.5 GB in ~/.cache/document-qa-assistant/peers (or below
    $XDG_CACHE_HOME); delete that folder to be rid of it.

    \b
    Examples:
      qa bench --data dev-v2.0.json --limit 120
      qa bench --data dev-v2.0.json --limit 120 --peer haystack --peer txtai --chart peers.svg
    """
    if context.invoked_subcommand is not None:
        if data is not None or peers or limit is not None or chart is not None:
            raise click.UsageError(
                "--data, --peer, --limit, --chart: for `qa bench` without a command after it. "
                "A command's own options stand behind it."
            )
        return
    if data is None:
        raise click.UsageError(
            "Name what to measure on, such as `qa bench --data dev-v2.0.json`, or a command: "
            f"{', '.join(bench.commands)}."
        )
    if chart is not None and not peers:
        raise click.UsageError("--chart shows other systems beside the assistant: add --peer.")
    from qa.evaluation.bars import bars_svg
    from qa.evaluation.benchmark import benchmark
    from qa.evaluation.figures import benchmark_json, benchmark_text
    from qa.evaluation.peers.environment import environment
    from qa.evaluation.peers.process import own, peer
    from qa.evaluation.questions import load_questions

    questions = load_questions(data)
    say = partial(click.echo, err=True)
    systems = [own(), *(peer(name, environment(name, PEERS[name], say=say)) for name in peers)]
    with TemporaryDirectory(prefix="qa-models-") as models:
        if peers:
            from qa.training.dequantisation import dequantise_bundled

            dequantise_bundled(Path(models))
        measured = benchmark(
            questions, systems, models=Path(models), repeats=repeats, limit=limit, stage=bar
        )
    if chart is not None:
        chart.write_text(bars_svg(measured), encoding="utf-8")
    shown = {"data": data.name} | benchmark_json(measured)
    click.echo(json.dumps(shown) if as_json else benchmark_text(measured))


@bench.command("indexing")
@click.argument("paths", nargs=-1, required=True)
@click.option("--against", help="A sentence-transformers model, by folder or id, to compare with.")
@click.option("--limit", type=int, help="Index so many documents at most.")
def bench_indexing(paths: tuple[str, ...], against: str | None, limit: int | None) -> None:
    """Time the indexing of documents, and of encoding alone with another encoder.

    \b
    Example:
      qa bench indexing ~/articles --against sentence-transformers/all-MiniLM-L6-v2
    """
    from embeddings import find_files, read_file
    from qa.evaluation.speed import measure_indexing

    files = (file for path in paths for file in find_files(path).files)
    documents = list(islice((one for file in files for one in read_file(file)), limit))
    click.echo(json.dumps(measure_indexing(documents, against=against)))


@bench.command("questions")
@click.argument("file")
@settings("index", "k", "min_read")
def bench_questions(file: str, config: Config) -> None:
    """Time questions, one a line of FILE: every stage of each, and a process from its start.

    \b
    Example:
      qa bench questions questions.txt --k 10
    """
    from qa.evaluation.speed import measure_questions, measure_start

    questions = read_lines(file)
    measured = measure_questions(config.index, questions, k=config.k, min_read=config.min_read)
    click.echo(json.dumps(measured | measure_start(config.index, questions[0])))


@bench.command("reading")
@click.argument("data", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--against", help="An extractive model, by folder or id, to compare with.")
@click.option("--limit", type=click.IntRange(32), help="Only so many questions, taken evenly.")
@settings("reader")
def bench_reading(data: Path, against: str | None, limit: int | None, config: Config) -> None:
    """Time the reader on questions with contexts: one at a time, and 16 together.

    \b
    Example:
      qa bench reading dev-v2.0.json --limit 320 --against FOLDER
    """
    from qa.evaluation.questions import load_questions, sample
    from qa.evaluation.speed import measure_reading

    questions = load_questions(data)
    asked = questions if limit is None else sample(questions, limit)
    pairs = [(one.text, one.context) for one in asked if one.context is not None]
    click.echo(json.dumps(measure_reading(pairs, reader=config.reader, against=against)))


@bench.command("serving")
@click.argument("file")
@click.option("--url", default="http://127.0.0.1:7860", show_default=True, help="The server's.")
@click.option("--askers", type=click.IntRange(1), default=20, show_default=True, help="At once.")
@click.option("--writers", type=click.IntRange(0), default=0, help="Who change documents at once.")
@click.option("--seconds", type=click.FloatRange(0), default=30, show_default=True)
@click.option("--api-key", envvar="QA_API_KEY", help="The server's key, if it wants one.")
def bench_serving(
    file: str, url: str, askers: int, writers: int, seconds: float, api_key: str | None
) -> None:
    """Have several people ask a running server the questions in FILE, one a line.

    Writers add, update and remove documents called load-test/NUMBER meanwhile. What a tenth of the
    time was like tells whether memory, open files and waiting grow, over two hours say.

    \b
    Examples:
      qa serve & qa bench serving questions.txt --askers 20 --seconds 30
      qa bench serving questions.txt --askers 4 --writers 1 --seconds 7200
    """
    from qa.evaluation.load import measure_load

    questions = read_lines(file)
    measured = measure_load(
        url.rstrip("/"), questions, askers=askers, writers=writers, seconds=seconds, key=api_key
    )
    click.echo(json.dumps(measured))


@bench.command("growth")
@click.argument("paths", nargs=-1, required=True)
@click.option("--questions", "file", required=True, help="A file of questions, one a line.")
@click.option(
    "--sizes",
    default="1000,10000,100000,1000000",
    show_default=True,
    help="Numbers of chunks to measure at, ascending.",
)
@click.option("--limit", type=click.IntRange(2), help="Encode so many documents at most.")
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw time and memory over the number of chunks: an SVG file.",
)
def bench_scaling(
    paths: tuple[str, ...], file: str, sizes: str, limit: int | None, plot: Path | None
) -> None:
    """Measure how search, memory and opening grow with the number of chunks.

    Prints a line of JSON for each size. Where the documents in PATHS are too few, they are mixed:
    sentences by turns from two that are near each other, with a mean of their vectors and noise.

    \b
    Example:
      qa bench growth news.jsonl --questions questions.txt --limit 2000 --plot growth.svg
    """
    from embeddings import find_files, read_file
    from qa.evaluation.diagrams import scaling_svg
    from qa.evaluation.scaling import measure_scaling

    try:
        counts = sorted({int(size) for size in sizes.split(",")})
    except ValueError as error:
        raise click.BadParameter(f"{sizes!r} is no list of numbers such as 1000,10000") from error
    files = (found for path in paths for found in find_files(path).files)
    documents = list(islice((one for found in files for one in read_file(found)), limit))
    measured = []
    for one in measure_scaling(documents, read_lines(file), counts):
        click.echo(json.dumps(one))
        measured.append(one)
    if plot is not None:
        plot.write_text(scaling_svg(measured), encoding="utf-8")
