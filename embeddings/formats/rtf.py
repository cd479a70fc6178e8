"""RTF files."""

import re
from pathlib import Path

from striprtf.striprtf import rtf_to_text

from embeddings.errors import DocumentError
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.text_builder import TextBuilder
from embeddings.types import Document

_CREATED = re.compile(r"\\creatim\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})")
_DELETED = re.compile(r"\{(?=(?:\\[a-z]+-?\d* ?)*\\(?:deleted|v)(?![a-z\d]))")
"""The start of a group with deleted or hidden text."""
_RAISED = re.compile(r"\\super(?![a-z\d])(?:\\[a-z]+-?\d*)* ?")
_RAISED_MARK = "\x01"
_EXPONENT = re.compile(rf"(?<=\w){_RAISED_MARK}(?=[-+−–]?\d|n\b)")
_STYLED = re.compile(r"\\(?:s|outlinelevel)\d+(?![\w-])")
_OUTLINE_STYLE = re.compile(r"\\s(\d+)(?![\w-]) ?(?:\\[a-z]+-?\d* ?)*?\\outlinelevel([0-8])(?!\d)")
_LEVEL_MARK = re.compile("[\x10-\x18]")
_FIRST_CHARACTERS = 100_000
"""The properties and styles stand near the beginning."""


def read(path: Path, _options: ParseOptions) -> Document:
    """Read an RTF file; a line break in it ends a paragraph."""
    source = path.read_bytes().decode("latin-1")  # RTF is ASCII; `\\'e9` stands for other letters
    if not source.lstrip().startswith("{\\rtf"):
        raise DocumentError("cannot be read: it is damaged, or not an RTF file")
    head = source[:_FIRST_CHARACTERS]
    source = _DELETED.sub(r"{\\*", source)
    source = source.replace("{\\footnote", "{\\line ")
    source = _RAISED.sub(lambda match: f"{match[0].rstrip()} {_RAISED_MARK}", source)
    levels = {f"\\s{style}": int(level) for style, level in _OUTLINE_STYLE.findall(head)}
    levels |= {f"\\outlinelevel{level}": level for level in range(9)}
    marks = {word: f"{word} {chr(0x10 + level)}" for word, level in levels.items()}
    source = _STYLED.sub(lambda match: marks.get(match[0], match[0]), source)
    # The space keeps striprtf from adding the addresses of links to the text, which takes quadratic
    # time in the number of links.
    plain = rtf_to_text(source.replace("\\fldinst{", "\\fldinst {"), errors="replace")
    plain = _EXPONENT.sub("^", plain).replace(_RAISED_MARK, "")
    builder = TextBuilder()
    for line in plain.split("\n"):
        mark = _LEVEL_MARK.search(line)
        line = _LEVEL_MARK.sub("", line)
        cells = line.rstrip("|").split("|")
        if len(cells) > 1:
            builder.add_row(cells)
        else:
            paragraph = " ".join(line.split()).rstrip("|")
            builder.add(paragraph, level=ord(mark[0]) - 0x0F if mark else 0)
    created = _CREATED.search(head)
    return builder.document(
        title=_property(head, "title"),
        metadata={
            "author": _property(head, "author"),
            "created": f"{created[1]}-{created[2]:0>2}-{created[3]:0>2}" if created else "",
        },
    )


def _property(head: str, name: str) -> str:
    """Read a property of the file, such as its title; "" if it is missing."""
    match = re.search(rf"\{{\\{name}\b([^{{}}]{{0,1000}})\}}", head)
    return str(rtf_to_text(f"{{\\rtf1 {match[1]}}}", errors="replace")).strip() if match else ""
