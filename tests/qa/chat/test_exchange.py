import copy
import dataclasses
import datetime
import json

import pytest

from embeddings import Document
from qa import Citation
from qa.chat.exchange import Asking, Exchange
from qa.chat.views import exchange_html
from qa.dates import TimeRange


def through_json(exchange: Exchange) -> Exchange:
    return Exchange.from_json(json.loads(json.dumps(exchange.to_json())))


def test_what_a_browser_keeps_shows_the_same_again(exchange, answer) -> None:
    asking = Asking(datetime.date(2019, 1, 1), None, ("fair.txt",), 0.25)
    first = answer(metadata={"dateline": "DUNMORE"})
    full = exchange(first, answer("Monday", 0.1), asking=asking, verdicts={0: "wrong passage"})
    assert exchange_html(through_json(full)) == exchange_html(full)
    window = TimeRange(None, datetime.date(2019, 5, 11), 0, 3, hard=True)
    timed = exchange(
        dataclasses.replace(answer(), citations=(Citation("Rosa", 3, 7, Document("b", "")),)),
        asking=dataclasses.replace(asking, as_of=window.before, window=False),
        reply={"as_of": window.before, "window": window},
    )
    assert exchange_html(through_json(timed)) == exchange_html(timed)
    none = exchange()
    assert exchange_html(through_json(none)) == exchange_html(none)


def test_an_answer_keeps_its_place(exchange, answer) -> None:
    kept = through_json(exchange(answer())).reply.answer
    assert (kept.text, kept.start, kept.end, kept.sentence) == ("Rosa Pell", 33, 42, (27, 57))
    assert kept.document.text == ""


def test_what_an_earlier_version_kept_can_still_be_shown(exchange, answer) -> None:
    for given in (exchange(answer()), exchange()):
        row = given.to_json()
        row["passages"] = given.reply.read
        for part, names in (
            (row["asking"], ("as_of", "window")),
            (row["reply"], ("as_of", "window", "disagree", "dateline", "read")),
            *((one, ("citations", "date")) for one in row["reply"]["answers"]),
        ):
            for name in names:
                del part[name]
        assert exchange_html(Exchange.from_json(row)) == exchange_html(given)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["reply"], None),
        (["reply", "answers", 0, "start"], "nowhere"),
        (["reply", "answers", 0, "start"], 1),
        (["reply", "answers", 0, "start"], float("inf")),
        (["reply", "answers", 0, "answer"], ""),
        (["reply", "answers", 0, "document", "date"], "yesterday"),
        (["reply", "seconds"], []),
        (["context_starts"], []),
        (["context_starts"], [5]),
        (["datelines"], []),
        (["at"], 7),
        (["asking", "documents"], 3),
        (["reply", "window"], {"start": 1}),
        (["asking", "as_of"], "soon"),
        (["verdicts"], "right"),
    ],
)
def test_what_was_changed_in_the_browser_is_refused(exchange, answer, path, value) -> None:
    row = copy.deepcopy(exchange(answer()).to_json())
    place = row
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ValueError, match=r"."):
        Exchange.from_json(row)
