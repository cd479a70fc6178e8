import datetime
import json

import pytest

from embeddings.errors import DocumentError, EmptyDocumentError, IncompleteFileError
from embeddings.formats.json_rows import read_json, read_json_lines
from embeddings.formats.parse_options import ParseOptions

DEEP = '{"text": ' + "[" * 200_000


@pytest.fixture
def write(tmp_path):
    def write_it(source, name="a.json"):
        path = tmp_path / name
        path.write_text(source if isinstance(source, str) else json.dumps(source))
        return path

    return write_it


@pytest.mark.parametrize(
    "source",
    [
        '[{"text": "One."}, {"text": "Two."}]',
        '["One.", "Two."]',
        '{"version": 2, "articles": [{"text": "One."}, {"text": "Two."}], "tags": ["a"]}',
        '{"a": [{"text": "One."}], "b": [{"text": "Two."}], "c": [{"n": 1}, {"n": 2}]}',
        '{"data": {"list": [{"text": "One."}, {"text": "Two."}]}}',
        '[{"name": "A", "chat_messages": [{"text": "One."}, {"text": "Two."}]}]',
        '{"text": "One."}\n{"text": "Two."}\n',
        '{"text": "One."} {\n"text": "Two."\n}',
    ],
)
def test_documents_are_found_in_lists_objects_and_lines(write, source):
    found = list(read_json(write(source), ParseOptions()))
    assert [(each.id, each.text) for each in found] == [("1", "One."), ("2", "Two.")]


def test_object_with_text_is_one_document_despite_its_lists(write):
    source = '{"id": "x", "text": "One.", "links": [{"text": "Two."}]}'
    (document,) = read_json(write(source), ParseOptions())
    assert (document.id, document.text, document.metadata) == ("x", "One.", {})


@pytest.mark.parametrize(
    "source",
    [
        '{"text": "One.", "comments": [{"text": "Two."}, {"n": 1}]}',
        '[{"body": "One.", "replies": {"count": 1, "data": [{"body": "Two."}]}}]',
        '[{"kind": "L", "data": {"items": [{"kind": "t", "data": {"body": "One.", "replies": '
        '{"kind": "L", "data": {"items": [{"kind": "t", "data": {"body": "Two."}}]}}}}]}}]',
    ],
)
def test_replies_inside_a_row_are_documents_of_their_own(write, source):
    found = list(read_json(write(source), ParseOptions()))
    assert [(each.id, each.text) for each in found] == [("1", "One."), ("2", "Two.")]


def test_table_with_its_names_apart_gives_rows(write):
    source = {"columns": ["gate", "height"], "index": [0], "data": [["North", 3], ["South", 4]]}
    found = [each.text for each in read_json(write(source), ParseOptions())]
    assert found == ["gate: North; height: 3", "gate: South; height: 4"]


@pytest.mark.parametrize("name", ["attributes", "fields", "_source"])
def test_fields_inside_a_row_are_those_of_the_row(write, name):
    inner = {"name": "Gate", "created": "2020-09-16", "height": 3}
    row = {"id": "g1", "type": "part", "score": 1.5, name: inner}
    (found,) = read_json(write({"data": [row, {}]}), ParseOptions())
    assert (found.id, found.title, str(found.date)) == ("g1", "Gate", "2020-09-16")
    assert found.text.startswith("id: g1; type: part; score: 1.5; name: Gate")
    order = {"order": 7, "total": 9, "note": {"text": "Ring twice."}}
    (kept,) = read_json(write({"data": [order, {}]}), ParseOptions())
    assert kept.text == "order: 7; total: 9; note: text: Ring twice."


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        (
            '{"name": "Lamp", "price": 12, "parts": ["bulb"]}',
            ["name: Lamp; price: 12; parts: bulb"],
        ),
        (
            '[["gate", "height"], ["North", 3], ["South", 4]]',
            ["gate: North; height: 3", "gate: South; height: 4"],
        ),
        ('{"total": 2, "lamps": [{"n": "A"}, {"n": "B"}]}', ["n: A", "n: B"]),
        ('[{"n": "A", "reviews": [{"text": "Good."}]}]', ["n: A; reviews: text: Good."]),
        (
            '{"total": 1, "issues": [{"fields": {"summary": "Leak", "created": "2020-09-16"}}]}',
            ["summary: Leak; created: 2020-09-16"],
        ),
    ],
)
def test_objects_without_text_become_name_value_pairs(write, source, texts):
    assert [each.text for each in read_json(write(source), ParseOptions())] == texts


