"""`qa train`, `qa export` and `qa calibrate`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from qa.cli.options import bar, settings
from qa.config import Config

# Torch is imported by the commands that use it, so that `qa --help` is fast.

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)
_NEW_FOLDER = click.Path(file_okay=False, path_type=Path)


def _named_files(
    _context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, Path]:
    files = {}
    for pair in given:
        name, equals, file = pair.partition("=")
        if not (name and equals and Path(file).is_file()):
            raise click.BadParameter(f"{pair!r} is not NAME=FILE with an existing file")
        files[name] = Path(file)
    return files


_data = click.option(
    "--data",
    multiple=True,
    required=True,
    metavar="NAME=FILE",
    callback=_named_files,
    help="Training rows: JSON lines, gzipped or not. Repeat the option for several data sets.",
)


def _training_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the argument and options that both trainings have."""
    for decorate in (
        _data,
        click.option(
            "--validate", type=_FILE, help="Measure on these questions, as in `qa evaluate`."
        ),
        click.option(
            "--output",
            required=True,
            type=_NEW_FOLDER,
            help="Write checkpoints, weights and a record to this folder.",
        ),
        click.option("--start", required=True, type=_FOLDER, help="Start from this model folder."),
        click.argument("recipe", type=_FILE),
    ):
        command = decorate(command)
    return command


@click.group()
def train() -> None:
    """Train readers and encoders.

    Training rows are JSON lines in SQuAD's form: `question`, `context`, and `answers` with `text`
    and `answer_start`. Optional keys: `title`, `evidence` (pairs of start and end of the sentences
    that answer), `kind` (factoid, list, yesno, long) and `mode` (any, all). Rows without answers
    and evidence are unanswerable.
    """


@train.command("split")
@click.argument("file", type=_FILE)
@click.argument("held", type=_NEW_FILE)
@click.argument("rest", type=_NEW_FILE)
@click.option(
    "--one-in",
    type=click.IntRange(2),
    default=40,
    show_default=True,
    help="Hold out one in this many contexts.",
)
def train_split(file: Path, held: Path, rest: Path, one_in: int) -> None:
    """Split training rows by context.

    Rows of FILE to measure on are written to HELD, the others to REST, both gzipped.

    \b
    Example:
      qa train split squad.jsonl.gz held-out.jsonl.gz squad-rest.jsonl.gz --one-in 40
    """
    from qa.training.rows import hold_out

    held_out, others = hold_out(file, one_in=one_in, held=held, rest=rest)
    click.echo(f"{held_out} rows held out, {others} rows to train on.")


@train.command("negatives")
@click.argument("output", type=_NEW_FILE)
@click.option(
    "--dense-weight",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Weight of the vectors in the search; 0 searches by words only.",
)
@_data
def train_negatives(output: Path, dense_weight: float, data: dict[str, Path]) -> None:
    """Find passages that are close to questions but do not answer them.

    They are written to OUTPUT as rows without an answer, gzipped.

    \b
    Examples:
      qa train negatives negatives.jsonl.gz --data squad=squad.jsonl.gz
      qa train negatives for-encoder.jsonl.gz --dense-weight 0.3 --data squad=squad.jsonl.gz
    """
    from qa.training.negatives import mine_negatives
    from qa.training.rows import load_rows

    rows = [row for file in data.values() for row in load_rows(file)]
    with bar("Searching") as progress:
        written = mine_negatives(rows, output, dense_weight=dense_weight, progress=progress)
    click.echo(f"{written} rows written to {output}.")


@train.command("reader")
@_training_options
def train_reader(recipe: Path, output: Path, **given: Any) -> None:
    """Train a reader: spans, evidence sentences and relevance.

    RECIPE is a TOML file such as qa/training/recipes/reader.toml. Ctrl-C stops the training after a
    checkpoint; the same command continues it. Pass the output of `qa train negatives` as
    `--data negatives=FILE`.

    \b
    Example:
      qa train reader recipe.toml --start minilm/ --output run/ \\
        --data squad=squad.jsonl.gz --data negatives=negatives.jsonl.gz
    """
    from qa.training.reader import train_reader as run
    from qa.training.recipe import ReaderRecipe

    _train(run, ReaderRecipe.load(recipe), output=output, **given)
    click.echo(f"Weights written to {output / 'weights'}. Next: qa export reader")


