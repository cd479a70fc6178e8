"""The page of a server without documents."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit, Visitor, serving
from tests.browser.test_access import violations


@pytest.fixture
def newcomer(visit: Visit, tmp_path: Path) -> Iterator[Visitor]:
    folder = tmp_path / "empty"
    folder.mkdir()
    with serving(folder / "index", corpus=None, folder=folder) as address:
        yield visit(address)


def test_empty_index_offers_upload_and_a_sample_until_there_are_documents(
    newcomer: Visitor,
) -> None:
    page = newcomer.page
    expect(page.get_by_role("heading", name="Add documents to ask about")).to_be_visible()
    expect(page.locator("#first-formats")).to_contain_text("PDF, Word")
    expect(page.locator("#first-limit")).to_contain_text("MB a file")
    expect(page.get_by_label("Question", exact=True)).to_be_hidden()
    assert violations(page) == []
    page.get_by_role("button", name="Try it with a sample article").click()
    expect(page.locator("#examples button")).to_have_count(3)
    page.get_by_role("button", name="Who designed the tidal clock").click()
    turn = page.locator(".turn").first
    expect(turn.locator(".quote mark")).to_contain_text("Ines Maddock")
    turn.get_by_role("button", name="Open source").click()
    expect(page.locator("#source mark").first).to_contain_text("Ines Maddock")
    page.keyboard.press("Escape")
    newcomer.upload("mill.txt", b"The mill was sold by Ivo Lind.")
    expect(page.locator("#rows tr")).to_have_count(1)
    newcomer.show("Ask")
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_label("Question", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Try it with a sample article")).to_be_hidden()
    turn = newcomer.ask("Who designed the tidal clock?")
    expect(turn.locator(".answer")).not_to_contain_text("Maddock")
