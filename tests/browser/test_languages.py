"""The page in German."""

from playwright.sync_api import expect

from tests.browser.test_access import violations

WHO = "Who headed the Turkish delegation?"


def test_language_of_the_browser_or_the_address_is_used(visit, server: str) -> None:
    for page in (visit(locale="de-DE").page, visit(f"{server}/?lang=de").page):
        expect(page.get_by_role("heading", name="Fragen Sie Ihre Dokumente")).to_be_visible()
        expect(page).to_have_title("Dokumenten-Assistent")
        assert page.evaluate("document.documentElement.lang") == "de"
    page = visit(f"{server}/?lang=en", locale="de-DE").page
    expect(page.get_by_role("heading", name="Ask your documents")).to_be_visible()
    page = visit(locale="fr-FR").page
    expect(page.get_by_role("heading", name="Ask your documents")).to_be_visible()


def test_answers_documents_and_dates_are_in_german_and_fit_a_phone(visit) -> None:
    page = visit(locale="de-DE", viewport={"width": 390, "height": 844}).page
    page.get_by_label("Frage", exact=True).fill(WHO)
    page.keyboard.press("Enter")
    turn = page.locator(".turn")
    expect(turn.locator(".confidence")).to_contain_text("ahrscheinlich richtig")
    expect(turn.locator("p.cite")).to_contain_text("16. September 2020")
    turn.locator("summary", has_text="Zitat").click()
    expect(turn.get_by_role("button", name="BibTeX")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    turn.get_by_role("button", name="Quelle öffnen").click()
    expect(page.locator("#source mark").first).to_contain_text("Sedat Önal")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Dokumente", exact=True).first.click()
    expect(page.locator("#documents-found")).to_contain_text("Dokument")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert violations(page) == []
