import io
import os
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas
from starlette.testclient import TestClient

from embeddings import Index, PageImage
from qa import Assistant, Config
from qa.server import document_files
from qa.server.keys import Keys
from qa.server.service import THREADS, Service
from tests.qa.server.test_api import refused

FERRY = "The ferry to Kolm left the harbour at seven."
STORM = "A storm broke the pier of Ostra in March."


def pdf(*pages: str, size: tuple[float, float] = (400, 300)) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=size)
    for text in pages:
        canvas.drawString(40, 200, text)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def upload(client: TestClient, *files: tuple[str, bytes]) -> dict[str, list[str]]:
    response = client.post("/api/v1/documents", files=[("files", file) for file in files])
    assert response.status_code == 200, response.text
    return response.json()


def kept(tmp_path: Path) -> list[str]:
    folder = tmp_path / "index" / "originals"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def image_of(response) -> Image.Image:
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "image/png"
    return Image.open(io.BytesIO(response.content)).convert("RGB")


def yellow(image: Image.Image) -> tuple[int, int, int, int] | None:
    """Return the box of the highlighted pixels: left, top, right, bottom."""
    pixels = image.load()
    marked = Image.new("1", image.size)
    marked.putdata(
        [pixels[x, y] == (255, 236, 120) for y in range(image.height) for x in range(image.width)]
    )
    return marked.getbbox()


def test_uploaded_pdf_is_served_inline_as_it_was_sent(client: TestClient) -> None:
    content = pdf(FERRY)
    upload(client, ("ferry.pdf", content))
    response = client.get("/api/v1/documents/ferry.pdf/file")
    assert response.content == content
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Disposition"] == 'inline; filename="ferry.pdf"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["ferry.html", "ferry.svg.txt", "fähre.md"])
def test_other_uploads_are_served_as_octet_stream_attachments(
    client: TestClient, name: str
) -> None:
    content = f"<html><body><p>{FERRY}</p><script>alert(1)</script></body></html>".encode()
    upload(client, (name, content))
    response = client.get(f"/api/v1/documents/{quote(name)}/file")
    assert response.content == content
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment; ")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_row_of_uploaded_table_has_the_table_as_its_file(client: TestClient) -> None:
    content = b"id,text\n7,The mill burnt down.\n8,The fair was held.\n"
    upload(client, ("table.csv", content))
    assert client.get("/api/v1/documents/table.csv%237/file").content == content


def test_original_is_removed_with_the_last_document_of_the_file(
    client: TestClient, tmp_path: Path
) -> None:
    upload(client, ("table.csv", b"id,text\n7,The mill burnt down.\n8,The fair was held.\n"))
    assert len(kept(tmp_path)) == 1
    client.delete("/api/v1/documents/table.csv%237")
    assert len(kept(tmp_path)) == 1
    client.delete("/api/v1/documents/table.csv%238")
    assert kept(tmp_path) == []


def test_new_upload_of_same_name_replaces_the_original(client: TestClient, tmp_path: Path) -> None:
    for text in (FERRY, STORM):
        upload(client, ("news.txt", text.encode()))
        assert client.get("/api/v1/documents/news.txt/file").text == text
    assert len(kept(tmp_path)) == 1


def test_upload_again_of_unchanged_file_adds_a_missing_original(
    connect: Callable[..., TestClient], tmp_path: Path
) -> None:
    without = connect(config=Config(keep_originals=False))
    upload(without, ("news.txt", FERRY.encode()))
    assert kept(tmp_path) == []
    refused(without.get("/api/v1/documents/news.txt/file"), 404, "no_file")
    client = connect()
    assert upload(client, ("news.txt", FERRY.encode()))["unchanged"] == ["news.txt"]
    assert client.get("/api/v1/documents/news.txt/file").text == FERRY


def test_text_that_replaces_an_upload_has_no_original(client: TestClient, tmp_path: Path) -> None:
    upload(client, ("news.txt", FERRY.encode()))
    client.post("/api/v1/documents", json={"id": "news.txt", "text": STORM})
    refused(client.get("/api/v1/documents/news.txt/file"), 404, "no_file")
    assert kept(tmp_path) == []


