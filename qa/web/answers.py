"""Replies as HTML."""

from collections.abc import Mapping, Sequence
from typing import Any

from embeddings import sentences
from qa.web.exchange import Exchange
from qa.web.markup import button, day, icon, keep_paragraphs, one_line, percent, safe
from qa.web.texts import count_text, text
from qa.web.timeline import answers_over_time

LEAST_SHOWN = 0.01
"""Other answers that are less likely are not shown."""

_QUOTE_CHARACTERS = 280
"""Length of the text shown on either side of the marked words."""

_CONFIDENCE = ((0.9, "very_likely"), (0.7, "likely"), (0.5, "more_likely"), (0.0, "uncertain"))
_VERDICTS = (
    ("right", "up", "right"),
    ("wrong", "down", "wrong"),
    ("wrong passage", "passage", "wrong_passage"),
)
_NONE_VERDICTS = (("right", "up", "none_right"), ("wrong", "down", "none_wrong"))

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
        KeyError, TypeError, ValueError, IndexError, AttributeError: it was changed in the browser
            and cannot be shown.
    """
    reply = exchange["reply"]
    edit, understood = button("edit", "edit", text("answer.edit"), square=True), ""
    if reply["understood"] != reply["question"]:
        understood = (
            f'<p class="understood">{text("answer.understood")} '
            f'<q dir="auto">{safe(reply["understood"])}</q>{edit}</p>'
        )
    body = _answers(exchange) if reply["answers"] else _no_answer(exchange)
    return (
        f'<div class="asked"><h2 class="question" dir="auto">{safe(reply["question"])}</h2>'
        f"{'' if understood else edit}</div>"
        f"{understood}{_limits(exchange)}{_window(reply)}{_undated(reply)}{body}"
    )


def _options(exchange: Exchange) -> Mapping[str, Any]:
    options: Mapping[str, Any] = exchange.get("options") or exchange.get("asking", {})
    return options


def _limits(exchange: Exchange) -> str:
    options = _options(exchange)
    after, before, as_of = (options.get(name) for name in ("after", "before", "as_of"))
    limits = []
    if after and before:
        limits.append(text("answer.from_to", first=day(after), last=day(before)))
    elif after:
        limits.append(text("answer.since", day=day(after)))
    elif before:
        limits.append(text("answer.until", day=day(before)))
    if as_of:
        limits.append(text("answer.known_on", day=day(as_of)))
    if options.get("folder"):
        limits.append(f"{safe(options['folder'])}/")
    documents = options.get("documents")
    if documents:
        named = safe(", ".join(documents[:3]))
        more = len(documents) - 3
        limits.append(
            text("answer.more_documents", documents=named, count=more) if more > 0 else named
        )
    only = text("answer.only", limits=" · ".join(limits))
    return f'<p class="limits">{only}</p>' if limits else ""


def _window(reply: Mapping[str, Any]) -> str:
    """Show the time that the question names, with a button to search all times instead."""
    window = reply.get("window")
    if window is None:
        return ""
    phrase = reply["understood"][int(window["start"]) : int(window["end"])]
    after, before = window["after"], window["before"]
    if after is None:
        days = text("answer.until", day=day(before))
    elif after == before:
        days = day(before)
    else:
        days = text("answer.from_to", first=day(after), last=day(before))
    how = text("answer.window_hard" if window["hard"] else "answer.window_soft")
    return (
        f'<p class="window"><span>{how} {days}, {text("answer.window_from")} '
        f'<q dir="auto">{safe(phrase)}</q></span>'
        f"{button('any-time', 'close', text('answer.any_time'), square=True)}</p>"
    )


def _undated(reply: Mapping[str, Any]) -> str:
    """Show how many documents a date filter left out, with a button to include them."""
    count = int(reply.get("undated", 0))
    if count == 0:
        return ""
    include = count_text("answer", "include_", count)
    return (
        f'<p class="window"><span>{count_text("answer", "undated_", count)}</span> '
        f'<button type="button" class="link" data-act="undated">{include}</button></p>'
    )


def shown_answers(exchange: Exchange) -> list[int]:
    """Return the positions of the answers that are likely enough to be shown."""
    return [
        place
        for place, answer in enumerate(exchange["reply"]["answers"])
        if place == 0 or answer["score"] >= LEAST_SHOWN
    ]


def _answers(exchange: Exchange) -> str:
    answers = exchange["reply"]["answers"]
    best, others = answers[0], shown_answers(exchange)[1:]
    conflicting = exchange.get("conflicting", ())
    note = text("answer.conflict_note")
    conflict = f'<p class="conflict">{note}</p>' if conflicting else ""
    judge = _judge(exchange, 0, text("judge.answer"), _VERDICTS)
    return (
        f'<div class="answer" data-kind="{safe(best.get("kind", "span"))}">'
        f'<blockquote class="quote" dir="auto">{_quote(exchange, 0)}</blockquote>'
        f"{_means(best)}{conflict}"
        f'<p class="confidence"><span class="meter" aria-hidden="true">'
        f'<i style="width:{best["score"] * 100:.0f}%"></i></span>'
        f'<span class="words">{confidence(best["score"])}</span> '
        f'<span class="num">{percent(best["score"])}</span></p>'
        f'<p class="cite">{_cite(best, _dateline(exchange, 0))}</p>{_also(best)}'
        f'<div class="tools">{_open(best)}{button("copy", "copy", text("answer.copy"))}'
        f"{_citation_menu()}"
        f"{button('share', 'link', text('answer.share'), square=True)}"
        f"{button('over-time', 'calendar', text('answer.over_time'))}{judge}</div></div>"
        + answers_over_time([answers[place] for place in (0, *others)])
        + _others(exchange, others)
    )


def _citation_menu() -> str:
    """Return a menu of the formats in which a citation can be copied."""
    formats = (("json", "JSON"), ("bibtex", "BibTeX"))
    buttons = "".join(button("cite", "copy", label, format=name) for name, label in formats)
    return (
        f'<details class="menu"><summary class="quiet">{icon("copy")}'
        f"<span>{text('answer.citation')}</span></summary><div>{buttons}</div></details>"
    )


def quote_parts(answer: Mapping[str, Any], context_start: int) -> list[Part]:
    """Cut a quotation into marked and unmarked pieces.

    A span is marked in its sentence, a list has its items as marked pieces, and a passage has its
    decisive words marked.
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


