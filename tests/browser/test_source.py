"""The source panel: pages of a PDF as pictures, other formats as text."""

import io
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from reportlab.pdfgen.canvas import Canvas

from tests.browser.conftest import Visit, Visitor
from tests.browser.test_access import violations

PAGES = (
    "The harbour museum of Selm opens every Friday.",
    "The lantern room was built by the carpenter Edda Brandt in 1871.",
    "The carpenter was paid with a boat. Tickets are sold at the gate.",
)
QUESTION = "Who built the lantern room?"


def pdf(*pages: str, baseline: int = 500) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(420, 595))
    for page in pages:
        canvas.setFont("Helvetica", 11)
        canvas.drawString(40, baseline, page)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


@pytest.fixture
def opened(visitor: Visitor, named: Callable[[str], str]) -> Visitor:
    """A visitor who has opened the source of an answer from a PDF."""
    name = named("museum.pdf")
    line = visitor.upload(name, pdf(*PAGES))
    line.get_by_role("button", name="Ask about it").click()
    turn = visitor.ask(QUESTION)
    expect(turn.locator("p.cite")).to_contain_text("p. 2")
    turn.get_by_role("button", name="Open source").click()
    visitor.page.locator("#source-page img").wait_for()
    return visitor


def test_pdf_page_is_shown_with_the_quotation_marked(opened: Visitor) -> None:
    page = opened.page
    source = page.get_by_role("complementary", name="Source")
    picture = source.get_by_role("img")
    expect(picture).to_have_attribute("alt", re.compile("Page 2 of 3"))
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 400
    start, end = picture.evaluate(
        "image => ['start', 'end'].map(name => new URL(image.src).searchParams.get(name))"
    )
    assert int(start) < int(end)
    expect(source.locator("#page-count")).to_have_text("p. 2 of 3")
    assert violations(page) == []
    source.get_by_role("button", name="Next page").click()
    expect(source.locator("#page-count")).to_have_text("p. 3 of 3")
    expect(source.get_by_role("button", name="Next page")).to_be_disabled()
    source.get_by_role("button", name="Previous page").click()
    expect(source.locator("#page-count")).to_have_text("p. 2 of 3")
    expect(source.locator("#source-text")).to_be_empty()
    source.get_by_role("button", name="Text").click()
    expect(source.locator("mark")).to_contain_text("Edda Brandt")
    expect(source.locator(".page-mark").nth(1)).to_have_text("p. 2 of 3")


def test_quotation_at_the_foot_of_a_pdf_page_is_scrolled_into_view(
    visit: Visit, named: Callable[[str], str]
) -> None:
    visitor = visit(viewport={"width": 1280, "height": 560})
    line = visitor.upload(named("museum.pdf"), pdf(*PAGES, baseline=60))
    line.get_by_role("button", name="Ask about it").click()
    visitor.ask(QUESTION).get_by_role("button", name="Open source").click()
    place = visitor.page.locator("#source-page .mark-place")
    expect(place).to_be_in_viewport()
    assert 0.85 < float(place.evaluate("place => place.style.top").removesuffix("%")) / 100 < 0.9
    visitor.page.get_by_role("button", name="Larger").click()
    expect(place).to_be_in_viewport()
    visitor.page.get_by_role("button", name="Text").click()
    expect(visitor.page.locator("#source mark")).to_be_in_viewport()


def test_find_steps_through_the_places_and_turns_pages(opened: Visitor) -> None:
    source = opened.page.get_by_role("complementary", name="Source")
    source.get_by_label("Find in this document").fill("carpenter")
    expect(source.locator("#mark-count")).to_have_text("1 of 2")
    expect(source.locator("#page-count")).to_have_text("p. 2 of 3")
    source.get_by_role("button", name="Next mark").click()
    expect(source.locator("#mark-count")).to_have_text("2 of 2")
    expect(source.locator("#page-count")).to_have_text("p. 3 of 3")
    source.get_by_role("button", name="Previous mark").click()
    expect(source.locator("#page-count")).to_have_text("p. 2 of 3")
    source.get_by_label("Find in this document").fill("zeppelin")
    expect(source.locator("#mark-count")).to_have_text("Not found")


def test_file_opens_at_the_page(opened: Visitor) -> None:
    link = opened.page.get_by_role("link", name="Open the file at page 2")
    address = link.get_attribute("href")
    assert address.endswith("/file#page=2")
    response = opened.page.request.get(address)
    assert response.headers["content-type"] == "application/pdf"
    assert response.body().startswith(b"%PDF")


def test_back_closes_the_source_and_keeps_the_page(opened: Visitor) -> None:
    opened.page.go_back()
    expect(opened.page.get_by_role("complementary", name="Source")).to_be_hidden()
    expect(opened.page.locator(".turn")).to_have_count(1)
    expect(opened.page.get_by_role("button", name="Open source")).to_be_focused()


def test_title_of_a_long_text_stays_in_view(visitor: Visitor, named: Callable[[str], str]) -> None:
    text = " date 2021-05-03 Rye harvest in Tolm\n\n" + "The rye was cut early. " * 200
    text += "\n\nThe harvest was led by the farmer Jonna Weide.\n"
    line = visitor.upload(named("rye.txt"), text.encode())
    line.get_by_role("button", name="Ask about it").click()
    turn = visitor.ask("Who led the harvest?")
    turn.get_by_role("button", name="Open source").click()
    source = visitor.page.get_by_role("complementary", name="Source")
    expect(source.locator("mark")).to_be_in_viewport()
    expect(source.get_by_role("heading", name="Rye harvest in Tolm")).to_be_in_viewport()
    expect(source.get_by_role("link", name="Open the file")).to_be_visible()


def test_double_click_on_open_source_gives_no_verdict_and_moves_nothing(
    visitor: Visitor,
) -> None:
    turn = visitor.ask("Who headed the Turkish delegation?")
    buttons = turn.locator(".tools button")
    before = [box.bounding_box() for box in buttons.all()]
    turn.get_by_role("button", name="Open source").dblclick()
    expect(visitor.page.locator("#source mark")).to_be_visible()
    assert [box.bounding_box() for box in buttons.all()] == before
    expect(turn.locator("[aria-pressed=true]")).to_have_count(0)


def test_click_right_after_a_layout_change_is_ignored(visitor: Visitor) -> None:
    page = visitor.page
    button = page.get_by_role("button", name="Dates", exact=True)
    box = button.bounding_box()
    page.mouse.click(box["x"] + 5, box["y"] + 5)
    expect(page.locator("#dates")).to_be_visible()
    page.evaluate(
        """([x, y]) => {
            const now = performance.now();
            performance.now = () => now;
            const late = document.createElement("button");
            late.id = "late";
            late.style = `position:fixed;z-index:99;width:40px;height:40px;left:${x}px;top:${y}px`;
            window.lateClicks = 0;
            late.addEventListener("click", () => { window.lateClicks += 1; });
            document.querySelector("#app").append(late);
        }""",
        [box["x"] - 10, box["y"] - 10],
    )
    page.mouse.down()
    page.mouse.up()
    assert page.evaluate("window.lateClicks") == 0
    page.evaluate("() => { const now = performance.now(); performance.now = () => now + 350; }")
    page.mouse.down()
    page.mouse.up()
    assert page.evaluate("window.lateClicks") == 1
