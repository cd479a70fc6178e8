import json

import pytest

from embeddings import Document
from qa import Citation
from qa.web.answers import exchange_html
from tests.qa.web.conftest import TEXT


def through_browser(exchange):
    return json.loads(json.dumps(exchange))


def test_exchange_from_the_browser_is_shown_as_before(exchange, answer) -> None:
    options = {"after": "2019-01-01", "documents": ["fair.txt"], "min_score": 0.25}
    full = exchange(
        answer(metadata={"dateline": "DUNMORE"}),
        answer("Monday", 0.1),
        options=options,
        verdicts={"0": "wrong passage"},
    )
    for made in (full, exchange()):
        assert exchange_html(through_browser(made)) == exchange_html(made)


def test_related_sentence_has_its_passage(exchange) -> None:
    cited = Citation("It rained.", 58, 68, Document(id="fair.txt", text=TEXT))
    assert exchange(reply={"related": (cited,)})["passages"] == [{"text": TEXT, "start": 0}]


def test_exchange_of_an_earlier_version_is_shown(exchange, answer) -> None:
    for made in (exchange(answer()), exchange()):
        row = through_browser(made)
        row["asking"] = row.pop("options")
        for name in ("conflicting", "passages"):
            del row[name]
        for name in ("as_of", "window", "disagree", "dateline", "related"):
            del row["reply"][name]
        for one in row["reply"]["answers"]:
            for name in ("citations", "date", "kind", "highlights", "page", "section"):
                del one[name]
        assert exchange_html(row) == exchange_html(made)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["reply"], None),
        (["reply", "answers", 0, "start"], "nowhere"),
        (["reply", "answers", 0, "start"], 1),
        (["reply", "answers", 0, "start"], float("inf")),
        (["reply", "answers", 0, "score"], "<b>"),
        (["reply", "answers", 0, "answer"], ""),
        (["reply", "answers", 0, "document", "date"], "yesterday"),
        (["context_starts"], []),
        (["context_starts"], [5]),
        (["options", "documents"], 3),
        (["reply", "window"], {"start": 1}),
        (["reply", "window"], {"start": 0, "end": 1, "after": None, "before": None, "hard": True}),
        (["options", "as_of"], "soon"),
        (["verdicts"], "right"),
    ],
)
def test_exchange_changed_in_the_browser_is_an_error(exchange, answer, path, value) -> None:
    row = through_browser(exchange(answer()))
    place = row
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(
        (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError)
    ):
        exchange_html(row)
