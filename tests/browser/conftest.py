"""A server with the bundled models over the seed corpus, and browsers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")

WAIT_MILLISECONDS = 60_000
expect.set_options(timeout=WAIT_MILLISECONDS)

Visit = Callable[..., "Visitor"]


class Visitor:
    """A browser window with the page."""

    def __init__(self, page: Page, outside: list[str], complaints: list[str]) -> None:
        self.page = page
        self.outside = outside
        """Requests to anywhere else than the server."""
        self.complaints = complaints
        """Errors in the browser's console."""

    def ask(self, question: str) -> Locator:
        """Ask a question and return the turn with its reply."""
        before = self.page.locator(".turn").count()
        self.page.get_by_label("Question", exact=True).fill(question)
        self.page.keyboard.press("Enter")
        turn = self.page.locator(".turn").nth(before)
        expect(turn.locator(".answer")).to_be_visible()
        return turn

    def show(self, name: str) -> None:
        self.page.get_by_role("navigation", name="Pages").get_by_role("button", name=name).click()

    def upload(self, name: str, content: str | bytes) -> Locator:
        """Upload a file and return its row when it is finished."""
        self.show("Documents")
        before = self.page.locator("#uploads li").count()
        content = content if isinstance(content, bytes) else content.encode()
        file = {"name": name, "mimeType": "text/plain", "buffer": content}
        self.page.set_input_files("#files", [file])
        line = self.page.locator("#uploads li").nth(before)
        expect(line).to_have_attribute("data-phase", "finished")
        return line


# Per module: tests change the documents, and the order of the modules is not fixed.
@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server") / "index"


@contextmanager
def serving(
    index: Path, *flags: str, corpus: str | None = "seeds", folder: Path = ROOT
) -> Iterator[str]:
    """Run `qa serve` and yield its address."""
    command = [sys.executable, "-m", "qa", "serve", "--port", "0", "--index", str(index), *flags]
    command += [] if corpus is None else ["--corpus", corpus]
    temporary = index.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}
    log = index.parent / "log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        with process:
            address = re.search(r"http://\S+", process.stdout.readline())
            assert address, log.read_text()
            try:
                yield address[0]
            finally:
                process.terminate()


@pytest.fixture(scope="module")
def server(index: Path) -> Iterator[str]:
    with serving(index) as address:
        yield address


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[str]:
    """A server that requires the key "secret"."""
    with serving(tmp_path / "index", "--api-key", "secret") as address:
        yield address


# Per module: Playwright keeps an event loop running, which disturbs other tests.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is missing: install it or set CHROMIUM")
    flags = ["--no-sandbox", "--disable-background-networking"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield launched
        launched.close()


@pytest.fixture
def visit(browser: Browser, server: str) -> Iterator[Visit]:
    """Open the page in a new browser context; requests to other hosts fail the test."""
    visitors = []

    def make(address: str = server, **options: Any) -> Visitor:
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 860}} | options))
        context.set_default_timeout(WAIT_MILLISECONDS)
        page = context.new_page()
        outside, complaints = [], []
        host = re.match(r"http://[^/]+/?", address)[0]
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((host, "data:", "blob:"))
                else outside.append(request.url)
            ),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: complaints.append(said.text) if said.type == "error" else None,
        )
        page.goto(address)
        page.locator("#app[data-ready]").wait_for()
        visitor = Visitor(page, outside, complaints)
        visitors.append(visitor)
        return visitor

    yield make
    for visitor in visitors:
        visitor.page.context.close()
        assert visitor.outside == []
        assert visitor.complaints == []


@pytest.fixture
def visitor(visit: Visit) -> Visitor:
    return visit()


@pytest.fixture
def named() -> Callable[[str], str]:
    """Make a file name that no other test uses."""
    return lambda name: f"{time.monotonic_ns()}-{name}"
