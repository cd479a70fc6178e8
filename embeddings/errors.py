"""Every error raised on purpose; a message says what happened, to what, and what to do.

AssistantError
├── DocumentError           a file that gives no document
│   ├── EmptyDocumentError      a file without any text
│   └── IncompleteFileError     a file of which some rows or inner files cannot be read
├── ModelError              a model that cannot be loaded or run
├── SettingsError           a setting that is not usable
├── QuestionError           a question that cannot be asked
├── ClusterError            a Ray cluster that cannot be used
└── DocumentIndexError
    ├── IndexNotFoundError      there is no index at this place
    ├── IndexMismatchError      made with another encoder, other chunks or another format
    │   └── IndexOutdatedError      its encoder has been replaced: it is to be made anew
    ├── IndexBusyError          another process is writing to it
    ├── IndexDamagedError       its files do not agree, or cannot be read
    └── IndexStorageError       the disk is full, read-only or failing, or Milvus fails
"""

from __future__ import annotations

__all__ = [
    "AssistantError",
    "ClusterError",
    "DocumentError",
    "DocumentIndexError",
    "EmptyDocumentError",
    "IncompleteFileError",
    "IndexBusyError",
    "IndexDamagedError",
    "IndexMismatchError",
    "IndexNotFoundError",
    "IndexOutdatedError",
    "IndexStorageError",
    "ModelError",
    "QuestionError",
    "SettingsError",
]


class AssistantError(Exception):
    """The root of all errors of this project."""


class DocumentError(AssistantError):
    """A file gives no document: unreadable, empty, encrypted, too large, of unknown kind."""


class EmptyDocumentError(DocumentError):
    """A file was read without an error but contains no text."""


class IncompleteFileError(DocumentError):
    """Some rows, or some files in an archive or mail, cannot be read.

    Raised after the documents of all others have been read.
    """


class ModelError(AssistantError):
    """A model cannot be loaded or run."""


class SettingsError(AssistantError):
    """A setting has a value that cannot be used."""


class QuestionError(AssistantError):
    """A question is empty, or longer than the reader takes."""


class ClusterError(AssistantError):
    """A Ray cluster cannot be joined, or does not do what it is asked in time."""


class DocumentIndexError(AssistantError):
    """Something is wrong with the index."""


class IndexNotFoundError(DocumentIndexError):
    """There is no index at the place named."""


class IndexMismatchError(DocumentIndexError):
    """The index was made with another encoder, other chunks or another format."""


class IndexOutdatedError(IndexMismatchError):
    """The encoder that the index names is another one now; `Index.reindex` makes it anew."""

    def __init__(self, message: str, encoder: str | None) -> None:
        """Say so.

        Args:
            message: for people.
            encoder: what `Index.reindex` takes for the encoder that the index names.
        """
        super().__init__(message)
        self.encoder = encoder


class IndexBusyError(DocumentIndexError):
    """Another process is writing to the index."""


class IndexDamagedError(DocumentIndexError):
    """Files of the index cannot be read or contradict each other."""


class IndexStorageError(DocumentIndexError):
    """The index cannot be written: the disk is full, read-only or failing, or Milvus fails."""
