import datetime

import pytest

from embeddings.formats.markdown import read
from embeddings.formats.parse_options import ParseOptions
from embeddings.types import Section


@pytest.fixture
def read_source(tmp_path):
    def read_it(source):
        path = tmp_path / "a.md"
        path.write_text(source)
        return read(path, ParseOptions())

    return read_it


def test_front_matter_gives_title_date_and_metadata(read_source):
    source = (
        "---\ntitle: Talks start\ndate: 2020-09-16 10:30:00\nupdated: 2020-09-17\n"
        "draft: false\nstars: 4\nratio: .inf\ntags: [a, b]\n---\n\n# Heading\n"
    )
    document = read_source(source)
    assert (document.title, document.date) == ("Talks start", datetime.date(2020, 9, 16))
    assert document.metadata == {"updated": "2020-09-17", "draft": False, "stars": 4}
    assert document.text == source


def test_front_matter_may_be_toml(read_source):
    source = (
        "+++\ntitle = 'Talks start'\ndate = 2020-09-16T10:30:00Z\ndraft = false\n+++\n# Heading\n"
    )
    document = read_source(source)
    assert (document.title, document.date) == ("Talks start", datetime.date(2020, 9, 16))
    assert (document.metadata, document.text) == ({"draft": False}, source)
    assert read_source("+++\ntitle = \n+++\n# Heading\n").title == "Heading"


def test_unclear_date_stays_in_the_metadata(read_source):
    document = read_source("---\ndate: last spring\n---\nThey met.\n")
    assert (document.date, document.metadata) == (None, {"date": "last spring"})


@pytest.mark.parametrize("line", ["Date: 16 September 2020", "**Published:** 2020-09-16"])
def test_date_line_gives_the_date_without_front_matter(read_source, line):
    assert read_source(f"# Talks\n\n{line}\n\nThey met.\n").date == datetime.date(2020, 9, 16)


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("Intro.\n\n## Talks **go** `on` [here](x) ##\n\nText.\n", "Talks go on here"),
        ("Talks\ngo on\n===\n\nText.\n", "Talks go on"),
        ("```\n# no heading\n```\n\n# Talks\n", "Talks"),
        ("---\nauthor: A\n---\n# Talks\n", "Talks"),
        ("No heading at all.\n", ""),
        ("#hashtag\n", ""),
        ('<h1 align="center">\n  <img src="a.png">\n  Talks\n</h1>\n\n## Aims\n', "Talks"),
        ("Write `<h1>` and not `</h1>` here.\n", ""),
    ],
)
def test_first_heading_is_the_title_without_front_matter(read_source, source, title):
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


def test_headings_are_sections_that_start_at_their_lines(read_source):
    source = "---\na: b\n---\n# Dams #\n\nText.\n\nThe *wall*\n----\n```sh\n# no\n```\n   ### Up\n"
    document = read_source(source)
    assert document.sections == (
        Section("Dams", 1, source.index("# Dams")),
        Section("The wall", 2, source.index("The *wall*")),
        Section("Up", 3, source.index("   ### Up")),
    )


def test_attributes_of_a_heading_are_not_in_its_section(read_source):
    document = read_source("# Dams {#dams .wide}\n\n## The {wall}\n")
    assert [one.heading for one in document.sections] == ["Dams", "The {wall}"]


@pytest.mark.parametrize(
    "source",
    [
        "````\n```\n# no\n```\n````\n",
        "~~~ python\n# no\n~~~\n",
        "<!-- one\n# no\n-->\n",
        "    # no\n",
        "- item\n---\n",
        "> quoted\n---\n",
        "| a |\n---\n",
        "***\n---\n",
        "#\n",
        "```\n# no\n",
    ],
)
def test_lines_that_only_look_like_headings_are_not_sections(read_source, source):
    document = read_source(source)
    assert (document.sections, document.text) == ((), source)


def test_embedded_images_are_not_part_of_the_text(read_source):
    image = "data:image/png;base64,iVBORw0KGgo="
    document = read_source(
        f'A ![dam]({image}) and <img src="{image}">.\n\n# Dams\n\n[image1]: <{image}>\n'
    )
    assert document.text == 'A ![dam]() and <img src="">.\n\n# Dams\n\n[image1]: <>\n'
    assert document.sections == (Section("Dams", 1, document.text.index("# Dams")),)


def test_code_keeps_its_lines_and_indentation(read_source):
    source = "Run:\n\n```\nif x:\n    go()\n```\n"
    assert read_source(source).text == source
