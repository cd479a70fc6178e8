import csv
import dataclasses
import json
import os
import pty
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from qa.answering.confidence import Confidence
from qa.cli.main import main
from qa.options import DESCRIPTIONS

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a corpus and no index."""
    monkeypatch.chdir(tmp_path)
    corpus = tmp_path / "seeds"
    corpus.mkdir()
    (corpus / "fair.txt").write_text(
        " date 2019-05-11 Village fair draws record crowd\n\nDUNMORE\n\n"
        "The fair in Dunmore drew 5,400 visitors on Saturday, organisers said.\n\n"
        "Baker Rosa Pell won the prize for the best bread.\n",
        encoding="utf-8",
    )
    return tmp_path


def qa(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=stdin)


def test_first_question_builds_the_index_and_shows_the_source(folder: Path) -> None:
    result = qa("ask", "Who won the prize for the best bread?")
    assert result.exit_code == 0
    assert "[Baker Rosa Pell] won the prize for the best bread." in result.stdout
    assert "Village fair draws record crowd · 2019-05-11" in result.stdout
    assert "seeds/fair.txt, " in result.stdout
    assert "1 added." in result.stderr
    assert qa("ask", "Who won the prize?").stderr == ""


def test_control_characters_in_errors_are_replaced(folder: Path) -> None:
    (folder / "seeds" / "a\x1b[2J.txt").write_text("")
    report = qa("index", "seeds")
    assert "cannot be read" in report.stdout or "is empty" in report.stdout
    (folder / "b\x1b[2J.txt").write_text("")
    refused = qa("ask", "--index", "other", "--corpus", "b\x1b[2J.txt", "Who won?")
    assert refused.exit_code == 1
    with closing(sqlite3.connect(folder / ".qa-index" / "catalog.sqlite")) as catalog, catalog:
        catalog.execute("UPDATE documents SET id = 'c\x1b[2J.txt'")
    faults = qa("check")
    assert faults.exit_code == 1
    for said in (report.output, refused.output, faults.output):
        assert "\x1b" not in said
        assert "\ufffd[2J" in said


def test_piped_document_is_its_exact_text(folder: Path) -> None:
    text = "The fair.\x1b]2;Fair\x07 It was red.\u2028"
    (folder / "seeds" / "fair.txt").write_text(text)
    qa("index", "seeds")
    assert qa("documents", "show", "fair.txt").stdout == f"{text}\n"


def test_document_in_a_terminal_has_no_control_characters(folder: Path) -> None:
    (folder / "seeds" / "fair.txt").write_text("The fair.\x1b]2;Fair\x07 It was red.")
    qa("index", "seeds")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "qa", "documents", "show", "fair.txt"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with os.fdopen(theirs, "wb") as terminal:
        subprocess.run(command, stdout=terminal, env=environment, check=True)
    shown = os.read(ours, 1000).decode()
    os.close(ours)
    assert shown == "The fair.\ufffd]2;Fair\ufffd It was red.\r\n"


def test_json_has_question_answers_documents_and_seconds(folder: Path) -> None:
    result = qa("ask", "How many visitors came to the fair?", "--json")
    reply = json.loads(result.stdout)
    assert set(reply) == {
        "question",
        "understood",
        "as_of",
        "window",
        "undated",
        "answer",
        "answers",
        "disagree",
        "reason",
        "nearest",
        "related",
        "read",
        "dateline",
        "seconds",
    }
    assert reply["answer"] == reply["answers"][0]
    answer = reply["answer"]
    assert set(answer) == {
        "answer",
        "kind",
        "score",
        "start",
        "end",
        "highlights",
        "page",
        "section",
        "context",
        "date",
        "document",
        "citations",
    }
    assert "5,400" in answer["answer"]
    text = (folder / "seeds" / "fair.txt").read_text()
    assert text[answer["start"] : answer["end"]] == answer["answer"]
    assert answer["document"] == {
        "id": "fair.txt",
        "title": "Village fair draws record crowd",
        "date": "2019-05-11",
        "source": str(folder / "seeds" / "fair.txt"),
    }


def test_as_of_and_no_window_change_the_reply(folder: Path) -> None:
    question = "Who won the prize in May?"
    reply = json.loads(qa("ask", "--json", question).stdout)
    assert reply["as_of"] == "2019-05-11"
    assert reply["window"]["text"] == "in May"
    assert json.loads(qa("ask", "--json", "--no-window", question).stdout)["window"] is None
    early = json.loads(qa("ask", "--json", "--as-of", "2019-05-10", question).stdout)
    assert (early["as_of"], early["answer"]) == ("2019-05-10", None)
    wrong = qa("ask", "--as-of", "soon", question)
    assert wrong.exit_code == 2
    assert "ask [OPTIONS] [QUESTION]" in wrong.stderr


def test_timeline_groups_answers_by_value_and_day(folder: Path) -> None:
    (folder / "seeds" / "later.txt").write_text(
        " date 2020-05-10 Fair grows\n\nDUNMORE\n\n"
        "The fair in Dunmore drew 6,100 visitors, its organisers said on Sunday.\n",
        encoding="utf-8",
    )
    question = "How many visitors did the fair in Dunmore draw?"
    lines = qa("timeline", question).stdout.splitlines()
    assert lines[0].startswith("2019-05-11  5,400")
    assert lines[0].endswith("(superseded)")
    assert lines[2].startswith("2020-05-10  6,100")
    shown = json.loads(qa("timeline", question, "--json", "--as-of", "2019-12-31").stdout)
    assert [value["first"] for value in shown["values"]] == ["2019-05-11"]
    assert "Not in your documents." in qa("timeline", "Who is the king of Spain?").stdout


def test_questions_from_a_file_or_standard_input_give_json_lines(folder: Path) -> None:
    questions = "Who won the prize?\n\nWho is the king of Spain?\n"
    (folder / "questions.txt").write_text(questions)
    for result in (
        qa("ask", "--file", "questions.txt", "--json"),
        qa("ask", "--json", stdin=questions),
    ):
        first, second = map(json.loads, result.stdout.splitlines())
        assert "Rosa Pell" in first["answer"]["answer"]
        assert second["answer"] is None
        assert second["answers"] == []


def test_too_long_question_in_a_file_does_not_stop_the_others(folder: Path) -> None:
    (folder / "questions.txt").write_text("why " * 1000 + "\nWho won the prize?\n", "utf-8-sig")
    result = qa("ask", "--file", "questions.txt", "--json")
    assert result.exit_code == 1
    first, second = map(json.loads, result.stdout.splitlines())
    assert "Ask in fewer words" in first["error"]
    assert "Rosa Pell" in second["answer"]["answer"]


def test_unfinished_build_of_another_corpus_leaves_no_documents(folder: Path) -> None:
    # What a killed build leaves: an unfinished index with some of the documents.
    (folder / "others").mkdir()
    (folder / "others" / "other.txt").write_text("The tide table hangs at the harbour office.")
    assert qa("index", "others", "--index", ".qa-index.unfinished").exit_code == 0
    result = qa("ask", "Who won the prize for the best bread?")
    assert "1 added." in result.stderr
    assert "Rosa Pell" in result.stdout
    assert not (folder / ".qa-index.unfinished").exists()
    # The unfinished build was of another corpus: none of its documents is kept.
    lines = qa("documents", "list").stdout.splitlines()
    assert [line.split()[2] for line in lines] == ["ID", "fair.txt"]
    assert qa("index", "others").stdout == "1 added.\n"


def test_corpus_without_a_readable_document_leaves_no_index(folder: Path) -> None:
    (folder / "seeds" / "fair.txt").write_bytes(b"")
    result = qa("ask", "Who won?")
    assert result.exit_code == 1
    assert "There are no readable documents in seeds" in result.stderr
    assert not (folder / ".qa-index").exists()


def test_control_characters_of_a_document_do_not_reach_the_terminal(folder: Path) -> None:
    (folder / "seeds" / "fair.txt").write_text("Baker \x1b]0;Rosa\x07 Pell won the prize.")
    for arguments in (["ask", "Who won the prize?"], ["search", "prize"]):
        output = qa(*arguments).stdout
        assert "Pell" in output
        assert not {"\x1b", "\x07"} & set(output)


def test_row_of_a_table_is_cited_with_its_id(folder: Path) -> None:
    (folder / "table.csv").write_text("id,text\n7,The mill was sold to Ines Varga.\n")
    qa("index", "table.csv")
    assert "table.csv#7, " in qa("ask", "Who bought the mill?").stdout


def test_question_without_answer_exits_0_or_with_exit_code_4(folder: Path) -> None:
    question = "Who is the king of Spain?"
    result = qa("ask", question)
    assert result.exit_code == 0
    assert result.stdout.startswith(("Not in your documents.", "No short answer found."))
    assert qa("ask", question, "--exit-code").exit_code == 4
    assert qa("ask", "Who won the prize?", "--exit-code").exit_code == 0


def test_question_without_command_is_asked(folder: Path) -> None:
    question = "Who won the prize for the best bread?"
    expected = qa("ask", question).stdout
    assert "Rosa Pell" in expected
    assert qa(question).stdout == expected
    assert qa("ask", *question.split()).stdout == expected
    assert qa(question, "-k", "1").stdout == expected
    assert json.loads(qa("--json", question).stdout)["question"] == question


def test_piped_questions_are_answered_as_text(folder: Path) -> None:
    assert "[5,400]" in qa("ask", stdin="How many visitors came to the fair?\n").stdout
    lines = qa("ask", stdin="Who won the prize?\nHow many visitors came?\n").stdout.splitlines()
    assert lines[0] == "Who won the prize?"
    assert "How many visitors came?" in lines


def test_help_imports_neither_numpy_nor_the_stores() -> None:
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom qa.cli.main import main\n"
        "assert CliRunner().invoke(main, ['--help']).exit_code == 0\n"
        "print([name for name in ('numpy', 'faiss', 'tantivy', 'sqlite3', 'pymilvus', 'torch', "
        "'embeddings.index', 'embeddings.stores') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_help_names_the_completion_for_bash() -> None:
    name = "_QA_COMPLETE"
    assert f"{name}=bash_source qa" in qa("--help").stdout
    script = CliRunner().invoke(main, [], prog_name="qa", env={name: "bash_source"}).stdout
    assert "complete -o nosort -F _qa_completion qa" in script


@pytest.mark.parametrize("command", ["ask", "timeline"])
def test_options_of_a_question_have_the_help_of_ask_options(command: str) -> None:
    text = "".join(qa(command, "--help").stdout.split())
    for name in ("k", "after", "before", "as_of"):
        assert "".join(DESCRIPTIONS[name].partition(" Default:")[0].split()) in text


def test_after_and_before_filter_documents(folder: Path) -> None:
    qa("index", "seeds")
    question = "Who won the prize for the best bread?"
    for day in ("2019-05-11", "2019-05", "2019"):
        assert "Rosa Pell" in qa("ask", question, "--before", day, "--after", day).stdout
    assert "Not in your documents." in qa("ask", question, "--after", "2019-05-12").stdout


def test_index_reports_added_and_failed_files(folder: Path) -> None:
    (folder / "seeds" / "empty.txt").touch()
    result = qa("index", "seeds", "missing")
    assert result.exit_code == 1
    assert "1 added, 1 failed." in result.stdout
    assert "empty.txt is empty: there is no text in it" in result.stdout
    assert json.loads(qa("index", "seeds", "--json").stdout)["unchanged"] == ["fair.txt"]
    assert qa("index", "seeds").exit_code == 0
    assert qa("index", "missing").exit_code == 1


def test_second_run_reads_nothing_and_verify_reads_again(folder: Path) -> None:
    path = folder / "seeds" / "fair.txt"
    qa("index", "seeds")
    time = path.stat().st_mtime_ns
    path.write_text(path.read_text().replace("Rosa", "Lena"))
    os.utime(path, ns=(time, time))
    assert qa("index", "seeds").output == "1 unchanged.\n"
    assert qa("index", "seeds", "--verify").output == "1 updated.\n"


def test_index_of_an_emptied_folder_exits_1_until_yes_is_given(folder: Path) -> None:
    qa("index", "seeds")
    (folder / "seeds" / "fair.txt").rename(folder / "fair.txt")
    refused = qa("index", "seeds")
    assert refused.exit_code == 1
    assert "seeds has no file to read, but the index has 1 document from it" in refused.output
    assert qa("index", "seeds", "--yes").output == "1 removed.\n"


def test_row_that_cannot_be_read_is_a_warning_and_exits_0(folder: Path) -> None:
    (folder / "seeds" / "log.jsonl").write_text('{"text": "The pump failed."}\nno JSON\n')
    result = qa("index", "seeds")
    assert result.exit_code == 0
    assert result.output.startswith("2 added.\n  Warning: ")
    assert "line 2" in result.output


def test_columns_of_a_table_are_named_by_flags(folder: Path) -> None:
    (folder / "table.csv").write_text("key,words,day\nx,The mill burnt down.,2018-01-02\n")
    flags = ["--text-field", "words", "--date-field", "day", "--id-field", "key"]
    assert qa("index", "table.csv", *flags).exit_code == 0
    assert "2018-01-02" in qa("documents", "list").stdout


def test_corpus_flag_updates_the_index(folder: Path) -> None:
    qa("index", "seeds")
    other = folder / "other"
    other.mkdir()
    (other / "mill.txt").write_text("The old mill of Dunmore was sold to Ines Varga.")
    result = qa("ask", "--corpus", "other", "Who bought the old mill?")
    assert "1 added." in result.stderr
    assert "Ines Varga" in result.stdout


def test_search_shows_lexical_and_dense_scores(folder: Path) -> None:
    qa("index", "seeds")
    assert "meaning" in qa("search", "bread", "prize").stdout.splitlines()[0]
    [hit] = map(json.loads, qa("search", "bread prize", "--json", "--k", "1").stdout.splitlines())
    assert hit["lexical"] > 0
    assert -1 <= hit["dense"] <= 1
    text = (folder / "seeds" / "fair.txt").read_text()
    assert text[hit["start"] : hit["end"]] == hit["text"]


def test_documents_are_listed_shown_and_removed(folder: Path) -> None:
    qa("index", "seeds")
    [known] = map(json.loads, qa("documents", "list", "--json").stdout.splitlines())
    assert (known["id"], known["metadata"]) == ("fair.txt", {"dateline": "DUNMORE"})
    text = (folder / "seeds" / "fair.txt").read_text()
    assert qa("documents", "show", "fair.txt").stdout == text + "\n"
    assert qa("documents", "show", "none.txt").exit_code == 1
    missing = qa("documents", "remove", "fair.txt", "none.txt", stdin="y\n")
    assert missing.exit_code == 1
    assert "There is no document 'none.txt'" in missing.stderr
    assert "Remove" not in missing.stdout
    assert qa("documents", "remove", "fair.txt", stdin="n\n").exit_code == 1
    assert qa("documents", "remove", "fair.txt", stdin="y\n").exit_code == 0
    assert "no documents" in qa("documents", "list").stdout
    assert qa("documents", "remove", "fair.txt", "--yes").exit_code == 1


def test_documents_are_shown_and_removed_by_the_path_of_their_file_or_folder(folder: Path) -> None:
    (folder / "seeds" / "news").mkdir()
    for name in ("a.txt", "b.txt"):
        (folder / "seeds" / "news" / name).write_text(f"The mill of {name} was sold.")
    qa("index", "seeds")
    assert qa("documents", "show", "seeds/news/a.txt").stdout == "The mill of a.txt was sold.\n"
    assert qa("documents", "remove", "seeds/news/c.txt", "--yes").exit_code == 1
    removal = qa("documents", "remove", str(folder / "seeds" / "news"), "news/a.txt", stdin="y\n")
    assert "Remove 2 documents" in removal.stdout
    lines = qa("documents", "list").stdout.splitlines()
    assert [line.split()[2] for line in lines] == ["ID", "fair.txt"]


def test_wrong_path_creates_no_index(folder: Path) -> None:
    (folder / "empty").mkdir()
    result = qa("index", "sedes", "empty")
    assert result.exit_code == 1
    assert "sedes does not exist; give a file, a folder or a glob pattern." in result.stderr
    assert "There is no file of a supported format in empty." in result.stderr
    assert not (folder / ".qa-index").exists()
    assert "1 added, 1 failed." in qa("index", "sedes", "seeds").stdout
    assert "1 failed." in qa("index", "sedes").stdout


def test_interrupted_indexing_continues_with_the_next_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("embeddings.Index.add_paths", interrupt)
        result = qa("index", "seeds")
    assert result.exit_code == 1
    assert result.output == "Interrupted. Run the same command again to continue.\n"
    assert qa("index", "seeds").stdout == "1 added.\n"


def test_report_names_the_flag_of_a_limit(folder: Path) -> None:
    shown = qa("index", "seeds", "--max-file-bytes", "10").stdout
    assert "more than the 10 allowed; raise --max-file-bytes to read it" in shown


def test_index_is_backed_up_and_restored(folder: Path) -> None:
    assert qa("index", "seeds").exit_code == 0
    assert "Copied .qa-index to saved." in qa("backup", "saved").stdout
    assert qa("backup", "saved").exit_code == 1
    assert qa("documents", "remove", "fair.txt", "--yes").exit_code == 0
    assert qa("restore", "saved", stdin="n\n").exit_code == 1
    assert "no documents" in qa("documents", "list").stdout
    assert ".qa-index.replaced-1" in qa("restore", "saved", stdin="y\n").stdout
    assert "fair.txt" in qa("documents", "list").stdout


def test_repair_removes_a_damaged_document_and_keeps_the_others(folder: Path) -> None:
    (folder / "seeds" / "mill.txt").write_text("The mill burnt down in 1911.")
    assert qa("index", "seeds").exit_code == 0
    with closing(sqlite3.connect(folder / ".qa-index" / "catalog.sqlite")) as catalog, catalog:
        catalog.execute("UPDATE texts SET text = 'altered' WHERE text LIKE '%mill%'")
    assert "mill.txt" in qa("check").stdout
    repaired = qa("check", "--repair")
    assert repaired.exit_code == 0
    assert "mill.txt" in repaired.stdout
    assert "The index is undamaged." in qa("check").stdout
    listed = qa("documents", "list").stdout
    assert "fair.txt" in listed
    assert "mill.txt" not in listed


def test_damaged_catalog_fails_check_and_ask(folder: Path) -> None:
    assert qa("index", "seeds").exit_code == 0
    assert "The index is undamaged." in qa("check").stdout
    catalog = folder / ".qa-index" / "catalog.sqlite"
    catalog.write_bytes(b"\x00" * 4096 + catalog.read_bytes()[4096:])
    found = qa("check")
    assert found.exit_code == 1
    assert "qa check --repair" in found.output
    assert qa("ask", "Who won?").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["ask", ""], 1, "The question is empty"),
        (["ask"], 2, "There is no question"),
        (["ask", "Who?", "--file", "questions.txt"], 2, "Give one QUESTION"),
        (["ask", "Who?", "-k", "many"], 2, "Invalid value for '-k'"),
        (["ask", "Who?", "--min-score", "2"], 2, "Invalid value for '--min-score'"),
        (["ask", "Who?", "--after", "soon"], 2, "'soon' is not a date"),
        (["ask", "--corpus", "none", "Who?"], 1, "no documents at none"),
        (["ask", "--index", "seeds", "Who?"], 1, "seeds exists but is not an index"),
        (["ask", "Who?", "--config", "none.toml"], 2, "cannot be read: No such file or directory"),
        (["ask", "--file", "seeds/fair.txt", "--out", "none/a.csv"], 1, "Error: No such file"),
        (["ask", "--file", "qa.csv", "--out", "./qa.csv"], 2, "would replace the questions in qa"),
        (["ask", "--file", "none.txt"], 2, "none.txt cannot be read: No such file or directory."),
        (["index", "seeds", "--index", "seeds/fair.txt"], 1, "cannot be written to (File exists)"),
        (["ask", "Who?", "--reader", "none/such"], 1, "There is no such folder. Download a model"),
        (["documents", "list"], 1, "create one with `qa index FOLDER --index .qa-index`."),
        (["search"], 2, "Missing argument"),
        (["unknown"], 2, "No such command 'unknown'"),
        (["serv"], 2, "Did you mean 'serve'?"),
    ],
)
def test_errors_have_a_message_and_an_exit_code(
    folder: Path, arguments: list[str], code: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    Path("qa.csv").write_text("question\nWho?\n")
    result = qa(*arguments, stdin="")
    assert result.exit_code == code
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_question_without_documents_says_how_to_add_some(folder: Path) -> None:
    (folder / "seeds").rename(folder / "letters")
    missing = qa("ask", "Who won?")
    assert missing.exit_code == 1
    assert "There is no index at .qa-index: index your documents with `qa index" in missing.stderr
    qa("index", "letters")
    wrong = qa("ask", "--corpus", "none", "Who won the prize?")
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert "There are no documents at none: check --corpus." in wrong.stderr
    qa("documents", "remove", "fair.txt", "--yes")
    empty = qa("ask", "Who won?")
    assert empty.exit_code == 1
    assert "There are no documents in .qa-index: add some with `qa index FOLDER`." in empty.stderr


def test_every_command_has_help_with_an_example() -> None:
    def walk(path: list[str], command) -> None:
        for name, child in getattr(command, "commands", {}).items():
            walk([*path, name], child)
        if not hasattr(command, "commands"):
            text = qa(*path, "--help").stdout
            assert f"qa {' '.join(path)}" in text.split("Example", 1)[1], path

    walk([], main)


def test_index_is_built_asked_and_changed_without_a_connection(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    for name in ("connect", "connect_ex", "bind", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for arguments in (
        ["ask", "Who won the prize?"],
        ["index", "seeds"],
        ["search", "bread"],
        ["check"],
        ["documents", "remove", "fair.txt", "--yes"],
    ):
        assert qa(*arguments).exit_code == 0


def test_package_runs_as_a_module(folder: Path) -> None:
    command = [sys.executable, "-m", "qa", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Ask questions about your own documents" in done.stdout


def test_table_of_questions_is_answered_as_a_table(folder: Path) -> None:
    Path("questions.csv").write_text(
        "question,before,team\nHow many visitors came to the fair?,,A\n"
        "How many visitors came to the fair?,2010-01-01,B\nWho?,soon,C\n"
    )
    result = qa("ask", "--file", "questions.csv", "--out", "answers.csv")
    assert result.exit_code == 1
    with Path("answers.csv").open(encoding="utf-8-sig", newline="") as stream:
        answered, filtered, refused = csv.DictReader(stream)
    assert "5,400" in answered["answer"]
    assert (answered["team"], answered["document"]) == ("A", "fair.txt")
    assert (filtered["answer"], filtered["reason"]) == ("", "nothing found")
    assert "'soon' is not a date" in refused["error"]


def test_verify_confirms_a_reply_until_its_source_changes(folder: Path) -> None:
    Path("reply.json").write_text(qa("ask", "--json", "How many visitors came?").stdout)
    result = qa("verify", "reply.json")
    assert result.exit_code == 0
    assert "confirmed" in result.stdout
    assert ", bytes " in result.stdout
    article = folder / "seeds" / "fair.txt"
    article.write_text(article.read_text().replace("5,400", "4,500"))
    result = qa("verify", "--json", "reply.json")
    assert result.exit_code == 1
    assert "changed" in {json.loads(line)["verdict"] for line in result.stdout.splitlines()}
    assert qa("verify", "seeds/fair.txt").exit_code == 2
    Path("reply.json").write_bytes(b"\xff")
    assert "These replies are not UTF-8" in qa("verify", "reply.json").output


def test_watch_reports_changed_answers(folder: Path) -> None:
    Path("questions.txt").write_text("How many visitors came to the fair?\n")
    first = qa("watch", "questions.txt")
    assert first.stdout == "Questions: 1. Changed answers: 0.\n"
    article = folder / "seeds" / "fair.txt"
    article.write_text(article.read_text().replace("5,400", "4,500"))
    result = qa("watch", "questions.txt", "--corpus", "seeds", "--json")
    change = json.loads(result.stdout)
    assert ("5,400" in change["was"]["answer"], "4,500" in change["now"]["answer"]) == (True, True)
    article.write_text(article.read_text().replace("4,500", "6,600"))
    shown = qa("watch", "questions.txt", "--corpus", "seeds").stdout
    assert "was: 4,500" in shown
    assert "now: 6,600" in shown


def test_unreachable_min_precision_exits_2(folder: Path, tmp_path: Path) -> None:
    bundled = Confidence.open()
    assert bundled is not None
    file = tmp_path / "confidence.json"
    dataclasses.replace(bundled, precision=(0.4, 0.9)).save(file)
    result = qa("ask", "Who won?", "--min-precision", "0.95", "--confidence", str(file))
    assert result.exit_code == 2
    assert "No score reached --min-precision 0.95" in result.stderr


def make_outdated(index: Path) -> None:
    """Record the encoder of an older version in an index."""
    with closing(sqlite3.connect(index / "catalog.sqlite")) as catalog, catalog:
        catalog.execute(
            "UPDATE meta SET value = json_set(value, '$.encoder', 'older@12345678') "
            "WHERE key = 'settings'"
        )


def test_outdated_index_is_fixed_by_the_reported_reindex_command(folder: Path) -> None:
    qa("index", "seeds")
    make_outdated(folder / ".qa-index")
    asked = qa("ask", "Who won the prize for the best bread?")
    assert (asked.exit_code, len(asked.stderr.splitlines())) == (1, 1)
    assert "run `qa reindex --index .qa-index` once" in asked.stderr
    for command in (["check"], ["documents", "list"], ["backup", "saved"]):
        assert qa(*command).exit_code == 0
    done = qa("reindex", "--index", ".qa-index").stdout
    assert "Rebuilt .qa-index with 1 documents. The old index is in" in done
    assert ".qa-index.replaced-1" in done
    assert "Baker Rosa Pell" in qa("ask", "Who won the prize for the best bread?").stdout
    assert qa("check", "--index", ".qa-index.replaced-1").exit_code == 0


def test_question_with_corpus_rebuilds_an_outdated_index(folder: Path) -> None:
    qa("index", "seeds")
    make_outdated(folder / ".qa-index")
    asked = qa("ask", "--corpus", "seeds", "Who won the prize for the best bread?")
    assert "Baker Rosa Pell" in asked.stdout
    assert "Rebuilt .qa-index with 1 documents." in asked.stderr


def test_reindex_uses_the_given_chunk_size(folder: Path) -> None:
    qa("index", "seeds")
    qa("reindex", "--chunk-words", "8", "--overlap-words", "0")
    [shown] = [json.loads(line) for line in qa("documents", "list", "--json").stdout.splitlines()]
    assert shown["chunks"] > 1
    assert qa("reindex", "--index", "none").exit_code == 1


def test_index_in_milvus_is_built_asked_watched_and_changed(folder: Path) -> None:
    pytest.importorskip("pymilvus", reason="Milvus' packages are not installed")
    place = ("--index", "milvus:news.db")
    question = "Who won the prize for the best bread?"
    missing = qa("ask", question, *place)
    assert missing.exit_code == 1
    assert "qa index FOLDER --index milvus:news.db" in missing.stderr
    assert [path.name for path in folder.iterdir()] == ["seeds"]
    asked = qa("ask", question, *place, "--corpus", "seeds")
    assert "[Baker Rosa Pell] won the prize for the best bread." in asked.stdout
    assert asked.stdout == qa("ask", question).stdout
    assert "fair.txt" in qa("documents", "list", *place).stdout
    (folder / "questions.txt").write_text(question + "\n")
    assert qa("watch", "questions.txt", *place).exit_code == 0
    assert (folder / ".qa-news-db" / "watch.json").exists()
    for command in (("backup", "copy"), ("restore", "seeds", "--yes"), ("reindex",)):
        refused = qa(*command, *place)
        assert refused.exit_code in (1, 2)
        assert "Milvus' own backup" in refused.stderr
    assert "The index is undamaged." in qa("check", *place).stdout
    assert qa("documents", "remove", "fair.txt", "--yes", *place).exit_code == 0
    assert "no documents" in qa("documents", "list", *place).stdout
