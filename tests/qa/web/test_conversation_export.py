import json

import pytest

from embeddings import Document
from qa import Citation
from qa.web.conversation_export import as_json, as_markdown, file_name


def test_markdown_has_questions_quotations_and_numbered_sources(exchange, answer) -> None:
    first = exchange(answer(), answer("Monday", 0.1))
    second = exchange(reply={"question": "Why?", "understood": "Why did she win?"})
    assert as_markdown("Fair", [first, second]) == (
        "# Fair\n"
        "\n"
        "## Who won?\n"
        "\n"
        "> Baker **Rosa Pell** won the prize. (Likely right, 80%) [1]\n"
        "\n"
        "- The fair opened on **Monday**. (Uncertain, 10%) [2]\n"
        "\n"
        "## Why?\n"
        "\n"
        "Understood as: Why did she win?\n"
        "\n"
        "Not in your documents. The 3 most promising passages were read. "
        "They probably do not contain the answer.\n"
        "\n"
        "## Sources\n"
        "\n"
        "1. Fair, 2019-05-11, fair.txt, characters 33-42\n"
        "2. Fair, 2019-05-11, fair.txt, characters 19-25\n"
    )


def test_answers_below_one_percent_are_left_out(exchange, answer) -> None:
    known = exchange(answer(), answer("Monday", 0.1), answer("rained", 0.009))
    written = as_markdown("Fair", [known])
    assert "[2]" in written
    assert "rained" not in written
    [turn] = json.loads(as_json("Fair", [known]))["turns"]
    assert [one["answer"] for one in turn["answers"]] == ["Rosa Pell", "Monday"]


def test_markdown_in_titles_and_names_is_escaped(exchange, answer) -> None:
    known = answer(title="# *Big* <b>news</b> [here](http://x.example)")
    written = as_markdown("a\n# b", [exchange(known)])
    assert written.startswith("# a \\# b\n")
    assert "\\# \\*Big\\* \\<b\\>news\\</b\\> \\[here\\](http://x.example)" in written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("&lt;b&gt; a", "\\&lt;b\\&gt; a"),
        ("- a", "\\- a"),
        ("+ a", "\\+ a"),
        ("= a", "\\= a"),
        ("12. a", "12\\. a"),
        ("3) a", "3\\) a"),
        ("3 a - b", "3 a - b"),
        ("a\x1b[31m\u202eb", "a\ufffd\\[31m\ufffdb"),
    ],
)
def test_special_characters_of_a_title_are_escaped(
    exchange, answer, text: str, written: str
) -> None:
    lines = as_markdown("Fair", [exchange(answer(title=text))]).splitlines()
    assert lines[-1].startswith(f"1. {written}, 2019-05-11")


def test_markdown_without_an_answer_has_the_relevant_passages(exchange) -> None:
    cited = Citation("It rained.", 58, 68, Document(id="fair.txt", text="", pages=(0, 50)))
    written = as_markdown("Fair", [exchange(reply={"related": (cited,)})])
    assert "No short answer found. These passages look relevant. The 3 most" in written
    assert "- It rained. [1]" in written
    assert "1. p. 2, fair.txt, characters 58-68" in written


def test_json_has_the_replies_as_the_api_gives_them(exchange, answer) -> None:
    turn = exchange(answer())
    exported = json.loads(as_json("Fair", [turn]))
    assert exported["name"] == "Fair"
    [row] = exported["turns"]
    assert row.pop("at") == turn["at"]
    assert row == json.loads(json.dumps(turn["reply"]))


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Who won?", "who-won.md"),
        ("../../etc/passwd", "etc-passwd.md"),
        ("Önal & Söhne", "önal-söhne.md"),
        ("???", "conversation.md"),
        ("a" * 200, "a" * 60 + ".md"),
    ],
)
def test_file_name_comes_from_the_conversation(name: str, file: str) -> None:
    assert file_name(name, "md") == file
