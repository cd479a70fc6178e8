import datetime

import pytest

from embeddings.errors import DocumentError
from embeddings.formats.rows import Fields, row_documents

DAY = datetime.date(2020, 9, 16)


def documents(*rows, fields=None):
    return list(row_documents(enumerate(rows, start=1), fields if fields else Fields()))


def test_fields_have_their_names_in_any_case_or_the_usual_other_names():
    rows = [
        {"ID": "x", "Text": "They met.", "TITLE": "Talks", " date ": "2020-09-16"},
        {"_id": "y", "content": "They met.", "headline": "Talks", "published": "16 Sept 2020"},
        {"guid": "z", "body": "They met.", "name": "Talks", "created_at": "2020-09-16T10:00:00Z"},
    ]
    found = documents(*rows)
    assert [each.id for each in found] == ["x", "y", "z"]
    assert {(each.text, each.title, each.date) for each in found} == {("They met.", "Talks", DAY)}
    assert [each.metadata for each in found] == [{}, {}, {}]


def test_a_name_of_its_own_comes_before_the_other_names():
    (document,) = documents({"content": "no", "text": "They met.", "headline": "a", "title": "b"})
    assert (document.text, document.title) == ("They met.", "b")
    assert document.metadata == {"content": "no", "headline": "a"}


def test_what_is_left_and_scalar_is_metadata():
    (document,) = documents(
        {"text": "They met.", "a": 1, "b": 2.5, "c": True, "d": "x", "e": None, "f": [1], "g": " "}
        | {"h": float("inf"), "": "x", "i": 0, "j": False}
    )
    assert document.metadata == {"a": 1, "b": 2.5, "c": True, "d": "x", "i": 0, "j": False}


def test_a_date_that_is_not_clear_stays_in_the_metadata():
    (document,) = documents({"text": "They met.", "date": "03/04/2020"})
    assert (document.date, document.metadata) == (None, {"date": "03/04/2020"})


def test_a_field_that_was_named_must_be_there():
    fields = Fields(title="kicker")
    assert documents({"text": "They met.", "Kicker": "Talks"}, fields=fields)[0].title == "Talks"
    with pytest.raises(DocumentError, match=r"row 1 has no field 'kicker'.*'text', 'title'"):
        documents({"text": "They met.", "title": "Talks"}, fields=fields)


def test_a_row_without_any_field_for_the_text_is_an_error_that_lists_its_fields():
    with pytest.raises(DocumentError, match=r"row 2 has no field 'text'.*'words', 'day'"):
        documents({"text": "They met."}, {"words": "They met.", "day": 1})


def test_a_text_that_is_no_text_is_an_error():
    with pytest.raises(DocumentError, match="row 1: the field 'text' holds a list"):
        documents({"text": ["They met."]})


def test_rows_with_blank_text_are_passed_over_but_counted():
    found = documents({"text": " "}, {"text": None}, {"text": "They met."})
    assert [each.id for each in found] == ["3"]
    with pytest.raises(DocumentError, match="is empty"):
        documents({"text": ""})
    with pytest.raises(DocumentError, match="is empty"):
        documents()


def test_ids_never_repeat():
    rows = [{"id": 2}, {"id": None}, {"id": "x"}, {"id": "x"}, {"id": "x"}, {"id": ""}]
    found = documents(*({"text": "They met."} | row for row in rows))
    assert [each.id for each in found] == ["2", "2#2", "x", "x#4", "x#5", "6"]


def test_numbers_that_no_database_takes_are_left_out():
    (document,) = documents(
        {"text": "They met.", "title": 1 << 20_000, "date": 1 << 20_000}
        | {"a": 2**63 - 1, "b": 2**63, "c": -(2**63), "d": float("nan")}
    )
    assert (document.title, document.date) == ("", None)
    assert document.metadata == {"a": 2**63 - 1}
