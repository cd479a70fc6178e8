"""The settings as flags of commands, and what else commands have in common."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

import click

from embeddings import SettingsError
from qa.config import Config

__all__ = ["as_json_flag", "bar", "read_lines", "settings", "with_dates", "with_time"]

_P = ParamSpec("_P")
_R = TypeVar("_R")


def settings(*names: str) -> Callable[[Callable[_P, _R]], Callable[..., _R]]:
    """Add the flags of some settings to a command, which gets them gathered as `config`."""

    def decorate(command: Callable[_P, _R]) -> Callable[..., _R]:
        @wraps(command)
        def gathered(*args: object, config_file: str | None, **kwargs: object) -> _R:
            flags = {name: kwargs.pop(name) for name in names}
            config = Config.load(config_file, flags=flags)
            return command(*args, config=config, **kwargs)  # type: ignore[arg-type]

        wrapped = click.option(
            "--config", "config_file", help="A settings file (default: qa.toml)."
        )(gathered)
        for name in reversed(names):
            default = getattr(Config(), name)
            shown = "" if default is None else f" (default: {default})"
            flag = "--" + name.replace("_", "-")
            metavar = "TEXT" if _TYPES[name] is str else "NUMBER"
            wrapped = click.option(flag, name, metavar=metavar, help=f"{_FLAGS[name]}{shown}.")(
                wrapped
            )
        return wrapped

    return decorate


_TYPES = Config.types()
_FLAGS = {
    "index": "The index: a folder, milvus:FILE.db or a Milvus cluster's URL",
    "corpus": "Documents to index first, as far as they are new or changed",
    "encoder": "A sentence-transformers model, by folder or id, instead of the bundled encoder",
    "reader": "An extractive model, by folder or id, instead of the bundled reader",
    "chunk_words": "How many words a chunk of a new index aims at",
    "overlap_words": "How many words neighbouring chunks of a new index share",
    "k": "How many chunks are read at most",
    "min_read": "How many are read before a settled answer ends reading; as --k for all",
    "answers": "How many answers are given at most",
    "timeline_slices": "Into how many stretches of time the documents are cut",
    "timeline_min_score": "An answer is at least so likely",
    "confidence": "Probabilities fitted by `qa calibrate`, a file; none for the reader's own",
    "min_score": "Below this probability the documents are said not to answer",
    "min_precision": "How often answers are to be right, 0 to 1; in place of --min-score",
    "ray": "A Ray cluster that this machine is in, HOST:PORT or auto; local starts one of its own",
    "ray_replicas": "How many copies of the reader, and of the encoder, run on it at most",
    "max_file_bytes": "Larger files are not read",
    "max_file_seconds": "After so many seconds a file that is still being read is given up",
}
as_json_flag = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_dates = [
    click.option("--after", metavar="YYYY-MM-DD", help="Only documents of this day or later."),
    click.option("--before", metavar="YYYY-MM-DD", help="Only documents of this day or earlier."),
]


def with_dates(command: Callable[..., _R]) -> Callable[..., _R]:
    """Add the flags `--after` and `--before` to a command."""
    for option in reversed(_dates):
        command = option(command)
    return command


_time = [
    click.option(
        "--as-of", metavar="YYYY-MM-DD", help="Ask as on this day: nothing later is read."
    ),
    click.option(
        "--window/--no-window",
        default=True,
        help="Whether a time that the question names is searched by (default: it is).",
    ),
]


def with_time(command: Callable[..., _R]) -> Callable[..., _R]:
    """Add the flags `--as-of` and `--no-window` to a command."""
    for option in reversed(_time):
        command = option(command)
    return command


def read_lines(file: str) -> list[str]:
    """Read the lines of a file, or of standard input for `-`, without blank ones.

    Raises:
        SettingsError: the file cannot be read, or is not in UTF-8.
    """
    try:
        with click.open_file(file, encoding="utf-8-sig") as lines:
            return [line.strip() for line in lines if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The questions in {file} cannot be read: {error}") from error


@contextmanager
def bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show progress on standard error, where that is a terminal.

    Gives a function of (done, all).
    """
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=1, label=label, file=sys.stderr, hidden=hidden) as shown:

        def progress(done: int, whole: int) -> None:
            shown.length = max(whole, 1)
            shown.update(done - shown.pos)

        yield progress
