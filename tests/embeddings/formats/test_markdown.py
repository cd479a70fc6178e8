import datetime

import pytest

from embeddings.formats.markdown import read


@pytest.fixture
def read_source(tmp_path):
    def read_it(source):
        path = tmp_path / "a.md"
        path.write_text(source)
        document = read(path)
        assert document.text == source
        return document

    return read_it


def test_front_matter_gives_title_date_and_metadata(read_source):
    document = read_source(
        "---\ntitle: Talks: a start\n---\n\n# Heading\n".replace(": a", " a")
        .replace("\n---\n\n", "\ndate: 2020-09-16 10:30:00\nupdated: 2020-09-17\n---\n\n")
        .replace("---\n\n", "draft: false\nstars: 4\nratio: .inf\ntags: [a, b]\n---\n\n")
    )
    assert (document.title, document.date) == ("Talks a start", datetime.date(2020, 9, 16))
    assert document.metadata == {"updated": "2020-09-17", "draft": False, "stars": 4}


def test_a_date_that_is_not_clear_stays_in_the_metadata(read_source):
    document = read_source("---\ndate: last spring\n---\nThey met.\n")
    assert (document.date, document.metadata) == (None, {"date": "last spring"})


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("Intro.\n\n## Talks **go** `on` [here](x) ##\n\nText.\n", "Talks go on here"),
        ("Talks\ngo on\n===\n\nText.\n", "Talks go on"),
        ("```\n# no heading\n```\n\n# Talks\n", "Talks"),
        ("---\nauthor: A\n---\n# Talks\n", "Talks"),
        ("No heading at all.\n", ""),
        ("#hashtag\n", ""),
    ],
)
def test_without_front_matter_the_first_heading_is_the_title(read_source, source, title):
    assert read_source(source).title == title


@pytest.mark.parametrize(
    "front",
    [
        "title: [",
        "- a\n- b",
        "date: 2020-13-45",
        "? [a]\n: b\n!!python/object:x",
        "[" * 2000,
        f"title: 0x{'f' * 9000}",
        f"0x{'f' * 9000}: x",
    ],
)
def test_broken_front_matter_is_ordinary_text(read_source, front):
    document = read_source(f"---\n{front}\n---\n\n# Talks\n")
    assert (document.title, document.date, document.metadata) == ("Talks", None, {})
