"""OpenDocument texts and presentations (odt, odp)."""

from pathlib import Path
from typing import Any

from embeddings.errors import DocumentError
from embeddings.formats.nested_files import parse_page
from embeddings.formats.numbering import in_format
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.superscripts import Script, join_scripts
from embeddings.formats.text_builder import TextBuilder
from embeddings.formats.zip_package import Properties, ZipPackage, linked_part
from embeddings.types import Document

_NAMES = "{urn:oasis:names:tc:opendocument:xmlns:"
_TEXT = f"{_NAMES}text:1.0}}"
_TABLE = f"{_NAMES}table:1.0}}"
_OFFICE = f"{_NAMES}office:1.0}}"
_DRAW = f"{_NAMES}drawing:1.0}}"
_PRESENTATION = f"{_NAMES}presentation:1.0}}"
_STYLE = f"{_NAMES}style:1.0}}"

_XLINK = "{http://www.w3.org/1999/xlink}"
_CELL, _COVERED_CELL = f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"

_SIGNS = {_TEXT + "tab": "\t", _TEXT + "line-break": "\n"}
_SKIPPED = frozenset(
    {
        _TEXT + "tracked-changes",  # deleted text
        _TEXT + "table-of-content",
        _TEXT + "note-citation",
        _TEXT + "page-number",
        _TEXT + "ruby-text",
        _OFFICE + "annotation",
        _OFFICE + "forms",
        f"{_NAMES}svg-compatible:1.0}}title",
        f"{_NAMES}svg-compatible:1.0}}desc",
    }
)
_MAX_SPACES = 100


def read(path: Path, options: ParseOptions) -> Document:
    """Read a text or a presentation; a note follows the paragraph with its reference.

    Deleted text, comments and tables of contents are left out. The cells of a table row are joined
    by " | ".
    """
    with ZipPackage.open(path, options) as package:
        manifest = "META-INF/manifest.xml"
        if manifest in package and b"encryption-data" in package.read(manifest):
            raise DocumentError("is encrypted; save a copy without the password")
        content = package.xml("content.xml")
        body = content.find(_OFFICE + "body") if content is not None else None
        if content is None or body is None:
            raise DocumentError("cannot be read: it is damaged, or not an OpenDocument file")
        styles = package.xml("styles.xml")
        roots = [root for root in (styles, content) if root is not None]
        reader = _Reader(roots, package, options)
        reader.add(body)
        properties = Properties.of(package.xml("meta.xml"))
    builder = reader.builder
    first = next((one.heading for one in builder.sections if one.level == 1), "")
    title = properties.title or reader.title or first
    return builder.document(title=title, metadata=properties.metadata)


def _script(position: str) -> Script:
    """Return the mark for the position of text, such as "super", "sub", "33%" or "-33%"."""
    if position.startswith(("sub", "-")):
        return "_"
    return "" if position.startswith("0") else "^"


class _List:
    """The numbers of a list: a count for each level."""

    def __init__(self, style: Any | None) -> None:
        elements = () if style is None else style
        self._levels = {each.get(_TEXT + "level"): each for each in elements}
        self._counts: dict[int, int] = {}

    def label(self, level: int) -> str:
        """Count an item and return its label, such as "2.1."; "" for bullets."""
        element = self._levels.get(str(level))
        if element is None or not element.get(_STYLE + "num-format"):
            return ""
        start = int(element.get(_TEXT + "start-value", "1"))
        self._counts[level] = self._counts.get(level, start - 1) + 1
        self._counts = {key: count for key, count in self._counts.items() if key <= level}
        shown = min(int(element.get(_TEXT + "display-levels", "1")), level)
        numbers = []
        for each in range(level - shown + 1, level + 1):
            styled = self._levels.get(str(each), element)
            form = styled.get(_STYLE + "num-format", "")
            numbers.append(in_format(self._counts.get(each, 1), form))
        prefix = element.get(_STYLE + "num-prefix", "")
        return f"{prefix}{'.'.join(numbers)}{element.get(_STYLE + 'num-suffix', '')}"


