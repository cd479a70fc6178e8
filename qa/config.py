"""Every setting and its default, once.

A settings file gives way to the environment, and the environment to the command line.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args, get_type_hints

from embeddings import SettingsError

if TYPE_CHECKING:
    from embeddings import Chunking, ParseOptions

__all__ = ["MAX_ANSWERS", "MAX_K", "MAX_QUESTION_CHARACTERS", "MAX_TURNS", "SEEDS", "Config"]

FILE = "qa.toml"
PREFIX = "QA_"
SEEDS = "seeds"

# How much whoever comes to a server may ask for at once, so that others get their turn.
MAX_K = 100
MAX_ANSWERS = 20
MAX_QUESTION_CHARACTERS = 10_000
MAX_TURNS = 50
"""How far back a conversation is looked at."""


_LIMITS = ("max_file_bytes", "max_file_seconds", "max_file_memory_bytes", "max_file_pages")


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of the assistant."""

    index: str = ".qa-index"
    """The folder of the index; or `milvus:FILE.db`, or the URL of a Milvus cluster, whose token is
    taken from `MILVUS_TOKEN` in the environment."""
    corpus: str | None = None
    """Documents to bring into the index before a question; None for `SEEDS` where there is no index
    yet, and for nothing where there is one."""
    encoder: str | None = None
    """The encoder, a folder or a model id; None for the index's own, or the bundled one."""
    reader: str | None = None
    """The reader, a folder or a model id; None for the bundled one."""
    chunk_words: int | None = None
    """How long chunks are, in words; None for the index's own, or `Chunking`'s default."""
    overlap_words: int | None = None
    """How many words neighbouring chunks share at most; None as for `chunk_words`."""
    k: int = 10
    """How many chunks are read for a question at most."""
    min_read: int = 2
    """How many are read before reading may stop because the answer is settled; as many as `k` to
    read all, so that every document can agree or disagree."""
    answers: int = 3
    """How many answers are given at most."""
    timeline_slices: int = 6
    """Into how many stretches of time a timeline cuts the documents, to read `k` chunks of each."""
    timeline_min_score: float = 0.5
    """An answer of a timeline is at least so likely, 0 to 1, as if its passage were all."""
    confidence: str | None = None
    """A file written by `qa calibrate`; None for what was fitted for the reader, if anything, and
    "none" for the reader's own probabilities."""
    min_score: float = 0.25
    """Below this probability, 0 to 1, the documents are said not to answer."""
    min_precision: float | None = None
    """In place of `min_score`: how often answers are to be right, 0 to 1."""
    ray: str | None = None
    """The address of a Ray cluster whose machines read, cut and encode documents and, for a server,
    encode and read for questions; None for this process."""
    ray_replicas: int = 8
    """How many copies of the encoder, and of the reader, a server has run at most."""
    max_file_bytes: int = 100_000_000
    """Larger files are not read."""
    max_file_seconds: int = 60
    """PDF, Word, HTML and Markdown files that take longer are given up."""
    max_file_memory_bytes: int = 2_000_000_000
    """Such files that take more memory are given up, where the system can tell."""
    max_file_pages: int = 10_000
    """PDF files of more pages are not read."""

    @classmethod
    def load(
        cls,
        file: str | Path | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        flags: Mapping[str, object] | None = None,
    ) -> Config:
        """Gather the settings.

        Args:
            file: a TOML file; None takes `qa.toml` in the working directory if it is there.
            environment: `QA_INDEX`, `QA_K` and so on; None takes the process's own.
            flags: what the command line gave; None values are passed over.

        Raises:
            SettingsError: a setting is unknown, of the wrong type or out of range, or the file
                cannot be read.
        """
        values: dict[str, object] = {}
        types = cls.types()
        named = Path(FILE) if file is None else Path(file)
        if file is not None or named.is_file():
            values |= _checked(_read(named), types, f"in {named}")
        given = os.environ if environment is None else environment
        found = {
            name: given[PREFIX + name.upper()] for name in types if PREFIX + name.upper() in given
        }
        values |= _checked(found, types, "in the environment")
        if flags is not None:
            known = {name: value for name, value in flags.items() if value is not None}
            values |= _checked(known, types, "on the command line")
        config = cls(**values)  # type: ignore[arg-type]
        config._check()
        return config

    @classmethod
    def types(cls) -> dict[str, type]:
        """Tell of which type each setting is, when it is not None: str, int or float."""
        return {
            name: next(kind for kind in (str, int, float) if kind in (hint, *get_args(hint)))
            for name, hint in get_type_hints(cls).items()
        }

    @property
    def chunking(self) -> Chunking | None:
        """How documents are cut; None when nothing was said of it."""
        # Imported here, because it takes NumPy along, which `qa --help` does not wait for.
        from embeddings import Chunking

        sizes = {"words": self.chunk_words, "overlap_words": self.overlap_words}
        given = {name: size for name, size in sizes.items() if size is not None}
        return Chunking(**given) if given else None

    @property
    def reading(self) -> ParseOptions:
        """How files are read."""
        from embeddings import ParseOptions

        return ParseOptions(**{name: getattr(self, name) for name in _LIMITS})

    def file_beside_index(self, name: str) -> Path:
        """Name a file of what belongs to the index and is not in it, such as judgements.

        It lies in the index's folder; for an index in Milvus in one below the working directory,
        which is named after the index and made here.
        """
        from embeddings import Index

        folder = Index.folder_of(self.index)
        if folder is None:
            address = self.index.partition(":")[2]
            folder = Path(".qa-" + re.sub(r"\W+", "-", address).strip("-"))
            folder.mkdir(exist_ok=True)
        return folder / name

    def _check(self) -> None:
        for name in ("k", "min_read", "answers", "timeline_slices", "ray_replicas", *_LIMITS):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} must be 1 or more, not {getattr(self, name)}.")
        for name in ("min_score", "min_precision", "timeline_min_score"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise SettingsError(f"{name} must lie between 0 and 1, not at {value}.")


def _read(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"The settings in {file} cannot be read: {error}") from error


def _checked(
    values: Mapping[str, object], types: Mapping[str, type], place: str
) -> dict[str, object]:
    checked: dict[str, object] = {}
    for name, value in values.items():
        if name not in types:
            raise SettingsError(
                f"There is no setting {name!r} ({place}); there are: {', '.join(sorted(types))}."
            )
        wanted = types[name]
        try:
            if isinstance(value, bool) or (isinstance(value, float) and wanted is int):
                raise ValueError
            checked[name] = wanted(value)
        except (TypeError, ValueError) as error:
            raise SettingsError(
                f"The setting {name!r} ({place}) must be of type {wanted.__name__}, not {value!r}."
            ) from error
    return checked
