"""The assistant answers follow-up questions about the seed article."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from embeddings import Index
from qa import Assistant, Turn

SEEDS = Path(__file__).parents[3] / "seeds"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    location = tmp_path_factory.mktemp("seeds") / "index"
    with Index.open(location, create=True) as index:
        index.add_paths([str(SEEDS)])
    with Assistant.open(location) as opened:
        yield opened


@pytest.mark.parametrize(
    "turns",
    [
        [
            ("Who headed the Turkish delegation to Moscow?", "Sedat"),
            ("Where did he hold talks?", "Moscow"),
            ("And when?", "September"),
        ],
        [
            ("Who is Aguila Saleh?", "the leader"),
            ("What did he call for?", "halt to hostilities"),
            ("And the GNA?", "lifting of a blockade on oil facilities"),
        ],
    ],
    ids=lambda turns: turns[0][0],
)
def test_conversation_is_answered(assistant: Assistant, turns: list[tuple[str, str]]) -> None:
    history = list[Turn]()
    for question, answer in turns:
        reply = assistant.ask(question, history=history)
        assert reply.answer is not None
        assert answer in reply.answer.text
        history.append(Turn(reply.understood, reply.answer.text))
