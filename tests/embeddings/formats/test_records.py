import datetime

import pytest

from embeddings.errors import DocumentError, IncompleteFileError
from embeddings.formats.records import BadRow, Fields, day_of, row_documents

DAY = datetime.date(2020, 9, 16)


def documents(*rows, fields=None):
    numbered = enumerate(rows, start=1)
    return list(row_documents(numbered, fields if fields else Fields()))


def read_with_error(*rows):
    """Return the documents and the message of the error that follows them."""
    found = []
    with pytest.raises(IncompleteFileError) as caught:
        found.extend(row_documents(enumerate(rows, start=1), Fields()))
    return found, str(caught.value)


def test_fields_are_found_in_any_case_and_under_other_usual_names():
    rows = [
        {"ID": "x", "Text": "They met.", "TITLE": "Talks", " date ": "2020-09-16"},
        {"_id": "y", "content": "They met.", "headline": "Talks", "published": "16 Sept 2020"},
        {"guid": "z", "body": "They met.", "name": "Talks", "created_at": "2020-09-16T10:00:00Z"},
        {"url": "u", "Full Text": "They met.", "subject": "Talks", "publishedAt": "2020-09-16"},
    ]
    found = documents(*rows)
    assert [each.id for each in found] == ["x", "y", "z", "u"]
    assert {(each.text, each.title, each.date) for each in found} == {("They met.", "Talks", DAY)}
    assert [each.metadata for each in found] == [{}, {}, {}, {}]


def test_field_named_text_or_title_precedes_its_synonyms():
    (document,) = documents({"content": "no", "text": "They met.", "headline": "a", "title": "b"})
    assert (document.text, document.title) == ("They met.", "b")
    assert document.metadata == {"content": "no", "headline": "a"}


def test_blank_field_is_replaced_by_the_next_synonym():
    (document,) = documents(
        {"text": " ", "body": "They met.", "title": "", "name": "Talks", "date": "soon", "ts": "x"}
        | {"created_at": "2020-09-16"}
    )
    assert (document.text, document.title, document.date) == ("They met.", "Talks", DAY)
    assert document.metadata == {"date": "soon", "ts": "x"}


def test_other_scalar_fields_are_metadata():
    (document,) = documents(
        {"text": "They met.", "a": 1, "b": 2.5, "c": True, "d": "x", "e": None, "f": [1], "g": " "}
        | {"h": float("inf"), "": "x", "i": 0, "j": False, "author": {"id": 7, "name": "Ada"}}
        | {"from": {"device": None, "user": {"displayName": "Bo"}}}
    )
    expected = {"a": 1, "b": 2.5, "c": True, "d": "x", "i": 0, "j": False, "author": "Ada"}
    expected["from"] = "Bo"
    assert document.metadata == expected


def test_unclear_date_stays_in_the_metadata():
    (document,) = documents({"text": "They met.", "date": "03/04/2020"})
    assert (document.date, document.metadata) == (None, {"date": "03/04/2020"})


@pytest.mark.parametrize(
    "value",
    [
        *("2020-09-16", datetime.datetime(2020, 9, 16, 10), DAY, 20200916),
        *(1600214400, "1600214400", "1600214400.000200", 1600214400.5),
        *(1600214400000, "1600214400000", 1600214400000000, 1600214400000000000),
        "44090",
        "44090.5",
        {"$date": "2020-09-16T10:00:00Z"},
        {"$date": {"$numberLong": "1600214400000"}},
        {"date-parts": [[2020, 9, 16]]},
    ],
)
def test_day_of_understands_written_dates_unix_time_and_spreadsheet_days(value):
    assert day_of(value) == DAY


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "",
        "soon",
        44090,
        2020,
        1.5,
        [],
        {},
        {"$date": None},
        float("nan"),
        10**9 - 1,
        "123",
    ],
)
def test_day_of_gives_none_for_anything_else(value):
    assert day_of(value) is None


@pytest.mark.parametrize(
    ("clear", "other", "day"),
    [
        ("25/04/2020", "03/04/2020 10:15", datetime.date(2020, 4, 3)),
        ("04/25/2020", "03/04/2020", datetime.date(2020, 3, 4)),
        ("4/25/20 10:00 AM", "3/4/20", datetime.date(2020, 3, 4)),
        ("25.4.20", "3.4.99", datetime.date(1999, 4, 3)),
        ("25-04-2020", "03-04-2020T10:15", datetime.date(2020, 4, 3)),
    ],
)
def test_clear_date_shows_the_order_of_day_and_month_in_the_other_rows(clear, other, day):
    rows = [{"text": "They met.", "Date": date} for date in (other, clear, other)]
    assert [each.date for each in documents(*rows)][::2] == [day, day]
    both = [{"text": "They met.", "Date": date} for date in ("3/4/2020", "25/4/2020", "4/25/2020")]
    assert documents(*both)[0].date is None
    assert documents({"text": "x", "date": other[:10]}, {"text": "y", "date": "1" * 5000})[1].id


