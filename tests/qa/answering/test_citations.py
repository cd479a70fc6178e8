from unittest.mock import Mock

import pytest

from embeddings import Chunk, Document, Hit, Index, sentences
from qa.answering.aggregation import aggregate
from qa.answering.citations import cite_related
from qa.answering.selection import related_passages
from qa.reader.spans import ScoredSentence
from tests.qa.answering.readings import reading


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "To report a leak:\n\n- Close the valve.\n- Ring the bell.\n\nThe mill is old.",
            "To report a leak:\n\n- Close the valve.\n- Ring the bell.",
        ),
        ("VELD\n\nThe ferry sank. The crew was saved.", "VELD\n\nThe ferry sank."),
        ("The ferry sank. The crew was saved.", "The ferry sank."),
    ],
    ids=["an introduction", "a label", "a sentence"],
)
def test_related_sentence_is_quoted_with_what_it_announces(text: str, expected: str) -> None:
    index = Mock(spec=Index)
    index.document.return_value = Document("a", text)
    hit = Hit(Chunk("a", 0, len(text), text), score=0.5, lexical=1.0, dense=0.5)
    found = [ScoredSentence(*span, -5.0 * n) for n, span in enumerate(sentences(text))]
    [cited] = cite_related(index, related_passages(aggregate([hit], [reading(sentences=found)])))
    assert cited.text == expected
