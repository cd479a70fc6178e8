"""All settings with their defaults.

Flags take precedence over the environment, and the environment over the settings file.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from embeddings import SettingsError

if TYPE_CHECKING:
    from embeddings import Chunking, ParseOptions

FILE = "qa.toml"
PREFIX = "QA_"
SEEDS = "seeds"

# Limits of a single request to the server.
MAX_K = 100
MAX_ANSWERS = 20
MAX_QUESTION_CHARACTERS = 10_000
MAX_TURNS = 50
"""Maximum number of earlier questions of a conversation."""

SETTINGS: Mapping[str, str] = {
    "index": "Index to use: a folder, milvus:FILE.db or the URL of a Milvus cluster, whose token "
    "is read from MILVUS_TOKEN.",
    "corpus": "Index the new and changed documents of this folder or file first. Default: the "
    "folder seeds if the index does not exist.",
    "encoder": "Use this sentence-transformers model (folder or id) instead of the bundled "
    "encoder.",
    "reader": "Use this extractive question-answering model (folder or id) instead of the bundled "
    "reader.",
    "chunk_words": "Target length of chunks in words. Default: that of the index.",
    "overlap_words": "Maximum number of words that neighbouring chunks share. Default: that of the "
    "index.",
    "timeline_slices": "Divide the time of the documents into this many slices, and read `k` "
    "passages of each.",
    "timeline_min_score": "Leave out answers below this score, 0 to 1. It is computed for each "
    "passage alone.",
    "confidence": "Use this file of `qa calibrate`, or `none` for the reader's own probabilities. "
    "Default: the file next to the reader, if there is one.",
    "ray": "Use this Ray cluster: HOST:PORT, auto, or local to start one on this machine.",
    "ray_replicas": "Run at most this many copies of the encoder and of the reader on the cluster.",
    "max_file_bytes": "Do not read files with more bytes than this.",
    "max_file_seconds": "Stop reading a file after this many seconds (all formats but plain text, "
    "CSV and JSON).",
    "max_file_memory_bytes": "Stop reading such a file when it needs more memory than this. Not on "
    "every operating system.",
    "max_file_pages": "Do not read files with more pages, slides, mails or files in an archive.",
    "ocr": "Recognise the text of scanned PDF pages. Needs Tesseract and the extra `ocr`.",
    "root_path": "Path prefix of a reverse proxy, such as /qa.",
    "watch": "Index new, changed and removed files of the corpus while serving.",
    "keep_originals": "Keep a copy of each uploaded file in the index folder, so that it can be "
    "downloaded and its pages shown. Not for an index in Milvus.",
}
"""Description of the settings that are not fields of `AskOptions`."""

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}

_LIMITS = ("max_file_bytes", "max_file_seconds", "max_file_memory_bytes", "max_file_pages")


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of the assistant, described in `SETTINGS` and in `DESCRIPTIONS` of `qa.options`.

    None means "not set".
    """

    index: str = ".qa-index"
    corpus: str | None = None
    encoder: str | None = None  # that of the index; for a new index the bundled one
    reader: str | None = None
    chunk_words: int | None = None  # as in the index; for a new index the default
    overlap_words: int | None = None
    k: int = 10
    min_read: int = 2
    answers: int = 3
    timeline_slices: int = 6
    timeline_min_score: float = 0.5
    confidence: str | None = None
    min_score: float = 0.25
    min_precision: float | None = None
    ray: str | None = None
    ray_replicas: int = 8
    max_file_bytes: int = 100_000_000
    max_file_seconds: int = 60
    max_file_memory_bytes: int = 2_000_000_000
    max_file_pages: int = 10_000
    ocr: bool = False
    root_path: str = ""
    watch: bool = False
    keep_originals: bool = True

    @classmethod
    def load(
        cls,
        file: str | Path | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        flags: Mapping[str, object] | None = None,
    ) -> Config:
        """Load the settings of a TOML file, environment variables (`QA_K`) and flags.

        The file is `qa.toml` by default, if it exists. Flags with the value None are ignored.

        Raises:
            SettingsError: a setting is unknown, has the wrong type or is out of range, or the file
                cannot be read.
        """
        values: dict[str, object] = {}
        types = cls.types()
        named = Path(FILE) if file is None else Path(file)
        if file is not None or named.is_file():
            try:
                read = tomllib.loads(named.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
                raise SettingsError(f"The settings in {named} cannot be read: {error}") from error
            values |= _checked(read, types, f"in {named}")
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
        """Return the type of each setting that is not None: str, bool, int or float."""
        return {
            name: next(kind for kind in (str, bool, int, float) if kind in (hint, *get_args(hint)))
            for name, hint in get_type_hints(cls).items()
        }

    @property
    def chunking(self) -> Chunking | None:
        """How documents are split into chunks; None if no size is set."""
        # Imported here because it imports NumPy, which `qa --help` does not need.
        from embeddings import Chunking

        sizes = {"words": self.chunk_words, "overlap_words": self.overlap_words}
        given = {name: size for name, size in sizes.items() if size is not None}
        return Chunking(**given) if given else None

    @property
    def assistant_settings(self) -> dict[str, Any]:
        """Keyword arguments of `Assistant.open`, except index and encoder."""
        names = ("reader", "confidence", "min_score", "min_precision", "min_read")
        return {name: getattr(self, name) for name in names}

    @property
    def parse_options(self) -> ParseOptions:
        """Limits for reading files."""
        from embeddings import ParseOptions

        return ParseOptions(ocr=self.ocr, **{name: getattr(self, name) for name in _LIMITS})

    def file_beside_index(self, name: str) -> Path:
        """Return the path of a file that is kept with the index, such as the file of feedback.

        It is in the index's folder. For an index in Milvus it is in a folder below the working
        directory that is named after the index and created here.
        """
        from embeddings import Index

        folder = Index.folder_of(self.index)
        if folder is None:
            address = self.index.partition(":")[2]
            folder = Path(".qa-" + re.sub(r"\W+", "-", address).strip("-"))
            folder.mkdir(exist_ok=True)
        return folder / name

    def _check(self) -> None:
        counts = ("k", "min_read", "answers", "timeline_slices", "ray_replicas", *_LIMITS)
        check_ranges(self, counts, ("min_score", "min_precision", "timeline_min_score"))
        if not re.fullmatch(r"(/[\w.~-]+)*", self.root_path):
            raise SettingsError(f'root_path must be like "/qa", not {self.root_path!r}.')


def check_ranges(values: object, counts: Sequence[str], shares: Sequence[str]) -> None:
    """Raise SettingsError if an attribute is set and not 1 or more, or a share not 0 to 1."""
    for name in (*counts, *shares):
        value = getattr(values, name)
        if name in counts and value is not None and value < 1:
            raise SettingsError(f"{name} must be 1 or more, not {value}.")
        if name in shares and value is not None and not 0 <= value <= 1:
            raise SettingsError(f"{name} must be between 0 and 1, not {value}.")


def _checked(
    values: Mapping[str, object], types: Mapping[str, type], place: str
) -> dict[str, object]:
    checked: dict[str, object] = {}
    for name, value in values.items():
        if name not in types:
            raise SettingsError(
                f"Unknown setting {name!r} ({place}). Settings: {str(sorted(types))[1:-1]}."
            )
        wanted = types[name]
        try:
            if wanted is bool:
                checked[name] = _BOOLEANS[str(value).lower()]
                continue
            if isinstance(value, bool) or (isinstance(value, float) and wanted is int):
                raise ValueError
            checked[name] = wanted(value)
        except (KeyError, TypeError, ValueError) as error:
            raise SettingsError(
                f"The setting {name!r} ({place}) must be of type {wanted.__name__}, not {value!r}."
            ) from error
    return checked
