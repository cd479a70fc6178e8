import datetime
from typing import Any

import pytest

from embeddings.date_range import DateRange
from embeddings.errors import SettingsError
from embeddings.types import Chunk, Document, Section

DAY = datetime.date(2020, 9, 16)


def test_representation_of_a_document_leaves_out_the_text() -> None:
    assert repr(Document("a", "x" * 9, title="t")).startswith("Document(id='a', title='t', ")


def test_digest_does_not_depend_on_the_source() -> None:
    one = Document(id="a", text="x", title="t", date=DAY, source="/here", metadata={"k": 1})
    other = Document(id="a", text="x", title="t", date=DAY, source="/there", metadata={"k": 1})
    assert one.digest == other.digest


@pytest.mark.parametrize(
    "change", [{"id": "b"}, {"text": "y"}, {"title": "u"}, {"date": None}, {"metadata": {"k": "1"}}]
)
def test_every_change_changes_the_digest(change: dict[str, Any]) -> None:
    given: dict[str, Any] = {
        "id": "a",
        "text": "x",
        "title": "t",
        "date": DAY,
        "metadata": {"k": 1},
    }
    assert Document(**given).digest != Document(**(given | change)).digest


def test_sections_and_pages_change_the_digest_and_file_info_does_not() -> None:
    plain = Document("a", "x")
    others = [
        Document("a", "x", sections=(Section("H", 1, 0),)),
        Document("a", "x", sections=(Section("H", 2, 0),)),
        Document("a", "x", pages=(0,)),
    ]
    assert len({document.digest for document in [plain, *others]}) == 4
    assert Document("a", "x", file_size=1, file_mtime_ns=2).digest == plain.digest


@pytest.mark.parametrize(
    "offsets",
    [{"pages": (3, 2)}, {"pages": (-1,)}, {"sections": (Section("A", 1, 5), Section("B", 1, 4))}],
)
def test_offsets_out_of_order_raise_value_error(offsets: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="ascending"):
        Document("a", "some text", **offsets)


def test_indexed_text_starts_with_title_date_section_and_table_header() -> None:
    chunk = Chunk("a", 0, 9, "They met.", "Talks", DAY, ("Day 1", "Noon"), 3, "No | Name")
    assert chunk.indexed_text == "Talks · 16 September 2020\nDay 1 > Noon\nNo | Name\nThey met."
    assert Chunk("a", 0, 9, "They met.", "Talks").indexed_text == "Talks\nThey met."
    assert Chunk("a", 0, 9, "They met.", date=DAY).indexed_text == "16 September 2020\nThey met."
    assert Chunk("a", 0, 9, "They met.").indexed_text == "They met."


@pytest.mark.parametrize(
    ("title", "section", "heading"),
    [
        ("Guide", ("Setup", "Disks"), "Guide > Setup > Disks"),
        ("Guide", ("Guide", "", "Guide", "Disks"), "Guide > Disks"),
        ("", ("Setup",), "Setup"),
        ("", (), ""),
    ],
)
def test_heading_joins_title_and_section(
    title: str, section: tuple[str, ...], heading: str
) -> None:
    assert Chunk("a", 0, 1, "x", title, section=section).heading == heading


def test_datetime_becomes_a_date() -> None:
    moment = datetime.datetime(2020, 9, 16, 3, 30)
    assert Document(id="a", text="x", date=moment).date == DAY
    assert type(Document(id="a", text="x", date=moment).date) is datetime.date
    assert DateRange.of(moment, DAY) == DateRange(after=DAY, before=DAY)


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": 5},
        {"text": None},
        {"title": None},
        {"date": "2020-09-16"},
        {"metadata": {"k": None}},
        {"metadata": {"k": [1]}},
        {"metadata": {1: "k"}},
    ],
)
def test_wrong_types_raise_type_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="document"):
        Document(**({"id": "a", "text": "x"} | wrong))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2020", "2020-01-01", "2020-12-31"),
        ("2020-02", "2020-02-01", "2020-02-29"),
        ("2019-12", "2019-12-01", "2019-12-31"),
        (" 2020-09-16 ", "2020-09-16", "2020-09-16"),
    ],
)
def test_month_or_year_becomes_its_first_or_last_day(text: str, first: str, last: str) -> None:
    days = DateRange.of(text, text)
    assert (str(days.after), str(days.before)) == (first, last)


@pytest.mark.parametrize(
    ("after", "before"),
    [
        ("soon", None),
        ("2020-13", None),
        ("0000", None),
        ("2020-02-30", None),
        ("", None),
        ("2020-01-02", "2020-01-01"),
        ("2021", "2020"),
    ],
)
def test_impossible_date_range_raises_settings_error(after: str, before: str | None) -> None:
    with pytest.raises(SettingsError):
        DateRange.of(after, before)


def test_date_range_includes_both_ends_but_no_unknown_date() -> None:
    days = DateRange.of("2020-09-16", "2020-09-17")
    inside = [datetime.date(2020, 9, day) in days for day in (15, 16, 17, 18)]
    assert inside == [False, True, True, False]
    assert None not in days
    assert None in DateRange()
