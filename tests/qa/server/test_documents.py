import json
import threading
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from embeddings import Document
from qa import Assistant, Config
from qa.serialization import stored_json
from qa.server import responses
from tests.qa.server.test_api import refused

MILL = "news/2021/mill.txt"


def files(*given: tuple[str, bytes]) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", file) for file in given]


def test_documents_are_listed_by_id_in_pages(client: TestClient, assistant: Assistant) -> None:
    known = [stored_json(document) for document in assistant.index.documents()]
    whole = client.get("/api/v1/documents").json()
    assert whole == {"documents": known, "total": 2, "next_offset": None}
    responses.DocumentList.model_validate(whole)
    first = client.get("/api/v1/documents", params={"limit": 1}).json()
    assert first == {"documents": known[:1], "total": 2, "next_offset": 1}
    second = client.get("/api/v1/documents", params={"limit": 1, "offset": 1}).json()
    assert second == {"documents": known[1:], "total": 2, "next_offset": None}
    assert client.get("/api/v1/documents", params={"offset": 9}).json()["documents"] == []
    refused(client.get("/api/v1/documents", params={"limit": 0}), 422, "invalid_request")


def test_document_with_slashes_in_its_id_is_returned(
    client: TestClient, assistant: Assistant
) -> None:
    stored = assistant.index.document(MILL)
    assert stored is not None
    for path in (MILL, quote(MILL, safe="")):
        data = client.get(f"/api/v1/documents/{path}").json()
        responses.DocumentText.model_validate(data)
        assert data["text"] == stored.text
        length = len(stored.text)
        assert (data["start"], data["end"], data["characters"]) == (0, length, length)


PART = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n'
FIELD = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n'


@pytest.mark.parametrize(
    "body",
    [
        (PART + b"\r\nThe mill.\r\n") * 101,
        (FIELD + b"1\r\n") * 101,
        FIELD + b"1" * 2_000_000,
        PART + b"X-Long: " + b"a" * 200_000 + b"\r\n\r\nThe mill.\r\n",
        PART + b"X-Many: a\r\n" * 10_000 + b"\r\nThe mill.\r\n",
    ],
    ids=["many files", "many fields", "a large field", "a long header", "many headers"],
)
def test_form_over_its_limits_returns_400(client: TestClient, body: bytes) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    sent = client.post("/api/v1/documents", content=body + b"\r\n--b--\r\n", headers=kind)
    refused(sent, 400, "bad_request")
    assert client.get("/api/v1/documents").json()["total"] == 2


@pytest.mark.parametrize("document_id", ["a b", "ä/ö.txt", "t.csv#7", "what?", "50%", "a//b", "/a"])
def test_any_id_can_be_added_read_and_removed(client: TestClient, document_id: str) -> None:
    given = {"id": document_id, "text": "The bakery opened."}
    assert client.post("/api/v1/documents", json=given).json()["added"] == [document_id]
    path = f"/api/v1/documents/{quote(document_id, safe='')}"
    assert client.get(path).json()["id"] == document_id
    assert client.delete(path).json() == {"removed": [document_id]}
    refused(client.get(path), 404, "no_such_document")
    refused(client.delete(path), 404, "no_such_document")


def test_offsets_of_an_answer_return_its_text(client: TestClient) -> None:
    asked = {"question": "Who won the prize for the best bread?"}
    answer = client.post("/api/v1/ask", json=asked).json()["answer"]
    place = {"start": answer["start"], "end": answer["end"]}
    data = client.get("/api/v1/documents/fair.txt", params=place).json()
    assert data["text"] == answer["answer"]
    length = data["characters"]
    for bad in ({"start": 5, "end": 4}, {"end": length + 1}, {"start": length + 1}):
        response = client.get("/api/v1/documents/fair.txt", params=bad)
        refused(response, 422, "citation_refused")
    bad = {"start": -1}
    refused(client.get("/api/v1/documents/fair.txt", params=bad), 422, "invalid_request")


