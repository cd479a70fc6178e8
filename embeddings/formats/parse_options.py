"""Options for parsing files: limits, and the names of the fields in rows."""

from dataclasses import dataclass, field

from embeddings.errors import DocumentError
from embeddings.formats.records import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseOptions:
    """Limits for parsing a file, and the names of the fields in rows."""

    max_file_bytes: int = 100_000_000
    """Refuse a file that is larger, or that expands to more than this."""
    max_file_seconds: float = 60
    """Stop parsing a file in the sandbox after this time. Formats that are parsed outside the
    sandbox (plain text, CSV, JSON) take time proportional to their size."""
    max_file_memory_bytes: int = 2_000_000_000
    """Stop parsing a file in the sandbox when it needs more memory. Not enforced on Windows and
    macOS."""
    max_file_pages: int = 10_000
    """Refuse a document with more pages or slides, and a container (archive, mailbox, e-book,
    Office file) with more files or messages."""
    ocr: bool = False
    """Recognise the text of scanned PDF pages. Needs Tesseract and the extra `ocr`."""
    fields: Fields = field(default_factory=Fields)
    """The fields with the text, title, date and id of a row (CSV, JSON, spreadsheets)."""

    def check_bytes(self, count: int, verb: str = "has") -> None:
        """Raise `DocumentError` if a file has, or expands to, too many bytes."""
        self._check(count, f"{verb} {count:,} bytes", "max_file_bytes")

    def check_pages(self, count: int, things: str) -> None:
        """Raise `DocumentError` if a file has too many pages, slides, files or mails."""
        self._check(count, f"has {count:,} {things}", "max_file_pages")

    def _check(self, count: int, contents: str, option: str) -> None:
        limit = getattr(self, option)
        if count > limit:
            raise DocumentError(
                f"{contents}, more than the {limit:,} allowed; raise {option} to read it"
            )
