"""`qa train` and `qa export`."""

from __future__ import annotations

from pathlib import Path

import click

from qa.cli.options import bar, settings
from qa.config import Config

# Torch is imported by the commands that use it: `qa --help` does not wait for it.

__all__ = ["calibrate", "export", "train"]


_data = click.option(
    "--data",
    multiple=True,
    required=True,
    metavar="NAME=FILE",
    callback=lambda _, __, given: _named_files(given),
    help="JSON lines with SQuAD-like rows, gzipped or not; for each data set once.",
)

_output = click.option(
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Checkpoints, weights and the record go here; a run goes on from them.",
)
_validate = click.option(
    "--validate",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Questions that are asked now and then, as `qa evaluate` takes them.",
)


def _named_files(given: tuple[str, ...]) -> dict[str, Path]:
    files = {}
    for pair in given:
        name, equals, file = pair.partition("=")
        if not (name and equals and Path(file).is_file()):
            raise click.BadParameter(f"{pair!r} is no NAME=FILE with a file that exists")
        files[name] = Path(file)
    return files


@click.group()
def train() -> None:
    """Train the models that the package ships."""


@train.command("split")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("held", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("rest", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--one-in",
    type=click.IntRange(2),
    default=40,
    show_default=True,
    help="Of how many contexts one is held out.",
)
def train_split(file: Path, held: Path, rest: Path, one_in: int) -> None:
    """Split FILE into HELD, to measure on, and REST, to train on, by context.

    \b
    Example:
      qa train split squad.jsonl.gz held-out.jsonl.gz squad-rest.jsonl.gz --one-in 40
    """
    from qa.training.examples import hold_out

    held_out, others = hold_out(file, one_in=one_in, held=held, rest=rest)
    click.echo(f"{held_out} rows held out, {others} to train on.")


@train.command("negatives")
@click.argument("output", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--dense-weight",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="The vectors' share of the ranking that is searched; 0 searches by words alone.",
)
@_data
def train_negatives(output: Path, dense_weight: float, data: dict[str, Path]) -> None:
    """Write OUTPUT: questions of the data with contexts that come near but do not answer.

    \b
    Examples:
      qa train negatives negatives.jsonl.gz --data squad=squad.jsonl.gz
      qa train negatives for-encoder.jsonl.gz --dense-weight 0.3 --data squad=squad.jsonl.gz
    """
    from qa.training.examples import load_rows
    from qa.training.negatives import mine_negatives

    rows = [row for file in data.values() for row in load_rows(file)]
    with bar("Searching") as progress:
        written = mine_negatives(rows, output, dense_weight=dense_weight, progress=progress)
    click.echo(f"{written} rows written to {output}.")


@train.command("reader")
@click.argument("recipe", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--start",
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="A folder with a BERT model and its tokenizer.",
)
@_output
@_validate
@_data
def train_reader(
    recipe: Path, start: Path, output: Path, validate: Path | None, data: dict[str, Path]
) -> None:
    """Train a reader by RECIPE, a TOML file; Ctrl-C stops it, the same command goes on.

    Rows under the name `negatives` have no answer (see `qa train negatives`).

    \b
    Example:
      qa train reader recipe.toml --start minilm/ --output run/ \\
        --data squad=squad.jsonl.gz --data negatives=negatives.jsonl.gz
    """
    from qa.evaluation.questions import load_questions
    from qa.training.reader import train_reader as run
    from qa.training.recipe import ReaderRecipe

    run(
        ReaderRecipe.load(recipe),
        start=start,
        data=data,
        output=output,
        validation=[] if validate is None else load_questions(validate),
        say=click.echo,
    )
    click.echo(f"Weights are in {output / 'weights'}; `qa export reader` makes them small.")


@train.command("encoder")
@click.argument("recipe", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--start",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A sentence-transformers folder.",
)
@_output
@_validate
@_data
def train_encoder(
    recipe: Path, start: Path, output: Path, validate: Path | None, data: dict[str, Path]
) -> None:
    """Train an encoder by RECIPE, a TOML file; Ctrl-C stops it, the same command goes on.

    Rows under the name `negatives` have no answer (see `qa train negatives`).

    \b
    Example:
      qa train encoder recipe.toml --start all-MiniLM-L6-v2/ --output run/ \\
        --data squad=squad.jsonl.gz --data negatives=negatives.jsonl.gz
    """
    from qa.evaluation.questions import load_questions
    from qa.training.encoder import train_encoder as run
    from qa.training.recipe import EncoderRecipe

    run(
        EncoderRecipe.load(recipe),
        start=start,
        data=data,
        output=output,
        validation=[] if validate is None else load_questions(validate),
        say=click.echo,
    )
    click.echo(f"Weights are in {output / 'weights'}; `qa export encoder` makes them small.")


@train.command("average")
@click.argument("output", type=click.Path(file_okay=False, path_type=Path))
@click.argument(
    "runs", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
def train_average(output: Path, runs: tuple[Path, ...]) -> None:
    """Write to OUTPUT the mean of the weights of RUNS that share all but their ends.

    \b
    Example:
      qa train average mean/ run/ longer-run/
    """
    from qa.training.weight_averaging import average_weights

    average_weights(runs, output)
    click.echo(f"Weights are in {output / 'weights'}; `qa export` makes them small.")


@click.group()
def export() -> None:
    """Turn models into the folders of int8 ONNX weights that the package ships."""


@export.command("encoder")
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("target", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", required=True, help="What the model is called.")
@click.option("--sha256", help="What model.safetensors of SOURCE must have.")
def export_encoder(source: Path, target: Path, name: str, sha256: str | None) -> None:
    """Export a sentence-transformers folder SOURCE to TARGET.

    \b
    Example:
      qa export encoder all-MiniLM-L6-v2/ weights/ --name all-MiniLM-L6-v2
    """
    from qa.training.export import export_encoder as run

    run(source, target, name=name, sha256=sha256)
    click.echo(f"Exported to {target}.")


@export.command("reader")
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("target", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", required=True, help="What the model is called.")
@click.option("--sha256", help="What model.safetensors of SOURCE must have.")
@click.option("--max-window-tokens", type=int, help="The length of a window it is served with.")
@click.option("--stride-tokens", type=int, help="What neighbouring windows share.")
@click.option("--max-answer-tokens", type=int, help="Longer spans are no candidates.")
def export_reader(
    source: Path, target: Path, name: str, sha256: str | None, **measures: int | None
) -> None:
    """Export a folder SOURCE with a BERT question answering model to TARGET.

    \b
    Example:
      qa export reader trained/ weights/ --name minilm-l6-reader
    """
    from qa.training.export import export_reader as run

    settings = {name: value for name, value in measures.items() if value is not None}
    run(source, target, name=name, settings=settings, sha256=sha256)
    click.echo(f"Exported to {target}.")


@click.command()
@click.argument(
    "data", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--beside",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Questions whose contexts are searched as well, to make finding harder.",
)
@click.option("--over", help="An index of yours, to ask in place of the contexts in DATA.")
@click.option("--limit", type=click.IntRange(1), help="Only so many questions, taken evenly.")
@click.option(
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file of fitted probabilities; `qa ask --confidence FILE` takes it.",
)
@settings("encoder", "reader", "k", "min_read")
def calibrate(
    data: tuple[Path, ...],
    beside: tuple[Path, ...],
    over: str | None,
    limit: int | None,
    output: Path,
    config: Config,
) -> None:
    """Fit how likely answers are right, on questions whose answers are known.

    DATA are files as `qa evaluate` takes them. Three in four of their contexts are searched; asked
    are their questions, half as many altered ones, and those of the contexts left out: what the
    documents do not answer must be learned too. The reader must not have been trained on DATA.
    With --over, DATA are asked of an index of yours; the judgements of the page
    (INDEX/feedback.jsonl) are such data. Printed are scores on questions left out of the fitting.

    \b
    Examples:
      qa calibrate held-out.jsonl.gz --beside squad.jsonl.gz --output confidence.json
      qa calibrate .qa-index/feedback.jsonl --over .qa-index --output mine.json
    """
    from qa.training.calibration import calibrate as run

    confidence, scores = run(data, config=config, stage=bar, beside=beside, over=over, limit=limit)
    confidence.save(output)
    for score in scores:
        click.echo(f"{score.name:<28}  {score.value:6.1f}  n = {score.n}")
    click.echo(f"Written to {output}.")
