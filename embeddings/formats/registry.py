"""The formats that can be read: one row of `FORMATS` for each file extension.

To add a format, write a module with a parse function and add a row. The module is imported when
its first file is parsed.
"""

import datetime
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

from embeddings.dates import file_name_date, leading_date, parse_date
from embeddings.errors import DocumentError, EmptyDocumentError
from embeddings.formats.parse_options import ParseOptions
from embeddings.types import Document

_MAX_EXPANSION = 10
"""Documents can have this many characters per byte of their file even if that is more than
`max_file_bytes`: the names of fields are repeated in each row of a table."""

_SENTENCE_WORDS = 5
"""Minimum number of words of a line that is a sentence and not part of a title or address."""

Parser: TypeAlias = Callable[[Path, ParseOptions], Document | Iterable[Document]]


@dataclass(frozen=True, slots=True)
class Format:
    """A file format and the function that parses it.

    The function returns one document without an id, or several whose ids are unique in the file. It
    can raise any error for a damaged file, and the errors that `parse` documents.
    A parser that finds only the day on which the file was made or last changed gives it as an ISO
    date in `metadata["created"]` or `metadata["modified"]`, not as the document's date.
    """

    name: str
    parser: str = ""
    """`module:function` in `embeddings.formats`."""
    save_as: str = ""
    """The extension to save a file with if this format cannot be read."""
    separator: str = "#"
    """Stands between the id of the file and the id of a document in it."""
    sandboxed: bool = True
    """Whether to parse in another process. False only where parsing is fast and safe by design."""

    def load(self) -> Parser:
        """Import the parse function."""
        module, _, function = self.parser.partition(":")
        parser: Parser = getattr(import_module(f"embeddings.formats.{module}"), function)
        return parser


def _rows(*formats: tuple[str, Format]) -> dict[str, Format]:
    return {suffix: form for suffixes, form in formats for suffix in suffixes.split()}


FORMATS: Mapping[str, Format] = _rows(
    (".txt .text", Format("plain text", "plain_text:read", sandboxed=False)),
    (".csv .tsv", Format("table", "delimited:read", sandboxed=False)),
    (".json", Format("JSON", "json_rows:read_json", sandboxed=False)),
    (".jsonl .ndjson", Format("JSON lines", "json_rows:read_json_lines", sandboxed=False)),
    (".md .markdown", Format("Markdown", "markdown:read")),
    (".html .htm .xhtml", Format("HTML", "html:read")),
    (".mhtml .mht", Format("web archive", "mail:read_web_archive")),
    (".pdf", Format("PDF", "pdf:read")),
    (".docx .docm .dotx .dotm", Format("Word", "word:read")),
    (".pptx .pptm .ppsx .potx", Format("PowerPoint", "powerpoint:read")),
    (".xlsx .xlsm .xlsb .xls .ods", Format("spreadsheet", "spreadsheet:read")),
    (".odt .ott .odp", Format("OpenDocument", "opendocument:read")),
    (".rtf", Format("RTF", "rtf:read")),
    (".epub", Format("EPUB", "epub:read")),
    (".xml .rss .atom .dita .dbk", Format("XML", "generic_xml:read")),
    (".ipynb", Format("Jupyter notebook", "notebook:read")),
    (".vtt .srt", Format("subtitles", "subtitles:read")),
    (".eml", Format("mail", "mail:read_mail", separator="/")),
    (".mbox", Format("mailbox", "mail:read_mailbox")),
    (".msg", Format("Outlook mail", "outlook:read", separator="/")),
    (".ics .vcf", Format("calendar or address book", "calendars:read")),
    (".zip", Format("archive", "nested_files:read_archive", separator="/")),
    (".doc .dot", Format("old Word", save_as=".docx")),
    (".ppt .pps .pot", Format("old PowerPoint", save_as=".pptx")),
)
"""Maps each extension, in lower case with its dot, to its format."""


# Written by programs while a document is open or downloaded, and by file managers.
_IGNORED = re.compile(
    r"""
    \. | ~\$ | ~wr[a-z]\d+\.(?:tmp|docx?)$ | \#.*\#$
    | (?:eh)?thumbs\.db$ | desktop\.ini$ | __macosx$ | @eadir$ | \$recycle\.bin$
    | .+ (?: ~ | \.(?:tmp|temp|swp|swo|lock|lck|part|partial|crdownload|download) )$
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def is_ignored(path: str) -> bool:
    """Return whether a relative path is that of a hidden, lock, temporary or thumbnail file."""
    return any(_IGNORED.match(part) for part in path.split("/"))


def is_known(name: str) -> bool:
    """Return whether a file of this name has the extension of a format."""
    return Path(name).suffix.lower() in FORMATS


def format_of(path: Path) -> Format:
    """Look up the format of a file by its extension.

    Raises:
        DocumentError: the extension is unknown.
    """
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise DocumentError(
            f"is of an unknown kind ({path.suffix or 'no extension'}): save it as PDF, HTML or text"
        ) from None


def parse(path: Path, options: ParseOptions) -> Iterator[Document]:
    """Parse a file in this process and yield its documents one by one.

    A document's id is what follows the id of the file: empty if the file is one document. A date
    that the document does not state is taken from its first lines, else from the name of the file,
    else from the day on which the file was made or last changed.

    Raises:
        DocumentError: the file, or the rest of it, cannot be read; the message continues a sentence
            that begins with the path.
        EmptyDocumentError: the file contains no text.
        IncompleteFileError: some rows or inner files cannot be read; all others have been yielded.
    """
    form = format_of(path)
    size = path.stat().st_size
    options.check_bytes(size)
    empty = True
    expanded = 0
    for document in _documents(form, path, options) if size else ():
        expanded += _characters(document)
        if expanded > _MAX_EXPANSION * size:
            options.check_bytes(expanded, "expands to")
        if document.text.strip():
            empty = False
            yield replace(
                document,
                id=f"{form.separator}{document.id}" if document.id else "",
                date=_date(document, path, form),
            )
    if empty:
        raise EmptyDocumentError("is empty: there is no text in it")


def _documents(form: Format, path: Path, options: ParseOptions) -> Iterable[Document]:
    if form.save_as:
        raise DocumentError(
            f"is in the {form.name} format: save it as {form.save_as} and add it again"
        )
    parsed = form.load()(path, options)
    return [parsed] if isinstance(parsed, Document) else parsed


def _characters(document: Document) -> int:
    """Count the characters of the text, id, title and metadata of a document."""
    metadata = (len(key) + len(str(value)) for key, value in document.metadata.items())
    return len(document.text) + len(document.id) + len(document.title) + sum(metadata)


def _date(document: Document, path: Path, form: Format) -> datetime.date | None:
    if document.date is not None or (document.id and form.separator == "/"):
        return document.date  # a file inside another one has a name of its own
    made = document.metadata.get("created", document.metadata.get("modified"))
    days = (
        leading_date(_opening(document)) if not document.id else None,
        file_name_date(path.stem),
        parse_date(made) if isinstance(made, str) else None,
    )
    return next((day for day in days if day is not None), None)


def _opening(document: Document) -> str:
    """Return the text before the first heading below a sentence: an example may have a date."""
    start = 0
    for section in document.sections:
        lines = document.text[start : section.start].split("\n")
        if any(map(_is_sentence, lines)):
            return document.text[: section.start]
        start = section.start
    return document.text


def _is_sentence(line: str) -> bool:
    words = line.split(maxsplit=_SENTENCE_WORDS)
    return len(words) >= _SENTENCE_WORDS and words[-1].rstrip()[-1] in ".!?:"
