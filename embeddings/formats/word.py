"""Word files (docx): paragraphs, tables and notes in the order of the document."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from embeddings.formats.equations import MATH, equation_text
from embeddings.formats.nested_files import Members
from embeddings.formats.ooxml import OfficePackage
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.superscripts import Script, join_scripts
from embeddings.formats.text_builder import TextBuilder
from embeddings.formats.word_styles import OFF, Numbering, Styles, W, flag, value
from embeddings.formats.word_symbols import symbol
from embeddings.types import Document

_TITLE_PARAGRAPHS = 20
_HEADING_CHARACTERS = 80
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_ALTERNATIVES = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_TEXT_BOX = W + "txbxContent"
_SIGNS = {W + "tab": "\t", W + "ptab": "\t", W + "br": "\n", W + "cr": "\n"} | {
    W + "noBreakHyphen": "-"
}
_WITH_TEXT = (W + "t", W + "sym", MATH + "oMath")
# Elements that are not shown (deleted text, field codes, pronunciation) or shown elsewhere (moved).
_SKIPPED = frozenset(
    W + name for name in ("del", "moveFrom", "pPr", "rPr", "delText", "instrText", "rt", "sectPr")
)
_GONE_MARKS = ("del", "moveFrom")
"""Properties of the end of a paragraph that was deleted or moved: the next one continues it."""
_PAGE_WORDS = re.compile(r"\b(?:page|of|seite|von)\b", re.IGNORECASE)
_REFERENCES = {W + "footnoteReference": "footnote", W + "endnoteReference": "endnote"}
_SCRIPTS: dict[str | None, Script] = {"superscript": "^", "subscript": "_"}


def read(path: Path, options: ParseOptions) -> Document:
    """Read a Word file.

    The header and the footer of the first page come first and last, a note follows the paragraph
    with its reference, and the cells of a table row are joined by " | ". Text that was deleted with
    changes tracked, hidden text, comments and tables of contents are left out.
    """
    with OfficePackage.open(path, options) as package:
        return _Reader(package, options).document()


@dataclass(slots=True)
class _Block:
    """A paragraph or a row of a table."""

    text: str
    level: int = 0
    is_row: bool = False
    is_bold: bool = False
    """Whether all words of the block are bold."""
    style: str = ""
    notes: "list[_Block]" = field(default_factory=list)
    inserted: Sequence[Document] = ()
    """Parts in other formats that the file shows at this place."""


class _Reader:
    def __init__(self, package: OfficePackage, options: ParseOptions) -> None:
        self._package = package
        self._failures: list[str] = []
        self._members = Members(options, self._failures)
        self._part = package.main_part("word/document.xml")
        self._styles = Styles(self._related("styles"))
        self._numbering = Numbering(self._related("numbering"), self._styles)
        self._notes = {
            (kind, note.get(W + "id")): note
            for kind in ("footnote", "endnote")
            for note in self._note_elements(kind)
        }

    def document(self) -> Document:
        """Read the whole document."""
        root = self._package.xml(self._part)
        body = root if root is None else root.find(W + "body")
        headers, footers = ([], []) if body is None else self._letterhead(body)
        content = [] if body is None else list(self._blocks(body))
        blocks = [*headers, *content, *footers]
        if not any(block.level for block in blocks):
            _mark_bold_headings([block for block in content if block.text])
        builder = TextBuilder()
        for block in _with_notes(blocks):
            builder.add(block.text, level=block.level, row=block.is_row)
            for inserted in block.inserted:
                builder.add_document(inserted)
        for line in self._package.chart_lines(self._part):
            builder.add(line)
        first = (one for one in blocks[: _TITLE_PARAGRAPHS + len(headers)] if one.text)
        titles = (one.text for one in first if one.style == "title" or one.level == 1)
        properties = self._package.properties()
        return builder.document(
            title=properties.title or next(titles, ""),
            metadata=properties.metadata | {"warning": "; ".join(self._failures)},
        )

    def _related(self, kind: str) -> Any | None:
        parts = map(self._package.xml, self._package.related(self._part, kind))
        return next((part for part in parts if part is not None), None)

    def _note_elements(self, kind: str) -> Iterator[Any]:
        root = self._related(f"{kind}s")
        return iter(()) if root is None else root.iterfind(W + kind)

    def _letterhead(self, body: Any) -> tuple[list[_Block], list[_Block]]:
        """Read the header and the footer of the first page, without page numbers."""
        section = next(body.iter(W + "sectPr"), None)
        if section is None:
            return [], []
        wanted = "first" if flag(section, "titlePg") else "default"
        targets = self._package.targets(self._part)
        found = {}
        for kind in ("header", "footer"):
            references = section.iterfind(f"{W}{kind}Reference")
            ids = [each.get(_R + "id") for each in references if each.get(W + "type") == wanted]
            roots = [self._package.xml(targets[each][1]) for each in ids if each in targets]
            found[kind] = [
                block
                for root in roots
                if root is not None
                for block in self._blocks(_without_page_numbers(root))
                if any(map(str.isalnum, _PAGE_WORDS.sub("", block.text)))
            ]
        return found["header"], found["footer"]

    def _blocks(self, container: Any) -> Iterator[_Block]:
        carried: list[tuple[str, Script]] = []  # from a paragraph whose end was deleted
        for element in _parts(container):
            if element.tag == W + "p":
                boxes: list[_Block] = []
                notes: list[_Block] = []
                pieces = carried
                carried = []
                self._collect(element, pieces, boxes, notes)
                if any(value(element, f"pPr/rPr/{mark}") is not None for mark in _GONE_MARKS):
                    carried = pieces
                else:
                    yield self._paragraph(element, join_scripts(pieces), notes)
                yield from boxes
            elif element.tag == W + "tbl":
                if carried:
                    yield _Block(join_scripts(carried))
                    carried = []
                above: dict[int, str] = {}
                for row in _own(element, W + "tr"):
                    yield from self._row(row, above)
            elif element.tag == W + "altChunk":
                _, name = self._package.targets(self._part).get(element.get(_R + "id"), ("", ""))
                read = partial(self._package.read, name)
                yield _Block("", inserted=list(self._members.parse(name, read)))
            elif _is_shown(element):
                yield from self._blocks(element)
        if carried:
            yield _Block(join_scripts(carried))

    def _paragraph(self, paragraph: Any, text: str, notes: list[_Block]) -> _Block:
        style = self._styles.name(value(paragraph, "pPr/pStyle"))
        label = self._numbering.label(paragraph)
        if not text.strip() or style.startswith("toc "):
            return _Block("", notes=notes)
        level = self._styles.heading_level(paragraph)
        runs = [run for run in paragraph.iter(W + "r") if run.findtext(W + "t", "").strip()]
        is_bold = bool(runs) and all(
            self._styles.of_run(run, "b") not in (None, *OFF) for run in runs
        )
        text = f"{label} {text}".strip()
        return _Block(text, level, is_bold=is_bold, style=style, notes=notes)

    def _row(self, row: Any, above: dict[int, str]) -> Iterator[_Block]:
        """Read a row.

        Args:
            row: the element.
            above: by column, the text of a cell that reaches into the next rows; changed in place.
        """
        if value(row, "trPr/del") is not None:
            return
        cells = [cell for cell in _own(row, W + "tc") if value(cell, "tcPr/cellDel") is None]
        read = [list(self._blocks(cell)) for cell in cells]
        if len(cells) == 1:  # a frame around paragraphs
            yield from read[0]
            return
        texts = []
        column = 0
        for cell, blocks in zip(cells, read, strict=True):
            text = " ".join(" ".join(block.text for block in blocks).split())
            merged = value(cell, "tcPr/vMerge")
            if merged == "restart":
                above[column] = text
            texts.append(text if merged in (None, "restart") else above.get(column, text))
            column += int(value(cell, "tcPr/gridSpan") or 1)
        if any(texts):
            notes = [note for blocks in read for block in blocks for note in block.notes]
            yield _Block(" | ".join(texts), is_row=True, notes=notes)

    def _collect(
        self,
        element: Any,
        pieces: list[tuple[str, Script]],
        boxes: list[_Block],
        notes: list[_Block],
        script: Script = "",
    ) -> None:
        """Collect the text of a paragraph, the text boxes anchored in it, and its notes."""
        for child in _parts(element):
            tag = child.tag
            text = _leaf_text(child)
            if text is not None:
                pieces.append((text, script))
            elif tag == _TEXT_BOX:
                boxes += self._blocks(child)
            elif tag in _REFERENCES:
                note = self._notes.pop((_REFERENCES[tag], child.get(W + "id")), None)
                notes += [] if note is None else self._blocks(note)
            elif tag == W + "r":
                if self._styles.of_run(child, "vanish") in (None, *OFF):
                    position = self._styles.of_run(child, "vertAlign")
                    self._collect(child, pieces, boxes, notes, _SCRIPTS.get(position, ""))
            elif _is_shown(child):
                self._collect(child, pieces, boxes, notes, script)


def _parts(element: Any) -> Any:
    """Return the children of an element; of alternative forms, only the first with text."""
    if element.tag != _ALTERNATIVES:
        return element
    return [form for form in element if next(form.iter(*_WITH_TEXT), None) is not None][:1]


def _is_shown(element: Any) -> bool:
    """Return whether the text inside an element is a part of the document's text."""
    if element.tag == W + "sdt" and flag(element, "sdtPr/showingPlcHdr"):
        return False  # a field that is not filled in
    return element.tag not in _SKIPPED and isinstance(element.tag, str)


