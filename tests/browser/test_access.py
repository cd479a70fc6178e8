"""Accessibility: keyboard, phone, dark colours, screen readers."""

from importlib.resources import files

import pytest
from playwright.sync_api import expect

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
WHO = "Who headed the Turkish delegation?"


def violations(page) -> list[str]:
    """Return the serious and critical findings of axe-core."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document)")["violations"]
    return [
        f"{rule['id']}: {node['target']}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize(
    ("width", "colours"),
    [
        (1280, "light"),
        (390, "dark"),
        pytest.param(1280, "dark", marks=pytest.mark.long),
        pytest.param(390, "light", marks=pytest.mark.long),
    ],
)
def test_axe_finds_no_serious_violation(visit, width: int, colours: str) -> None:
    visitor = visit(color_scheme=colours, viewport={"width": width, "height": 844})
    page = visitor.page
    assert violations(page) == []
    turn = visitor.ask(WHO)
    visitor.ask("What is the capital of Peru?")
    page.get_by_role("button", name="Dates", exact=True).click()
    page.get_by_label("From").fill("2019-01-01")
    page.get_by_role("button", name="Documents", exact=True).last.click()
    page.locator("#choices li").first.wait_for()
    assert violations(page) == []
    page.keyboard.press("Escape")
    turn.get_by_role("button", name="Open source").click()
    page.locator("#source mark").wait_for()
    assert violations(page) == []
    page.keyboard.press("Escape")
    visitor.show("Documents")
    page.locator("#rows tr").first.wait_for()
    assert violations(page) == []
    page.get_by_role("button", name="Remove:").first.click()
    assert violations(page) == []
    page.get_by_role("button", name="Cancel").click()
    page.get_by_label("Add to the collection").fill("Devices/Lamps")
    visitor.upload("lamp.txt", " date 2021-05-03 Lamp sold\n\nThe lamp was made by Ivo Lind.\n")
    folders = page.get_by_role("navigation", name="Folders")
    folders.get_by_role("button", name="Devices").click()
    page.get_by_label("Select Lamp sold").check()
    assert violations(page) == []
    page.get_by_role("button", name="Ask this folder").click()
    page.get_by_role("button", name="Documents", exact=True).last.click()
    expect(page.get_by_label("Devices 1 document")).to_be_checked()
    turn = visitor.ask("Who made the lamp?")
    turn.locator("summary", has_text="Copy citation").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    visitor.show("Settings")
    assert violations(page) == []


def test_page_fits_a_phone(visit) -> None:
    visitor = visit(viewport={"width": 390, "height": 844}, has_touch=True)
    page = visitor.page
    turn = visitor.ask(WHO)
    for name in ("Documents", "Settings", "Ask"):
        visitor.show(name)
        assert page.evaluate("document.documentElement.scrollWidth") == 390, name
    turn.get_by_role("button", name="Open source").tap()
    expect(page.locator("#source mark")).to_be_in_viewport()
    page.get_by_role("button", name="Close the source").tap()
    history = page.get_by_role("complementary", name="Conversations")
    expect(history).to_be_hidden()
    page.get_by_role("button", name="Conversations").tap()
    expect(history).to_be_visible()
    page.get_by_role("button", name="New conversation").tap()
    expect(history).to_be_hidden()
    expect(page.get_by_role("heading", name="Ask your documents")).to_be_visible()


def test_page_follows_the_system_colours_and_its_button(visit) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    light, dark = visit(color_scheme="light"), visit(color_scheme="dark")
    assert light.page.evaluate(background) == "rgb(251, 250, 248)"
    assert dark.page.evaluate(background) == "rgb(22, 22, 21)"
    light.page.get_by_role("button", name="Switch between light and dark").click()
    assert light.page.evaluate(background) == "rgb(22, 22, 21)"
    light.page.reload()
    light.page.locator("#app[data-ready]").wait_for()
    assert light.page.evaluate(background) == "rgb(22, 22, 21)"


def test_keyboard_asks_opens_the_source_and_returns(visitor) -> None:
    page = visitor.page
    box = page.get_by_label("Question", exact=True)
    expect(box).to_be_focused()
    page.keyboard.type("Who headed the")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("Turkish delegation?")
    assert box.input_value() == "Who headed the\nTurkish delegation?"
    page.keyboard.press("Enter")
    expect(page.locator(".turn .quote mark")).to_contain_text("Sedat Önal")
    expect(page.locator("#spoken")).to_contain_text("Sedat Önal. Likely right")
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.dataset.act") == "source":
            break
    page.keyboard.press("Enter")
    expect(page.locator("#source mark")).to_be_in_viewport()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.act") == "source"
    page.keyboard.press("/")
    expect(box).to_be_focused()
    assert box.input_value() == ""


def test_gradio_is_not_visible(visitor) -> None:
    expect(visitor.page).to_have_title("Document assistant")
    expect(visitor.page.locator("footer")).to_have_count(0)
    assert "radio" not in visitor.page.locator("body").inner_text()


def test_page_works_with_the_key(guarded: str, visit) -> None:
    visitor = visit(guarded, http_credentials={"username": "anyone", "password": "secret"})
    expect(visitor.ask(WHO).locator(".quote mark")).to_contain_text("Sedat Önal")
    line = visitor.upload("note.txt", "Ivo Lind sold the mill.")
    expect(line.locator(".state")).to_have_text("Added")


def test_page_without_the_key_returns_401(browser, guarded: str) -> None:
    context = browser.new_context()
    response = context.request.get(guarded)
    assert response.status == 401
    assert "document" not in response.text().lower()
    context.close()
