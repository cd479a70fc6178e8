"""Plain text files: dated news with its header, an exported chat, or any other text."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from embeddings.dates import dateline, leading_title, news_header
from embeddings.formats.chat_log import chat_days
from embeddings.formats.encoding import read_text
from embeddings.formats.parse_options import ParseOptions
from embeddings.types import Document, Section

_HEADING_CHARACTERS = 80
_HEADING_WORDS = 10
_TEXT_CHARACTERS = 40  # a shorter line below an indented one continues a list of terms
_TEXT_WORDS = 4  # of a shorter line that is a sentence
_UNDERLINE = re.compile(r"\s*([=~*^#_-])\1{2,}\s*")
_NUMBER = re.compile(
    r"\s*(?:\d{1,2}(?P<parts>(?:\.\d{1,3}){0,4})\.?|(?P<word>chapter|part|article|appendix|annex) "
    r"(?:\d{1,3}|[ivxlc]{1,7}|[a-z])[.:]?)(?=\s|$)",
    re.IGNORECASE,
)
_PAGE_BREAK = re.compile(
    r"\n{0,40}+^(.*+)\n{0,40}+\f\n{0,40}+(.*+)(\n{0,40}+)(?=([ \t]{0,200}+[a-z])?)", re.M
)
_PAGE_START = re.compile(r"\A(?=[^\f]*\f)|\f(?!\Z)")  # a text without form feeds has no pages
_PAGE_LINE = re.compile(r"\S {2,}\S|\bpage\b|^\W*[\divxl]+\W*$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?:][\"'”’)]*$")
_TITLE = re.compile(r"\d{1,2}\. [A-Z][\w-]*(?: (?:[a-z]{1,4}|[A-Z][\w.-]*)){0,7}\.")
_PAGE_NUMBER = re.compile(r"(?:\.{3}|\s{3})\s*\d+\s*$")  # in a table of contents


def read(path: Path, _options: ParseOptions) -> Document | list[Document]:
    """Read a text file: the days of a chat, or one document with the header of dated news."""
    text = read_text(path)
    shapes = Counter(
        _shape(line) for found in _PAGE_BREAK.findall(text) for line in found[:2] if line
    )
    text = _PAGE_BREAK.sub(lambda found: _page_break(found, shapes), text)
    body, _, foot = text.rstrip().rpartition("\n")
    text = body.rstrip() if shapes[_shape(foot)] > 1 else text
    days = chat_days(text)
    if days:
        return days
    header = news_header(text)
    city = dateline(text)
    return Document(
        id="",
        text=text,
        title=header.title if header else leading_title(text),
        metadata={"dateline": city} if city else {},
        sections=() if header else tuple(_sections(text)),
        pages=tuple(found.end() for found in _PAGE_START.finditer(text)),
    )


def _page_break(found: re.Match[str], shapes: Counter[str]) -> str:
    """Return a page break without the lines around it that repeat at other page breaks."""
    foot, head = ("" if shapes[_shape(line)] > 1 else line for line in found.group(1, 2))
    if (foot, head) == found.group(1, 2):
        return found[0]
    start = f"{head}{found[3]}" if head else ""
    continues = head[0].islower() if head else found[4] is not None
    end = "\n" if continues else "\n\n"  # the sentence continues on the next page
    return f"{foot}{end}\f{start}"


def _shape(line: str) -> str:
    """Return a line with `#` for its numbers if they can be page numbers."""
    return re.sub(r"\d+|\b[ivxl]+\b", "#", line) if _PAGE_LINE.search(line) else line


def _sections(text: str) -> Iterator[Section]:
    """Find headings: underlined, numbered ("4.2 Title") or all-capital lines of their own."""
    styles: list[str] = []  # in the order of their first heading, which gives the levels
    lines = text.split("\n")
    start = 0
    last = ""  # the last line that is not blank
    for number, line in enumerate(lines):
        above = lines[number - 1] if number else ""
        if _may_be_heading(line) and (not above.strip() or _UNDERLINE.fullmatch(above)):
            following = [*lines[number + 1 : number + 4], "", ""]
            style = _style(line, following, last)
            if style:
                if style not in styles:
                    styles.append(style)
                level = styles.index(style) + 1
                yield Section(heading=" ".join(line.split()), level=level, start=start)
        if line and not line.isspace():
            last = line
        start += len(line) + 1


def _may_be_heading(line: str) -> bool:
    return (
        3 <= len(line) <= 2 * _HEADING_CHARACTERS
        and 3 <= len(line.strip()) <= _HEADING_CHARACTERS
        and line.rstrip()[-1] not in ",;"
        and any(map(str.isalpha, line))
        and len(line.split()) <= _HEADING_WORDS
    )


def _style(line: str, following: list[str], last: str) -> str:
    """Return the style of a heading, "" for other lines; `last` is the line above it."""
    heading, below = line.strip(), following[0]
    underline = _UNDERLINE.fullmatch(below)
    if underline is not None:
        return underline[1] if len(below.strip()) >= 0.7 * len(heading) else ""
    number = _NUMBER.match(line)
    if below.strip():
        # A heading in capitals with its text right below it, or indented as in manual pages.
        indented = below[:1].isspace() and not line[0].isspace()
        capitals = heading[number.end() :].strip() if number is not None else heading
        is_text = len(below.strip()) >= _TEXT_CHARACTERS or below.lstrip()[0] in "•-*"
        is_text |= len(below.split()) >= _TEXT_WORDS and below.rstrip()[-1] in ".!?"
        is_text |= number is not None and _NUMBER.match(below) is None
        is_above_text = indented or (is_text and not below.isupper())
        return "capitals" if is_above_text and _is_capitals(capitals) else ""
    next_text = next(filter(str.strip, following), "")
    if number is None:
        listed = line[0].isspace() and len(next_text) < _TEXT_CHARACTERS
        return "capitals" if _is_capitals(heading) and not listed else ""
    if number["word"] is not None and number.end() == len(line.rstrip()):
        return number["word"].lower()  # "CHAPTER II."
    if _PAGE_NUMBER.search(line) or (
        _SENTENCE_END.search(heading) and (number["parts"] or not _TITLE.fullmatch(heading))
    ):
        return ""
    if number["word"] is not None:
        return number["word"].lower()
    if not number["parts"]:
        # Items of a list follow each other; sections have text, or subsections, between them.
        neighbours = (_NUMBER.match(last), _NUMBER.match(next_text))
        if any(other is not None and not other["parts"] for other in neighbours):
            return ""
    return f"number {number['parts'].count('.')}"


def _is_capitals(heading: str) -> bool:
    letters = sum(map(str.isalpha, heading))
    return heading.isupper() and letters >= 4 and heading[0].isalnum() and heading[-1] not in ".!?:"
