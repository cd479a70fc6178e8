import pytest

from embeddings.errors import DocumentError
from embeddings.formats.json_rows import read_json, read_json_lines
from embeddings.formats.rows import Fields

DEEP = '{"text": ' + "[" * 200_000


@pytest.fixture
def write(tmp_path):
    def write_it(source):
        path = tmp_path / "a.json"
        path.write_text(source)
        return path

    return write_it


@pytest.mark.parametrize(
    "source",
    [
        '[{"text": "One."}, {"text": "Two."}]',
        '{"version": 2, "articles": [{"text": "One."}, {"text": "Two."}], "tags": ["a"]}',
    ],
)
def test_a_list_of_objects_may_stand_alone_or_in_an_object(write, source):
    found = list(read_json(write(source), Fields()))
    assert [(each.id, each.text) for each in found] == [("1", "One."), ("2", "Two.")]


def test_an_object_with_text_is_one_document_whatever_lists_it_holds(write):
    source = '{"id": "x", "text": "One.", "comments": [{"text": "Two."}]}'
    (document,) = read_json(write(source), Fields())
    assert (document.id, document.text, document.metadata) == ("x", "One.", {})


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('{"text": ', "the file is not valid JSON"),
        (DEEP, "nested too deeply"),
        ('["One."]', "row 1 is not a JSON object"),
        ("3", "row 1 is not a JSON object"),
        ("[]", "is empty"),
        ("{}", "there are: none"),
        ('{"a": [{"text": "One."}], "b": [{"text": "Two."}]}', "there are: 'a', 'b'"),
        ('{"text": ' + "1" * 5000 + "}", "not valid JSON"),
    ],
)
def test_json_of_another_shape_is_an_error(write, source, message):
    with pytest.raises(DocumentError, match=message):
        list(read_json(write(source), Fields()))


def test_lines_are_numbered_with_the_blank_ones(write):
    path = write('{"text": "One."}\n\n{"text": "Two\\u2028."}\n')
    found = list(read_json_lines(path, Fields()))
    assert [(each.id, each.text) for each in found] == [("1", "One."), ("3", "Two\u2028.")]


@pytest.mark.parametrize(
    ("line", "message"),
    [("{", "line 2 is not valid JSON"), ("[]", "line 2 is not"), (DEEP, "line 2 is not usable")],
)
def test_a_bad_line_is_named_after_the_good_ones_were_read(write, line, message):
    rows = read_json_lines(write(f'{{"text": "One."}}\n{line}\n'), Fields())
    assert next(rows).text == "One."
    with pytest.raises(DocumentError, match=message):
        next(rows)


def test_what_other_programs_write_for_a_missing_value_is_none(write):
    source = '[{"text": NaN}, {"text": "One.", "title": NaN, "id": NaN, "size": -Infinity}]'
    (document,) = read_json(write(source), Fields())
    assert (document.id, document.title, document.metadata) == ("2", "", {})