def test_escapes_and_hard_spaces_are_plain_characters_but_addresses_stay():
    (found,) = documents(
        {"text": "Ash &amp; Elm&nbsp;&#8211; see /?a=1&copy=2", "title": "A &lt; B"}
    )
    assert (found.text, found.title) == ("Ash & Elm \u2013 see /?a=1&copy=2", "A < B")


def test_long_summary_is_no_title():
    assert documents({"text": "They met.", "summary": "Talks"})[0].title == "Talks"
    found = documents({"text": "They met.", "summary": "Talks. " * 50})[0]
    assert (found.title, found.metadata) == ("", {"summary": "Talks. " * 50})


def test_field_named_in_the_settings_must_be_in_a_row():
    fields = Fields(title="kicker")
    assert documents({"text": "They met.", "Kicker": "Talks"}, fields=fields)[0].title == "Talks"
    with pytest.raises(DocumentError, match=r"no field 'kicker' for the title.*'text', 'title'"):
        documents({"text": "They met.", "title": "Talks"}, fields=fields)
    with pytest.raises(DocumentError, match=r"'c18', 'c19' and more; name one"):
        documents({f"c{number}": "x" for number in range(100_000)}, fields=fields)


def test_rows_without_text_column_become_name_value_pairs():
    found = documents(
        {"Name": "Lamp", "price": 12.5, " unit\nprice ": "", "colours": ["red", None, "blue"]},
        {"Name": "Chair", "price": None, "size": {"height": 40, "unit": "cm"}, "": "old"},
    )
    assert [each.text for each in found] == [
        "Name: Lamp; price: 12.5; colours: red, blue",
        "Name: Chair; size: height: 40, unit: cm; old",
    ]
    assert [each.title for each in found] == ["Lamp", "Chair"]
    assert found[0].metadata == {"price": 12.5}


def test_rows_without_text_among_others_are_skipped_but_counted():
    found = documents({"text": " "}, {"text": None}, {"user": "a"}, {"text": []}, {"text": "Met."})
    assert [each.id for each in found] == ["5"]
    for rows in ([{"text": ""}], [], [{}]):
        with pytest.raises(DocumentError, match="is empty"):
            documents(*rows)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (["See ", {"type": "link", "text": "the plan"}, "."], "See the plan."),
        (["First.", "Second."], "First.\nSecond."),
        ({"content_type": "text", "parts": ["They met."]}, "They met."),
        ([{"type": "text", "text": {"content": "They met."}, "plain_text": "x"}], "They met."),
        ([{"elements": [{"elements": [{"text": "They "}, {"text": "met."}]}]}], "They met."),
        ([{"type": "link", "url": "https://example.org"}], "https://example.org"),
        (12, "12"),
        ("head\u00adquarters", "headquarters"),
    ],
)
def test_parts_of_a_message_are_joined(value, text):
    assert documents({"text": value})[0].text == text


def test_unusable_row_is_skipped_and_reported():
    found, message = read_with_error(
        {"text": "One."}, {"text": {"x": 1}}, BadRow("line 3 is broken"), {"text": "Four."}
    )
    assert [each.id for each in found] == ["1", "4"]
    assert message == (
        "has 2 rows that were left out: row 2 has no text in its field 'text'; line 3 is broken"
    )


def test_many_unusable_rows_are_counted():
    rows = [BadRow(f"line {number} is broken") for number in range(8)]
    _, message = read_with_error({"text": "One."}, *rows)
    assert message.endswith("line 4 is broken; and 3 more")


def test_rows_without_any_usable_one_are_an_error():
    with pytest.raises(DocumentError, match="has no usable row: line 1 is broken"):
        documents(BadRow("line 1 is broken"))


def test_truncated_file_raises_document_error():
    rows = [(1, {"text": "One."}), (2, BadRow("row 2 is broken", ends_file=True))]
    documents = row_documents(rows, Fields())
    assert next(documents).text == "One."
    with pytest.raises(DocumentError, match="cannot be read to its end: row 2") as caught:
        next(documents)
    assert type(caught.value) is DocumentError


def test_repeated_ids_get_the_number_of_the_row():
    rows = [{"id": 2}, {"id": None}, {"id": "x"}, {"id": "x"}, {"id": "x"}, {"id": ""}]
    rows.append({"_id": {"$oid": "5f"}})
    found = documents(*({"text": "They met."} | row for row in rows))
    assert [each.id for each in found] == ["2", "2#2", "x", "x#4", "x#5", "6", "5f"]


def test_numbers_out_of_the_64_bit_range_are_left_out():
    (document,) = documents(
        {"text": "They met.", "title": 1 << 20_000, "date": 1 << 20_000}
        | {"a": 2**63 - 1, "b": 2**63, "c": -(2**63), "d": float("nan")}
    )
    assert (document.title, document.date) == ("", None)
    assert document.metadata == {"a": 2**63 - 1}


def test_message_of_one_tag_is_passed_over():
    bodies = ({"content": "<systemEventMessage/>"}, {"content": "<p>They met.</p>"})
    assert [each.text for each in documents(*({"body": body} for body in bodies))] == ["They met."]
