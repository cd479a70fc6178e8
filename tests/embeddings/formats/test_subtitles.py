import pytest

from embeddings.errors import DocumentError
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.subtitles import read
from embeddings.types import Section


def read_text(tmp_path, text):
    path = tmp_path / "a.vtt"
    path.write_text(text)
    return read(path, ParseOptions())


def cue(start, text):
    return f"{start}.000 --> {start}.900\n{text}\n\n"


def test_cues_are_joined_to_sentences_without_tags(tmp_path):
    text = (
        "WEBVTT\n\nNOTE not shown\n\n1\n00:00:01.000 --> 00:00:04.000 align:start\n"
        "<i>The dam</i> was\nbuilt &amp;\n\n00:04.000 --> 00:06.000\nopened in 1903.\n"
    )
    assert read_text(tmp_path, text).text == "The dam was built & opened in 1903."


def test_subrip_times_are_read(tmp_path):
    found = read_text(tmp_path, "1\n01:02:03,000 --> 01:02:04,000\n{\\an8}Hello.\n")
    assert (found.text, found.sections) == ("Hello.", (Section("01:02:03", 1, 0),))


def test_cues_without_a_blank_line_between_them_are_read(tmp_path):
    text = "1\n00:00:01,000 --> 00:00:04,000\nBuilt\nin\n2\n00:00:05,000 --> 00:00:06,000\n1903.\n"
    assert read_text(tmp_path, text).text == "Built in 1903."


def test_file_of_a_header_only_is_empty(tmp_path):
    assert read_text(tmp_path, "WEBVTT\n\nNOTE nothing yet\n").text == ""


def test_section_starts_each_minute_after_a_sentence(tmp_path):
    text = "WEBVTT\n\n" + "".join(
        cue(*each)
        for each in (
            ("00:00:05", "One."),
            ("00:01:04", "Two starts"),
            ("00:01:30", "and ends."),
            ("00:01:40", "Three."),
        )
    )
    found = read_text(tmp_path, text)
    assert found.text == "One. Two starts and ends.\n\nThree."
    assert found.sections == (Section("00:00:05", 1, 0), Section("00:01:40", 1, 27))


def test_section_ends_after_two_minutes_without_a_sentence_end(tmp_path):
    text = cue("00:00:00", "and") + cue("00:01:30", "so") + cue("00:02:00", "on")
    found = read_text(tmp_path, text)
    assert [section.heading for section in found.sections] == ["00:00:00", "00:02:00"]


def test_change_of_speaker_starts_a_paragraph(tmp_path):
    text = (
        cue("00:01", "<v Clara>Hello.")
        + cue("00:02", "<v Clara>Again.")
        + cue("00:03", "<v.x Al>Yes.")
    )
    assert read_text(tmp_path, text).text == "Clara: Hello. Again.\n\nAl: Yes."


def test_repeated_lines_of_roll_up_captions_are_read_once(tmp_path):
    text = (
        cue("00:01", "The dam")
        + cue("00:02", "The dam\nwas built")
        + cue("00:03", "was built\nof oak.")
    )
    assert read_text(tmp_path, text).text == "The dam was built of oak."


def test_text_without_times_is_refused(tmp_path):
    with pytest.raises(DocumentError, match="contains no subtitles"):
        read_text(tmp_path, "They met.")
