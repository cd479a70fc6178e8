"""Folders of exported weights, whose checksums are compared before they are loaded."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tokenizers import Tokenizer

from embeddings.errors import ModelError
from embeddings.runtimes.onnx import OnnxModel
from embeddings.types import Model

MODEL, TOKENIZER, SETTINGS, SUMS = "model.onnx", "tokenizer.json", "model.json", "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """Weights, tokenizer and settings that belong together.

    The folder holds `model.onnx`, `tokenizer.json`, `model.json` (settings; `name` and `kind` are
    always there) and `SHA256SUMS` in the form of the command `sha256sum`.
    """

    name: str
    """The model's name, `@` and the first digits of the SHA-256 of its weights."""
    model: Model
    tokenizer: Tokenizer
    settings: Mapping[str, object]

    @staticmethod
    def is_at(folder: Path) -> bool:
        """Return whether a folder has the files of an exported model."""
        return (folder / MODEL).is_file() and (folder / SETTINGS).is_file()

    @classmethod
    def open(cls, folder: Path, *, kind: str, threads: int | None = None) -> Self:
        """Load a folder after comparing its files with their checksums.

        `kind` is "encoder" or "reader". A run uses at most `threads` cores; None for all.

        Raises:
            ModelError: a file is missing or changed, or the model is of the other kind.
        """
        try:
            content = {name: (folder / name).read_bytes() for name in (MODEL, TOKENIZER, SETTINGS)}
            sums = (folder / SUMS).read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(
                f"The weights in {folder} cannot be read: {error}. Install the package again, or "
                "export the model again."
            ) from error
        digests = {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}
        for name, digest in digests.items():
            if f"{digest}  {name}" not in sums.splitlines():
                raise ModelError(
                    f"{folder / name} is not the file that was exported: its SHA-256 differs from "
                    f"the one in {SUMS}. Install the package again, or export the model again."
                )
        settings = json.loads(content[SETTINGS])
        if settings["kind"] != kind:
            raise ModelError(
                f"{folder} holds a model of kind {settings['kind']!r}; {kind!r} is needed here."
            )
        return cls(
            name=f"{settings['name']}@{digests[MODEL][:8]}",
            model=OnnxModel(content[MODEL], name=str(folder / MODEL), threads=threads),
            tokenizer=Tokenizer.from_buffer(content[TOKENIZER]),
            settings=settings,
        )

    @staticmethod
    def write_sums(folder: Path) -> None:
        """Write `SHA256SUMS` for the files that `open` checks."""
        lines = [
            f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
            for name in (MODEL, SETTINGS, TOKENIZER)
        ]
        (folder / SUMS).write_text("".join(lines), encoding="ascii")
