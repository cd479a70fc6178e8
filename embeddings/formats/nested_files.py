"""Files inside other files: zip archives, and attachments of mails."""

import atexit
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from shutil import rmtree
from tempfile import mkdtemp

from embeddings.errors import EmptyDocumentError, IncompleteFileError, failure
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.registry import is_ignored, is_known, parse
from embeddings.formats.zip_package import ZipPackage
from embeddings.types import Document

_NOT_IN_FILE_NAMES = re.compile(r'[\0-\x1f/\\:*?"<>|\ud800-\udfff]')
_NAME_BYTES = 200
_FAILURES_SHOWN = 3


def read_archive(path: Path, options: ParseOptions) -> Iterator[Document]:
    """Read the files of an archive as if they were on the disk; nothing is unpacked."""
    failures: list[str] = []
    members = Members(options, failures)
    with ZipPackage.open(path, options) as package:
        for part in package.files():
            yield from members.parse(part.filename, partial(package.read, part))
    raise_failures(failures)


def parse_bytes(name: str, data: bytes, options: ParseOptions) -> Iterator[Document]:
    """Parse the content of a file that is not on the disk, as `registry.parse` does.

    The extension of its name selects the format.
    """
    safe = _NOT_IN_FILE_NAMES.sub("_", name).encode()[-_NAME_BYTES:].decode(errors="ignore")
    folder = _folders.pop() if _folders else _new_folder()
    path = Path(folder, safe)
    try:
        path.write_bytes(data)
        yield from parse(path, options)
    finally:
        path.unlink(missing_ok=True)
        _folders.append(folder)


def parse_page(data: bytes, options: ParseOptions, name: str = "page.html") -> Document:
    """Parse an HTML page that is not on the disk; the document is empty if it has no text."""
    try:
        return next(parse_bytes(name, data, options))
    except EmptyDocumentError:
        return Document(id="", text="")


# Empty temporary folders, kept for the next file: removing a folder takes long on some disks.
_folders: list[str] = []


def _new_folder() -> str:
    folder = mkdtemp()
    atexit.register(rmtree, folder, ignore_errors=True)
    return folder


class Members:
    """Parses the files inside another file; `failures` gets a line for each that cannot be read."""

    def __init__(self, options: ParseOptions, failures: list[str]) -> None:
        self._options = options
        self._failures = failures
        self._paths: set[str] = set()
        self._repeated: Counter[str] = Counter()

    def parse(self, name: str, content: Callable[[], bytes]) -> Iterator[Document]:
        r"""Parse a file; its documents are named after its path.

        Yields nothing for a file of an unknown kind, an ignored one and one without text. The name
        is its path inside the other file, with `/` or `\` between the parts.
        """
        path = clean_path(name)
        if is_ignored(path) or not is_known(path):
            return
        path = self._unique(path)
        try:
            for document in parse_bytes(PurePosixPath(path).name, content(), self._options):
                yield replace(document, id=f"{path}{document.id}")
        except EmptyDocumentError:
            return
        except Exception as error:
            self._failures.append(f"{path} {failure(error)}")

    def _unique(self, path: str) -> str:
        given = PurePosixPath(path)
        while path in self._paths:
            self._repeated[str(given)] += 1
            path = str(given.with_stem(f"{given.stem} ({self._repeated[str(given)] + 1})"))
        self._paths.add(path)
        return path


def raise_failures(failures: Sequence[str]) -> None:
    """Report the files in a container that could not be read.

    Raises:
        IncompleteFileError: there are failures.
    """
    if failures:
        count = f"{len(failures)} files" if failures[1:] else "a file"
        more = len(failures) - _FAILURES_SHOWN
        shown = "; ".join(failures[:_FAILURES_SHOWN]) + (f"; and {more} more" if more > 0 else "")
        raise IncompleteFileError(f"contains {count} that cannot be read: {shown}")


def clean_path(name: str) -> str:
    """Reduce a path to its named parts: no root, no drive, no `.` and `..`."""
    parts = name.replace("\\", "/").split("/")
    return "/".join(part for part in parts if part.strip(" .") and not part.endswith(":"))
