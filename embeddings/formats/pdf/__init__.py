"""PDF files: text in reading order, headings and page offsets.

`parser` calls the other modules in this order: `glyphs` (characters of a page), `row_reader` (rows
of words), `columns` (reading order), `running_heads` (which are removed), `headings`, `paragraphs`
and `assembly` (the text). `page_image` renders pages.
"""

from embeddings.formats.pdf.page_image import render_page
from embeddings.formats.pdf.parser import read

__all__ = ["read", "render_page"]