def test_export_of_a_chat_keeps_text_date_and_sender(write):
    telegram = {
        "name": "Dam group",
        "messages": [
            {"id": 7, "date": "2020-09-16T10:00:00", "from": "Ada", "text": "It broke."},
            {
                "id": 8,
                "date": "2020-09-16T11:00:00",
                "from": "Bob",
                "text": ["See ", {"text": "x"}],
            },
        ],
    }
    discord = {
        "guild": {"id": "1"},
        "messages": [{"content": "It broke.", "author": {"name": "Ada"}}],
    }
    discord["messages"][0]["timestamp"] = "2020-09-16T10:00:00.123+00:00"
    slack = [{"text": "It broke.", "user": "Ada", "ts": "1600250400.000200"}, {"text": ""}]
    first, second = read_json(write(telegram), ParseOptions())
    assert (first.id, second.text, first.metadata) == ("7", "See x", {"from": "Ada"})
    (third,) = read_json(write(discord), ParseOptions())
    assert third.metadata == {"author": "Ada"}
    (fourth,) = read_json(write(slack), ParseOptions())
    assert fourth.metadata == {"user": "Ada"}
    assert {each.text for each in (first, third, fourth)} == {"It broke."}
    dates = {each.date for each in (first, second, third, fourth)}
    assert dates == {datetime.date(2020, 9, 16)}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('{"text": ', "has no usable row: row 1 is not valid JSON"),
        (DEEP, "nested too deeply"),
        ("3", "row 1 is not a JSON object"),
        ("[3, null]", "row 1 is not a JSON object; row 2 is not"),
        ("[]", "is empty"),
        ("{}", "is empty"),
        ('{"text": ' + "1" * 5000 + "}", "not valid JSON"),
        ("words", "not valid JSON"),
    ],
)
def test_json_without_usable_rows_is_an_error(write, source, message):
    with pytest.raises(DocumentError, match=message):
        list(read_json(write(source), ParseOptions()))


@pytest.mark.parametrize(
    "source",
    [
        '[{"text": "One."},',
        '[{"text": "One."}',
        '[\n{"text": "One."},\n',
        '[{"text": "One."},\n{"text": "Tw',
        '[{"text": "One."}\n] and more',
    ],
)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_list_without_its_end_gives_its_rows_and_an_error(write, source, name):
    rows = (read_json if name == "a.json" else read_json_lines)(write(source, name), ParseOptions())
    assert next(rows).text == "One."
    with pytest.raises(DocumentError, match="cannot be read to its end") as error:
        next(rows)
    assert not isinstance(error.value, IncompleteFileError)


@pytest.mark.parametrize("source", ["[", " [\n", "{", '[{"text"'])
def test_file_that_ends_before_its_first_row_is_damaged_and_not_empty(write, source):
    with pytest.raises(DocumentError, match="no usable row") as error:
        list(read_json(write(source), ParseOptions()))
    assert not isinstance(error.value, EmptyDocumentError)


@pytest.mark.parametrize("end", [",]", ", ]\n", ",\n\n]"])
def test_trailing_comma_is_accepted(write, end):
    found = read_json(write(f'[{{"text": "One."}}, {{"text": "Two."}}{end}'), ParseOptions())
    assert [each.text for each in found] == ["One.", "Two."]


@pytest.mark.parametrize(
    "source",
    [
        '[{"text": "One."},\n{"text": "Two."}]\n',
        '[\n  {"text": "One."},\n  {"text": "Two."}\n]\n',
        '{\n  "text": "One."\n}\n{\n  "text": "Two."\n}\n',
    ],
)
def test_json_lines_file_with_values_over_several_lines_is_read(write, source):
    found = list(read_json_lines(write(source, "a.jsonl"), ParseOptions()))
    assert [(each.id, each.text) for each in found] == [("1", "One."), ("2", "Two.")]


def test_file_that_is_cut_off_gives_its_complete_rows(write):
    rows = read_json(write('[{"text": "One."},\n{"text": "Two."},\n{"te'), ParseOptions())
    assert [next(rows).text, next(rows).text] == ["One.", "Two."]
    with pytest.raises(DocumentError, match="cannot be read to its end: row 3 is not valid JSON"):
        next(rows)


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ('{"name": "x", "messages": [{"text": "One."}, {"text": "Two."}, {"text": "Th', 2),
        ('{"docs":\n [{"text": "One.", "tags": ["a", "b"]}\n, {"text": "Two."}', 2),
        ('{"text": "One.", "note": "[{,\\" \\', 1),
        ('{\n"text": "One."\n}\n{\n"text": "Two.",\n"tags": ["a", "b"', 2),
        ('[{"channel": {"messages": [{"text": "One."}, {"text": "Two."}], "na', 2),
    ],
)
def test_object_that_is_cut_off_gives_its_complete_rows(write, source, texts):
    rows = read_json(write(source), ParseOptions())
    assert [next(rows).text for _ in range(texts)] == ["One.", "Two."][:texts]
    with pytest.raises(DocumentError, match="cannot be read to its end"):
        next(rows)


