"""A conversation as a file to keep: Markdown for people, JSON for programs; both with citations."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from qa.serialization import replace_control_characters, reply_json
from qa.types import Answer
from qa.web.exchange import Exchange
from qa.web.markup import one_line, percent
from qa.web.views import dateline, how_sure, why_not

__all__ = ["as_json", "as_markdown", "file_name"]


def as_json(name: str, exchanges: Sequence[Exchange]) -> str:
    """Write the replies as the command line and the HTTP API do, and when they were given."""
    turns = [{"at": turn.at.isoformat(), **reply_json(turn.reply)} for turn in exchanges]
    return json.dumps({"name": name, "turns": turns}, indent=2) + "\n"


def as_markdown(name: str, exchanges: Sequence[Exchange]) -> str:
    """Write questions, answers in their sentences, and a numbered list of the sources."""
    lines = [f"# {_plain(name)}", ""]
    cited: list[str] = []
    for turn in exchanges:
        reply = turn.reply
        lines += [f"## {_plain(reply.question)}", ""]
        if reply.understood != reply.question:
            lines += [f"Understood as: {_plain(reply.understood)}", ""]
        if reply.answer is None:
            lines += [f"No answer in these documents. {_plain(why_not(turn))}", ""]
            continue
        for place, answer in enumerate(reply.answers):
            cited.append(_citation(answer))
            sure = f"{how_sure(answer.score)}, {percent(answer.score)}"
            quoted = f"{_sentence(answer)} ({sure}) [{len(cited)}]"
            lines.append(f"> {quoted}" if place == 0 else f"- {quoted}")
            if place in (0, len(reply.answers) - 1):
                lines.append("")
    if cited:
        lines += ["## Sources", ""]
        lines += [f"{number}. {source}" for number, source in enumerate(cited, start=1)]
    return "\n".join(lines).rstrip() + "\n"


def file_name(name: str, suffix: str) -> str:
    """Make a file name of a conversation's name."""
    words = re.findall(r"[^\W_]+", name.casefold())
    return f"{'-'.join(words)[:60].strip('-') or 'conversation'}.{suffix}"


def _sentence(answer: Answer) -> str:
    start, end = (offset - answer.context_start for offset in answer.sentence)
    first, last = answer.start - answer.context_start, answer.end - answer.context_start
    before, words, after = (
        _plain(answer.context[begin:stop])
        for begin, stop in ((start, first), (first, last), (last, end))
    )
    return f"{before}**{words}**{after}"


def _citation(answer: Answer) -> str:
    document = answer.document
    date = document.date.isoformat() if document.date else ""
    place = f"{document.id}, characters {answer.start}-{answer.end}"
    parts = [document.title, dateline(document), date, place]
    return ", ".join(_plain(part) for part in parts if part)


def _plain(text: str) -> str:
    r"""Escape what Markdown and HTML would take for orders, so that "*" stays "*"."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#|~&])", r"\\\1", replace_control_characters(one_line(text)))
    # At the beginning of a line these make lists and headings.
    return re.sub(r"^( *)([-+=]|\d+(?=[.)]))", _literal, escaped)


def _literal(match: re.Match[str]) -> str:
    space, sign = match.groups()
    # A number cannot be escaped, but the sign after it can.
    return f"{space}{sign}\\" if sign.isdigit() else f"{space}\\{sign}"
