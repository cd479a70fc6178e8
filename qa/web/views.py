"""Replies and sources as HTML."""

from __future__ import annotations

import datetime
from urllib.parse import urlsplit

from embeddings import Document
from qa.timeline.timeline import Timeline, TimelineEntry
from qa.types import Answer, Citation
from qa.web.exchange import Exchange
from qa.web.markup import day, figure, icon, one_line, percent, safe
from qa.web.plots import timeline, values

__all__ = [
    "dateline",
    "exchange_html",
    "how_sure",
    "source_html",
    "timeline_html",
    "why_not",
]

LEAST_SHOWN = 0.01
"""Other answers that are less likely are left out."""

_QUOTE_CHARACTERS = 280
"""How much of a long sentence is shown on either side of the answer."""

_SOURCE_CHARACTERS = 500_000
"""How much of a very long document is shown on either side of the answer."""

_SURE = ((0.9, "Very likely right"), (0.7, "Likely right"), (0.5, "More likely right than not"))
_JUDGE = (
    ("right", "up", "Right"),
    ("wrong", "down", "Wrong"),
    ("wrong passage", "passage", "Wrong passage"),
)


def how_sure(score: float) -> str:
    """Say a probability in words."""
    return next((words for least, words in _SURE if score >= least), "Uncertain")


def why_not(exchange: Exchange) -> str:
    """Say why there is no answer."""
    asking = exchange.asking
    if exchange.reply.read == 0:
        bounds = (asking.after, asking.before, asking.as_of, asking.documents)
        hard = exchange.reply.window is not None and exchange.reply.window.hard
        if hard or any(bound is not None for bound in bounds):
            return "No document lies within the filters, so nothing was read."
        return "There are no documents yet."
    if exchange.reply.reason == "answers disagree":
        return "The passages give different answers, and none of them is sure enough."
    count = exchange.reply.read
    read = (
        "One passage was read, and most likely it does not hold the answer"
        if count == 1
        else f"The {count} most promising passages were read, and most likely none of "
        "them holds the answer"
    )
    if asking.min_score > 0:
        return f"{read}, or none at the {percent(asking.min_score)} asked for in the settings."
    return f"{read}."


def exchange_html(exchange: Exchange) -> str:
    """Show a question and its reply."""
    reply = exchange.reply
    understood = ""
    if reply.understood != reply.question:
        understood = (
            f'<p class="understood">Understood as <q dir="auto">{safe(reply.understood)}</q></p>'
        )
    others = [
        (place, answer)
        for place, answer in enumerate(reply.answers)
        if place > 0 and answer.score >= LEAST_SHOWN
    ]
    body = _no_answer(exchange)
    if reply.answer is not None:
        shown = [reply.answer, *(answer for _, answer in others)]
        body = _best(reply.answer, exchange) + timeline(shown) + _others(others, exchange)
    return (
        '<div class="asked">'
        f'<h2 class="question" dir="auto">{safe(reply.question)}</h2>'
        '<button type="button" class="quiet square" data-act="edit" '
        f'aria-label="Edit and ask again" title="Edit and ask again">{icon("edit")}</button>'
        f"</div>{understood}{_asking(exchange)}{_window(exchange)}{body}"
    )


def _asking(exchange: Exchange) -> str:
    asking = exchange.asking
    limits = []
    if asking.after and asking.before:
        limits.append(f"{day(asking.after)} to {day(asking.before)}")
    elif asking.after:
        limits.append(f"since {day(asking.after)}")
    elif asking.before:
        limits.append(f"until {day(asking.before)}")
    if asking.as_of:
        limits.append(f"what was known on {day(asking.as_of)}")
    if asking.documents is not None:
        limits.append(safe(", ".join(asking.documents[:3])))
        if len(asking.documents) > 3:
            limits[-1] += f" and {len(asking.documents) - 3} more"
    return f'<p class="limits">Only {" · ".join(limits)}</p>' if limits else ""


def _window(exchange: Exchange) -> str:
    """Tell the time that the question names, and offer to look at any time instead."""
    window = exchange.reply.window
    if window is None:
        return ""
    phrase = exchange.reply.understood[window.start : window.end]
    days = f"{day(window.after)} to {day(window.before)}" if window.after else day(window.before)
    if window.after == window.before:
        days = day(window.before)
    elif window.after is None:
        days = f"until {days}"
    how = "Only documents:" if window.hard else "Documents preferred:"
    return (
        f'<p class="window"><span>{how} {days}, from <q dir="auto">{safe(phrase)}</q></span>'
        '<button type="button" class="quiet square" data-act="any-time" '
        f'aria-label="Look at any time" title="Look at any time">{icon("close")}</button></p>'
    )


