"""Command line of the benchmarks: `python -m tests.benchmarks COMMAND`.

Install their packages with `pip install -e ".[benchmarks]"` and run them from the repository.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path

import click

from embeddings import Document, DocumentError, find_files, read_file
from qa.cli.options import read_lines
from qa.evaluation.questions import load_questions, sample
from tests.benchmarks.load import measure_load
from tests.benchmarks.peers.compare import compare, draw_comparison, table
from tests.benchmarks.peers.process import PEERS, own, peer
from tests.benchmarks.scaling import draw_scaling, measure_scaling
from tests.benchmarks.speed import (
    measure_answering,
    measure_indexing,
    measure_process_start,
    measure_reading,
)

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
CHART = click.Path(dir_okay=False, path_type=Path)


def machine() -> dict[str, object]:
    """Return the processor, its number of cores and the commit of the code."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8") if cpuinfo.is_file() else ""
    found = re.search(r"^model name\s*: (.*)$", lines, flags=re.MULTILINE)
    describe = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    commit = subprocess.run(describe, capture_output=True, text=True, check=False).stdout.strip()
    return {
        "processor": found[1] if found else platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "commit": commit,
    }


def show(measured: Mapping[str, object]) -> None:
    """Print a result as JSON."""
    click.echo(json.dumps({**measured, **machine()}, indent=2))


def _documents(paths: Iterable[str]) -> Iterator[Document]:
    """Read all documents of files, folders and patterns; report files that cannot be read."""
    for path in paths:
        for file in find_files(path).files:
            try:
                yield from read_file(file)
            except DocumentError as error:
                click.echo(f"Skipped: {error}", err=True)


@click.group()
def main() -> None:
    """Measure speed, scaling and load, and compare with other systems."""


@main.command()
@click.argument("data", type=FILE)
@click.option("--limit", type=click.IntRange(1), help="Use at most this many questions.")
@click.option("--reader", help="Read with this model (folder or id) instead of the bundled one.")
def speed(data: Path, limit: int | None, reader: str | None) -> None:
    """Measure indexing, answering, process start and reading.

    DATA is SQuAD JSON or JSON lines with contexts, as for `qa evaluate`.

    \b
    Example:
      python -m tests.benchmarks speed dev-v2.0.json --limit 400
    """
    questions = load_questions(data)
    contexts = list(dict.fromkeys(one.context for one in questions if one.context is not None))
    asked = questions if limit is None else sample(questions, limit)
    texts = [question.text for question in asked]
    with tempfile.TemporaryDirectory(prefix="qa-speed-") as scratch:
        folder = Path(scratch) / "index"
        measured = measure_indexing(contexts, folder)
        measured |= measure_answering(folder, texts)
        measured |= measure_process_start(folder, texts[0])
    show(measured | measure_reading(asked, reader))


@main.command()
@click.argument("paths", nargs=-1, required=True)
@click.option("--questions", required=True, help="File with one question per line.")
@click.option("--sizes", default="1000,10000,100000,1000000", show_default=True)
@click.option("--limit", type=click.IntRange(2), help="Encode at most this many documents.")
@click.option("--chart", type=CHART, help="Draw the result: PNG, SVG or PDF.")
def scaling(
    paths: tuple[str, ...], questions: str, sizes: str, limit: int | None, chart: Path | None
) -> None:
    """Measure search, memory and opening for several numbers of chunks.

    Prints a line of JSON for each size. If the documents in PATHS are too few, synthetic ones are
    created from them.

    \b
    Example:
      python -m tests.benchmarks scaling news.jsonl --questions questions.txt --chart scaling.svg
    """
    documents = list(islice(_documents(paths), limit))
    measured = []
    wanted = sorted(int(size) for size in sizes.split(","))
    for row in measure_scaling(documents, read_lines(questions), wanted):
        click.echo(json.dumps(row))
        measured.append(row)
    if chart is not None:
        draw_scaling(measured, chart)


@main.command()
@click.argument("file")
@click.option("--url", default="http://127.0.0.1:7860", show_default=True)
@click.option("--users", type=click.IntRange(1), default=20, show_default=True)
@click.option("--writers", type=click.IntRange(0), default=0, show_default=True)
@click.option("--seconds", type=click.FloatRange(0), default=30, show_default=True)
@click.option("--api-key", envvar="QA_API_KEY", help="API key of the server, if it needs one.")
def load(
    file: str, url: str, users: int, writers: int, seconds: float, api_key: str | None
) -> None:
    """Ask a running server the questions in FILE (one per line) as several users.

    Writers add, update and remove documents with ids such as load-test/0.

    \b
    Example:
      qa serve & python -m tests.benchmarks load questions.txt --users 50 --writers 3
    """
    questions = read_lines(file)
    show(
        measure_load(url, questions, users=users, writers=writers, seconds=seconds, api_key=api_key)
    )


@main.command()
@click.argument("data", type=FILE)
@click.option("--corpus", "paths", multiple=True, help="Index these documents too.")
@click.option("--peer", "names", multiple=True, type=click.Choice(list(PEERS)), default=PEERS)
@click.option("--limit", type=click.IntRange(1), help="Use at most this many questions.")
@click.option("--repeats", type=click.IntRange(1), default=3, show_default=True)
@click.option("--chart", type=CHART, help="Draw the result: PNG, SVG or PDF.")
def peers(
    data: Path,
    paths: tuple[str, ...],
    names: tuple[str, ...],
    limit: int | None,
    repeats: int,
    chart: Path | None,
) -> None:
    """Compare with Haystack and txtai on the same texts, questions and weights.

    Each system runs in an environment of 1.5 GB in ~/.cache/document-qa-assistant/peers, which is
    installed the first time.

    \b
    Example:
      python -m tests.benchmarks peers dev-v2.0.json --limit 500 --chart peers.svg
    """
    from tests.benchmarks.peers.torch_models import write_torch_models

    report = partial(click.echo, err=True)
    systems = [own(), *(peer(name, report=report) for name in names)]
    with tempfile.TemporaryDirectory(prefix="qa-models-") as models:
        write_torch_models(Path(models))
        measured = compare(
            load_questions(data),
            systems,
            models=Path(models),
            repeats=repeats,
            limit=limit,
            texts=[document.text for document in _documents(paths)],
        )
    click.echo(table(measured))
    click.echo(json.dumps(machine()))
    if chart is not None:
        draw_comparison(measured, chart)


if __name__ == "__main__":
    main()
