"""PDF files.

A page passes these modules: its characters (`glyphs`) become rows of words (`lines`), these lines
in the order of reading (`columns`), `running_heads` are left out, `headings` are found, the lines
are joined to paragraphs (`flow`) and written as one text (`text`). `parser` does one after the other.
"""

from embeddings.formats.pdf.parser import read

__all__ = ["read"]
