"""PDF files: their text in the order of reading, with headings and pages.

The modules follow each other: `glyphs` (the characters of a page), `row_reader` (rows of words),
`columns` (the order of reading), `running_heads` (which are removed), `headings`, `flow` (lines
joined to paragraphs) and `text`. `parser` calls one after the other.
"""

from embeddings.formats.pdf.parser import read

__all__ = ["read"]