class _Reader:
    def __init__(self, roots: list[Any], package: ZipPackage, options: ParseOptions) -> None:
        """Read the styles in the parts with these roots; later parts override earlier ones."""
        self._package = package
        self._options = options
        self.builder = TextBuilder()
        self.title = ""
        """The first paragraph in the style "Title"."""
        self._slides = 0
        self._list_styles: dict[str | None, Any] = {}
        self._scripts: dict[str | None, Script] = {}
        self._hidden: set[str | None] = set()
        parents: dict[str | None, str | None] = {}
        outline = None
        for root in roots:
            for style in root.iter(_TEXT + "list-style"):
                self._list_styles[style.get(_STYLE + "name")] = style
            outline = next(root.iter(_TEXT + "outline-style"), outline)
            for style in root.iter(_STYLE + "style"):
                name = style.get(_STYLE + "name")
                properties = style.find(_STYLE + "text-properties")
                stated = {} if properties is None else properties.attrib
                position = stated.get(_STYLE + "text-position", "").partition(" ")[0]
                if position:
                    self._scripts[name] = _script(position)
                if stated.get(_TEXT + "display") == "none":
                    self._hidden.add(name)
                parents[name] = style.get(_STYLE + "parent-style-name")
        for name, parent in parents.items():
            if parent in self._scripts:
                self._scripts.setdefault(name, self._scripts[parent])
        self._titles = {"Title", *(name for name, parent in parents.items() if parent == "Title")}
        self._headings = _List(outline)
        self._lists: dict[str | None, _List] = {}

    def add(self, container: Any) -> None:
        """Add the paragraphs, lists, tables and slides inside an element."""
        for element in container:
            tag = element.tag
            if tag in (_TEXT + "p", _TEXT + "h"):
                self._add_paragraph(element)
            elif tag == _TEXT + "list":
                self._add_list(element, self._list_of(element), 1)
            elif tag == _TABLE + "table":
                self._add_table(element)
            elif tag == _DRAW + "page":
                self._add_slide(element)
            elif self._is_shown(element):
                self.add(element)

    def _list_of(self, element: Any) -> _List:
        name = element.get(_TEXT + "style-name")
        continued = element.get(_TEXT + "continue-numbering") == "true"
        if name not in self._lists or not (continued or element.get(_TEXT + "continue-list")):
            self._lists[name] = _List(self._list_styles.get(name))
        return self._lists[name]

    def _add_list(self, element: Any, numbers: _List, level: int) -> None:
        for item in element:
            label = numbers.label(level) if item.tag == _TEXT + "list-item" else ""
            for child in item:
                if child.tag == _TEXT + "list":
                    self._add_list(child, numbers, level + 1)
                elif child.tag in (_TEXT + "p", _TEXT + "h"):
                    self._add_paragraph(child, label)
                    label = ""

    def _add_paragraph(self, paragraph: Any, label: str = "") -> None:
        text, inside = self._text(paragraph)
        if not self.title and paragraph.get(_TEXT + "style-name") in self._titles:
            self.title = text
        level = 0
        if paragraph.tag == _TEXT + "h" and text.strip():
            level = max(1, min(int(paragraph.get(_TEXT + "outline-level", "1")), 9))
            label = label or self._headings.label(level)
        self.builder.add(f"{label} {text.strip()}" if label and text.strip() else text, level=level)
        for each in inside:
            self.add(each)

    def _is_shown(self, element: Any) -> bool:
        is_hidden = element.get(_TEXT + "display") == "none" or (
            element.tag == _TEXT + "span" and element.get(_TEXT + "style-name") in self._hidden
        )
        return element.tag not in _SKIPPED and isinstance(element.tag, str) and not is_hidden

    def _add_table(self, table: Any) -> None:
        above: dict[int, tuple[str, int]] = {}  # cells that span rows, with the rows left
        for row in table.iter(_TABLE + "table-row"):
            if next(row.iterancestors(_TABLE + "table")) is not table:
                continue  # a row of a nested table, whose text is in a cell of this one
            cells = []
            for column, cell in enumerate(row.iterchildren(_CELL, _COVERED_CELL)):
                paragraphs = cell.iter(_TEXT + "p", _TEXT + "h")
                text = " ".join(self._text(each)[0] for each in paragraphs)
                rows = int(cell.get(_TABLE + "number-rows-spanned", "1"))
                if cell.tag == _COVERED_CELL and column in above:
                    text, rows = above.pop(column)
                if rows > 1:
                    above[column] = text, rows - 1
                if cell.tag == _CELL or text:
                    cells.append(text)
            self.builder.add_row(cells)

    def _add_slide(self, slide: Any) -> None:
        self._slides += 1
        self.builder.add_page()
        frames = slide.iter(_DRAW + "frame")
        titles = (each for each in frames if each.get(_PRESENTATION + "class") == "title")
        texts = (self._text(each)[0] for title in titles for each in title.iter(_TEXT + "p"))
        self.builder.add_section(" ".join(texts) or f"Slide {self._slides}")
        self.add(slide)

    def _text(self, paragraph: Any) -> tuple[str, list[Any]]:
        """Return the text of a paragraph, and the notes and text boxes inside it."""
        pieces: list[tuple[str, Script]] = []
        inside: list[Any] = []
        self._collect(paragraph, pieces, inside, "")
        return join_scripts(pieces), inside

    def _collect(
        self, element: Any, pieces: list[tuple[str, Script]], inside: list[Any], script: Script
    ) -> None:
        script = self._scripts.get(element.get(_TEXT + "style-name"), script)
        pieces.append((element.text or "", script))
        for child in element:
            tag = child.tag
            if tag == _TEXT + "s":
                count = child.get(_TEXT + "c", "1")
                pieces.append((" " * min(int(count), _MAX_SPACES), script))
            elif tag in _SIGNS:
                pieces.append((_SIGNS[tag], script))
            elif tag in (_TEXT + "note-body", _DRAW + "text-box"):
                inside.append(child)
            elif tag == _DRAW + "object":
                pieces.append((self._formula(child), ""))
            elif self._is_shown(child):
                self._collect(child, pieces, inside, script)
            pieces.append((child.tail or "", script))

    def _formula(self, element: Any) -> str:
        """Return the text of an embedded formula; "" for other objects."""
        part = f"{linked_part('content.xml', element.get(_XLINK + 'href', ''))}/content.xml"
        root = self._package.xml(part)
        if root is None or not root.tag.endswith("}math"):
            return ""
        return " ".join(parse_page(self._package.read(part), self._options).text.split())
