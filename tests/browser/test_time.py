"""Time on the page: the day of asking, the time that a question names, and answers over time."""

from playwright.sync_api import expect

WHO = "Who headed the Turkish delegation?"


def test_time_named_in_a_question_is_shown_and_can_be_dropped(visitor) -> None:
    turn = visitor.ask(f"{WHO[:-1]} in September 2020?")
    expect(turn.locator(".window")).to_contain_text("in September 2020")
    expect(turn.locator(".quote mark")).to_contain_text("Sedat Önal")
    turn.get_by_role("button", name="Search documents of any time").click()
    expect(turn.locator(".window")).to_have_count(0)
    expect(turn.locator(".answer")).to_be_visible()


def test_day_of_asking_hides_later_documents(visitor) -> None:
    page = visitor.page
    page.get_by_role("button", name="Dates", exact=True).click()
    page.get_by_label("As of", exact=True).fill("2020-09-01")
    expect(page.get_by_label("Filters").first).to_contain_text("As of 1 Sept 2020")
    turn = visitor.ask(WHO)
    expect(turn.locator(".limits")).to_contain_text("what was known on 1 September 2020")
    expect(turn.locator(".quote")).to_have_text("Not in your documents")
    page.get_by_role("button", name="Remove the filter As of 1 Sept 2020").click()
    expect(visitor.ask(WHO).locator(".quote mark")).to_contain_text("Sedat Önal")


def test_answer_is_shown_over_time_with_its_sources(visitor) -> None:
    turn = visitor.ask(WHO)
    turn.get_by_role("button", name="Over time").click()
    value = turn.get_by_role("region", name="Over time").locator(".values > li")
    expect(value).to_have_count(1)
    expect(value.get_by_role("heading")).to_contain_text("Sedat Önal")
    value.get_by_role("button").click()
    source = visitor.page.get_by_role("complementary", name="Source")
    expect(source.locator("mark")).to_contain_text("Sedat Önal")
    assert visitor.complaints == []


def test_undated_documents_that_were_left_out_are_included(visitor, named) -> None:
    page = visitor.page
    visitor.upload(named("clock.txt"), "The clock of Sundby was repaired by Ada Finch.")
    visitor.show("Ask")
    page.get_by_role("button", name="Dates", exact=True).click()
    page.get_by_label("From").fill("2019-01-01")
    turn = visitor.ask("Who repaired the clock of Sundby?")
    expect(turn.locator(".quote")).not_to_contain_text("Ada Finch")
    expect(turn.locator(".window")).to_contain_text("left out. Include")
    turn.get_by_role("button", name="Include").click()
    expect(turn.locator(".quote mark")).to_contain_text("Ada Finch")
    expect(turn.locator(".window")).to_have_count(0)
    expect(turn.locator(".limits")).to_contain_text("since 1 January 2019")
