"""Writers that join the pieces of a page's text: paragraphs, the cells of tables, and code."""

import re

_GAPS = ("", " ", "\n", "\n\n")
_SPACE = re.compile(r"\s+")


class Writer:
    """Joins pieces of text with the widest gap that was requested between two pieces."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self._gap = 0
        self._prefix = ""

    def gap(self, gap: str) -> None:
        r"""Request a gap before the next text: "", " ", "\n" or "\n\n"."""
        self._gap = max(self._gap, _GAPS.index(gap))

    def line_break(self) -> None:
        """End the line; two line breaks in a row end the paragraph."""
        self.gap("\n\n" if _GAPS[self._gap] == "\n" else "\n")

    def prefix(self, prefix: str) -> None:
        """Set what stands in front of the next text, such as the number of a list item."""
        self._prefix = prefix

    def write(self, text: str) -> None:
        """Write text as it is."""
        if text:
            text = f"{_GAPS[self._gap] if self.parts else ''}{self._prefix}{text}"
            self.parts.append(text)
            self.length += len(text)
            self._gap, self._prefix = 0, ""

    def write_words(self, text: str) -> None:
        """Write text with its white space collapsed."""
        words = _SPACE.sub(" ", text)
        if words.startswith(" "):
            self.gap(" ")
        self.write(words.strip(" "))
        if words.endswith(" "):
            self.gap(" ")

    @property
    def is_glued(self) -> bool:
        """Whether the next text follows the last one without a gap."""
        return bool(self.parts) and not self._gap

    @property
    def next_start(self) -> int:
        """The offset of the next text, or of its prefix."""
        return self.length + len(_GAPS[self._gap]) if self.parts else 0

    def result(self) -> str:
        """Return the text that was written."""
        return "".join(self.parts)


class CellWriter(Writer):
    """Writes everything on one line."""

    def gap(self, gap: str) -> None:
        """Request a space instead of any gap."""
        super().gap(" " if gap else "")

    def prefix(self, prefix: str) -> None:
        """Leave out what numbers a list."""


class CodeWriter(Writer):
    """Keeps white space as it is, but starts a new line where a block starts or ends."""

    def gap(self, gap: str) -> None:
        """Start a new line if a block starts or ends in the middle of one."""
        if "\n" in gap and self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")

    def line_break(self) -> None:
        """End the line."""
        self.parts.append("\n")

    def prefix(self, prefix: str) -> None:
        """Leave out what numbers a list."""

    def write(self, text: str) -> None:
        """Write text as it is."""
        if text:
            self.parts.append(text)

    def write_words(self, text: str) -> None:
        """Write text with its white space."""
        self.write(text.replace("\xa0", " "))

    def result(self) -> str:
        """Return the code without blank lines around it and spaces at the ends of lines."""
        return "\n".join(map(str.rstrip, super().result().split("\n"))).strip("\n")
