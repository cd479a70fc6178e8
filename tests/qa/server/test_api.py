import json
from pathlib import Path

import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

from embeddings import Document, Index, StoredDocument
from qa import Assistant
from qa.serialization import hit_json, reply_json, timeline_json
from qa.server import responses

QUESTION = "Who won the prize for the best bread?"


def refused(response, status: int, code: str) -> str:
    """Check an error response and return its message."""
    assert response.status_code == status, response.text
    error = responses.ErrorReply.model_validate(response.json()).error
    assert error.code == code
    assert error.request_id == response.headers["X-Request-ID"]
    return error.message


def without_seconds(reply: dict) -> dict:
    return {key: value for key, value in reply.items() if key != "seconds"}


@pytest.mark.parametrize("question", [QUESTION, "Who is the king of Spain?"])
def test_question_returns_the_json_of_the_command_line(
    client: TestClient, assistant: Assistant, question: str
) -> None:
    response = client.post("/api/v1/ask", json={"question": question, "answers": 2})
    data = response.json()
    expected = reply_json(assistant.ask(question, answers=2))
    assert without_seconds(data) == without_seconds(expected)
    assert set(data["seconds"]) == set(expected["seconds"])
    assert (data["answer"] is not None) == (question == QUESTION)


def test_replies_match_the_schema(assistant: Assistant) -> None:
    """The models forbid unknown fields."""

    def fields(model: type[BaseModel]) -> set[str]:
        return set(model.model_fields)

    for question in (QUESTION, "Who is the king of Spain?"):
        reply = reply_json(assistant.ask(question))
        responses.ReplyJson.model_validate(reply)
        assert set(reply) == fields(responses.ReplyJson)
    [hit] = assistant.index.search(QUESTION, 1)
    responses.HitJson.model_validate(hit_json(hit))
    assert set(hit_json(hit)) == fields(responses.HitJson)


def test_several_questions_get_replies_in_order_and_errors_one_by_one(
    client: TestClient,
) -> None:
    questions = [" ", QUESTION, "why " * 1000]
    response = client.post("/api/v1/ask", json={"questions": questions, "k": 3})
    blank, answered, long = responses.Replies.model_validate(response.json()).replies
    assert "The question is empty" in blank.error
    assert "Rosa Pell" in answered.answer.answer
    assert "Ask in fewer words" in long.error


def test_as_of_and_window_change_the_reply(client: TestClient) -> None:
    body = {"question": "Who won the prize in May?"}
    reply = client.post("/api/v1/ask", json=body).json()
    assert reply["window"]["text"] == "in May"
    responses.TimeRangeJson.model_validate(reply["window"])
    reply = client.post("/api/v1/ask", json={**body, "window": False}).json()
    assert reply["window"] is None
    reply = client.post("/api/v1/ask", json={**body, "as_of": "2018-01-01"}).json()
    assert (reply["as_of"], reply["answer"]) == ("2018-01-01", None)
    assert client.post("/api/v1/ask", json={**body, "as_of": "soon"}).status_code == 422


def test_timeline_returns_the_json_of_the_command_line(
    client: TestClient, assistant: Assistant
) -> None:
    data = client.post("/api/v1/timeline", json={"question": QUESTION, "slices": 2}).json()
    expected = timeline_json(assistant.timeline(QUESTION, slices=2))
    responses.TimelineJson.model_validate(data)
    assert without_seconds(data) == without_seconds(expected)
    assert data["values"]
    body = {"question": QUESTION, "as_of": "2000-01-01"}
    assert client.post("/api/v1/timeline", json=body).json()["values"] == []
    assert client.post("/api/v1/timeline", json={"question": " "}).status_code == 422


def test_follow_up_is_rewritten_with_its_history(client: TestClient) -> None:
    history = [{"question": "Who bought the old mill of Dunmore?", "answer": "Ines Varga"}]
    asked = {"question": "How much did she pay?", "history": history}
    data = client.post("/api/v1/ask", json=asked).json()
    assert data["question"] == "How much did she pay?"
    assert "300,000" in data["answer"]["answer"]


