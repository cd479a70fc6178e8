"""Subtitles and transcripts (vtt, srt): running text, with a section for about each minute."""

import html
import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from embeddings.errors import DocumentError
from embeddings.formats.encoding import read_text
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.text_builder import TextBuilder
from embeddings.types import Document

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,]\d{1,3}"
_TIMING = re.compile(rf"^[^\S\n]*{_TIME}\s*-->\s*{_TIME}", re.ASCII | re.MULTILINE)
_SPEAKER = re.compile(r"<v(?:\.[^\s>]{0,50})?[ \t]([^>\n]{1,100})>")
_NEXT_NUMBER = re.compile(r"\n?\d+\s*\Z")
_TAG = re.compile(r"</?[a-zA-Z0-9][^>]{0,200}>|\{\\[^}]{0,100}\}")
_SENTENCE_END = (".", "!", "?", "…", "。", "！", "？", '."', '?"', '!"', ".”", "?”", "!”")

_SECTION_SECONDS = 60
"""A section ends with a sentence after this many seconds, or else after twice this time."""


def read(path: Path, _options: ParseOptions) -> Document:
    """Read subtitles.

    Sentences run over several cues, so the text is joined and the times are not part of it: the
    heading of a section is the time at which it starts, such as "00:01:05". A paragraph ends with
    its section and where the speaker changes.
    """
    builder = TextBuilder()
    paragraph: list[str] = []
    start = -2 * _SECTION_SECONDS
    speaker = ""
    for second, said, by in _cues(read_text(path)):
        ends = not paragraph or paragraph[-1].endswith(_SENTENCE_END)
        is_due = second - start >= _SECTION_SECONDS * (1 if ends else 2)
        if is_due or by != speaker:
            builder.add(" ".join(paragraph))
            paragraph = [f"{by}:"] if by else []
            speaker = by
        if is_due:
            start = second
            builder.add_section(f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}")
        paragraph.append(said)
    builder.add(" ".join(paragraph))
    return builder.document()


def _cues(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield (second, text, speaker) of each cue.

    Lines that a cue repeats from the last one (rolling captions) are left out.

    Raises:
        DocumentError: the file has no cues.
    """
    found = False
    last: list[str] = []
    for body, timing in _timed(text):
        found = True
        named = _SPEAKER.search(body)
        lines = [" ".join(html.unescape(_TAG.sub("", line)).split()) for line in body.split("\n")]
        shown = [line for line in lines if line]
        new = [line for line in shown if line not in last]
        last = shown if shown else last
        if new:
            hours, minutes, seconds = (int(part or 0) for part in timing.group(1, 2, 3))
            start = hours * 3600 + minutes * 60 + seconds
            yield start, " ".join(new), " ".join(named[1].split()) if named else ""
    if not found and text.strip() and not text.startswith("WEBVTT"):
        raise DocumentError("contains no subtitles: no line has times such as 00:01:05.000 -->")


def _timed(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield the lines of each cue with its times; a blank line between cues may be missing."""
    for block in re.split(r"\n[^\S\n]*\n", text):
        timings = list(_TIMING.finditer(block))
        for timing, following in zip_longest(timings, timings[1:]):
            body = block[timing.end() : following.start() if following else None]
            lines = body.partition("\n")[2]  # settings follow the times
            yield _NEXT_NUMBER.sub("", lines) if following else lines, timing
