"""Conversations in the browser's storage."""

import json
from pathlib import Path

from playwright.sync_api import expect

WHO = "Who headed the Turkish delegation?"
NONE = "What is the capital of Peru?"


def test_reload_keeps_the_conversation(visitor) -> None:
    visitor.ask(WHO)
    visitor.page.reload()
    expect(visitor.page.locator(".turn .quote mark")).to_contain_text("Sedat Önal")
    expect(visitor.page.locator("#conversations li")).to_have_count(1)


def test_conversations_are_renamed_searched_and_deleted(visitor) -> None:
    page = visitor.page
    visitor.ask(WHO)
    page.get_by_role("button", name="New conversation").click()
    visitor.ask(NONE)
    listed = page.locator("#conversations li")
    expect(listed).to_have_count(2)
    page.get_by_role("button", name=f"Rename: {NONE}").click()
    page.get_by_label("Name", exact=True).fill("Geography")
    page.keyboard.press("Enter")
    expect(listed.first).to_contain_text("Geography")
    page.get_by_label("Search conversations").fill("Önal")
    expect(listed).to_have_count(1)
    expect(listed).to_contain_text(WHO)
    page.get_by_label("Search conversations").fill("")
    page.get_by_role("button", name="Delete: Geography").click()
    expect(listed).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(listed).to_have_count(2)
    page.get_by_role("button", name=WHO).first.click()
    expect(page.locator(".turn .quote mark")).to_contain_text("Sedat Önal")


def test_two_browsers_at_once_get_their_own_replies(visit) -> None:
    one, other = visit(), visit()
    one.page.get_by_label("Question", exact=True).fill(WHO)
    other.page.get_by_label("Question", exact=True).fill(NONE)
    one.page.keyboard.press("Enter")
    other.page.keyboard.press("Enter")
    expect(one.page.locator(".turn .quote")).to_contain_text("Sedat Önal")
    expect(other.page.locator(".turn .quote")).to_contain_text("Not in your")
    for visitor, question in ((one, WHO), (other, NONE)):
        expect(visitor.page.locator(".turn")).to_have_count(1)
        expect(visitor.page.locator("#conversations .open span").first).to_have_text(question)


def test_conversation_is_exported_with_its_citations(visitor, tmp_path: Path) -> None:
    visitor.ask(WHO)
    visitor.ask(NONE)
    exported = {}
    for kind in ("Markdown", "JSON"):
        with visitor.page.expect_download() as download:
            visitor.page.get_by_role("button", name=kind).click()
        exported[kind] = tmp_path / download.value.suggested_filename
        download.value.save_as(exported[kind])
    assert exported["Markdown"].name == "who-headed-the-turkish-delegation.md"
    markdown = exported["Markdown"].read_text()
    assert "Sedat Önal**" in markdown
    assert "000\\_74a895c031bd17f6.txt, characters" in markdown
    assert "Not in your documents" in markdown
    first, second = json.loads(exported["JSON"].read_text())["turns"]
    assert first["answer"]["document"]["id"] == "000_74a895c031bd17f6.txt"
    assert second["answer"] is None


def test_broken_storage_does_not_break_the_page(visitor) -> None:
    page = visitor.page
    visitor.ask(WHO)
    page.evaluate(
        """() => {
            const key = Object.keys(localStorage).find((name) => name.includes("conversation/"));
            const kept = JSON.parse(localStorage.getItem(key));
            kept.turns[0].reply.answers[0].start = "nowhere";
            kept.turns[0].reply.answer = "<img src=x onerror='window.ran=1'>";
            localStorage.setItem(key, JSON.stringify(kept));
            localStorage.setItem("document-assistant/settings", "{");
        }"""
    )
    page.reload()
    expect(page.locator(".failed")).to_have_text("This reply cannot be shown any more.")
    assert page.evaluate("window.ran") is None
    page.get_by_role("button", name="New conversation").click()
    expect(visitor.ask(WHO).locator(".quote mark")).to_contain_text("Sedat Önal")