def test_backup_restore_and_reindex_keep_originals(client: TestClient, tmp_path: Path) -> None:
    upload(client, ("news.txt", FERRY.encode()))
    Index.backup(tmp_path / "index", tmp_path / "backup")
    client.delete("/api/v1/documents/news.txt")
    refused(client.get("/api/v1/documents/news.txt/file"), 404, "no_such_document")
    Index.restore(tmp_path / "backup", tmp_path / "index")
    assert client.get("/api/v1/documents/news.txt/file").text == FERRY
    Index.reindex(tmp_path / "index")
    assert client.get("/api/v1/documents/news.txt/file").text == FERRY


def test_indexed_file_is_served_until_it_changes(
    client: TestClient, assistant: Assistant, tmp_path: Path
) -> None:
    path = tmp_path / "corpus" / "ferry.txt"
    path.parent.mkdir()
    path.write_text(FERRY)
    assistant.index.add_paths(path.parent)
    assert client.get("/api/v1/documents/ferry.txt/file").text == FERRY
    os.utime(path, (1, 1))  # the content is the same
    assert client.get("/api/v1/documents/ferry.txt/file").text == FERRY
    path.write_text(FERRY.replace("seven", "eight"))
    refused(client.get("/api/v1/documents/ferry.txt/file"), 404, "no_file")
    path.unlink()
    refused(client.get("/api/v1/documents/ferry.txt/file"), 404, "no_file")


def test_upload_with_the_id_of_an_indexed_file_has_its_own_original(
    client: TestClient, assistant: Assistant, tmp_path: Path
) -> None:
    path = tmp_path / "corpus" / "ferry.txt"
    path.parent.mkdir()
    path.write_text(FERRY)
    assistant.index.add_paths(path.parent)
    [added] = upload(client, ("ferry.txt", STORM.encode()))["added"]
    assert added != "ferry.txt"
    response = client.get(f"/api/v1/documents/{added}/file")
    assert response.text == STORM
    assert response.headers["Content-Disposition"] == 'attachment; filename="ferry.txt"'
    assert client.get("/api/v1/documents/ferry.txt/file").text == FERRY


def test_symbolic_link_in_the_originals_is_not_served(client: TestClient, tmp_path: Path) -> None:
    upload(client, ("news.txt", FERRY.encode()))
    secret = tmp_path / "secret"
    secret.write_text("x" * len(FERRY))
    [name] = kept(tmp_path)
    copy = tmp_path / "index" / "originals" / name
    copy.unlink()
    copy.symlink_to(secret)
    refused(client.get("/api/v1/documents/news.txt/file"), 404, "no_file")


@pytest.mark.parametrize(
    "document_id",
    ["../secret.txt", "..%2Fsecret.txt", "%2Fetc%2Fpasswd", "fair.txt/../../secret.txt", "%00"],
)
def test_id_that_is_a_path_returns_404(client: TestClient, document_id: str) -> None:
    for rest in ("file", "pages/1.png"):
        response = client.get(f"/api/v1/documents/{document_id}/{rest}")
        assert response.status_code == 404
        assert response.headers["Content-Type"] == "application/json"


def test_document_whose_id_ends_like_a_route_is_returned(client: TestClient) -> None:
    client.post("/api/v1/documents", json={"id": "my/file", "text": FERRY})
    assert client.get("/api/v1/documents/my/file").json()["text"] == FERRY


def test_document_without_file_returns_404(client: TestClient) -> None:
    for rest in ("file", "pages/1.png"):
        refused(client.get(f"/api/v1/documents/fair.txt/{rest}"), 404, "no_file")