def _best(answer: Answer, exchange: Exchange) -> str:
    return (
        '<div class="answer">'
        f'<blockquote class="quote" dir="auto">{_quote(answer)}</blockquote>'
        f"{_means(answer)}"
        f'<p class="sure">{_meter(answer.score)}'
        f'<span class="words">{how_sure(answer.score)}</span> '
        f'<span class="num">{percent(answer.score)}</span></p>'
        f'<p class="cite">{_cite(answer)}</p>{_also(answer)}'
        '<div class="tools">'
        f"{_open(answer.document.id, answer.start, answer.end)}"
        '<button type="button" class="quiet" data-act="copy">'
        f"{icon('copy')}Copy quotation</button>"
        '<button type="button" class="quiet" data-act="cite">'
        f"{icon('copy')}Copy citation</button>{_over_time()}"
        f"{_judge(exchange, 0, 'Is this answer right?', _JUDGE)}</div></div>"
    )


def _means(answer: Answer) -> str:
    """Tell the days that the words name, where they do not say so themselves."""
    date = answer.date
    if date is None:
        return ""
    days = day(date.first) if date.first == date.last else f"{day(date.first)} to {day(date.last)}"
    return f'<p class="means"><q dir="auto">{safe(one_line(answer.text))}</q> is {days}</p>'


def _quote(answer: Answer) -> str:
    start, end = answer.sentence
    inside = slice(start - answer.context_start, answer.start - answer.context_start)
    before = one_line(answer.context[inside]).lstrip()
    inside = slice(answer.end - answer.context_start, end - answer.context_start)
    after = one_line(answer.context[inside]).rstrip()
    if len(before) > _QUOTE_CHARACTERS:
        before = "… " + before[-_QUOTE_CHARACTERS:].partition(" ")[2]
    if len(after) > _QUOTE_CHARACTERS:
        after = after[:_QUOTE_CHARACTERS].rpartition(" ")[0] + " …"
    return f"{safe(before)}<mark>{safe(one_line(answer.text))}</mark>{safe(after)}"


def _meter(score: float) -> str:
    return f'<span class="meter" aria-hidden="true"><i style="width:{score * 100:.0f}%"></i></span>'


def _cite(answer: Answer | Citation) -> str:
    document = answer.document
    stretch = f'<span class="num">characters {answer.start}–{answer.end}</span>'
    return _parts(document.title, dateline(document), document.date, document.id, stretch)


def dateline(document: Document) -> str:
    """Name the place a document was written at, as its dateline says; "" when there is none."""
    place = str(document.metadata.get("dateline", ""))
    return place.title() if place.isupper() else place


def _parts(
    title: str, place: str, date: datetime.date | None, document_id: str, stretch: str = ""
) -> str:
    """Tell where words stand, each part an element, so that no dot hangs at the end of a line."""
    parts = [f"<cite>{safe(title)}</cite>"] if title else []
    parts += [f"<span>{safe(place)}</span>"] if place else []
    parts += [day(date)] if date else []
    parts += [f'<span class="name">{safe(document_id)}</span>', stretch]
    return f'<span class="parts">{" ".join(filter(None, parts))}</span>'


def _also(answer: Answer) -> str:
    """List the other documents that say the same."""
    if not answer.citations:
        return ""
    rows = "".join(
        '<li><button type="button" class="link" data-act="source" '
        f'data-document="{safe(cited.document.id)}" '
        f'data-start="{cited.start}" data-end="{cited.end}">{_cite(cited)}</button></li>'
        for cited in answer.citations
    )
    count = len(answer.citations)
    said = "1 other document says" if count == 1 else f"{count} other documents say"
    return f'<details class="also"><summary>{said} the same</summary><ol>{rows}</ol></details>'


def _open(document_id: str, start: int, end: int) -> str:
    return (
        '<button type="button" class="quiet" data-act="source" '
        f'data-document="{safe(document_id)}" data-start="{start}" data-end="{end}">'
        f"{icon('source')}Open source</button>"
    )


def _over_time() -> str:
    return (
        '<button type="button" class="quiet" data-act="over-time">'
        f"{icon('calendar')}Over time</button>"
    )


def timeline_html(timeline: Timeline) -> str:
    """Show how the answer to a question changed."""
    if not timeline.values:
        return '<p class="why">No dated document answers this by itself.</p>'
    rows = "".join(_told(told) for told in timeline.values)
    return f'{values(timeline.values)}<ol class="told">{rows}</ol>'


