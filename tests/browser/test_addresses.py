"""Addresses of views and conversations, the buttons of the browser, and links to answers."""

import re

from playwright.sync_api import expect

from tests.browser.test_access import violations

WHO = "Who headed the Turkish delegation?"


def test_back_and_forward_step_through_views(visitor) -> None:
    page = visitor.page
    visitor.ask(WHO)
    expect(page).to_have_url(re.compile(r"#/conversation/[\w-]+$"))
    conversation = page.url
    visitor.show("Documents")
    expect(page).to_have_url(re.compile("#/documents$"))
    visitor.show("Settings")
    page.go_back()
    expect(page.get_by_role("heading", name="Documents")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(conversation)
    expect(page.locator(".turn .quote mark")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Ask your documents")).to_be_visible()
    page.go_forward()
    expect(page.locator(".turn .quote mark")).to_contain_text("Sedat Önal")


def test_address_opens_its_view(visit, server: str) -> None:
    for name, heading in (("documents", "Documents"), ("settings", "Settings")):
        page = visit(f"{server}/#/{name}").page
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()


def test_back_closes_the_source_before_it_leaves_the_view(visitor) -> None:
    page = visitor.page
    turn = visitor.ask(WHO)
    address = page.url
    source = page.get_by_role("complementary", name="Source")
    turn.get_by_role("button", name="Open source").click()
    expect(source).to_be_visible()
    page.go_back()
    expect(source).to_be_hidden()
    expect(page).to_have_url(address)
    turn.get_by_role("button", name="Open source").click()
    expect(source).to_be_visible()
    page.keyboard.press("Escape")
    expect(source).to_be_hidden()
    turn.get_by_role("button", name="Open source").click()
    visitor.show("Documents")
    expect(source).to_be_hidden()
    page.go_back()
    expect(page).to_have_url(address)
    expect(turn).to_be_visible()


def test_answer_over_time_has_an_address(visitor) -> None:
    page = visitor.page
    visitor.ask(WHO)
    page.get_by_role("button", name="Over time").click()
    shown = page.get_by_role("region", name="Over time").get_by_role("heading")
    expect(shown).to_contain_text("Sedat Önal")
    expect(page).to_have_url(re.compile("/over-time/0$"))
    page.reload()
    expect(shown).to_contain_text("Sedat Önal")
    page.go_back()
    expect(shown).to_have_count(0)
    expect(page.locator(".turn .quote mark")).to_be_visible()


def test_list_of_conversations_has_an_address_on_a_phone(visit, server: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}}
    page = visit(**phone).page
    history = page.get_by_role("complementary", name="Conversations")
    page.get_by_role("button", name="Conversations").click()
    expect(history).to_be_visible()
    expect(page).to_have_url(re.compile("#/history$"))
    page.go_back()
    expect(history).to_be_hidden()
    page = visit(f"{server}/#/history", **phone).page
    history = page.get_by_role("complementary", name="Conversations")
    expect(history).to_be_visible()
    page.get_by_role("button", name="Conversations").click()
    expect(history).to_be_hidden()
    expect(page.get_by_label("Question", exact=True)).to_be_visible()


def test_conversation_of_another_browser_is_reported(visit, server: str) -> None:
    page = visit(f"{server}/#/conversation/none").page
    expect(page.locator("#toast")).to_have_text("This conversation is not in this browser.")
    expect(page.get_by_role("heading", name="Ask your documents")).to_be_visible()
    expect(page).to_have_url(re.compile("#/$"))


def test_reload_while_an_answer_is_awaited_shows_it(visitor) -> None:
    page = visitor.page
    page.route(
        "**/component_server/*",
        lambda route: None if '"ask"' in route.request.post_data else route.continue_(),
    )
    page.get_by_label("Question", exact=True).fill(WHO)
    page.keyboard.press("Enter")
    expect(page.locator(".turn .waiting")).to_be_visible()
    page.unroute("**/component_server/*")
    page.reload()
    expect(page.locator(".turn .question")).to_have_text(WHO)
    expect(page.locator(".turn .quote mark")).to_contain_text("Sedat Önal")


def test_link_to_an_answer_asks_the_same_question_with_its_options(visitor, visit) -> None:
    page = visitor.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Dates", exact=True).click()
    page.get_by_label("From").fill("2020-01-01")
    visitor.show("Settings")
    page.get_by_label("Passages read").fill("3")
    page.get_by_label("Passages read").blur()
    visitor.show("Ask")
    turn = visitor.ask(WHO)
    turn.get_by_role("button", name="Copy link to this answer").click()
    expect(page.locator("#toast")).to_contain_text("Link copied")
    link = page.evaluate("navigator.clipboard.readText()")
    assert "&after=2020-01-01&k=3" in link
    assert "min_score" not in link
    other = visit(link).page
    expect(other.locator(".turn .question")).to_have_text(WHO)
    expect(other.locator(".turn .quote mark")).to_contain_text("Sedat Önal")
    expect(other.locator(".turn .limits")).to_contain_text("since 1 January 2020")
    expect(other.get_by_role("button", name="Remove the filter Since 1 Jan 2020")).to_be_visible()
    expect(other).to_have_url(re.compile(r"#/conversation/[\w-]+$"))
    options = """Object.keys(localStorage).filter((key) => key.includes("conversation/"))
        .map((key) => JSON.parse(localStorage.getItem(key)).turns[0].options)"""
    assert other.evaluate(options) == page.evaluate(options)
    assert violations(other) == []
