"""Messages for errors that the parsers raise on damaged files."""

from __future__ import annotations

__all__ = ["reason"]


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
