"""`qa export`."""

from __future__ import annotations

from pathlib import Path

import click

# Torch is imported by the commands that use it: `qa --help` does not wait for it.

__all__ = ["export"]


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
