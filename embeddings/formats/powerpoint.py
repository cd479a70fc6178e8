"""PowerPoint files (pptx): a page and a section for each slide."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

from embeddings.formats.equations import MATH, equation_text
from embeddings.formats.ooxml import OfficePackage
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.superscripts import Script, join_scripts
from embeddings.formats.text_builder import TextBuilder
from embeddings.types import Document

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_SIGNS = {_A + "br": "\n", _A + "tab": "\t"}
_TITLES = frozenset({"title", "ctrTitle"})
_REPEATED = frozenset({"sldNum", "ftr", "hdr", "dt", "sldImg"})
"""Placeholders that show the same on every slide."""
_SHAPES = f"{_P}cSld/{_P}spTree/*"

_Box: TypeAlias = tuple[tuple[int, int], tuple[int, int]]
"""Left and right end, top and bottom, in English Metric Units."""


def read(path: Path, options: ParseOptions) -> Document:
    """Read a presentation: the title, the text, the tables and the notes of each slide."""
    with OfficePackage.open(path, options) as package:
        slides = list(_slides(package))  # page numbers count hidden slides
        options.check_pages(len(slides), "slides")
        builder = TextBuilder()
        for number, part in enumerate(slides, start=1):
            builder.add_page()
            _add_slide(builder, package, part, number)
        properties = package.properties()
        first = next((one.heading for one in builder.sections if one.start == 0), "")
        return builder.document(
            title=properties.title or ("" if first == "Slide 1" else first),
            metadata={**properties.metadata, "pages": len(slides)},
        )


def _slides(package: OfficePackage) -> Iterator[str]:
    """List the parts of the slides in the order in which they are shown."""
    main = package.main_part("ppt/presentation.xml")
    targets = package.targets(main)
    root = package.xml(main)
    for slide in () if root is None else root.iter(_P + "sldId"):
        target = targets.get(slide.get(_R + "id", ""))
        if target is not None:
            yield target[1]


def _add_slide(builder: TextBuilder, package: OfficePackage, part: str, number: int) -> None:
    root = package.xml(part)
    if root is None or root.get("show") in ("0", "false"):  # hidden
        return
    boxes = [(_box(block), block) for block in root.iterfind(_SHAPES)]
    blocks = [block for box, block in boxes if box is None]
    blocks += _in_reading_order([(box, block) for box, block in boxes if box is not None])
    shapes = [shape for block in blocks for shape in block.iter(_P + "sp", _A + "tbl")]
    titles = [shape for shape in shapes if _placeholder(shape) in _TITLES]
    titles = titles or [shape for shape in shapes[:1] if _is_headline(shape, shapes[1:])]
    title = " ".join(text for shape in titles for text in _paragraphs(shape))
    builder.add_section(title if title else f"Slide {number}")
    builder.add(title)
    for shape in shapes:
        if shape.tag == _A + "tbl":
            _add_table(builder, shape)
        elif shape not in titles and _placeholder(shape) not in _REPEATED:
            _add_paragraphs(builder, shape)
    for diagram in package.related(part, "diagramData"):
        _add_paragraphs(builder, package.xml(diagram))
    for line in package.chart_lines(part):
        builder.add(line)
    for notes in map(package.xml, package.related(part, "notesSlide")):
        for shape in () if notes is None else notes.iter(_P + "sp"):
            if _placeholder(shape) == "body":
                _add_paragraphs(builder, shape)


def _box(block: Any) -> _Box | None:
    """Return the place of a shape on the slide; None for a placeholder in its usual place."""
    frame = next(block.iter(_A + "xfrm", _P + "xfrm"), None)
    sides = [] if frame is None else frame.xpath("*[local-name()='off' or local-name()='ext']/@*")
    try:
        x, y, width, height = map(int, sides)
    except ValueError:
        return None
    return (x, x + width), (y, y + height)


def _in_reading_order(placed: list[tuple[_Box, Any]]) -> list[Any]:
    """Sort shapes: columns from left to right, and each column from top to bottom.

    A shape that spans all columns, such as a heading, is read before or after them.
    """
    columns = _split(placed, 0)
    if len(columns) > 1:
        return [block for column in columns for block in _in_reading_order(column)]
    rows = _split(placed, 1)
    wide = [number for number, row in enumerate(rows) if len(row) > 1]
    if not wide or len(rows) == 1:
        return [block for row in rows for _, block in row]
    start, end = wide[0], wide[-1] + 1
    parts = [rows[:1], rows[1:]] if end - start == len(rows) else [rows[start:end], rows[end:]]
    ordered = [block for row in rows[:start] for _, block in row]
    return ordered + [block for part in parts for block in _in_reading_order([*chain(*part)])]


def _split(placed: list[tuple[_Box, Any]], axis: int) -> list[list[tuple[_Box, Any]]]:
    """Split shapes into columns (axis 0) or rows (axis 1) with nothing across their borders."""
    parts: list[list[tuple[_Box, Any]]] = []
    end = 0
    for box, block in sorted(placed, key=lambda one: one[0][axis]):
        if not parts or box[axis][0] >= end:
            parts.append([])
            end = box[axis][1]
        parts[-1].append((box, block))
        end = max(end, box[axis][1])
    return parts


def _is_headline(shape: Any, others: list[Any]) -> bool:
    """Return whether a shape is one line in larger letters than those of all others."""
    sizes = [
        max((int(run.get("sz", "1800")) for run in each.iter(_A + "rPr")), default=1800)
        for each in (shape, *others)
    ]
    return len(list(_paragraphs(shape))) == 1 and sizes[0] > max(sizes[1:], default=1800)


def _add_table(builder: TextBuilder, table: Any) -> None:
    """Add the rows of a table; a cell over several rows is repeated in each of them."""
    texts: dict[int, str] = {}
    for row in table.iter(_A + "tr"):
        for column, cell in enumerate(row.iter(_A + "tc")):
            if cell.get("vMerge") is None:
                texts[column] = " ".join(_paragraphs(cell))
        builder.add_row(texts.values())


def _add_paragraphs(builder: TextBuilder, shape: Any | None) -> None:
    for text in () if shape is None else _paragraphs(shape):
        builder.add(text)


def _placeholder(shape: Any) -> str:
    """Return the kind of a placeholder, such as "title"; "" for any other shape."""
    found = shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
    return found.get("type", "body") if found is not None else ""


def _paragraphs(shape: Any) -> Iterator[str]:
    for paragraph in shape.iter(_A + "p"):
        elements = paragraph.iter(_A + "t", *_SIGNS, MATH + "oMath")
        text = join_scripts([(_text(each), _script(each)) for each in elements]).strip()
        if text:
            yield text


def _text(element: Any) -> str:
    if element.tag in _SIGNS:
        return _SIGNS[element.tag]
    return equation_text(element) if element.tag == MATH + "oMath" else element.text or ""


def _script(element: Any) -> Script:
    """Return the mark of raised or lowered text."""
    run = element.getparent().find(_A + "rPr")
    baseline = run.get("baseline", "0") if run is not None else "0"
    return "" if baseline in ("0", "0%") else "_" if baseline.startswith("-") else "^"
