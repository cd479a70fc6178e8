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


def test_unchanged_quotation_is_confirmed_by_character_and_byte(
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
def test_byte_offsets_count_characters_that_parsing_removes(
    tmp_path: Path, text: str, encoding: str, more: int
) -> None:
    file = write(tmp_path / "ferry.txt", text, encoding)
    [finding] = verify([cited(file)], NOTHING)
    first = len(TEXT[:START].encode()) + more
    assert finding.verdict == "confirmed"
    assert f", bytes {first}-{first + len(WORDS.encode())}" in finding.detail
    assert file.read_bytes()[first:].startswith(WORDS.encode())


def test_file_in_another_encoding_has_no_byte_offsets(tmp_path: Path) -> None:
    file = write(tmp_path / "ferry.txt", TEXT, "cp1252")
    [finding] = verify([cited(file)], NOTHING)
    assert (finding.verdict, finding.detail) == ("confirmed", f"characters {START}-{END} of {file}")


def test_moved_quotation_is_found_at_the_nearest_place(tmp_path: Path) -> None:
    file = write(tmp_path / "ferry.txt", f"News. {TEXT}{TEXT}")
    [finding] = verify([cited(file)], NOTHING)
    assert finding.verdict == "moved"
    assert f"the words are now at {START + 6}-{END + 6} of {file}" in finding.detail


def test_changed_letter_gives_verdict_changed(tmp_path: Path) -> None:
    file = write(tmp_path / "ferry.txt", TEXT.replace("Lindqvist", "Lindquist"))
    [finding] = verify([cited(file)], NOTHING)
    assert (finding.verdict, finding.detail) == (
        "changed",
        f"the words are not in {file}",
    )


@pytest.mark.parametrize("span", [(END, START), (-5, 3), (START, 10_000)])
def test_invalid_span_is_not_confirmed(tmp_path: Path, span: tuple[int, int]) -> None:
    file = write(tmp_path / "ferry.txt")
    [finding] = verify([cited(file, start=span[0], end=span[1])], NOTHING)
    assert finding.verdict == "moved"


def test_deleted_or_unreadable_file_gives_verdict_missing(tmp_path: Path) -> None:
    gone, binary = tmp_path / "gone.txt", tmp_path / "ferry.txt"
    binary.write_bytes(b"\0\1\2")
    findings = verify([cited(gone), cited(binary)], NOTHING)
    assert [finding.verdict for finding in findings] == ["missing", "missing"]
    assert "does not exist" in findings[0].detail
    assert "binary file" in findings[1].detail


def test_row_is_looked_up_by_its_id(tmp_path: Path) -> None:
    file = tmp_path / "news.jsonl"
    rows = [{"id": "1", "text": "Nothing."}, {"id": "11", "text": TEXT}]
    file.write_text("\n".join(map(json.dumps, rows)))
    citations = [cited(file, document_id=f"sub/news.jsonl#{row}") for row in ("11", "1", "2")]
    findings = verify(citations, NOTHING)
    assert [finding.verdict for finding in findings] == ["confirmed", "changed", "missing"]
    assert "does not contain this row" in findings[2].detail


@pytest.mark.parametrize("source", ["", "https://example.org/ferry"])
def test_document_without_a_file_is_compared_with_the_index(source: str) -> None:
    stored = {"ferry.txt": Document(id="ferry.txt", text=TEXT, source=source)}
    findings = verify([cited(source), cited(source, document_id="other")], stored.get)
    assert [finding.verdict for finding in findings] == ["confirmed", "missing"]
    assert findings[0].detail == f"characters {START}-{END} of the index"


def test_citation_without_a_source_uses_the_source_in_the_index(tmp_path: Path) -> None:
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
def test_citations_are_loaded_once_from_each_form_of_reply(text: str, sources: list[str]) -> None:
    assert [citation.source for citation in load_citations(text.encode())] == sources


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"Who headed the delegation?", "neither JSON nor JSON lines"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b" \n", "no replies to verify"),
    ],
)
def test_content_that_is_not_json_raises_settings_error(content: bytes, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load_citations(content)