@train.command("encoder")
@_training_options
def train_encoder(recipe: Path, output: Path, **given: Any) -> None:
    """Train an encoder.

    RECIPE is a TOML file such as qa/training/recipes/encoder.toml, and --start a
    sentence-transformers folder. Ctrl-C stops the training; the same command continues it from the
    last checkpoint. Pass the output of `qa train negatives` as `--data negatives=FILE`.

    \b
    Example:
      qa train encoder recipe.toml --start all-MiniLM-L6-v2/ --output run/ \\
        --data squad=squad.jsonl.gz --data negatives=negatives.jsonl.gz
    """
    from qa.training.encoder import train_encoder as run
    from qa.training.recipe import EncoderRecipe

    _train(run, EncoderRecipe.load(recipe), output=output, **given)
    click.echo(f"Weights written to {output / 'weights'}. Next: qa export encoder")


def _train(
    run: Callable[..., None], recipe: object, *, validate: Path | None, **given: object
) -> None:
    from qa.evaluation.questions import load_questions

    validation = [] if validate is None else load_questions(validate)
    run(recipe, validation=validation, say=click.echo, **given)


_name = click.option("--name", required=True, help="Name of the model.")
_sha256 = click.option("--sha256", help="Fail unless SOURCE/model.safetensors has this SHA-256.")


@click.group()
def export() -> None:
    """Export trained models to int8 ONNX."""


@export.command("encoder")
@click.argument("source", type=_FOLDER)
@click.argument("target", type=_NEW_FOLDER)
@_name
@_sha256
def export_encoder(source: Path, target: Path, name: str, sha256: str | None) -> None:
    """Export the sentence-transformers folder SOURCE to TARGET.

    \b
    Example:
      qa export encoder run/weights my-encoder/ --name my-encoder
    """
    from qa.training.export import export_encoder as run

    run(source, target, name=name, sha256=sha256)
    click.echo(f"Exported to {target}.")


@export.command("reader")
@click.argument("source", type=_FOLDER)
@click.argument("target", type=_NEW_FOLDER)
@_name
@_sha256
@click.option("--max-window-tokens", type=int, help="Window length, with the question.")
@click.option("--stride-tokens", type=int, help="Tokens that neighbouring windows share.")
@click.option("--max-answer-tokens", type=int, help="Longest span.")
def export_reader(
    source: Path, target: Path, name: str, sha256: str | None, **sizes: int | None
) -> None:
    """Export the BERT reader in folder SOURCE to TARGET.

    SOURCE is the output of `qa train reader` or a question-answering model of transformers.

    \b
    Example:
      qa export reader run/weights my-reader/ --name my-reader
    """
    from qa.training.export import export_reader as run

    given = {name: value for name, value in sizes.items() if value is not None}
    run(source, target, name=name, settings=given, sha256=sha256)
    click.echo(f"Exported to {target}.")


@click.command()
@click.argument("data", nargs=-1, required=True, type=_FILE)
@click.option(
    "--distractors",
    multiple=True,
    type=_FILE,
    help="Search the contexts of these questions too, which makes the search harder.",
)
@click.option("--over", help="Ask DATA of this index instead of an index of the contexts.")
@click.option(
    "--limit", type=click.IntRange(1), help="Ask at most this many questions, evenly spread."
)
@click.option(
    "--output",
    required=True,
    type=_NEW_FILE,
    help="Write the calibration to this file, for `qa ask --confidence FILE`.",
)
@settings("encoder", "reader", "k", "min_read")
def calibrate(
    data: tuple[Path, ...],
    distractors: tuple[Path, ...],
    over: str | None,
    limit: int | None,
    output: Path,
    config: Config,
) -> None:
    """Fit the scores of answers to questions with known answers.

    DATA are files as in `qa evaluate`; the reader must not have been trained on them. A quarter of
    the contexts is left out of the search, so that their questions have no answer. With --over,
    DATA are asked of your own index and may be feedback from the page (INDEX/feedback.jsonl).
    Prints the scores of a cross-validation.

    \b
    Examples:
      qa calibrate held-out.jsonl.gz --distractors squad.jsonl.gz --output confidence.json
      qa calibrate .qa-index/feedback.jsonl --over .qa-index --output mine.json
    """
    from qa.training.calibration import calibrate as run

    confidence, scores = run(
        data, config=config, stage=bar, distractors=distractors, over=over, limit=limit
    )
    confidence.save(output)
    for score in scores:
        click.echo(f"{score.name:<28}  {score.value:6.1f}  n = {score.n}")
    click.echo(f"Calibration written to {output}.")
