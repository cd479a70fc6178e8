import csv
import datetime
import io
from pathlib import Path

import pytest

from embeddings import Document, SettingsError
from qa import Answer, Reply
from qa.monitoring.batch import AnswerTable, BatchQuestion, delimiter, is_table, read_table

TEXT = "=1+2 is what Rosa Pell wrote."


def write(tmp_path: Path, content: str, name: str = "questions.csv") -> str:
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("name", "separator"), [("q.csv", ","), ("q.csv", ";"), ("q.CSV", "\t"), ("q.tsv", "\t")]
)
def test_row_is_a_question_with_its_options(tmp_path: Path, name: str, separator: str) -> None:
    rows = [["Question", "after", "before", "Team"], ["Who won?", "2020-01-01", "", "A"]]
    content = "\ufeff" + "\n".join(separator.join(row) for row in rows)
    [asked] = read_table(write(tmp_path, content, name))
    assert asked.question == "Who won?"
    assert asked.options == {"after": "2020-01-01"}
    assert asked.row == {"question": "Who won?", "after": "2020-01-01", "before": "", "team": "A"}


def test_rows_without_a_question_are_skipped(tmp_path: Path) -> None:
    file = write(tmp_path, 'question,after\n"Who, and\nwhere?",\n,2020-01-01\n')
    assert [asked.question for asked in read_table(file)] == ["Who, and\nwhere?"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name\nWho?\n", 'has no column "question"'),
        ("question\nWho?,2020\n", "more cells than there are columns"),
        ('question\n"Who?\n', "cannot be read"),
    ],
)
def test_invalid_table_raises_settings_error(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read_table(write(tmp_path, content))


def test_csv_and_tsv_files_are_tables() -> None:
    assert [is_table(name) for name in ("a.csv", "a.TSV", "a.txt", "-")] == [
        True,
        True,
        False,
        False,
    ]


def rows_of(*replies: tuple[BatchQuestion, Reply | None, str]) -> list[dict[str, str]]:
    stream = io.StringIO(newline="")
    table = AnswerTable(stream, [asked for asked, _, _ in replies])
    for asked, reply, error in replies:
        table.write(asked, reply, error=error)
    return list(csv.DictReader(io.StringIO(stream.getvalue(), newline="")))


def answered(words: str) -> Reply:
    start = TEXT.index(words)
    document = Document(id="a.txt", text=TEXT, title="-Sums", date=datetime.date(2020, 1, 2))
    answer = Answer(words, 0.81239, start, start + len(words), document, TEXT, 0)
    return Reply("Who?", "Who?", (answer,), (), 0, {})


def test_answer_row_keeps_the_columns_of_its_question() -> None:
    [row] = rows_of(
        (BatchQuestion("Who?", row={"question": "Who?", "team": "A"}), answered("Rosa Pell"), "")
    )
    assert row == {
        "question": "Who?",
        "team": "A",
        "answer": "Rosa Pell",
        "score": "0.8124",
        "reason": "",
        "title": "'-Sums",
        "date": "2020-01-02",
        "document": "a.txt",
        "start": "13",
        "end": "22",
        "source": "",
        "error": "",
    }


@pytest.mark.parametrize(("name", "separator"), [("a.csv", ","), ("a.TSV", "\t")])
def test_delimiter_depends_on_the_file_suffix(name: str, separator: str) -> None:
    assert delimiter(name) == separator


def test_unanswered_row_has_a_reason_and_failed_row_an_error() -> None:
    nothing = Reply("Who?", "Who?", (), (), 0, {}, "nothing found")
    asked = BatchQuestion("Who?", row={"question": "Who?"})
    silent, refused = rows_of((asked, nothing, ""), (asked, None, "It is empty."))
    assert (silent["answer"], silent["reason"], silent["error"]) == ("", "nothing found", "")
    assert (refused["answer"], refused["reason"], refused["error"]) == ("", "", "It is empty.")


def cells_of(text: str, *, separator: str = ",") -> list[str]:
    """Write a text as the error of a row; return all cells as read with a separator."""
    stream = io.StringIO(newline="")
    table = AnswerTable(stream, [], delimiter="," if separator == ";" else separator)
    table.write(BatchQuestion("Who?"), None, error=text)
    lines = io.StringIO(stream.getvalue(), newline="")
    return [cell for row in csv.reader(lines, delimiter=separator) for cell in row]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    "text",
    [
        "=cmd()",
        " =cmd()",
        "a;=cmd()",
        "a; =cmd()",
        "a\t=cmd()",
        "a\n=cmd()",
        "a\r\n\t@cmd()",
        'a"; "=cmd()',
        "\uff1dcmd()",
        "-2+3+cmd()",
        "-1;=cmd()",
        "\n=cmd()",
        "a\n\n=cmd()",
    ],
)
def test_cell_is_not_a_formula_with_any_delimiter(text: str, separator: str) -> None:
    for cell in cells_of(text, separator=separator):
        assert not cell.lstrip(' \t\r\n"').startswith(("=", "+", "-", "@", "\uff1d")), cell


@pytest.mark.parametrize(
    "text",
    [
        *("-3", "+5,400.25 %", "-12%", "Rosa Pell; 3 = 2 + 1 - 0", "a-b", "ada@example.org"),
        *("VELD\n\nThe ferry sank.", "one\ttwo\t\tthree"),
    ],
)
def test_numbers_and_words_are_written_unchanged(text: str) -> None:
    assert cells_of(text)[-1] == text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_formula_characters_are_escaped(start: str) -> None:
    asked = BatchQuestion("Who?", row={"question": f"{start}cmd()", f"{start}name": f"{start}a"})
    [row] = rows_of((asked, answered("=1+2"), f"{start}error"))
    assert row["answer"] == "'=1+2"
    assert row["question"] == f"'{start}cmd()"
    assert row[f"'{start}name"] == f"'{start}a"
    assert row["error"] == f"'{start}error"
