"""Zip files with documents in them: limits on what they expand to, XML parts and properties."""

import posixpath
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urldefrag

from lxml import etree

from embeddings.dates import stated_value
from embeddings.errors import DocumentError
from embeddings.formats.parse_options import ParseOptions

_OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_MAX_RATIO = 200
_SMALL_BYTES = 20_000_000
"""Up to this size in bytes, a file may expand more than `_MAX_RATIO` times."""

# Values that files made with python-docx and python-pptx have from the templates of these
# libraries: days, an author and a title.
_TEMPLATE_VALUES = frozenset({"2013-12-23", "2013-01-27", "python-docx", "PowerPoint Presentation"})


class ZipPackage:
    """A zip file whose parts are read into memory.

    Part names are compared without regard to case, kind of slash and percent-encoding, as some
    programs mix them.
    """

    def __init__(self, container: zipfile.ZipFile) -> None:
        self._container = container
        self._parts = {_key(part.filename): part for part in container.infolist()}

    @classmethod
    @contextmanager
    def open(cls, path: Path, options: ParseOptions) -> Iterator[Self]:
        """Open a zip file.

        Raises:
            DocumentError: it is encrypted or from an old Office program, or it expands to more
                than `options` allow.
        """
        with path.open("rb") as stream:
            if stream.read(len(_OLE_MAGIC)) == _OLE_MAGIC:
                raise DocumentError(
                    "is encrypted or from an old Office program; save a copy in the current format "
                    "without a password"
                )
        with zipfile.ZipFile(path) as container:
            _check_limits(path, container, options)
            yield cls(container)

    def __contains__(self, name: str) -> bool:
        """Return whether there is a part of this name."""
        return _key(name) in self._parts

    def files(self) -> Iterator[zipfile.ZipInfo]:
        """List the files, without folders."""
        return (part for part in self._container.infolist() if not part.is_dir())

    def read(self, part: str | zipfile.ZipInfo) -> bytes:
        """Read a part.

        Raises:
            DocumentError: there is no such part, or it is encrypted.
        """
        info = self._parts.get(_key(part)) if isinstance(part, str) else part
        if info is None:
            raise DocumentError(f"is incomplete: its part {part} is missing")
        if info.flag_bits & 1:
            raise DocumentError("is encrypted; save a copy without a password")
        with self._container.open(info) as stream:
            return stream.read(info.file_size)  # `read()` would expand more than the stated size

    def xml(self, name: str) -> Any | None:
        """Parse an XML part and return its root; None if there is no such part."""
        return parse_xml(self.read(name)) if name in self else None


def _key(name: str) -> str:
    return unquote(name).replace("\\", "/").lstrip("/").lower()


def _check_limits(path: Path, container: zipfile.ZipFile, options: ParseOptions) -> None:
    # No part is read beyond the size that the directory of the file states.
    parts = container.infolist()
    expanded = sum(part.file_size for part in parts)
    options.check_bytes(expanded, "expands to")
    if expanded > max(_SMALL_BYTES, path.stat().st_size * _MAX_RATIO):
        raise DocumentError(
            f"expands to more than {_MAX_RATIO} times its size; unpack it and save it again"
        )
    options.check_pages(len(parts), "files")


@dataclass(frozen=True, slots=True)
class Properties:
    """The properties of an Office or OpenDocument file; "" for those that are missing."""

    title: str = ""
    author: str = ""
    created: str = ""
    """The day on which the file was made, as an ISO date."""

    @classmethod
    def of(cls, root: Any | None) -> Self:
        """Read the properties from the XML part that contains them."""
        values: dict[str, str] = {}
        for element in () if root is None else root.iter("*"):
            name, text = element.tag.rpartition("}")[2], (element.text or "").strip()
            if text and text not in _TEMPLATE_VALUES:
                values.setdefault(name, text)
        created = values.get("created", values.get("creation-date", ""))[:10]
        return cls(
            title=stated_value(values.get("title", "")),
            author=values.get("initial-creator", values.get("creator", "")),
            created="" if created in _TEMPLATE_VALUES else created,
        )

    @property
    def metadata(self) -> dict[str, str]:
        """Author and day as metadata of a document."""
        return {"author": self.author, "created": self.created}


def linked_part(origin: str, link: str) -> str:
    """Return the name of the part that a link in another part leads to."""
    target = unquote(urldefrag(link)[0])
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(origin), target))


def parse_xml(data: bytes) -> Any:
    """Parse XML and return the root element of an lxml tree without comments.

    Entities are not expanded, and nothing is loaded from elsewhere.

    Raises:
        etree.XMLSyntaxError: it is not well-formed, or nested too deeply.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    return etree.fromstring(data, parser)