def _leaf_text(element: Any) -> str | None:
    """Return the text of an element that is a piece of text; None for any other element."""
    if element.tag == W + "t":
        return element.text or ""
    if element.tag in _SIGNS:
        return _SIGNS[element.tag]
    if element.tag == W + "sym":
        return symbol(element.get(W + "font"), element.get(W + "char"))
    if element.tag == W + "ddList":  # a drop-down list of an old form
        entries = [each.get(W + "val", "") for each in element.iterfind(W + "listEntry")]
        return "".join(entries[int(value(element, "result") or 0) :][:1])
    return equation_text(element) if element.tag == MATH + "oMath" else None


def _mark_bold_headings(blocks: list[_Block]) -> None:
    """Make headings of short bold lines above other text, for documents without heading styles."""
    for block, below in pairwise(blocks):
        is_line = len(block.text) <= _HEADING_CHARACTERS and block.text[-1] not in ".,;"
        if block.is_bold and is_line and not (block.is_row or below.is_bold):
            block.level = 1


def _with_notes(blocks: list[_Block]) -> Iterator[_Block]:
    """Put the notes of each paragraph after it, and those of a table after its last row."""
    notes: list[_Block] = []
    after_row = False
    for block in blocks:
        if not (after_row and block.is_row):
            yield from notes
            notes = []
        yield block
        notes += block.notes
        after_row = block.is_row
    yield from notes


def _own(parent: Any, tag: str) -> Iterator[Any]:
    """Find the rows of a table or the cells of a row, without those of tables inside it."""
    return (each for each in parent.iter(tag) if next(each.iterancestors(parent.tag)) is parent)


def _without_page_numbers(root: Any) -> Any:
    """Remove page numbers and page counts from a header or footer."""
    for field_ in list(root.iter(W + "fldSimple")):
        if "PAGE" in field_.get(W + "instr", "").upper():
            field_.clear()
    for paragraph in root.iter(W + "p"):
        open_fields: list[bool] = []
        for run in paragraph.iter(W + "r"):
            kind = next((each.get(W + "fldCharType") for each in run.iter(W + "fldChar")), None)
            if kind == "begin":
                open_fields.append(False)
            elif kind == "end" and open_fields:
                open_fields.pop()
            elif open_fields:
                code = "".join(run.itertext(W + "instrText")).upper()
                open_fields[-1] = open_fields[-1] or "PAGE" in code
                if any(open_fields):
                    run.clear()
    return root
