"""Why a file cannot be read, in words for whoever named it."""

from __future__ import annotations

__all__ = ["reason"]


def reason(error: Exception) -> str:
    """Say what an error that was not foreseen means for the file."""
    match error:
        case PermissionError():
            return "permission is denied; change it, or leave this one out"
        case OSError(strerror=str(reason)):
            return reason.lower()
        case UnicodeError():
            return "its bytes are not text in one encoding; save it as UTF-8"
        case RecursionError():
            return "it is nested too deeply"
        case SyntaxError(msg=str(message)) if message.startswith("Excessive depth"):  # of lxml
            return "it is nested too deeply"
        case MemoryError():
            return "there is not enough memory for it"
        case _:
            return f"it is damaged, or not of the format its ending says ({error})"