def _marked(parts: Sequence[Part]) -> str:
    return "".join(f"<mark>{safe(words)}</mark>" if mark else safe(words) for words, mark in parts)


def _quote(exchange: Exchange, place: int) -> str:
    """Return a quotation as HTML: items of a list as a list."""
    answer = exchange["reply"]["answers"][place]
    parts = quote_parts(answer, int(exchange["context_starts"][place]))
    items = [words for words, mark in parts if mark]
    if answer.get("kind") != "spans" or not items:
        return _marked(parts)
    if place:  # inside a button, where no list is allowed
        return " · ".join(f"<mark>{safe(item)}</mark>" for item in items)
    rows = "".join(f"<li><mark>{safe(item)}</mark></li>" for item in items)
    return f'<ul class="items">{rows}</ul>'


def _means(answer: Mapping[str, Any]) -> str:
    """Show the days that a date without its year names."""
    date = answer.get("date")
    if date is None or date["after"][:4] in answer["answer"]:
        return ""
    first, last = date["after"], date["before"]
    days = day(first)
    if first != last:
        days = text("answer.from_to", first=days, last=day(last))
    quoted = safe(one_line(answer["answer"]))
    return f'<p class="means"><q dir="auto">{quoted}</q> {text("answer.means")} {days}</p>'


def _dateline(exchange: Exchange, place: int) -> str:
    lines = exchange.get("datelines")
    line = str(lines[place]) if lines else ""
    return line.title() if line.isupper() else line


def citation_parts(cited: Mapping[str, Any]) -> list[str]:
    """Return page and section of a citation as texts that are not escaped."""
    parts = []
    if cited.get("page") is not None:
        parts.append(text("answer.page", number=int(cited["page"])))
    if cited.get("section"):
        parts.append(" › ".join(map(str, cited["section"])))
    return parts


def _cite(cited: Mapping[str, Any], place: str = "") -> str:
    """Return title, place, date, page, section and id, each an element so that lines can break."""
    document = cited["document"]
    parts = [f"<cite>{safe(document['title'])}</cite>"] if document["title"] else []
    parts += [f"<span>{safe(place)}</span>"] if place else []
    parts += [day(document["date"])] if document["date"] else []
    parts += [f'<span class="where">{safe(part)}</span>' for part in citation_parts(cited)]
    parts.append(f'<span class="name">{safe(document["id"])}</span>')
    return f'<span class="parts">{" ".join(parts)}</span>'