def test_page_image_highlights_the_quotation(client: TestClient) -> None:
    upload(client, ("ferry.pdf", pdf(STORM, FERRY)))
    document = client.get("/api/v1/documents/ferry.pdf").json()
    assert document["pages"] == 2
    plain = image_of(client.get("/api/v1/documents/ferry.pdf/pages/2.png"))
    assert plain.size == (800, 600)
    assert yellow(plain) is None
    start = document["text"].index("harbour")
    place = {"start": start, "end": start + len("harbour")}
    response = client.get("/api/v1/documents/ferry.pdf/pages/2.png", params=place)
    box = yellow(image_of(response))
    assert box is not None
    left, top, right, bottom = box
    assert response.headers["X-Highlight"] == f"{left / 800:.2%} {top / 600:.2%}"
    assert 80 < left < right < 700
    assert 170 < top < bottom < 215  # the line is 200 points above the bottom, 2 pixels a point
    other = client.get("/api/v1/documents/ferry.pdf/pages/1.png", params=place)
    assert yellow(image_of(other)) is None
    assert "X-Highlight" not in other.headers


def test_head_of_page_image_has_the_place_of_the_highlight(client: TestClient) -> None:
    upload(client, ("ferry.pdf", pdf(FERRY)))
    response = client.head("/api/v1/documents/ferry.pdf/pages/1.png?start=4&end=9")
    assert response.content == b""
    assert re.fullmatch(r"[\d.]+% [\d.]+%", response.headers["X-Highlight"])


@pytest.mark.parametrize(
    ("page", "status", "code"),
    [
        ("2", 404, "no_such_page"),
        ("0", 422, "invalid_request"),
        ("x", 404, "no_such_document"),
        ("9" * 7, 404, "no_such_page"),
        ("9" * 5000, 404, "no_such_document"),
    ],
)
def test_unknown_page_is_refused(client: TestClient, page: str, status: int, code: str) -> None:
    upload(client, ("ferry.pdf", pdf(FERRY)))
    refused(client.get(f"/api/v1/documents/ferry.pdf/pages/{page}.png"), status, code)


def test_offsets_outside_the_document_return_422(client: TestClient) -> None:
    upload(client, ("ferry.pdf", pdf(FERRY)))
    for place in ({"start": 5, "end": 4}, {"start": 0, "end": 10_000}):
        response = client.get("/api/v1/documents/ferry.pdf/pages/1.png", params=place)
        refused(response, 422, "citation_refused")


def test_page_of_another_format_returns_404(client: TestClient) -> None:
    upload(client, ("ferry.txt", FERRY.encode()))
    refused(client.get("/api/v1/documents/ferry.txt/pages/1.png"), 404, "no_page_images")


def test_huge_page_is_rendered_within_the_pixel_limit(client: TestClient) -> None:
    upload(client, ("map.pdf", pdf(FERRY, size=(14_000, 14_000))))
    image = image_of(client.get("/api/v1/documents/map.pdf/pages/1.png"))
    assert image.size == (2000, 2000)
    upload(client, ("strip.pdf", pdf(FERRY, size=(14_000, 210))))
    image = image_of(client.get("/api/v1/documents/strip.pdf/pages/1.png"))
    assert image.size == (6000, 90)


def test_slow_page_images_do_not_delay_other_requests(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(client, ("ferry.pdf", pdf(FERRY)))
    shown = threading.Event()

    def render(*_: object, **__: object) -> PageImage:
        assert shown.wait(60)
        return PageImage(b"image", None)

    monkeypatch.setattr(document_files, "page_image", render)
    service: Service = client.app.state.service
    with ThreadPoolExecutor(2 * THREADS) as threads:
        pages = [
            threads.submit(client.get, f"/api/v1/documents/ferry.pdf/pages/1.png?end={end}")
            for end in range(1, THREADS + 1)
        ]
        try:
            while service.images.pending + service.readers.pending < THREADS:
                time.sleep(0.01)
            listed = threads.submit(client.get, "/api/v1/documents").result(30)
        finally:
            shown.set()
    assert listed.status_code == 200
    assert [page.result().content for page in pages] == [b"image"] * THREADS


@pytest.mark.parametrize("rest", ["file", "pages/1.png"])
def test_missing_key_returns_401(connect: Callable[..., TestClient], rest: str) -> None:
    client = connect(keys=Keys.of(["right"]))
    path = f"/api/v1/documents/ferry.pdf/{rest}"
    refused(client.get(path), 401, "key_refused")
    refused(client.get(path, headers={"X-API-Key": "right"}), 404, "no_such_document")
