"""The page of a server that watches a folder."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.conftest import Visitor, serving


def test_changes_of_a_watched_folder_are_shown_and_can_be_asked(
    browser: Browser, tmp_path: Path
) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "mill.txt").write_text("The mill was sold to Ines Varga.")
    with serving(tmp_path / "index", "--watch", corpus=str(folder)) as address:
        page = browser.new_page()
        page.goto(f"{address}/#/documents")
        page.locator("#app[data-ready]").wait_for()
        visitor = Visitor(page, [], [])
        toast, rows = page.locator("#toast"), page.locator("#rows tr")
        expect(rows).to_have_count(1)
        (folder / "clock.txt").write_text("The clock was repaired by Ada Finch.")
        expect(toast).to_contain_text("1 document added")
        expect(rows).to_have_count(2)
        (folder / "broken.pdf").write_bytes(b"%PDF-1.4 broken")
        expect(toast).to_contain_text("1 file could not be read")
        expect(toast).to_contain_text("broken.pdf")
        expect(toast).to_contain_text("damaged")
        (folder / "mill.txt").unlink()
        expect(toast).to_contain_text("1 document removed")
        expect(rows).to_have_count(1)
        (folder / "fair.txt").write_text("The fair was opened by Orla Fenwick.")
        expect(rows).to_have_count(2)
        page.get_by_role("button", name="Remove: fair.txt").click()
        page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        expect(rows).to_have_count(1)
        (folder / "bell.txt").write_text("The bell was cast by Tilda Brock.")
        expect(page.locator("#rows")).to_contain_text("bell.txt")
        expect(page.locator("#rows")).not_to_contain_text("fair.txt")
        (folder / "bell.txt").unlink()
        expect(rows).to_have_count(1)
        visitor.show("Ask")
        turn = visitor.ask("Who repaired the clock?")
        expect(turn.locator(".quote mark")).to_contain_text("Ada Finch")
        folder.rename(tmp_path / "elsewhere")
        page.wait_for_timeout(7000)
        visitor.show("Documents")
        expect(rows).to_have_count(1)
        page.close()
