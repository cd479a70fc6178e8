import datetime

from embeddings.formats.plain_text import read

NEWS = (
    " date 2020-09-16 Delegations meet in Ankara\n\nANKARA\n\n"
    "Two delegations met on Sept. 16.\n\nThey will meet again.\n"
)


def test_dated_news_keeps_its_header_in_the_text(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(NEWS)
    document = read(path)
    assert document.text == NEWS
    assert document.title == "Delegations meet in Ankara"
    assert document.date == datetime.date(2020, 9, 16)
    assert document.metadata == {"dateline": "ANKARA"}
    start = document.text.index("Sept. 16")
    assert path.read_text()[start : start + 8] == "Sept. 16"


def test_other_text_has_the_title_and_date_that_it_states(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("Talks go on\n16 September 2020\n\nPARIS (AP) - Ministers met.\n")
    document = read(path)
    assert (document.title, document.date) == ("Talks go on", datetime.date(2020, 9, 16))
    assert document.metadata == {"dateline": "PARIS"}


def test_text_that_states_nothing_has_neither(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("They met on 16 September 2020 in Ankara.\n")
    document = read(path)
    assert (document.title, document.date, document.metadata) == ("", None, {})
