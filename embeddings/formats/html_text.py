"""The text and headings of a web page: paragraphs, lists, tables and code as displayed."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PageElement, PreformattedString

from embeddings.formats.encoding import without_soft_hyphens
from embeddings.formats.html_boilerplate import HEADINGS, Boilerplate, attribute
from embeddings.formats.html_writer import CellWriter, CodeWriter, Writer
from embeddings.formats.numbering import in_format
from embeddings.formats.superscripts import SUPERSCRIPTS
from embeddings.types import Section

_PARAGRAPHS = frozenset(
    "address article aside blockquote body caption center dialog dir div dl fieldset figcaption "
    "figure footer form header hgroup hr legend main menu nav ol p section summary table "
    "ul".split()
).union(HEADINGS)
_LINES = frozenset("dd details dt li tr".split())
_CELLS = frozenset({"td", "th"})
_CODE = frozenset({"listing", "pre", "xmp"})
_BLOCKS_IN_CELL = frozenset("p ul ol dl blockquote".split())
_PREFORMATTED = re.compile(r"white-space\s*:\s*pre(?![\w-])", re.IGNORECASE)
_KEPT_LINES = r"white-space\s*:\s*(?:pre-wrap|pre-line|break-spaces)"
_LINES_KEPT = re.compile(_KEPT_LINES, re.IGNORECASE)
_RULE_KEEPS_LINES = re.compile(rf"(?:^|[{{}}])([^{{}}]+)\{{[^{{}}]*{_KEPT_LINES}", re.IGNORECASE)
_LAST_CLASS = re.compile(r"\.([\w-]+)$")
_DISPLAYED_AS_BLOCK = re.compile(r"display\s*:\s*block", re.IGNORECASE)

_SHIFTED = re.compile(r"vertical-align\s*:\s*(sup|sub)(?:er)?\b", re.IGNORECASE)
_LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_RAISED_WORD = re.compile(r"\[.*\]|\(.*\)|st|nd|rd|th|[*†‡§]+|[¹²³⁰-⁹]+", re.IGNORECASE)
_TRADE_MARKS = {"tm": "™", "sm": "℠", "r": "®"}
_RAISED_CHARACTERS = 20
_HEADING_CHARACTERS = 300
_SPANNING_CHARACTERS = 100
_SPANNED_CELLS = 100
_TABLE_ORDER = {"caption": 0, "colgroup": 0, "thead": 0, "tfoot": 2}
_SCRIPTS = {"msub": ("sub",), "msup": ("sup",), "msubsup": ("sub", "sup")}


def page_text(soup: BeautifulSoup) -> tuple[str, tuple[Section, ...]]:
    """Return the text of a page without boilerplate, and its headings.

    If an `article` or `main` element holds most of the text, the rest is left out. A page that
    contains only boilerplate is returned whole.
    """
    classes = _classes_that_keep_lines(soup)
    renderer = _Renderer(Boilerplate(soup), classes)
    renderer.render(soup)  # without a `body` tag, the parser puts elements of HTML 5 into `head`
    if not renderer.out.parts:
        renderer = _Renderer(Boilerplate(soup, keep_all=True), classes)
        renderer.render(soup)
    return renderer.main_part()


@dataclass(slots=True)
class _Table:
    """A table that is being written."""

    is_layout: bool
    """Whether the table only arranges parts of the page, so that its cells are paragraphs."""
    has_header: bool = False
    row: list[str] = field(default_factory=list)
    spans: dict[int, tuple[str, int]] = field(default_factory=dict)
    """By column: the text of a cell that spans the next rows, and the number of these rows."""


_Action: TypeAlias = Callable[[], object]


class _Renderer:
    """Writes the visible content of a page as text."""

    def __init__(self, boilerplate: Boilerplate, line_classes: frozenset[str]) -> None:
        """Create a renderer; elements of `line_classes` keep their line breaks."""
        self._boilerplate = boilerplate
        self._line_classes = line_classes
        self._keeping_lines = False
        self._page = Writer()
        self.out = self._page
        self._sections: list[Section] = []
        self._open_parts: list[str] = []
        self._parts: list[tuple[str, int, int]] = []  # article or main, its start and its end
        self._tables: list[_Table] = []
        self._numbers: dict[int, int] = {}
        # A stack instead of recursion: pages can be nested deeper than Python's own stack.
        self._pending: list[PageElement | _Action] = []

    def main_part(self) -> tuple[str, tuple[Section, ...]]:
        """Return the text, cut down to the article or main part if that holds most of it."""
        text = self.out.result()
        titles = [section.start for section in self._sections if section.level == 1]
        articles = [part[1:] for part in self._parts if part[0] == "article"]
        # Several articles are a list of teasers, and one without the title of the page may be a
        # teaser or a comment.
        if len(articles) > 1 or (
            titles and not any(a <= t < b for t in titles for a, b in articles)
        ):
            articles = []
        for start, end in [*articles, *(part[1:] for part in self._parts if part[0] == "main")]:
            if 2 * (end - start) >= len(text):
                inside = (section for section in self._sections if start <= section.start < end)
                moved = (replace(section, start=section.start - start) for section in inside)
                return text[start:end], tuple(moved)
        return text, tuple(self._sections)

    def render(self, root: Tag) -> None:
        """Write an element with everything in it."""
        self._pending.append(root)
        while self._pending:
            node = self._pending.pop()
            if isinstance(node, Tag):
                self._open(node)
            elif isinstance(node, NavigableString):
                # Comments and declarations are not shown.
                if not isinstance(node, PreformattedString):
                    self._write(without_soft_hyphens(node))
            elif not isinstance(node, PageElement):
                node()

    def _write(self, text: str) -> None:
        lines = text.split("\n") if self._keeping_lines else [text]
        for number, line in enumerate(lines):
            if number:
                self.out.line_break()
            self.out.write_words(line)

    def _open(self, element: Tag) -> None:
        name = element.name
        if self._boilerplate.covers(element, in_article=bool(self._open_parts)):
            return
        style = attribute(element, "style") if "style" in element.attrs else ""
        shifted = _SHIFTED.search(style) if name == "span" else None
        name = shifted[1].lower() if shifted is not None else name
        if name == "a" and attribute(element, "epub:type") == "noteref" and not element.sup:
            name = "sup"
        if name == "br":
            self.out.line_break()
        elif name in ("sup", "sub") and len(element.get_text()) <= _RAISED_CHARACTERS:
            script = _raised(element) if name == "sup" else _lowered(element)
            self.out.write(script if self.out.is_glued else script.lstrip("^_"))
        elif name == "q":
            self._pending += [
                NavigableString("”"),
                *reversed(element.contents),
                NavigableString("“"),
            ]
        elif name in _SCRIPTS or name == "mfrac":
            self._open_formula(element)
        elif name in _CELLS and self._tables and not self._tables[-1].is_layout:
            self._capture(element, CellWriter(), partial(self._close_cell, element))
        elif name in _CODE or (name in ("code", "div") and _PREFORMATTED.search(style)):
            self._capture(element, CodeWriter(), self._close_code)
        else:
            self._open_other(element, is_block=bool(_DISPLAYED_AS_BLOCK.search(style)))

    def _open_other(self, element: Tag, *, is_block: bool) -> None:
        name = element.name
        gap = ""
        if name in _LINES or is_block or _is_inner_list(element):
            gap = "\n"
        elif name in _PARAGRAPHS or name in _CELLS:
            gap = "\n\n"
        if gap:
            self.out.gap("\n\n" if name == "dt" and _starts_entry(element) else gap)
            self._pending.append(partial(self.out.gap, gap))
        if _LINES_KEPT.search(attribute(element, "style")) or not self._line_classes.isdisjoint(
            attribute(element, "class").split()
        ):
            self._pending.append(partial(setattr, self, "_keeping_lines", self._keeping_lines))
            self._keeping_lines = True
        contents = element.contents
        if name in HEADINGS:
            self.out.prefix("")
            start, first = self.out.next_start, len(self.out.parts)
            self._pending.append(partial(self._close_heading, int(name[1]), start, first))
        elif name == "li":
            self.out.prefix(self._marker(element))
            self._pending.append(partial(self.out.prefix, ""))
        elif name in ("article", "main") or attribute(element, "role") == "main":
            part = "article" if name == "article" else "main"
            outermost = part not in self._open_parts
            self._open_parts.append(part)
            self._pending.append(partial(self._close_part, part, self.out.next_start, outermost))
        elif name == "table":
            self._tables.append(_Table(self.out is not self._page or _is_layout(element)))
            self._pending.append(self._tables.pop)
            contents = sorted(contents, key=_order_in_table)
        elif name == "tr" and self._tables:
            self._pending.append(self._close_row)
        self._pending.extend(reversed(contents))

    def _capture(self, element: Tag, writer: Writer, close: Callable[[Writer], None]) -> None:
        """Write an element with a writer of its own; `close` gets the writer used before."""
        self._pending.append(partial(close, self.out))
        self.out = writer
        self._pending.extend(reversed(element.contents))

    def _close_code(self, before: Writer) -> None:
        code, self.out = self.out.result(), before
        if isinstance(before, CellWriter):
            before.write_words(f" {code} ")
        elif code:
            before.gap("\n\n")
            before.write(code)
            before.gap("\n\n")

    def _close_cell(self, cell: Tag, before: Writer) -> None:
        text, self.out = self.out.result(), before
        table = self._tables[-1]
        table.has_header |= cell.name == "th"
        _fill_spanned(table)
        rows, columns = (_span(cell, name) for name in ("rowspan", "colspan"))
        if rows > 1 and len(text) <= _SPANNING_CHARACTERS:
            table.spans[len(table.row)] = (text, rows - 1)
        table.row += [text, *[""] * (columns - 1)]

    def _close_row(self) -> None:
        table = self._tables[-1]
        _fill_spanned(table)
        cells, table.row = table.row, []
        if not table.has_header:
            cells = list(filter(None, cells))
        while cells and not cells[-1]:
            cells.pop()
        self.out.write(" | ".join(cells).strip())

    def _close_heading(self, level: int, start: int, first: int) -> None:
        heading = " ".join("".join(self.out.parts[first:]).split())
        # A heading without an end tag contains the next headings.
        inner = bool(self._sections) and self._sections[-1].start >= start
        if heading and len(heading) <= _HEADING_CHARACTERS and self.out is self._page and not inner:
            self._sections.append(Section(heading=heading, level=level, start=start))

    def _close_part(self, part: str, start: int, outermost: bool) -> None:
        self._open_parts.pop()
        if outermost and self.out is self._page:
            self._parts.append((part, start, self.out.length))

    def _marker(self, item: Tag) -> str:
        """Return what a browser puts in front of a list item."""
        parent = item.parent
        if parent is None or parent.name != "ol":
            return "- "
        step = -1 if "reversed" in parent.attrs else 1
        if id(parent) in self._numbers:
            following = self._numbers[id(parent)] + step
        else:
            count = len(parent.find_all("li", recursive=False)) if step < 0 else 1
            following = _number(attribute(parent, "start"), count)
        number = self._numbers[id(parent)] = _number(attribute(item, "value"), following)
        return f"{in_format(number, attribute(parent, 'type'))}. "

    def _open_formula(self, element: Tag) -> None:
        """Write a part of a formula in MathML: an index, an exponent or a fraction."""
        parts = [child for child in element.children if isinstance(child, Tag)]
        if element.name == "mfrac":
            for part, sign in zip(parts, ("", "/"), strict=False):
                text = "".join(part.get_text().split())
                self.out.write(sign + (text if text.isalnum() else f"({text})"))
            return
        scripts = list(zip(_SCRIPTS[element.name], parts[1:], strict=False))
        for kind, part in reversed(scripts):
            script = _raised(part) if kind == "sup" else _lowered(part)
            self._pending.append(partial(self.out.write, script))
        self._pending += parts[:1]


def _classes_that_keep_lines(soup: BeautifulSoup) -> frozenset[str]:
    """Find the classes whose style shows the line breaks of the source."""
    styles = (element.get_text() for element in soup.find_all("style"))
    rules = (rule[1] for style in styles for rule in _RULE_KEEPS_LINES.finditer(style))
    selectors = (selector.strip() for rule in rules for selector in rule.split(","))
    named = {found[1] for found in map(_LAST_CLASS.search, selectors) if found}
    return frozenset(named | {"whitespace-pre-wrap", "whitespace-pre-line"})  # from Tailwind


def _is_inner_list(element: Tag) -> bool:
    parent = element.parent
    return element.name in ("ol", "ul") and parent is not None and parent.name == "li"


def _starts_entry(term: Tag) -> bool:
    """Return whether a term in a list of definitions follows a definition, not another term."""
    above = term.find_previous_sibling(True)
    return not isinstance(above, Tag) or above.name != "dt"


def _order_in_table(part: PageElement) -> int:
    return _TABLE_ORDER.get(part.name, 1) if isinstance(part, Tag) else 1


def _is_layout(table: Tag) -> bool:
    """Return whether a table only arranges parts of the page."""
    if attribute(table, "role") in ("presentation", "none"):
        return True
    blocks = 0
    for part in table.descendants:
        if isinstance(part, Tag):
            if part.name in ("th", "caption", "thead"):
                return False
            if part.name in ("table", "form") or part.name in HEADINGS or part.name in _CODE:
                return True
            blocks = 0 if part.name in _CELLS else blocks + (part.name in _BLOCKS_IN_CELL)
            if blocks > 1:
                return True
    return False


def _fill_spanned(table: _Table) -> None:
    """Add the cells of earlier rows that span the next columns of the current row."""
    while (column := len(table.row)) in table.spans:
        text, rows = table.spans.pop(column)
        if rows > 1:
            table.spans[column] = (text, rows - 1)
        table.row.append(text)


def _span(cell: Tag, name: str) -> int:
    return max(1, min(_number(attribute(cell, name), 1), _SPANNED_CELLS))


def _number(value: str, default: int) -> int:
    value = value.strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else default


def _raised(element: Tag) -> str:
    """Write a superscript so that 10 to the power of 6 is not read as 106."""
    text = " ".join(element.get_text().split())
    link = element if element.name == "a" else element.find("a", href=True)
    if link is not None and "#" in attribute(link, "href") and text.isalnum():
        return f"[{text}]"  # a note
    if not text or _RAISED_WORD.fullmatch(text):
        return text
    if text.lower() in _TRADE_MARKS:
        return _TRADE_MARKS[text.lower()]
    return _translated(text, SUPERSCRIPTS, "^")


def _lowered(element: Tag) -> str:
    text = " ".join(element.get_text().split())
    return _translated(text, _LOWERED, "_") if text else ""


def _translated(text: str, letters: dict[int, int], mark: str) -> str:
    if all(ord(letter) in letters for letter in text):
        return text.translate(letters)
    return f"{mark}{text}"
