"""Messages for errors that the parsers raise on damaged files."""

from __future__ import annotations

from embeddings.errors import DocumentError

__all__ = ["failure", "reason"]


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
        case SyntaxError(msg=str(message)) if message.startswith("Excessive depth"):  # lxml
            return "it is nested too deeply"
        case MemoryError():
            return "there is not enough memory for it"
        case _:
            return f"it is damaged, or its extension is not that of its format ({error})"