@pytest.mark.parametrize(
    ("within", "document"),
    [
        ({"before": "2019-05-11"}, "fair.txt"),
        ({"after": "2019-05-12"}, None),
        ({"documents": ["fair.txt"]}, "fair.txt"),
        ({"documents": ["news/2021/mill.txt"]}, None),
        ({"documents": []}, "fair.txt"),
        ({"min_score": 1}, None),
    ],
)
def test_dates_documents_and_min_score_filter_answers(
    client: TestClient, within: dict, document: str | None
) -> None:
    asked = {"question": "Who won the prize for the best bread?", "min_score": 0.7, **within}
    data = client.post("/api/v1/ask", json=asked).json()
    answer = data["answer"]
    assert (answer and answer["document"]["id"]) == document


def test_empty_strings_and_lists_in_a_body_mean_not_set(client: TestClient) -> None:
    question = {"question": "Who won the prize for the best bread?"}
    filters = {"after": "", "before": "", "as_of": "", "documents": []}
    numbers = dict.fromkeys(("k", "answers", "min_read", "min_score", "min_precision"), "")
    empty = {**filters, **numbers, "window": "", "history": []}
    for values in (empty, dict.fromkeys(empty), {"documents": [""], "before": " "}):
        reply = client.post("/api/v1/ask", json={**question, **values}).json()
        expected = client.post("/api/v1/ask", json=question).json()
        assert reply.pop("seconds")
        assert expected.pop("seconds")
        assert reply == expected
    values = {**filters, "k": "", "slices": "", "min_score": ""}
    assert client.post("/api/v1/timeline", json={**question, **values}).json()["values"]


def test_empty_ids_among_documents_are_ignored(client: TestClient) -> None:
    body = {"question": QUESTION, "documents": ["", "fair.txt"]}
    reply = client.post("/api/v1/ask", json=body).json()
    expected = client.post("/api/v1/ask", json={**body, "documents": ["fair.txt"]}).json()
    assert without_seconds(reply) == without_seconds(expected)
    assert client.post("/api/v1/ask", json={"questions": [QUESTION, ""]}).status_code == 422


def test_empty_query_parameters_mean_not_set(client: TestClient) -> None:
    for url, empty in (
        ("/api/v1/search?question=mill", "&documents=&after=&before=&k="),
        ("/api/v1/documents?", "offset=&limit="),
        ("/api/v1/documents/fair.txt?", "start=&end="),
    ):
        found = client.get(url)
        assert found.status_code == 200
        assert client.get(url + empty).json() == found.json()


@pytest.mark.parametrize("empty", [None, "", []])
def test_empty_question_next_to_questions_means_not_set(client: TestClient, empty: object) -> None:
    one = client.post("/api/v1/ask", json={"question": QUESTION, "questions": empty}).json()
    many = client.post("/api/v1/ask", json={"questions": [QUESTION], "question": empty}).json()
    assert without_seconds(many["replies"][0]) == without_seconds(one)


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_head_of_a_probe_returns_200_without_a_body(client: TestClient, path: str) -> None:
    response = client.head(path)
    assert (response.status_code, response.content) == (200, b"")


def test_dates_can_be_years_and_months(client: TestClient) -> None:
    for dates, found in (
        ({"before": "2019"}, "fair.txt"),
        ({"after": "2021-02", "before": "2021-02"}, "news/2021/mill.txt"),
    ):
        params = {"question": "Dunmore", **dates}
        hits = client.get("/api/v1/search", params=params).json()["hits"]
        assert {hit["document"]["id"] for hit in hits} == {found}