def test_text_is_added_updated_and_found(client: TestClient) -> None:
    given = {
        "id": "bank.txt",
        "text": "The bank was founded by Otto Brandt.",
        "title": "Bank",
        "date": "2020-01-02",
        "metadata": {"pages": 3, "checked": True},
    }
    assert client.post("/api/v1/documents", json=given).json()["added"] == ["bank.txt"]
    assert client.post("/api/v1/documents", json=given).json()["unchanged"] == ["bank.txt"]
    data = client.get("/api/v1/documents/bank.txt").json()
    assert {key: data[key] for key in given} == given
    reply = client.post("/api/v1/ask", json={"question": "Who founded the bank?"}).json()
    assert "Otto Brandt" in reply["answer"]["answer"]
    changed = {**given, "text": "The bank was founded by Mina Sole."}
    assert client.post("/api/v1/documents", json=changed).json()["updated"] == ["bank.txt"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "Invalid JSON"),
        (b"[]", "object"),
        (b'{"id": "x"}', "text: Field required"),
        (b'{"id": "", "text": "x"}', "at least 1 character"),
        (b'{"id": 3, "text": "x"}', "valid string"),
        (b'{"id": "x", "text": "\\ud800"}', "Invalid JSON"),
        (b'{"id": "x", "text": "x", "date": "2020-13-01"}', "is not a date"),
        (b'{"id": "x", "text": "x", "metadata": {"a": [1]}}', "metadata.a"),
        (b'{"id": "x", "text": "x", "metadata": {"a": NaN}}', "metadata.a"),
        (b'{"id": "x", "text": "x", "more": 1}', "more: Extra inputs"),
        (b'{"id": "x", "text": "   "}', "contains no text"),
        (b"[" * 100_000, "recursion limit"),
    ],
)
def test_invalid_text_returns_422_and_changes_nothing(
    client: TestClient, body: bytes, message: str
) -> None:
    headers = {"Content-Type": "application/json"}
    response = client.post("/api/v1/documents", content=body, headers=headers)
    assert message in refused(response, 422, response.json()["error"]["code"])
    assert client.get("/api/v1/status").json()["documents"] == 2


def test_files_are_added_although_others_fail(
    client: TestClient,
) -> None:
    given = files(
        ("2020-01-02 bank.txt", b"The bank was founded by Otto Brandt."),
        ("../bank.txt", b"The bank was founded by a thief."),
        ("bank.exe", b"MZ"),
        ("table.csv", b"id,text\n7,The mill burnt down.\n"),
    )
    report = client.post("/api/v1/documents", files=given).json()
    responses.Report.model_validate(report)
    assert report["added"] == ["2020-01-02 bank.txt", "table.csv#7"]
    assert [name for name, _ in report["failed"]] == ["../bank.txt", "bank.exe"]
    data = client.get("/api/v1/documents/2020-01-02 bank.txt").json()
    assert (data["date"], data["source"]) == ("2020-01-02", "")


def test_uploaded_file_keeps_its_folders_in_id_and_original(client: TestClient) -> None:
    name = "letters/2020-01-02/bank.txt"
    for text, outcome in ((b"The bank was founded.", "added"), (b"The bank failed.", "updated")):
        report = client.post("/api/v1/documents", files=files((name, text))).json()
        assert report[outcome] == [name]
        assert client.get(f"/api/v1/documents/{quote(name, safe='')}/file").content == text
    # A file of the same name in another folder is another document.
    given = files(("bank.txt", b"The bank was sold."))
    assert client.post("/api/v1/documents", files=given).json()["added"] == ["bank.txt"]
    table = files(("letters/rows.csv", b"id,text\n7,The mill burnt down.\n8,It rained.\n"))
    client.post("/api/v1/documents", files=table)
    table = files(("letters/rows.csv", b"id,text\n7,The mill burnt down.\n"))
    report = client.post("/api/v1/documents", files=table).json()
    assert report["removed"] == ["letters/rows.csv#8"]


