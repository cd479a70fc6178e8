"""Asking questions and reading answers in a browser, with the bundled models."""

import json
import time

import pytest
from playwright.sync_api import expect

from qa.monitoring.verify import load_citations, verify
from tests.browser.test_access import violations

WHO = "Who headed the Turkish delegation?"


def test_answer_is_marked_in_its_sentence_with_confidence_and_citation(visitor) -> None:
    turn = visitor.ask(WHO)
    expect(turn.locator("h2")).to_have_text(WHO)
    expect(turn.locator(".quote mark")).to_contain_text("Sedat Önal")
    expect(turn.locator(".quote")).to_contain_text("had two-day talks in Moscow on Libya and Syria")
    expect(turn.locator(".confidence")).to_contain_text("ikely right")
    expect(turn.locator(".confidence .num")).to_contain_text("%")
    cited = turn.locator("p.cite")
    expect(cited).to_contain_text("Turkish, Russian military delegations to meet")
    parts = cited.locator(".parts > *")
    expect(parts).to_contain_text(["Turkish", "Ankara", "16 September 2020", "000_"])


def test_answer_appears_within_a_second_of_enter(visitor) -> None:
    taken = []
    for _ in range(30):
        began = time.perf_counter()
        visitor.ask(WHO)
        taken.append(time.perf_counter() - began)
        if taken[-1] <= 1.0:  # other processes can only delay the answer
            return
    pytest.fail(f"seconds until the answer: {taken}")


def test_suggested_question_is_answered(visitor) -> None:
    visitor.page.get_by_role("button", name=WHO).click()
    expect(visitor.page.locator(".quote mark")).to_contain_text("Sedat Önal")


def test_no_question_about_other_documents_is_suggested(visitor, named) -> None:
    examples = visitor.page.locator("#examples button")
    expect(examples).to_have_count(3)
    line = visitor.upload(named("storm.txt"), "The storm was heard in Tolm.")
    line.get_by_role("button", name="Ask about it").click()
    expect(examples).to_have_count(0)
    visitor.page.get_by_role("button", name="Remove the filter").first.click()
    expect(examples).to_have_count(3)


def test_source_opens_at_the_mark_and_escape_returns(visitor) -> None:
    turn = visitor.ask(WHO)
    opens = turn.get_by_role("button", name="Open source")
    opens.click()
    source = visitor.page.get_by_role("complementary", name="Source")
    expect(source.locator("mark")).to_have_text(turn.locator(".quote mark").inner_text())
    expect(source.locator("mark")).to_be_in_viewport()
    expect(source.locator(".text")).to_contain_text("close to confrontation.")
    visitor.page.keyboard.press("Escape")
    expect(source).to_be_hidden()
    expect(opens).to_be_focused()


def test_unrelated_question_is_not_in_the_documents(visitor) -> None:
    turn = visitor.ask("What is the capital of Peru?")
    expect(turn.locator(".quote")).to_have_text("Not in your documents")
    expect(turn.locator(".why")).to_contain_text("They probably do not contain the answer")
    expect(turn.locator("blockquote")).to_have_count(0)


def test_date_filter_is_a_chip_that_can_be_removed(visitor) -> None:
    page = visitor.page
    page.get_by_role("button", name="Dates", exact=True).click()
    page.get_by_label("From").fill("2021-01-01")
    chips = page.get_by_role("list", name="Filters").first
    expect(chips).to_contain_text("Since 1 Jan 2021")
    turn = visitor.ask(WHO)
    expect(turn.locator(".why")).to_contain_text("No document matches the filters")
    expect(turn.locator(".limits")).to_contain_text("since 1 January 2021")
    chips.get_by_role("button", name="Remove the filter").click()
    expect(chips.get_by_role("listitem")).to_have_count(0)
    expect(visitor.ask(WHO).locator(".quote mark")).to_contain_text("Sedat Önal")


