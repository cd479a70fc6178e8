"""PDF files: text in reading order, headings and page offsets.

`parser` calls the other modules in this order: `glyphs` (characters of a page), `row_reader` (rows
of words), `columns` (reading order), `running_heads` (which are removed), `headings`, `paragraphs`
and `assembly` (the text).
"""

from embeddings.formats.pdf.parser import read

__all__ = ["read"]
