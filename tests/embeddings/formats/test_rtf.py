import datetime

import pytest

from embeddings.errors import DocumentError
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.registry import parse
from embeddings.formats.rtf import read


def read_source(tmp_path, source):
    path = tmp_path / "a.rtf"
    path.write_bytes(source.encode("latin-1"))
    return read(path, ParseOptions())


def test_paragraphs_and_table_rows_are_read(tmp_path):
    found = read_source(
        tmp_path,
        r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0 It cost 90 \u8364? in caf\'e9s.\par "
        r"\par\trowd\cellx1\cellx2 Part\cell Price\cell\row Gate\cell 40\cell\row\pard End.\par}",
    )
    assert found.text == "It cost 90 € in cafés.\n\nPart | Price\nGate | 40\n\nEnd."


def test_properties_give_title_author_and_day_of_creation(tmp_path):
    found = read_source(
        tmp_path,
        r"{\rtf1{\info{\title Dam report}{\author Clara Voss}{\creatim\yr2020\mo9\dy6\hr1}}Built.}",
    )
    assert (found.text, found.title) == ("Built.", "Dam report")
    assert found.metadata == {"author": "Clara Voss", "created": "2020-09-06"}
    (parsed,) = parse(tmp_path / "a.rtf", ParseOptions())
    assert parsed.date == datetime.date(2020, 9, 6)


def test_text_of_a_link_is_read_without_its_address(tmp_path):
    link = r'{\field{\*\fldinst{HYPERLINK "https://example.org"}}{\fldrslt{the report}}}'
    found = read_source(tmp_path, rf"{{\rtf1 See {link} of May.}}")
    assert found.text == "See the report of May."


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r"10{\super 6} litres, 1{\super st}", "10^6 litres, 1st"),
        (r"{\f0 10}{\f0\super\fs16 -3} m", "10^-3 m"),
        (r"It is {\f0\deleted old} {\b\v HIDDEN}{\v0 new}.", "It is new."),
        (
            r"Sold{\super 1}{\footnote\pard For 90 marks.}\par Gone.",
            "Sold^1\n\nFor 90 marks.\n\nGone.",
        ),
    ],
)
def test_superscripts_and_notes_are_marked_and_deleted_text_left_out(tmp_path, source, text):
    assert read_source(tmp_path, rf"{{\rtf1\ansi {source}}}").text == text


def test_other_text_is_called_damaged(tmp_path):
    with pytest.raises(DocumentError, match="damaged, or not an RTF file"):
        read_source(tmp_path, "They met.")


def test_paragraphs_with_an_outline_level_are_headings(tmp_path):
    found = read_source(
        tmp_path,
        r"{\rtf1{\stylesheet{\ql Normal;}{\s1\ql\outlinelevel0 heading 1;}}\pard\s1\b Ferries\par "
        r"\pard\s0 They run daily.\par\pard\s2\outlinelevel1\b Fares\par\pard Ten marks.\par}",
    )
    assert found.text == "Ferries\n\nThey run daily.\n\nFares\n\nTen marks."
    assert [(one.heading, one.level) for one in found.sections] == [("Ferries", 1), ("Fares", 2)]