def test_k_sets_the_number_of_passages_read(client: TestClient) -> None:
    asked = {"question": "Who bought the mill?"}
    read = [
        client.post("/api/v1/ask", json={**asked, "k": 3, "min_read": count}).json()["read"]
        for count in (1, 3)
    ]
    assert read == [1, 2]  # the index has two chunks


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "question: Field required"),
        ({"question": 3}, "valid string"),
        ({"question": ""}, "at least 1 character"),
        ({"question": " "}, "The question is empty"),
        ({"question": "w" * 10_001}, "at most 10000 characters"),
        ({"question": "\ud800"}, "valid string"),
        ({"question": "Who?", "k": 0}, "greater than or equal to 1"),
        ({"question": "Who?", "k": 10**30}, "less than or equal to 100"),
        ({"question": "Who?", "k": "3"}, "valid integer"),
        ({"question": "Who?", "min_read": 0}, "greater than or equal to 1"),
        ({"question": "Who?", "min_score": 2}, "less than or equal to 1"),
        ({"question": "Who?", "after": "soon"}, "write it as 2020-09-16, 2020-09 or 2020"),
        ({"question": "Who?", "after": "2020-02-31"}, "is not a date"),
        ({"question": "Who?", "after": "2020-02-02", "before": "2020-02-01"}, "swap the two"),
        ({"question": "Who?", "unknown": 1}, "unknown: Extra inputs are not permitted"),
        ({"questions": []}, "at least 1 item"),
        ({"questions": ["Who?"], "history": []}, "history: Extra inputs are not permitted"),
        ({"question": "Who?", "history": [{"question": "What?"}]}, "answer: Field required"),
        ([1], "body: Input should be a valid dictionary"),
        ({"questions": []}, "body.questions: List should have at least 1 item"),
        (None, "valid dictionary"),
        ({"question": "Who?", "questions": ["Why?"]}, "question: Extra inputs are not permitted"),
        ({"question": "", "questions": []}, "question: Field required"),
    ],
)
def test_invalid_question_returns_422(client: TestClient, body: object, message: str) -> None:
    content = json.dumps(body).encode()
    response = client.post(
        "/api/v1/ask", content=content, headers={"Content-Type": "application/json"}
    )
    code = response.json()["error"]["code"]
    assert code in ("invalid_request", "question_refused", "setting_refused")
    assert message in refused(response, 422, code)


@pytest.mark.parametrize("content", [b"{", b"[" * 100_000, b"\xff\xfe", b"1" * 5000, b""])
def test_invalid_json_returns_422(client: TestClient, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = client.post("/api/v1/ask", content=content, headers=headers)
    assert response.status_code in (400, 422)
    refused(response, response.status_code, response.json()["error"]["code"])


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"question": "\xff"}'])
def test_unparsable_json_returns_400_with_advice(client: TestClient, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = client.post("/api/v1/ask", content=content, headers=headers)
    assert "send JSON in UTF-8" in refused(response, 400, "bad_request")


def test_json_without_content_type_returns_415(client: TestClient) -> None:
    response = client.post("/api/v1/ask", content=b'{"question": "Who?"}')
    message = refused(response, 415, "unsupported_media_type")
    assert "Content-Type: application/json" in message


def test_unknown_path_returns_404_and_wrong_method_405(
    client: TestClient,
) -> None:
    assert "/api/v1/none" in refused(client.get("/api/v1/none"), 404, "not_found")
    assert "/none" in refused(client.get("/none"), 404, "not_found")
    response = client.get("/api/v1/ask")
    refused(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == "POST"


def test_search_returns_the_hits_of_the_index(client: TestClient, assistant: Assistant) -> None:
    asked = {"question": "the mill", "k": 1, "after": "2021-01-01"}
    [hit] = client.get("/api/v1/search", params=asked).json()["hits"]
    [expected] = assistant.index.search("the mill", 1)
    assert hit == hit_json(expected)
    within = {"question": "the mill", "documents": ["fair.txt", "none.txt"]}
    [hit] = client.get("/api/v1/search", params=within).json()["hits"]
    assert hit["document"]["id"] == "fair.txt"
    response = client.get("/api/v1/search", params={"question": "the mill", "k": "many"})
    refused(response, 422, "invalid_request")


def judgement(client: TestClient, **changed: object) -> dict:
    answer = client.post("/api/v1/ask", json={"question": QUESTION}).json()["answer"]
    quoted = {key: answer[key] for key in ("answer", "start", "end", "context")}
    given = {"question": QUESTION, "verdict": "right", "document_id": answer["document"]["id"]}
    return {**given, **quoted, **changed}


def test_feedback_is_saved(client: TestClient, tmp_path: Path) -> None:
    response = client.post("/api/v1/feedback", json=judgement(client, verdict="wrong passage"))
    assert (response.status_code, response.content) == (204, b"")
    kept = json.loads((tmp_path / "feedback.jsonl").read_text())
    assert (kept["verdict"], kept["document_id"]) == ("wrong passage", "fair.txt")
    assert "Rosa Pell" in kept["answer"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"document_id": "none.txt"}, "citation_refused"),
        ({"start": 0}, "citation_refused"),
        ({"answer": "Ines Varga"}, "citation_refused"),
        ({"context": "Rosa Pell won nothing."}, "citation_refused"),
        ({"verdict": "so so"}, "invalid_request"),
        ({"start": -1}, "invalid_request"),
    ],
)
def test_feedback_with_wrong_citation_returns_422(
    client: TestClient, tmp_path: Path, changed: dict, code: str
) -> None:
    refused(client.post("/api/v1/feedback", json=judgement(client, **changed)), 422, code)
    assert not (tmp_path / "feedback.jsonl").exists()