def _also(answer: Mapping[str, Any]) -> str:
    """List the other documents with the same answer."""
    citations = answer.get("citations", ())
    if not citations:
        return ""
    rows = "".join(f"<li>{source_link(cited)}</li>" for cited in citations)
    summary = count_text("answer", "also_", len(citations))
    return f'<details class="also"><summary>{summary}</summary><ol>{rows}</ol></details>'


def source_link(cited: Mapping[str, Any]) -> str:
    """Return a citation as a button that opens its source."""
    return (
        f'<button type="button" class="link" data-act="source" {_place(cited)}>'
        f"{_cite(cited)}</button>"
    )


def _place(cited: Mapping[str, Any]) -> str:
    return (
        f'data-document="{safe(cited["document"]["id"])}" '
        f'data-start="{int(cited["start"])}" data-end="{int(cited["end"])}"'
    )


def _open(cited: Mapping[str, Any]) -> str:
    return button(
        "source",
        "source",
        text("answer.open"),
        document=cited["document"]["id"],
        start=int(cited["start"]),
        end=int(cited["end"]),
    )


def _judge(
    exchange: Exchange, place: int, label: str, choices: Sequence[tuple[str, str, str]]
) -> str:
    given = exchange["verdicts"].get(str(place))
    buttons = "".join(
        f'<button type="button" class="quiet" data-act="judge" data-verdict="{verdict}" '
        f'title="{text(f"judge.{name}")}" aria-pressed="{str(given == verdict).lower()}">'
        f'<svg class="icon" aria-hidden="true"><use href="#i-{sign}"></use></svg>'
        f"<span>{text(f'judge.{name}')}</span></button>"
        for verdict, sign, name in choices
    )
    return (
        f'<div class="judge" role="group" data-place="{place}" aria-label="{label}">{buttons}</div>'
    )


def _others(exchange: Exchange, places: Sequence[int]) -> str:
    if not places:
        return ""
    answers, conflicting = exchange["reply"]["answers"], exchange.get("conflicting", ())
    badge = f'<span class="badge">{text("answer.conflicting")}</span>'
    rows = "".join(
        f'<li><button type="button" class="row" data-act="source" {_place(answers[place])}>'
        f'<span class="num">{percent(answers[place]["score"])}</span>'
        f'<span class="other" dir="auto">{_quote(exchange, place)}'
        f"{badge if place in conflicting else ''}</span>"
        f'<span class="cite">{_cite(answers[place], _dateline(exchange, place))}</span></button>'
        f"{_judge(exchange, place, text('judge.other', number=place + 1), _VERDICTS)}</li>"
        for place in places
    )
    heading = text("answer.differ" if exchange["reply"].get("disagree") else "answer.others")
    return f'<section class="others"><h3>{heading}</h3><ol>{rows}</ol></section>'


def _no_answer(exchange: Exchange) -> str:
    reply = exchange["reply"]
    related = reply.get("related", [])
    passages = exchange.get("passages", ())
    shown = "".join(
        _related(cited, passage) for cited, passage in zip(related, passages, strict=True)
    )
    heading = text("no_answer.related" if related else "no_answer.none")
    dateline = ""
    if reply.get("dateline") is not None:
        city = safe(one_line(reply["dateline"]["text"]))
        dateline = f'<p class="why">{text("no_answer.dateline", city=city)}</p>'
    judge = ""
    if reply["nearest"] is not None:
        judge = _judge(exchange, 0, text("judge.none"), _NONE_VERDICTS)
    return (
        f'<div class="answer none"><p class="quote">{heading}</p>'
        f'<p class="why">{safe(why_not(exchange))}</p>{dateline}'
        f'<ol class="related">{shown}</ol><div class="tools">{judge}</div></div>'
    )


def _related(cited: Mapping[str, Any], passage: Mapping[str, Any]) -> str:
    """Return a passage with its best sentence marked."""
    context, offset = passage["text"], int(passage["start"])
    first, last = int(cited["start"]) - offset, int(cited["end"]) - offset
    parts = [
        (_ending(keep_paragraphs(context[:first]).lstrip()), False),
        (keep_paragraphs(context[first:last]), True),
        (_beginning(keep_paragraphs(context[last:]).rstrip()), False),
    ]
    return (
        f'<li class="passage"><blockquote dir="auto">{_marked(parts)}</blockquote>'
        f'<p class="cite">{_cite(cited)}</p><div class="tools">{_open(cited)}'
        f"{button('copy', 'copy', text('answer.copy'))}</div></li>"
    )
