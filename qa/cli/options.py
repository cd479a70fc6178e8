"""Options that several commands share."""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import click

from embeddings import SettingsError
from qa.config import SETTINGS, Config
from qa.options import DESCRIPTIONS

_P = ParamSpec("_P")
_R = TypeVar("_R")

_TYPES = Config.types()

_FLAGS = {**SETTINGS, **DESCRIPTIONS}
"""Help of the flag of each setting."""

_NAMES = "|".join(sorted({*_TYPES, *DESCRIPTIONS}, key=len, reverse=True))
_QUOTED_NAME = re.compile(f"`({_NAMES})`")
_LONG_NAME = re.compile(rf"(?<![\w'`.-])({'|'.join(n for n in _NAMES.split('|') if '_' in n)})\b")


def as_flags(text: str) -> str:
    """Replace the names of options in a text, such as `min_score`, with their flags.

    Names of one word, such as `k`, must be in backticks.
    """
    text = _QUOTED_NAME.sub(lambda match: _flag(match[1]), text)
    return _LONG_NAME.sub(lambda match: _flag(match[1]), text)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _help(name: str) -> str:
    """Return the description of an option of a question as the help of its flag."""
    return as_flags(DESCRIPTIONS[name])


def _date(value: str) -> str:
    """Check a date; it stays a text because a year means other days in --after."""
    from embeddings import DateRange

    try:
        DateRange.of(value, None)
    except SettingsError as error:
        raise click.BadParameter(str(error)) from error
    return value


def settings(*names: str) -> Callable[[Callable[_P, _R]], Callable[..., _R]]:
    """Add the flags of some settings and --config to a command, which gets them as `config`."""

    def decorate(command: Callable[_P, _R]) -> Callable[..., _R]:
        @wraps(command)
        def with_config(*args: object, config_file: str | None, **kwargs: object) -> _R:
            flags = {name: kwargs.pop(name) for name in names}
            config = Config.load(config_file, flags=flags)
            return command(*args, config=config, **kwargs)  # type: ignore[arg-type]

        wrapped: Callable[..., _R] = click.option(
            "--config",
            "config_file",
            metavar="FILE",
            help="Read settings from this file. Default: qa.toml, if it exists.",
        )(with_config)
        for name in reversed(names):
            wrapped = _setting_option(name)(wrapped)
        return wrapped

    return decorate


def _setting_option(name: str) -> Callable[[Callable[..., _R]], Callable[..., _R]]:
    """Return the option of a setting. Its default is None: other sources may set a value."""
    default = getattr(Config(), name)
    text = as_flags(_FLAGS[name])
    if _TYPES[name] is bool:
        return click.option(_flag(name), name, is_flag=True, default=None, help=text)
    if default not in (None, ""):
        text = f"{text.partition(' Default:')[0]} Default: {default}."
    flags = [f"-{name}"] if len(name) == 1 else []
    types: Mapping[type, click.ParamType[Any]] = {
        str: click.STRING,
        int: click.IntRange(0 if name == "overlap_words" else 1),
        float: click.FloatRange(0, 1),
    }
    return click.option(
        *flags,
        _flag(name),
        name,
        type=types[_TYPES[name]],
        metavar="TEXT" if _TYPES[name] is str else "NUMBER",
        help=text,
    )


question_argument = click.argument("words", metavar="QUESTION", nargs=-1, required=True)
"""A question, quoted or as several words."""

as_json_flag = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

offsets_flag = click.option(
    "--offsets", is_flag=True, help="Show the character offsets of quotations as well."
)

documents_option = click.option(
    "--document",
    "documents",
    metavar="ID",
    multiple=True,
    callback=lambda _context, _parameter, ids: ids or None,
    help=f"{_help('documents')} Repeat the option for several.",
)

undated_flag = click.option("--undated", is_flag=True, help=_help("undated"))

as_of_option = click.option("--as-of", type=_date, metavar="DATE", help=_help("as_of"))

window_flag = click.option(
    "--window/--no-window", default=True, show_default=True, help=_help("window")
)


def with_dates(command: Callable[..., _R]) -> Callable[..., _R]:
    """Add the flags `--after` and `--before` to a command."""
    for name in ("before", "after"):
        option = click.option(_flag(name), type=_date, metavar="DATE", help=_help(name))
        command = option(command)
    return command


def read_lines(file: str) -> list[str]:
    """Read the lines of a file, or of standard input for `-`, without blank ones.

    Raises:
        SettingsError: the file cannot be read or is not UTF-8.
    """
    try:
        with click.open_file(file, encoding="utf-8-sig") as lines:
            return [line.strip() for line in lines if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", error)
        raise SettingsError(f"The questions in {file} cannot be read: {why}.") from error


@contextmanager
def bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on standard error if that is a terminal.

    Yields a function that takes the number of finished items and the number of all items.
    """
    hidden = not sys.stderr.isatty()
    with click.progressbar(
        length=0, label=label, show_pos=True, file=sys.stderr, hidden=hidden
    ) as shown:

        def progress(done: int, total: int) -> None:
            shown.length = max(total, 1)
            shown.update(done - shown.pos)

        yield progress