def test_follow_up_shows_the_rewritten_question_and_can_be_edited(visitor) -> None:
    visitor.ask(WHO)
    turn = visitor.ask("Where did he hold talks?")
    expect(turn.locator(".understood q")).to_contain_text("Sedat Önal")
    expect(turn.locator(".quote mark")).to_contain_text("Moscow")
    turn.locator(".understood").get_by_role("button", name="Edit and ask again").click()
    expect(turn.locator(".question")).to_have_text("Where did he hold talks?")
    box = turn.get_by_label("Question")
    assert "Sedat Önal" in box.input_value()
    box.fill("When will the delegations meet?")
    box.press("Enter")
    expect(turn.locator(".quote mark")).to_contain_text("Sept")
    expect(visitor.page.locator(".turn")).to_have_count(2)


def test_feedback_is_saved_and_stays_marked(visitor, index) -> None:
    turn = visitor.ask(WHO)
    turn.get_by_role("button", name="Wrong passage").click()
    expect(turn.get_by_role("button", name="Wrong passage")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(visitor.page.get_by_text("Your judgement is kept")).to_be_visible()
    row = json.loads((index / "feedback.jsonl").read_text().splitlines()[-1])
    assert row["verdict"] == "wrong passage"
    assert "Sedat Önal" in row["answer"]
    visitor.page.reload()
    expect(visitor.page.get_by_role("button", name="Wrong passage")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_copied_citation_is_confirmed_by_verify(visitor) -> None:
    page = visitor.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    turn = visitor.ask(WHO)
    turn.locator("summary", has_text="Copy citation").click()
    turn.get_by_role("button", name="JSON").click()
    expect(page.get_by_text("Citation copied.")).to_be_visible()
    [citation] = load_citations(page.evaluate("navigator.clipboard.readText()").encode())
    assert "Sedat Önal" in citation.text
    [finding] = verify([citation], lambda document_id: None)
    assert finding.verdict == "confirmed"


def test_citation_is_copied_as_bibtex_with_the_keyboard(visitor, named) -> None:
    page = visitor.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    name = named("fair_{1}.txt")
    visitor.upload(
        name, " date 2021-05-03 Fair & 100% honey\n\nOrla Fenwick opened the honey fair.\n"
    )
    visitor.show("Ask")
    turn = visitor.ask("Who opened the honey fair?")
    menu = turn.locator("details.menu")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(menu.locator("summary")).to_be_focused()
    expect(menu.get_by_role("button", name="BibTeX")).to_be_hidden()
    for key in ("Enter", "Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_text("Citation copied.")).to_be_visible()
    expect(menu.get_by_role("button", name="BibTeX")).to_be_hidden()
    key = name.replace("_{1}.", "-1-")
    file = name.replace("_{1}", r"\_\{1\}")
    assert page.evaluate("navigator.clipboard.readText()") == (
        f"@misc{{{key},\n  title = {{Fair \\& 100\\% honey}},\n"
        f"  year = {{2021}},\n  month = {{5}},\n"
        f"  howpublished = {{{file}}},\n  note = {{“Orla Fenwick”}},\n}}\n"
    )


def test_settings_are_used_and_kept_after_reload(visitor) -> None:
    page = visitor.page
    visitor.show("Settings")
    page.get_by_label("Minimum confidence").fill("100")
    page.get_by_label("Minimum confidence").press("Tab")
    visitor.show("Ask")
    turn = visitor.ask("Who dismissed the move?")
    expect(turn.locator(".why")).to_contain_text("at least 100%")
    page.reload()
    page.locator("#app[data-ready]").wait_for()
    visitor.show("Settings")
    expect(page.get_by_label("Minimum confidence")).to_have_value("100")


def test_html_in_a_question_is_shown_as_text(visitor) -> None:
    question = "Who is <img src=x onerror='window.ran=1'> **bold** ${1+1} {{value}}?"
    turn = visitor.ask(question)
    expect(turn.locator("h2")).to_have_text(question)
    assert turn.locator("img").count() == 0
    assert visitor.page.evaluate("window.ran") is None


def test_too_long_question_shows_an_error(visitor) -> None:
    page = visitor.page
    page.get_by_label("Question", exact=True).fill("why " * 499)
    page.keyboard.press("Enter")
    expect(page.locator(".failed")).to_contain_text("question")
    expect(page.get_by_role("button", name="Try again")).to_be_in_viewport()


def test_conversation_continues_after_a_failed_question(visitor) -> None:
    page = visitor.page
    page.get_by_label("Question", exact=True).fill("why " * 499)
    page.keyboard.press("Enter")
    expect(page.locator(".failed")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    expect(page.locator(".turn")).to_have_count(1)
    page.get_by_label("Question", exact=True).fill("Who headed the Turkish delegation?")
    page.keyboard.press("Enter")
    expect(page.locator(".turn .answer").first).to_be_visible()
    expect(page.locator(".turn")).to_have_count(1)
    right = page.get_by_role("button", name="Right", exact=True)
    right.click()
    expect(right).to_have_attribute("aria-pressed", "true")


def test_copy_gives_quotation_title_and_date(visitor) -> None:
    page = visitor.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.ask(WHO).get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_text("Copied with its source.")).to_be_visible()
    quotation, source = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert quotation.startswith("“A Turkish delegation headed by")
    assert "Sedat Önal" in quotation
    assert source.startswith("Turkish, Russian military delegations to meet")
    assert source.endswith(", 16 Sept 2020")


def test_reload_before_the_answer_keeps_the_question_and_shows_the_answer(visitor) -> None:
    page = visitor.page
    held = []
    page.route("**/gradio_api/component_server/**", lambda route: held.append(route))
    page.get_by_label("Question", exact=True).fill(WHO)
    page.keyboard.press("Enter")
    expect(page.locator(".turn .waiting")).to_be_visible()
    page.unroute("**/gradio_api/component_server/**")
    page.reload()
    expect(page.locator(".turn h2")).to_have_text(WHO)
    expect(page.locator(".turn .quote mark")).to_contain_text("Sedat Önal")
    expect(page.locator(".turn")).to_have_count(1)


def show_reply(page, change: str) -> None:
    """Change the kept reply of the conversation by a script, and show it again."""
    page.evaluate(
        """change => {
            const key = Object.keys(localStorage).find((name) => name.includes("conversation/"));
            const kept = JSON.parse(localStorage.getItem(key));
            new Function("exchange", change)(kept.turns[0]);
            localStorage.setItem(key, JSON.stringify(kept));
        }""",
        change,
    )
    page.reload()
    page.locator("#app[data-ready]").wait_for()


def test_list_and_passage_are_shown_by_kind(visitor) -> None:
    page = visitor.page
    visitor.ask(WHO)
    show_reply(
        page,
        """
        const answer = exchange.reply.answers[0];
        answer.kind = "spans";
        const middle = answer.start + answer.answer.indexOf(" ");
        answer.highlights = [[answer.start, middle], [middle + 1, answer.end]];
        """,
    )
    items = page.get_by_role("listitem").filter(has=page.locator("mark"))
    expect(items.last).to_have_text("Önal")
    assert violations(page) == []
    show_reply(
        page,
        """
        exchange.reply.answers[0].kind = "passage";
        exchange.reply.answers[0].highlights = [];
        """,
    )
    expect(page.locator("[data-kind=passage] .quote")).to_contain_text("Sedat Önal")
    expect(page.locator(".quote mark")).to_have_count(0)


def test_related_passages_are_shown_with_their_best_sentence(visitor) -> None:
    page = visitor.page
    visitor.ask(WHO)
    show_reply(
        page,
        """
        const { answers } = exchange.reply;
        const [{ document, start, end, answer, context, page, section }] = answers;
        exchange.reply.related = [{ text: answer, start, end, page, section, document }];
        exchange.passages = [{ text: context, start: exchange.context_starts[0] }];
        exchange.reply.answers = [];
        exchange.reply.answer = null;
        """,
    )
    expect(page.locator(".none .quote")).to_have_text(
        "No short answer found. These passages look relevant"
    )
    passage = page.locator(".passage")
    expect(passage.locator("mark")).to_contain_text("Sedat Önal")
    assert violations(page) == []
    passage.get_by_role("button", name="Open source").click()
    expect(page.locator("#source mark")).to_contain_text("Sedat Önal")


def test_contradicting_documents_are_marked(visitor, named) -> None:
    for number in ("12", "31"):
        visitor.upload(
            named(f"toll-{number}.txt"), f"The toll of the Brenn bridge is {number} crowns."
        )
    visitor.show("Ask")
    turn = visitor.ask("How many crowns is the toll of the Brenn bridge?")
    expect(turn.get_by_role("heading", name="The documents give different answers")).to_be_visible()
    expect(turn.locator(".badge")).to_have_text("Conflicting")