def test_only_failing_files_return_422(client: TestClient) -> None:
    given = files(("../bank.txt", b"The bank."), ("bank.exe", b"MZ"))
    message = refused(client.post("/api/v1/documents", files=given), 422, "document_refused")
    assert "is not a file name" in message
    assert "bank.exe is of an unknown kind (.exe): save it as PDF" in message
    assert client.get("/api/v1/status").json()["documents"] == 2


def test_form_without_files_and_other_content_types_are_refused(client: TestClient) -> None:
    nothing = files()
    other = [("other", ("a.txt", b"Text."))]
    refused(client.post("/api/v1/documents", files=nothing), 415, "unsupported_media_type")
    refused(client.post("/api/v1/documents", files=other), 422, "invalid_request")
    for kind in ("text/plain", "multipart/form-data", "application/xml"):
        response = client.post("/api/v1/documents", content=b"text", headers={"Content-Type": kind})
        assert response.status_code in (400, 415)
        refused(response, response.status_code, response.json()["error"]["code"])


def test_body_over_limit_returns_413(connect) -> None:
    client = connect(config=Config(max_file_bytes=1000))
    large = files(("large.txt", b"word " * 300_000))
    refused(client.post("/api/v1/documents", files=large), 413, "too_large")

    def growing() -> Iterator[bytes]:
        for _ in range(90):
            yield b"word " * 10_000

    headers = {"Content-Type": "application/json"}
    for path in ("/api/v1/documents", "/api/v1/ask"):
        refused(client.post(path, content=growing(), headers=headers), 413, "too_large")
    small = files(("small.txt", b"word " * 300))
    message = refused(client.post("/api/v1/documents", files=small), 422, "document_refused")
    assert "more than the 1,000 allowed" in message


def test_stream_returns_progress_and_then_the_report(client: TestClient) -> None:
    given = files(("table.csv", b"id,text\n1,The mill.\n2,The fair.\n"), ("b.exe", b"MZ"))
    response = client.post("/api/v1/documents?stream=true", files=given)
    assert response.headers["Content-Type"] == "application/x-ndjson"
    *steps, last = map(json.loads, response.text.splitlines())
    assert steps == [
        {"event": "progress", "file": "table.csv", "done": done, "of": 2} for done in range(3)
    ]
    assert last["event"] == "report"
    assert last["report"]["added"] == ["table.csv#1", "table.csv#2"]
    assert [name for name, _ in last["report"]["failed"]] == ["b.exe"]


def test_stream_ends_with_the_error(client: TestClient) -> None:
    response = client.post("/api/v1/documents?stream=true", files=files(("b.exe", b"MZ")))
    [line] = map(json.loads, response.text.splitlines())
    assert (line["event"], line["error"]["code"]) == ("error", "document_refused")
    assert line["error"]["request_id"] == response.headers["X-Request-ID"]


def test_stream_of_dropped_work_ends_with_busy(client: TestClient) -> None:
    service = client.app.state.service
    leave = threading.Event()
    service.writer.submit(lambda: leave.wait(10))
    lines: list[str] = []

    def add() -> None:
        given = {"id": "mill.txt", "text": "The mill."}
        lines.extend(client.post("/api/v1/documents?stream=true", json=given).text.splitlines())

    thread = threading.Thread(target=add)
    thread.start()
    while service.writer.pending < 2:
        time.sleep(0.01)
    service.stop()
    leave.set()
    thread.join()
    [line] = map(json.loads, lines)
    assert (line["event"], line["error"]["code"]) == ("error", "busy")


def test_adding_waits_for_another_writer(client: TestClient, assistant: Assistant) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow() -> Iterator[Document]:
        entered.set()
        leave.wait(10)
        yield Document(id="slow.txt", text="The slow one.")

    writer = threading.Thread(target=assistant.index.add, args=(slow(),))
    writer.start()
    entered.wait(10)
    threading.Timer(0.2, leave.set).start()
    began = time.monotonic()
    response = client.post("/api/v1/documents", json={"id": "quick.txt", "text": "The quick one."})
    writer.join()
    assert response.json()["added"] == ["quick.txt"]
    assert time.monotonic() - began >= 0.2
