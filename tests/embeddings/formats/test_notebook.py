import json

import pytest

from embeddings.errors import DocumentError
from embeddings.formats.notebook import read
from embeddings.formats.parse_options import ParseOptions


def read_notebook(tmp_path, content):
    path = tmp_path / "a.ipynb"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return list(read(path, ParseOptions()))


CELLS = [
    {"cell_type": "markdown", "source": ["# Flow\n", "The flow is high."]},
    {"cell_type": "code", "source": "x = 1\n", "outputs": [{"text": "result"}]},
    {"cell_type": "raw", "source": "raw"},
    {"cell_type": "markdown", "source": " \n"},
    {"cell_type": "markdown", "source": "Last."},
]


def test_cells_become_one_markdown_text_without_outputs(tmp_path):
    (document,) = read_notebook(tmp_path, {"cells": CELLS})
    assert document.text == "# Flow\nThe flow is high.\n\n```\nx = 1\n```\n\nLast."
    assert document.title == "Flow"


def test_metadata_gives_title_and_author(tmp_path):
    metadata = {"title": "Dams", "authors": [{"name": "Clara Voss"}, {"name": "Al Orr"}]}
    (document,) = read_notebook(tmp_path, {"cells": CELLS, "metadata": metadata})
    assert document.title == "Dams"
    assert document.metadata["author"] == "Clara Voss, Al Orr"


def test_notebook_of_version_3_is_read(tmp_path):
    cells = [
        {"cell_type": "heading", "level": 2, "source": ["Gates"]},
        {"cell_type": "code", "input": ["open_gate()"], "outputs": [{"text": "done"}]},
    ]
    notebook = {"nbformat": 3, "worksheets": [{"cells": cells}, {"cells": CELLS[-1:]}]}
    (document,) = read_notebook(tmp_path, notebook)
    assert document.text == "## Gates\n\n```\nopen_gate()\n```\n\nLast."
    assert [(one.heading, one.level) for one in document.sections] == [("Gates", 2)]


def test_heading_with_a_wrong_level_costs_no_other_cell(tmp_path):
    levels = ["two", None, 9, 3]
    cells = [{"cell_type": "heading", "level": one, "source": f"Gate {one}"} for one in levels]
    (document,) = read_notebook(tmp_path, {"nbformat": 3, "worksheets": [{"cells": cells}]})
    assert document.text == "# Gate two\n\n# Gate None\n\n###### Gate 9\n\n### Gate 3"


def test_notebook_without_text_gives_no_document(tmp_path):
    assert read_notebook(tmp_path, {"cells": []}) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        *(("{", "is not a valid notebook"), ("[]", "is not a notebook"), ({}, "is not a notebook")),
        *(({"worksheets": []}, "is not a notebook"), ({"cells": 1}, "is not a notebook")),
    ],
)
def test_other_json_is_refused(tmp_path, content, message):
    with pytest.raises(DocumentError, match=message):
        read_notebook(tmp_path, content)
