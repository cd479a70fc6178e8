import asyncio
import threading
from collections.abc import Sequence

import httpx2
import numpy as np
import pytest
from numpy.typing import NDArray
from starlette.testclient import TestClient

from embeddings import ClusterError, Tokens
from qa import Assistant, Config
from qa.monitoring.feedback import Feedback
from qa.server.app import create_app
from qa.server.keys import Keys
from qa.server.service import MAX_QUEUED, THREADS
from qa.types import Reply
from tests.qa.server.conftest import Connect
from tests.qa.server.test_api import refused


class Waiting(Assistant):
    """Assistant that waits for an event before it answers."""

    def __init__(self, assistant: Assistant) -> None:
        super().__init__(assistant.index, assistant.reader)
        self.go = threading.Event()

    def ask(self, question: str, **_: object) -> Reply:
        self.go.wait(60)
        return Reply(
            question=question, understood=question, answers=(), hits=(), read=0, seconds={}
        )


def test_full_queue_returns_503_with_retry_after(assistant: Assistant, feedback: Feedback) -> None:
    waiting = Waiting(assistant)
    app = create_app(waiting, config=Config(), feedback=feedback)

    async def crowd() -> tuple[list[httpx2.Response], httpx2.Response]:
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:

            async def ask(number: int) -> httpx2.Response:
                return await client.post("/api/v1/ask", json={"question": f"Who is {number}?"})

            early = [asyncio.create_task(ask(number)) for number in range(THREADS + MAX_QUEUED)]
            while (await client.get("/metrics")).text.count(
                f"qa_work {THREADS + MAX_QUEUED}.0"
            ) == 0:
                await asyncio.sleep(0.01)
            late = await ask(0)
            waiting.go.set()
            return await asyncio.gather(*early), late

    served, late = asyncio.run(crowd())
    assert "try again in a moment" in refused(late, 503, "busy")
    assert int(late.headers["Retry-After"]) > 0
    assert [response.json()["question"] for response in served] == [
        f"Who is {number}?" for number in range(THREADS + MAX_QUEUED)
    ]


def test_api_description_has_the_key_schemes(connect: Connect) -> None:
    client = connect(keys=Keys.of(["secret"]))
    client.headers["X-API-Key"] = "secret"
    described = client.get("/api/v1/openapi.json").json()
    schemes = described["components"]["securitySchemes"]
    assert schemes["HTTPBearer"]["scheme"] == "bearer"
    assert schemes["APIKeyHeader"]["name"] == "X-API-Key"
    for operations in described["paths"].values():
        for operation in operations.values():
            assert operation["security"] == [{"HTTPBearer": []}, {"APIKeyHeader": []}]


def test_unknown_api_version_returns_404(client: TestClient) -> None:
    refused(client.get("/api/v2/ask"), 404, "not_found")


def test_lost_cluster_returns_503_with_retry_after(connect: Connect, assistant: Assistant) -> None:
    class Lost:
        def run(self, texts: Sequence[Tokens]) -> list[tuple[NDArray[np.float32], ...]]:
            raise ClusterError("The Ray cluster did not answer.")

    whole, assistant.reader.model = assistant.reader.model, Lost()
    try:
        response = connect().post("/api/v1/ask", json={"question": "Who bought the mill?"})
    finally:
        assistant.reader.model = whole  # other tests use the reader, too
    assert (response.status_code, response.headers["Retry-After"]) == (503, "3")
    assert response.json()["error"]["code"] == "cluster_unavailable"
    assert response.json()["error"]["message"] == "The Ray cluster did not answer."


@pytest.mark.parametrize("prefix", ["", "/qa"])
def test_root_path_works_whether_the_proxy_removes_it_or_not(connect: Connect, prefix: str) -> None:
    client = connect(config=Config(root_path="/qa"))
    question = {"question": "Who bought the old mill?"}
    reply = client.post(f"{prefix}/api/v1/ask", json=question).json()
    assert "Ines Varga" in reply["answer"]["answer"]
    assert client.get(f"{prefix}/health").status_code == 200
    redirect = client.get(f"{prefix}/docs", follow_redirects=False)
    assert redirect.headers["Location"] == "/qa/api/v1/docs"
    page = client.get(f"{prefix}/api/v1/docs").text
    assert "/qa/api/v1/openapi.json" in page
    refused(client.get(f"{prefix}/nothing"), 404, "not_found")
    assert 'route="/api/v1/ask"' in client.get(f"{prefix}/metrics").text


def test_root_path_does_not_open_other_paths(connect: Connect) -> None:
    client = connect(config=Config(root_path="/qa"), keys=Keys.of(["secret"]))
    for path in ("/qa/api/v1/status", "/qa/qa/health", "/qahealth", "/qa"):
        assert client.get(path).status_code in (401, 404)
    assert client.get("/qa/health").status_code == 200
