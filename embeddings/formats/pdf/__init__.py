"""PDF files: text in reading order, headings and page offsets.

`document` calls the other modules in this order: `glyphs` (characters of a page), `row_reader`
(rows of words), `columns` (reading order), `running_heads` (removed), `headings`, `paragraphs` and
`assembly` (the text). `page_image` renders pages.
"""

from embeddings.formats.pdf.document import read
from embeddings.formats.pdf.page_image import render_page

__all__ = ["read", "render_page"]