def test_line_numbers_count_blank_lines(write):
    path = write('{"text": "One."}\n\n{"text": "Two\\u2028."}\n"Three."\n')
    found = list(read_json_lines(path, ParseOptions()))
    assert [(each.id, each.text) for each in found] == [
        ("1", "One."),
        ("3", "Two\u2028."),
        ("4", "Three."),
    ]


@pytest.mark.parametrize("read", [read_json, read_json_lines])
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2 is not valid JSON"),
        ("[]", "line 2 is not a JSON object"),
        (DEEP, "line 2 is not usable"),
    ],
)
def test_bad_line_is_skipped_and_reported(write, read, line, message):
    rows = read(write(f'{{"text": "One."}}\n{line}\n{{"text": "Three."}}\n'), ParseOptions())
    assert [next(rows).id, next(rows).id] == ["1", "3"]
    with pytest.raises(IncompleteFileError, match=message):
        next(rows)


def test_nan_and_infinity_are_missing_values(write):
    source = '[{"text": NaN}, {"text": "One.", "title": NaN, "id": NaN, "size": -Infinity}]'
    (document,) = read_json(write(source), ParseOptions())
    assert (document.id, document.title, document.metadata) == ("2", "", {})


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"text": "", "blocks": [{"elements": [{"text": "Built "}, {"text": "4"}]}]}, "Built 4"),
        ({"text": "", "attachments": [{"fallback": "Build done", "color": "red"}]}, "Build done"),
        ({"content": "", "embeds": [{"title": "News", "description": "It broke."}]}, "It broke."),
        ({"text": "Seen.", "attachments": [{"text": "Build done"}]}, "Seen."),
    ],
)
def test_message_without_text_has_the_text_of_its_attachments(write, message, text):
    (found,) = read_json(write([message, {"text": " "}]), ParseOptions())
    assert found.text == text


def test_message_with_only_a_picture_is_skipped(write):
    picture = {"content": "", "attachments": [{"url": "https://example.org/a.png", "size": 3}]}
    (found,) = read_json(write([picture, {"content": "Seen."}]), ParseOptions())
    assert (found.id, found.text) == ("2", "Seen.")


def test_rows_wrapped_in_objects_are_found(write):
    post = {"full_text": "It broke.", "created_at": "Wed Sep 16 10:00:00 +0000 2020"}
    (found,) = read_json(write([{"post": post}]), ParseOptions())
    assert (found.text, found.date) == ("It broke.", datetime.date(2020, 9, 16))
    (lamp,) = read_json(write([{"name": "Lamp", "size": {"width": 3}}]), ParseOptions())
    assert lamp.text == "name: Lamp; size: width: 3"


def test_cards_of_a_board_are_found_next_to_its_comments(write):
    board = {
        "lists": [{"id": "l1", "name": "To do"}],
        "cards": [
            {"id": "c1", "name": "Gate", "desc": "Oil the hinge.", "idList": "l1"},
            {"id": "c2", "name": "Ring the bell", "desc": "", "idList": "l1"},
        ],
        "actions": [{"id": "a1", "date": "2020-09-16", "data": {"text": "Use fat."}}],
    }
    found = [(one.id, one.text) for one in read_json(write(board), ParseOptions())]
    assert found == [("a1", "Use fat."), ("c1", "Oil the hinge."), ("c2", "Ring the bell")]


def test_html_in_a_feed_is_text(write):
    item = {
        "title": "Gate",
        "content_html": "<p>It is &lt; 3 <b>m</b>.</p><p>x<br/>y</p>",
        "date_published": "2020-09-16T10:00:00Z",
    }
    (found,) = read_json(write({"title": "Log", "items": [item]}), ParseOptions())
    assert (found.title, found.text) == ("Gate", "It is < 3 m.\nx\ny")
    (post,) = read_json(
        write([{"title": {"rendered": "Sea &#38; sun"}, "content": {"rendered": "<p>Hot.</p>"}}]),
        ParseOptions(),
    )
    assert (post.title, post.text) == ("Sea & sun", "Hot.")
    (code,) = read_json(write([{"text": "Write <b> or a<b and c>d."}]), ParseOptions())
    assert code.text == "Write <b> or a<b and c>d."


@pytest.mark.parametrize(
    "name", ["createTime", "Creation Date", "last_modified", "updatedAt", "createdTimestampUsec"]
)
def test_date_fields_of_exports_are_known(write, name):
    row = {"text": "It broke.", name: "2020-09-16T10:00:00Z"}
    (found,) = read_json(write([row]), ParseOptions())
    assert found.date == datetime.date(2020, 9, 16)


def test_lines_with_their_fields_in_an_object_give_text_and_date(write):
    lines = '{"tweet": {"id": "1", "full_text": "Fog.", "created_at": "2020-09-16"}}\n' * 2
    found = next(iter(read_json_lines(write(lines, "a.jsonl"), ParseOptions())))
    assert (found.id, found.text, found.date) == ("1", "Fog.", datetime.date(2020, 9, 16))
