"""Zip archives: each file in one is a document."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from embeddings.formats.members import Members, raise_failures
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.zip_package import ZipPackage
from embeddings.types import Document

__all__ = ["read"]


def read(path: Path, options: ParseOptions) -> Iterator[Document]:
    """Read the files of an archive, each as if it were on the disk. Nothing is unpacked to a path.

    An archive inside the archive is not read.

    Raises:
        DocumentError: the archive is damaged, or expands to more than `options` allow.
        IncompleteFileError: files cannot be read; all others have been yielded.
    """
    failures: list[str] = []
    members = Members(options, failures)
    with ZipPackage.open(path, options) as package:
        for part in package.files():
            if part.filename.lower().endswith(".zip"):
                failures.append(f"{part.filename} is an archive in an archive: unpack it")
            else:
                yield from members.parse(part.filename, partial(package.read, part))
    raise_failures(failures)
