"""The errors of this project. Their messages say what happened, to what, and what to do."""


class AssistantError(Exception):
    """Base class of all errors of this project."""


class DocumentError(AssistantError):
    """A file cannot be read as a document: damaged, empty, encrypted, too large, unknown format."""


class EmptyDocumentError(DocumentError):
    """A file was read without an error but contains no text."""


class FileAccessError(DocumentError):
    """A file cannot be opened or added now; it may be possible later without changing it."""


class IncompleteFileError(DocumentError):
    """Some rows, or some files in an archive or mail, cannot be read.

    Raised after the documents of all others have been read.
    """


class ModelError(AssistantError):
    """A model cannot be loaded or run."""


class SettingsError(AssistantError):
    """A setting has an invalid value."""


class QuestionError(AssistantError):
    """A question is empty or too long for the reader."""


class ClusterError(AssistantError):
    """A Ray cluster cannot be joined or does not respond in time."""


class DocumentIndexError(AssistantError):
    """Base class of errors about an index."""


class IndexNotFoundError(DocumentIndexError):
    """There is no index at a location."""


class IndexMismatchError(DocumentIndexError):
    """The index was made with another encoder, chunking or format."""


class IndexOutdatedError(IndexMismatchError):
    """The encoder of the index has changed since it was made; `Index.reindex` rebuilds it."""

    def __init__(self, message: str, encoder: str | None) -> None:
        """Create the error; with `encoder`, `Index.reindex` keeps the model of the index."""
        super().__init__(message)
        self.encoder = encoder


class IndexBusyError(DocumentIndexError):
    """Another process is writing to the index."""


class IndexDamagedError(DocumentIndexError):
    """Files of the index cannot be read or are inconsistent."""


class IndexStorageError(DocumentIndexError):
    """The index cannot be written to: the disk is full, read-only or failing, or Milvus fails."""


def failure(error: Exception) -> str:
    """Describe why a file cannot be read, as the rest of a sentence that begins with its path.

    Parsers raise nearly any error on files that are damaged on purpose.
    """
    return str(error) if isinstance(error, DocumentError) else f"cannot be read: {reason(error)}"


def reason(error: Exception) -> str:
    """Describe for the user why a file cannot be read."""
    match error:
        case PermissionError():
            return "permission is denied; change its permissions, or leave it out"
        case OSError(strerror=str(reason)):
            return reason.lower()
        case UnicodeError():
            return "its bytes are not text in one encoding; save it as UTF-8"
        case RecursionError():
            return "it is nested too deeply"
        case SyntaxError(msg=str(message)) if message.startswith("Excessive depth"):  # from lxml
            return "it is nested too deeply"
        case MemoryError():
            return "there is not enough memory for it"
        case _:
            return f"it is damaged, or its extension is not that of its format ({error})"
