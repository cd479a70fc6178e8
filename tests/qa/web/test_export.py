import datetime
import json

import pytest

from qa.serialization import reply_json
from qa.web.export import as_json, as_markdown, file_name


def test_markdown_holds_questions_quotations_and_numbered_sources(exchange, answer) -> None:
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
        "No answer in these documents. The 3 most promising passages were read, and most likely "
        "none of them holds the answer.\n"
        "\n"
        "## Sources\n"
        "\n"
        "1. Fair, 2019-05-11, fair.txt, characters 33-42\n"
        "2. Fair, 2019-05-11, fair.txt, characters 19-25\n"
    )


def test_markdown_of_documents_and_questions_is_no_markdown(exchange, answer) -> None:
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
def test_a_title_in_markdown_is_shown_character_by_character(
    exchange, answer, text: str, written: str
) -> None:
    lines = as_markdown("Fair", [exchange(answer(title=text))]).splitlines()
    assert lines[-1].startswith(f"1. {written}, 2019-05-11")


def test_json_holds_the_replies_as_everywhere_else(exchange, answer) -> None:
    turn = exchange(answer())
    exported = json.loads(as_json("Fair", [turn]))
    assert exported["name"] == "Fair"
    [row] = exported["turns"]
    assert datetime.datetime.fromisoformat(row.pop("at")) == turn.at
    assert row == json.loads(json.dumps(reply_json(turn.reply)))


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
def test_a_file_is_named_after_its_conversation(name: str, file: str) -> None:
    assert file_name(name, "md") == file