def test_status_counts_documents_and_dates(client: TestClient, assistant: Assistant) -> None:
    before = responses.IndexStatus.model_validate(client.get("/api/v1/status").json())
    assert (before.documents, before.earliest, before.latest) == (2, "2019-05-11", "2021-02-03")
    assert before.chunks == sum(known.chunks for known in assistant.index.documents())
    assistant.index.add([Document(id="new.txt", text="A new document.")])
    after = responses.IndexStatus.model_validate(client.get("/api/v1/status").json())
    assert (after.documents, after.generation > before.generation) == (3, True)


def test_status_lists_the_documents_once_for_each_change(
    client: TestClient, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def documents(self: Index, *given: int) -> list[StoredDocument]:
        calls.append(given)
        return []

    monkeypatch.setattr(type(assistant.index), "documents", documents)
    for _ in range(3):
        client.get("/api/v1/status")
    assert len(calls) == 1
    assistant.index.add([Document(id="new.txt", text="A new document.")])
    client.get("/api/v1/status")
    assert len(calls) == 2


def test_health_ready_and_metrics_are_served(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/ready").json()["status"] == "ready"
    client.post("/api/v1/ask", json={"question": QUESTION})
    client.get("/api/v1/documents/fair.txt")
    client.get("/api/v1/documents/none.txt")
    lines = client.get("/metrics").text.splitlines()
    route = "/api/v1/documents/{document_id:path}"
    assert f'qa_requests_total{{method="GET",route="{route}",status="200"}} 1.0' in lines
    assert f'qa_requests_total{{method="GET",route="{route}",status="404"}} 1.0' in lines
    assert 'qa_questions_total{answered="yes"} 1.0' in lines
    assert 'qa_question_seconds_count{stage="read"} 1.0' in lines
    assert "qa_work 0.0" in lines


def test_unreadable_index_makes_ready_return_503(
    client: TestClient, assistant: Assistant, tmp_path: Path
) -> None:
    (tmp_path / "index" / "catalog.sqlite").write_bytes(b"\0" * 4096)
    refused(client.get("/ready"), 503, "not_ready")
    response = client.get("/api/v1/documents")
    refused(response, 503, "index_unusable")
    assert client.get("/health").status_code == 200


def test_api_description_loads_nothing_from_other_hosts(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.url.path == "/api/v1/docs"
    assert "http" not in page.text.replace("http-equiv", "").lower().split("<script>")[0]
    for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert name in page.text
        assert client.get(f"/api/v1/static-offline-docs/{name}").status_code == 200
    described = client.get("/api/v1/openapi.json").json()
    assert described["servers"] == [{"url": "/api/v1"}]
    assert "security" not in described


@pytest.mark.parametrize("path", ["/health", "/api/v1/status", "/docs", "/api/v1/none", "/metrics"])
def test_every_response_has_request_id_and_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path, headers={"X-Request-ID": "mine-1"}).headers
    assert headers["X-Request-ID"] == "mine-1"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Content-Security-Policy"].startswith("default-src 'self';")
    strange = client.get(path, headers={"X-Request-ID": "a b<script>"}).headers["X-Request-ID"]
    assert len(strange) == 32


def test_unexpected_error_returns_500_without_details(
    client: TestClient, assistant: Assistant, caplog: pytest.LogCaptureFixture
) -> None:
    assistant.index.close()
    response = client.get("/api/v1/documents")
    message = refused(response, 500, "failed")
    assert "sqlite" not in message
    [record] = [record for record in caplog.records if record.message == "request failed"]
    assert vars(record)["request_id"] == response.headers["X-Request-ID"]
