import json
from collections.abc import Callable
from pathlib import Path

import pytest

from embeddings import Document, SettingsError
from qa.monitoring.verify import WrittenCitation, load_citations, verify

TEXT = "Ferries resumed.\nCaptain Ewa Lindqvist – at last – steered the first one.\n"
WORDS = "Ewa Lindqvist – at last"
START = TEXT.index(WORDS)
END = START + len(WORDS)
NOTHING: Callable[[str], Document | None] = {}.get


def cited(source: object, **changes) -> WrittenCitation:
    fields = {"document_id": "ferry.txt", "start": START, "end": END, "text": WORDS}
    return WrittenCitation(source=str(source), **{**fields, **changes})


def write(file: Path, text: str = TEXT, encoding: str = "utf-8") -> Path:
    file.write_bytes(text.encode(encoding))
    return file


def test_words_that_stand_where_they_were_are_confirmed_by_character_and_by_byte(
    tmp_path: Path,
) -> None:
    file = write(tmp_path / "ferry.txt")
    [finding] = verify([cited(file)], NOTHING)
    assert finding.verdict == "confirmed"
    first, last = (len(TEXT[:offset].encode()) for offset in (START, END))
    assert file.read_bytes()[first:last].decode() == WORDS
    assert finding.detail == f"characters {START}-{END} of {file}, bytes {first}-{last}"


@pytest.mark.parametrize(
    ("text", "encoding", "more"),
    [
        (TEXT, "utf-8-sig", 3),
        (TEXT.replace("\n", "\r\n"), "utf-8", 1),
        (TEXT.replace("Ferries", "Fer\u00adries"), "utf-8", 2),
        (TEXT.replace("resumed", "re\u200bsumed"), "utf-8", 3),
    ],
    ids=["byte order mark", "CRLF", "soft hyphen", "zero-width space"],
)
def test_byte_offsets_count_characters_that_the_document_drops(
    tmp_path: Path, text: str, encoding: str, more: int
) -> None:
    file = write(tmp_path / "ferry.txt", text, encoding)
    [finding] = verify([cited(file)], NOTHING)
    first = len(TEXT[:START].encode()) + more
    assert finding.verdict == "confirmed"
    assert f", bytes {first}-{first + len(WORDS.encode())}" in finding.detail
    assert file.read_bytes()[first:].startswith(WORDS.encode())


def test_in_another_encoding_the_characters_alone_are_compared(tmp_path: Path) -> None:
    file = write(tmp_path / "ferry.txt", TEXT, "cp1252")
    [finding] = verify([cited(file)], NOTHING)
    assert (finding.verdict, finding.detail) == ("confirmed", f"characters {START}-{END} of {file}")


def test_words_that_moved_are_found_again_at_the_nearest_place(tmp_path: Path) -> None:
    file = write(tmp_path / "ferry.txt", f"News. {TEXT}{TEXT}")
    [finding] = verify([cited(file)], NOTHING)
    assert finding.verdict == "moved"
    assert f"the words are now at {START + 6}-{END + 6} of {file}" in finding.detail


def test_words_that_changed_by_a_letter_are_told(tmp_path: Path) -> None:
    file = write(tmp_path / "ferry.txt", TEXT.replace("Lindqvist", "Lindquist"))
    [finding] = verify([cited(file)], NOTHING)
    assert (finding.verdict, finding.detail) == (
        "changed",
        f"the words are not in {file}",
    )


@pytest.mark.parametrize("span", [(END, START), (-5, 3), (START, 10_000)])
def test_a_span_that_cannot_be_is_not_confirmed(tmp_path: Path, span: tuple[int, int]) -> None:
    file = write(tmp_path / "ferry.txt")
    [finding] = verify([cited(file, start=span[0], end=span[1])], NOTHING)
    assert finding.verdict == "moved"


def test_a_file_that_is_gone_or_cannot_be_read_is_missing(tmp_path: Path) -> None:
    gone, binary = tmp_path / "gone.txt", tmp_path / "ferry.txt"
    binary.write_bytes(b"\0\1\2")
    findings = verify([cited(gone), cited(binary)], NOTHING)
    assert [finding.verdict for finding in findings] == ["missing", "missing"]
    assert "does not exist" in findings[0].detail
    assert "binary file" in findings[1].detail


def test_a_row_is_looked_up_by_its_own_id(tmp_path: Path) -> None:
    file = tmp_path / "news.jsonl"
    rows = [{"id": "1", "text": "Nothing."}, {"id": "11", "text": TEXT}]
    file.write_text("\n".join(map(json.dumps, rows)))
    citations = [cited(file, document_id=f"sub/news.jsonl#{row}") for row in ("11", "1", "2")]
    findings = verify(citations, NOTHING)
    assert [finding.verdict for finding in findings] == ["confirmed", "changed", "missing"]
    assert "does not contain this row" in findings[2].detail


@pytest.mark.parametrize("source", ["", "https://example.org/ferry"])
def test_what_came_from_no_file_is_compared_with_the_index(source: str) -> None:
    stored = {"ferry.txt": Document(id="ferry.txt", text=TEXT, source=source)}
    findings = verify([cited(source), cited(source, document_id="other")], stored.get)
    assert [finding.verdict for finding in findings] == ["confirmed", "missing"]
    assert findings[0].detail == f"characters {START}-{END} of the index"


def test_a_citation_without_a_source_takes_the_one_the_index_knows(tmp_path: Path) -> None:
    file = write(tmp_path / "ferry.txt", "Something else.")
    stored = {"ferry.txt": Document(id="ferry.txt", text=TEXT, source=str(file))}
    [finding] = verify([cited("")], stored.get)
    assert finding.verdict == "changed"


ROW = {"answer": WORDS, "start": START, "end": END, "document": {"id": "ferry.txt", "source": "/f"}}


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        (json.dumps({"answer": ROW, "answers": [ROW, {**ROW, "start": 1}]}), ["/f", "/f"]),
        (json.dumps({"answer": None, "answers": [], "nearest": None}), []),
        (f"{json.dumps({'answer': ROW})}\n{json.dumps({'question': 'x', 'error': 'y'})}\n", ["/f"]),
        (json.dumps({"turns": [{"at": "…", "answers": [ROW]}]}), ["/f"]),
        (json.dumps({"document_id": "a", "start": 0, "end": 2, "text": "It"}), [""]),
        (json.dumps(ROW), ["/f"]),
    ],
    ids=["a reply", "an abstention", "lines", "a conversation", "an agent's", "a citation"],
)
def test_citations_are_found_once_each_in_whatever_replies(text: str, sources: list[str]) -> None:
    assert [citation.source for citation in load_citations(text)] == sources


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(SettingsError, match="neither JSON nor JSON lines"):
        load_citations("Who headed the delegation?")
