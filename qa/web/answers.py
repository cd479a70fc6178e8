"""Replies as HTML."""

from collections.abc import Mapping, Sequence
from typing import Any

from embeddings import sentences
from qa.web.exchange import Exchange
from qa.web.markup import (
    day,
    days,
    html_text,
    keep_paragraphs,
    one_line,
    render,
    safe,
    title_case,
)
from qa.web.texts import count_text, text
from qa.web.timeline_drawing import answers_over_time

MIN_SHOWN = 0.01
"""Minimum score of the other answers that are shown."""

_QUOTE_CHARACTERS = 280
"""Length of the text shown on either side of the marked words."""

_CONFIDENCE = ((0.9, "very_likely"), (0.7, "likely"), (0.5, "more_likely"), (0.0, "uncertain"))

Part = tuple[str, bool]
"""A piece of a quotation and whether it is marked."""


def confidence(score: float) -> str:
    """Return a probability, 0 to 1, in words."""
    return text(f"confidence.{next(name for least, name in _CONFIDENCE if score >= least)}")


def why_not(exchange: Exchange) -> str:
    """Return the reason why a reply has no answer, in words."""
    reply, options = exchange["reply"], _options(exchange)
    if reply["read"] == 0:
        window = reply.get("window")
        limits = [options.get(name) for name in ("after", "before", "as_of", "documents", "folder")]
        if (window and window["hard"]) or any(limit is not None for limit in limits):
            return text("no_answer.filtered")
        return text("no_answer.no_documents")
    if reply.get("reason") == "answers disagree":
        return text("no_answer.disagree")
    read = count_text("no_answer", "read_", int(reply["read"]))
    if options.get("min_score"):
        least = f"{options['min_score']:.0%}"
        return f"{read} {text('no_answer.min_score', score=least)}"
    return read


def exchange_html(exchange: Exchange) -> str:
    """Return a question and its reply as HTML.

    Raises:
        KeyError, TypeError, ValueError, IndexError, AttributeError: the exchange was changed in the
        browser and cannot be shown.
    """
    reply = exchange["reply"]
    answers = [_answer(exchange, place) for place in shown_answers(exchange)]
    passages = exchange.get("passages", ())
    return render(
        "exchange",
        exchange=exchange,
        limits=safe(" · ").join(map(safe, _limits(_options(exchange)))),
        window=reply.get("window"),
        undated=int(reply.get("undated", 0)),
        answers=answers,
        confidence=confidence,
        conflicting=exchange.get("conflicting", ()),
        drawn=answers_over_time(answers),
        why=why_not(exchange) if not answers else "",
        related=[
            (cited, _related_parts(cited, passage))
            for cited, passage in zip(reply.get("related", ()), passages, strict=True)
        ],
    )


def _options(exchange: Exchange) -> Mapping[str, Any]:
    options: Mapping[str, Any] = exchange.get("options") or exchange.get("asking", {})
    return options


def _limits(options: Mapping[str, Any]) -> list[str]:
    """Return the restrictions of a question in words."""
    after, before, as_of = (options.get(name) for name in ("after", "before", "as_of"))
    limits: list[str] = []
    if after or before:
        limits.append(days(after or None, before or None))
    if as_of:
        limits.append(html_text("answer.known_on", day=day(as_of)))
    if options.get("folder"):
        limits.append(f"{options['folder']}/")
    documents = options.get("documents")
    if documents:
        named, more = ", ".join(documents[:3]), len(documents) - 3
        limits.append(
            text("answer.more_documents", documents=named, count=more) if more > 0 else named
        )
    return limits


def shown_answers(exchange: Exchange) -> list[int]:
    """Return the positions of the answers that are likely enough to be shown."""
    return [
        place
        for place, answer in enumerate(exchange["reply"]["answers"])
        if place == 0 or answer["score"] >= MIN_SHOWN
    ]


def _answer(exchange: Exchange, place: int) -> dict[str, Any]:
    """Return an answer with the other values that the template shows."""
    # Exchanges of earlier versions lack some fields.
    answer = {"kind": "span", "date": None, "citations": ()} | exchange["reply"]["answers"][place]
    parts = quote_parts(answer, int(exchange["context_starts"][place]))
    datelines, date = exchange.get("datelines"), answer["date"]
    return {
        **answer,
        "place": place,
        "parts": parts,
        "listed": [words for words, is_marked in parts if is_marked and answer["kind"] == "spans"],
        "dateline": title_case(datelines[place]) if datelines else "",
        # Words of a date without its year are explained.
        "is_explained": date is not None and date["after"][:4] not in answer["answer"],
    }


def quote_parts(answer: Mapping[str, Any], context_start: int) -> list[Part]:
    """Cut a quotation into marked and unmarked pieces.

    The marked pieces are the span in its sentence, the items of a list, or the decisive words of a
    passage.
    """
    quoted, start, end = answer["answer"], int(answer["start"]), int(answer["end"])
    highlights = [(int(first), int(last)) for first, last in answer.get("highlights", ())]
    if answer.get("kind", "span") != "span":
        return _cut(quoted, [(first - start, last - start) for first, last in highlights])
    context = answer["context"]
    first, last = start - context_start, end - context_start
    if first < 0 or not quoted or context[first:last] != quoted:
        raise ValueError(f"{quoted!r} is not at {first}-{last} of its context")
    around = [part for part in sentences(context) if part[0] < last and first < part[1]]
    before = one_line(context[around[0][0] : first]).lstrip()
    after = one_line(context[last : around[-1][1]]).rstrip()
    return [(_ending(before), False), (one_line(quoted), True), (_beginning(after), False)]


def _ending(before: str) -> str:
    if len(before) <= _QUOTE_CHARACTERS:
        return before
    return "… " + before[-_QUOTE_CHARACTERS:].partition(" ")[2]


def _beginning(after: str) -> str:
    if len(after) <= _QUOTE_CHARACTERS:
        return after
    return after[:_QUOTE_CHARACTERS].rpartition(" ")[0] + " …"


def _cut(quoted: str, marked: Sequence[tuple[int, int]]) -> list[Part]:
    parts, at = [], 0
    for first, last in sorted(marked):
        if not at <= first < last <= len(quoted):
            continue
        parts += [
            (keep_paragraphs(quoted[at:first]), False),
            (keep_paragraphs(quoted[first:last]), True),
        ]
        at = last
    return [part for part in [*parts, (keep_paragraphs(quoted[at:]), False)] if part[0]]


def _related_parts(cited: Mapping[str, Any], passage: Mapping[str, Any]) -> list[Part]:
    """Cut a passage before and after its best sentence."""
    context, offset = passage["text"], int(passage["start"])
    first, last = int(cited["start"]) - offset, int(cited["end"]) - offset
    return [
        (_ending(keep_paragraphs(context[:first]).lstrip()), False),
        (keep_paragraphs(context[first:last]), True),
        (_beginning(keep_paragraphs(context[last:]).rstrip()), False),
    ]
