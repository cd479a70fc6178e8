import datetime
import zipfile

import pytest

from embeddings.formats.chat_log import chat_days
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.registry import parse

FIRST, SECOND = datetime.date(2020, 9, 16), datetime.date(2020, 9, 17)


@pytest.mark.parametrize(
    ("message", "first", "second"),
    [
        ("[{}, 10:00:00] ", "16.09.20", "17.09.20"),
        ("\u200e[{}, 10:00:00 AM] ", "9/16/20", "9/17/20"),
        ("{}, 10:00 - ", "16/09/2020", "17/09/2020"),
        ("{}, 10:00\u202fam - ", "9/16/20", "9/17/20"),
        ("{}, 9:00 - ", "16/9/20", "17/9/20"),
        ("{}, 10:00 - ", "2020-09-16", "2020-09-17"),
        ("{} 10:00 - ", "16/09/2020", "17/09/2020"),
        ("[{} 10:00] <ada> ", "2020-09-16", "2020-09-17"),
    ],
)
def test_each_day_of_a_chat_is_a_document_with_its_date(message, first, second):
    one, two = message.format(first), message.format(second)
    chat = f"{one}Ann: The mill\nreopens.\n{one}Bob: When?\n{two}Ann: Today.\n"
    assert [(day.id, day.date, day.text) for day in chat_days(chat)] == [
        ("2020-09-16", FIRST, f"{one}Ann: The mill\nreopens.\n{one}Bob: When?"),
        ("2020-09-17", SECOND, f"{two}Ann: Today."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "03/04/2020, 10:00 - Ann: Hello\n03/04/2020, 10:01 - Bob: Hello\n",
        "16/09/2020, 10:00 - Ann: Hello\n",
        "A chat:\n16/09/2020, 10:00 - Ann: Hello\n16/09/2020, 10:01 - Bob: Hello\n",
        "2020-09-16 10:00:00,123 - INFO - Started\n2020-09-17 10:00:00,123 - INFO - Ended\n",
        "16/09/2020, 10:00 - a\n" + "The mill reopens.\n" * 9 + "17/09/2020, 10:00 - b\n",
        "[2020-09-16 10:00] Started\n[2020-09-17 10:00] Ended\n",
        "99/99/2020, 10:00 - Ann: Hello\n99/99/2020, 10:01 - Bob: Hello\n",
        "",
    ],
)
def test_other_text_and_unclear_dates_give_no_days(text):
    assert chat_days(text) == []


def test_chat_in_an_archive_keeps_its_days(tmp_path):
    path = tmp_path / "WhatsApp Chat - Ann.zip"
    chat = "16/09/2020, 10:00 - Ann: The mill reopens.\n17/09/2020, 10:00 - Bob: Good.\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("_chat.txt", chat)
    found = [(each.id, each.date) for each in parse(path, ParseOptions())]
    assert found == [("/_chat.txt#2020-09-16", FIRST), ("/_chat.txt#2020-09-17", SECOND)]
