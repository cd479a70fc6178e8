import datetime
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from embeddings import Document, Index
from qa import Assistant, Config, Reader
from qa.answering.confidence import Confidence
from qa.monitoring.feedback import Feedback
from qa.server.app import create_app
from qa.server.keys import Keys
from qa.server.service import Service

DOCUMENTS = [
    Document(
        id="fair.txt",
        title="Village fair draws record crowd",
        date=datetime.date(2019, 5, 11),
        text=(
            "The fair in Dunmore drew 5,400 visitors on Saturday, organisers said.\n\n"
            "Baker Rosa Pell won the prize for the best bread."
        ),
        metadata={"dateline": "DUNMORE"},
    ),
    Document(
        id="news/2021/mill.txt",
        title="Mill sold",
        date=datetime.date(2021, 2, 3),
        text="The old mill of Dunmore was sold to Ines Varga for 300,000 crowns.",
    ),
]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("server") / "index"
    with Index.open(place, create=True) as index:
        index.add(DOCUMENTS)
    return place


@pytest.fixture(scope="session")
def reader() -> Reader:
    return Reader.open()


@pytest.fixture
def assistant(made: Path, reader: Reader, tmp_path: Path) -> Iterator[Assistant]:
    """Assistant over a copy of the two documents."""
    shutil.copytree(made, tmp_path / "index")
    index = Index.open(tmp_path / "index")
    with Assistant(index, reader, confidence=Confidence.open()) as opened:
        yield opened


@pytest.fixture
def feedback(tmp_path: Path) -> Feedback:
    return Feedback(tmp_path / "feedback.jsonl")


@pytest.fixture
def service(assistant: Assistant, feedback: Feedback) -> Iterator[Service]:
    made = Service.create(assistant, config=Config(), feedback=feedback)
    yield made
    made.close()


Connect = Callable[..., TestClient]


@pytest.fixture
def connect(assistant: Assistant, feedback: Feedback) -> Iterator[Connect]:
    """Return a function that creates a client of a server without the page."""
    opened: list[TestClient] = []

    def connected(
        *,
        config: Config | None = None,
        keys: Keys | None = None,
        hosts: frozenset[str] | None = None,
        base_url: str = "http://testserver",
    ) -> TestClient:
        app = create_app(
            assistant,
            config=Config() if config is None else config,
            feedback=feedback,
            keys=keys,
            hosts=hosts,
        )
        client = TestClient(app, base_url=base_url).__enter__()
        opened.append(client)
        return client

    yield connected
    for client in opened:
        client.__exit__(None, None, None)


@pytest.fixture
def client(connect: Connect) -> TestClient:
    return connect()
