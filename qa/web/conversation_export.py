"""A conversation as a file with citations: Markdown to read, JSON for programs."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from qa.serialization import replace_control_characters
from qa.web.answers import confidence, quote_parts, shown_answers, why_not
from qa.web.exchange import Exchange
from qa.web.markup import citation_parts, one_line, percent
from qa.web.texts import text


def as_json(name: str, exchanges: Sequence[Exchange]) -> str:
    """Return the replies as the HTTP API gives them, each with its time and the answers shown."""
    turns = []
    for exchange in exchanges:
        answers = [exchange["reply"]["answers"][place] for place in shown_answers(exchange)]
        turns.append({"at": exchange["at"], **exchange["reply"], "answers": answers})
    return json.dumps({"name": name, "turns": turns}, indent=2) + "\n"


def as_markdown(name: str, exchanges: Sequence[Exchange]) -> str:
    """Return questions, quotations and a numbered list of sources."""
    lines = [f"# {_plain(name)}", ""]
    sources: list[str] = []
    for exchange in exchanges:
        reply = exchange["reply"]
        lines += [f"## {_plain(reply['question'])}", ""]
        if reply["understood"] != reply["question"]:
            understood = text("export.understood", question=reply["understood"])
            lines += [_plain(understood), ""]
        if not reply["answers"]:
            lines += _without_answer(exchange, sources)
        places = shown_answers(exchange)
        for place in places:
            answer = reply["answers"][place]
            sources.append(_source(answer))
            parts = quote_parts(answer, int(exchange["context_starts"][place]))
            quoted = "".join(
                f"**{_plain(part)}**" if mark else _plain(part) for part, mark in parts
            )
            sure = f"{confidence(answer['score'])}, {percent(answer['score'])}"
            sign = "-" if place else ">"
            lines.append(f"{sign} {quoted} ({sure}) [{len(sources)}]")
            if place in (0, places[-1]):
                lines.append("")
    if sources:
        lines += [f"## {text('export.sources')}", ""]
        lines += [f"{number}. {source}" for number, source in enumerate(sources, start=1)]
    return "\n".join(lines).rstrip() + "\n"


def _without_answer(exchange: Exchange, sources: list[str]) -> list[str]:
    related = exchange["reply"].get("related", [])
    heading = text("no_answer.related" if related else "no_answer.none")
    lines = [f"{heading}. {_plain(why_not(exchange))}", ""]
    for cited in related:
        sources.append(_source(cited))
        lines.append(f"- {_plain(cited['text'])} [{len(sources)}]")
    return [*lines, ""] if related else lines


def file_name(name: str, suffix: str) -> str:
    """Return a file name made from a conversation's name."""
    words = re.findall(r"[^\W_]+", name.casefold())
    joined = "-".join(words)[:60].strip("-")
    return f"{joined or text('export.conversation')}.{suffix}"


def _source(cited: Mapping[str, Any]) -> str:
    document = cited["document"]
    place = text(
        "export.characters",
        document=document["id"],
        start=int(cited["start"]),
        end=int(cited["end"]),
    )
    parts = [document["title"], document["date"], *citation_parts(cited), place]
    return ", ".join(_plain(part) for part in parts if part)


def _plain(words: str) -> str:
    r"""Escape Markdown and HTML, so that "*" stays "*"."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#|~&])", r"\\\1", replace_control_characters(one_line(words)))
    # At the beginning of a line these start lists and headings.
    return re.sub(r"^( *)([-+=]|\d+(?=[.)]))", _literal, escaped)


def _literal(match: re.Match[str]) -> str:
    space, sign = match.groups()
    # A digit cannot be escaped, but the sign after it can.
    return f"{space}{sign}\\" if sign.isdigit() else f"{space}\\{sign}"