def _told(told: TimelineEntry) -> str:
    days = day(told.first)
    if told.first != told.last:
        days = f"{days} to {day(told.last)}"
    mark = '<span class="mark">superseded</span>' if told.superseded else ""
    cites = "".join(
        '<li><button type="button" class="link" data-act="source" '
        f'data-document="{safe(answer.document.id)}" '
        f'data-start="{answer.start}" data-end="{answer.end}">{_cite(answer)}</button>'
        f"{_printed(answer)}</li>"
        for answer in told.answers
    )
    return (
        f'<li{" data-superseded" if told.superseded else ""}><h4 dir="auto">'
        f"{safe(one_line(told.best.text))}{mark}</h4>"
        f'<p class="cite">{days}</p><ol class="cite">{cites}</ol></li>'
    )


def _printed(answer: Answer) -> str:
    count = len(answer.citations) + 1
    return f' <span class="faint">printed {count} times</span>' if count > 1 else ""


def _judge(
    exchange: Exchange, place: int, asked: str, choices: tuple[tuple[str, str, str], ...]
) -> str:
    buttons = "".join(
        f'<button type="button" class="quiet" data-act="judge" data-verdict="{verdict}" '
        f'title="{label}" aria-pressed="{str(exchange.verdicts.get(place) == verdict).lower()}">'
        f"{icon(sign)}<span>{label}</span></button>"
        for verdict, sign, label in choices
    )
    return (
        f'<div class="judge" role="group" data-place="{place}" aria-label="{asked}">{buttons}</div>'
    )


def _others(others: list[tuple[int, Answer]], exchange: Exchange) -> str:
    if not others:
        return ""
    rows = "".join(
        '<li><button type="button" class="row" data-act="source" '
        f'data-document="{safe(answer.document.id)}" '
        f'data-start="{answer.start}" data-end="{answer.end}">'
        f'<span class="num">{percent(answer.score)}</span>'
        f'<span class="other" dir="auto">{_quote(answer)}</span>'
        f'<span class="cite">{_cite(answer)}</span></button>'
        f"{_judge(exchange, place, f'Is answer {place + 1} right?', _JUDGE)}</li>"
        for place, answer in others
    )
    heading = "The documents differ" if exchange.reply.disagree else "Other answers"
    return f'<section class="others"><h3>{heading}</h3><ol>{rows}</ol></section>'


def _no_answer(exchange: Exchange) -> str:
    nearest = ""
    if exchange.reply.hits:
        chunk = exchange.reply.hits[0].chunk
        nearest = (
            '<section class="nearest"><h3>Nearest passage</h3>'
            f'<blockquote dir="auto">{safe(one_line(chunk.text))}</blockquote>'
            f'<p class="cite">{_parts(chunk.title, "", chunk.date, chunk.document_id)}</p>'
            "</section>"
        )
    if exchange.reply.dateline is not None:
        city = safe(one_line(exchange.reply.dateline.text))
        nearest += f'<p class="why">It was reported from {city}, by its dateline.</p>'
    tools = ""
    if exchange.reply.hits:
        chunk = exchange.reply.hits[0].chunk
        choices = (
            ("right", "up", "Right, it is not there"),
            ("wrong", "down", "Wrong, it is there"),
        )
        tools = (
            f'<div class="tools">{_open(chunk.document_id, chunk.start, chunk.end)}'
            f"{_judge(exchange, 0, 'Is it right that there is no answer?', choices)}</div>"
        )
    return (
        '<div class="answer none"><p class="quote">No answer in these documents.</p>'
        f'<p class="why">{safe(why_not(exchange))}</p>{nearest}{tools}</div>'
    )


def source_html(document: Document, start: int, end: int) -> str:
    """Show a document whole, with the characters from `start` to `end` marked."""
    first = max(0, start - _SOURCE_CHARACTERS)
    last = min(len(document.text), end + _SOURCE_CHARACTERS)
    cut = first > 0 or last < len(document.text)
    stretch = f'<span class="num">characters {start}–{end}</span>' if end > start else ""
    about = _parts("", dateline(document), document.date, document.id, stretch)
    note = (
        f'<p class="note">Only a part of its {figure(len(document.text))} characters is shown.</p>'
        if cut
        else ""
    )
    marked = f'<mark tabindex="-1">{safe(document.text[start:end])}</mark>' if end > start else ""
    return (
        f'<h2 dir="auto">{safe(document.title or document.id)}</h2>'
        f'<p class="cite">{about}</p>{_origin(document.source)}{note}'
        f'<div class="text" dir="auto">{safe(document.text[first:start])}{marked}'
        f"{safe(document.text[end:last])}</div>"
    )


def _origin(source: str) -> str:
    try:
        parts = urlsplit(source)
    except ValueError:
        return ""
    # Nothing but a web address may become a link; a path says more of the server than is needed.
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    return (
        f'<p class="origin"><a href="{safe(source)}" rel="noopener noreferrer" target="_blank">'
        f"{safe(source)}</a></p>"
    )
