"""The documents view: uploads, the table, removal."""

import socket
import urllib.request
from pathlib import Path

from playwright.sync_api import Route, expect

from tests.browser.conftest import WAIT_MILLISECONDS
from tests.browser.test_access import violations

FAIR = """ date 2021-05-03 Honey fair opens in Dunmarrow

DUNMARROW

The honey fair of Dunmarrow was opened by the beekeeper Orla Fenwick on Monday. She paid 40 crowns
for the first jar.
"""


def test_uploaded_document_is_asked_about(visitor, named) -> None:
    name = named("fair.txt")
    line = visitor.upload(name, FAIR)
    expect(line.locator(".state")).to_have_text("Added")
    line.get_by_role("button", name="Ask about it").click()
    turn = visitor.ask("Who opened the honey fair?")
    expect(turn.locator(".quote mark")).to_contain_text("Orla Fenwick")
    expect(turn.locator("p.cite")).to_contain_text(name)
    expect(turn.locator(".limits")).to_contain_text(name)


def test_dropped_files_are_added(visitor, named) -> None:
    name = named("dropped.txt")
    visitor.page.evaluate(
        """([name, text]) => {
            const carried = new DataTransfer();
            carried.items.add(new File([text], name));
            const how = { dataTransfer: carried, bubbles: true, cancelable: true };
            for (const kind of ["dragover", "drop"])
                document.body.dispatchEvent(new DragEvent(kind, how));
        }""",
        [name, FAIR],
    )
    expect(visitor.page.locator("#uploads .state")).to_have_text("Added")
    expect(visitor.page.locator("#uploads .name")).to_have_text(name)


def test_bad_file_is_refused_with_a_reason_and_leaves_nothing(visitor, named, index) -> None:
    line = visitor.upload(named("tool.exe"), "MZ")
    expect(line.locator(".state")).to_contain_text("Not added")
    expect(line.locator(".state")).to_contain_text("unknown kind")
    empty = visitor.upload(named("empty.txt"), " \n")
    expect(empty.locator(".state")).to_contain_text("Not added")
    assert files_left(index) == []


def files_left(index: Path) -> list[Path]:
    """Return the files in the server's temporary folder."""
    return [path for path in (index.parent / "temporary").rglob("*") if path.is_file()]


def test_interrupted_upload_leaves_nothing(server: str, index: Path) -> None:
    host, _, port = server.removeprefix("http://").partition(":")
    part = 'Content-Disposition: form-data; name="files"; filename="half.txt"'
    with socket.create_connection((host, int(port))) as connection:
        head = "POST /api/v1/documents?stream=true HTTP/1.1\r\nHost: localhost\r\n"
        head += "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 9000000\r\n\r\n"
        half = f"--b\r\n{part}\r\n\r\n" + "word " * 1_000_000
        connection.sendall((head + half).encode())
    with urllib.request.urlopen(f"{server}/api/v1/documents?limit=1000") as response:
        assert "half.txt" not in response.read().decode()
    assert files_left(index) == []


def test_upload_of_a_table_shows_the_number_of_documents(visitor, named) -> None:
    rows = "id,title,text\n" + "".join(f"{n},Row {n},The tower {n} is old.\n" for n in range(3))
    name = named("towers.csv")
    expect(visitor.upload(name, rows).locator(".state")).to_have_text("3 added")
    expect(visitor.upload(name, rows).locator(".state")).to_have_text("3 already there, unchanged")


def test_warnings_of_an_upload_are_shown(visitor, named, tmp_path: Path) -> None:
    page, name = visitor.page, named("rows.jsonl")
    rows = '{"text": "The tower is old."}\nbroken\n'
    state = visitor.upload(name, rows).locator(".state")
    expect(state).to_contain_text(f"Added; {name}")
    expect(state).to_contain_text("1 row")
    folder = tmp_path / named("tables")
    folder.mkdir()
    for number in range(2):
        (folder / f"rows-{number}.jsonl").write_text(rows)
    page.set_input_files("#folder", folder)
    row = page.locator("#uploads > li").nth(1)
    expect(row.locator(".state")).to_have_text("2 added, 2 with warnings")
    row.get_by_text("Reasons").click()
    expect(row.locator("details li").first).to_contain_text(f"{folder.name}/rows-0.jsonl")


def test_file_name_keeps_its_quotation_marks(visitor, named) -> None:
    name = named('the "old" mill.txt')
    visitor.upload(name, FAIR)
    expect(visitor.page.locator("#rows")).to_contain_text(name)


def test_html_in_a_document_is_shown_as_text(visitor, named) -> None:
    text = (
        " date 2021-06-01 <script>window.ran=1</script>\n\nThe prize for the best pumpkin was won "
        "by <img src=x onerror='window.ran=1'> Tilda Brock.\n"
    )
    line = visitor.upload(named("<b>pumpkin.txt"), text)
    expect(line.locator(".name")).to_contain_text("<b>pumpkin.txt")
    row = visitor.page.locator("#rows tr", has_text="<b>pumpkin.txt")
    expect(row.locator("b")).to_have_count(0)
    row.get_by_role("rowheader").get_by_role("button").click()
    source = visitor.page.get_by_role("complementary", name="Source")
    expect(source).to_contain_text("<img src=x onerror='window.ran=1'> Tilda Brock")
    assert source.locator("img, script").count() == 0
    assert visitor.page.evaluate("window.ran") is None


def test_removed_document_is_restored_by_undo(visitor, named) -> None:
    name = named("gone.txt")
    visitor.upload(name, FAIR)
    page = visitor.page
    page.get_by_label("Search documents by title or name").fill(name)
    expect(page.locator("#documents-found")).to_have_text("1 document")
    row = page.locator("#rows tr")
    row.get_by_role("button", name="Remove").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Honey fair opens in Dunmarrow")
    dialog.get_by_role("button", name="Cancel").click()
    expect(row).to_have_count(1)
    row.get_by_role("button", name="Remove").click()
    dialog.get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row).to_have_count(1)
    expect(row).to_contain_text("2021-05-03")


def test_bars_of_documents_over_time_filter(visitor, named) -> None:
    visitor.upload(named("bars.txt"), FAIR)
    page = visitor.page
    bar = page.get_by_role("button", name="May 2021")
    expect(bar).to_be_visible()
    bar.click()
    expect(page.locator("[data-chips=dates]")).to_contain_text("1 May 2021 to 31 May 2021")
    expect(page.locator("#rows")).not_to_contain_text("2020-09-16")
    expect(page.locator("#rows")).to_contain_text("2021-05-03")


def test_answers_of_different_days_are_drawn_over_time(visitor, named) -> None:
    for day, toll in (("2021-07-01", "12"), ("2021-07-09", "31")):
        text = f" date {day} Flood in Varnholt\n\nThe flood in Varnholt killed {toll} people.\n"
        visitor.upload(named(f"flood-{day}.txt"), text)
    visitor.show("Ask")
    turn = visitor.ask("How many people did the flood in Varnholt kill?")
    drawn = turn.get_by_role("img")
    expect(drawn.locator("text")).to_have_text(["12 people", "31 people"])
    expect(turn.locator(".axis")).to_contain_text("1 July 2021")


def test_table_is_sorted_by_its_columns(visitor, named) -> None:
    prefix = named("sort")
    visitor.upload(f"{prefix}-1.md", "# Zebra crossing\n\nIt was opened.\n")
    visitor.upload(f"{prefix}-2.txt", " date 2021-05-03 Apple press\n\nIt was sold.\n")
    page = visitor.page
    page.get_by_label("Search documents by title or name").fill(prefix)
    expect(page.locator("#documents-found")).to_have_text("2 documents")
    first = page.locator("#rows th").first
    expect(first).to_contain_text("Apple press")  # the newest
    page.get_by_role("button", name="Kind", exact=True).click()
    expect(page.locator("th[data-sort=kind]")).to_have_attribute("aria-sort", "ascending")
    expect(first).to_contain_text("Zebra crossing")
    column = page.get_by_role("button", name="Document", exact=True)
    column.click()
    expect(first).to_contain_text("Apple press")
    column.click()
    expect(page.locator("th[data-sort=title]")).to_have_attribute("aria-sort", "descending")
    expect(first).to_contain_text("Zebra crossing")
    assert violations(page) == []


def test_selected_documents_are_removed_and_restored_together(visitor, named) -> None:
    name = named("pair")
    for number in (1, 2):
        visitor.upload(f"{name}-{number}.txt", f"The bell number {number} rang.")
    page = visitor.page
    page.get_by_label("Search documents by title or name").fill(name)
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(2)
    page.get_by_label("Select all shown documents").check()
    expect(page.locator("#selected-count")).to_have_text("2 selected")
    page.locator("#selected").get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(rows).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(2)


def test_finished_uploads_are_dismissed(visitor, named) -> None:
    page = visitor.page
    name = named("bell.txt")
    visitor.upload(name, "The bell rang.")
    visitor.upload(named("tool.exe"), "MZ")
    expect(page.locator("#uploads-state")).to_have_text("2 of 2 finished")
    page.get_by_role("button", name=f"Dismiss {name}").click()
    expect(page.locator("#uploads li")).to_have_count(1)
    page.get_by_role("button", name="Dismiss finished").click()
    expect(page.locator("#uploads-head")).to_be_hidden()


def test_finished_upload_is_asked_about_after_a_reload(visitor, named) -> None:
    page = visitor.page
    name = named("bell.txt")
    visitor.upload(name, "The bell was cast by Tilda Brock.")
    page.reload()
    page.locator("#uploads").get_by_role("button", name="Ask about it").click()
    turn = visitor.ask("Who cast the bell?")
    expect(turn.locator(".quote mark")).to_contain_text("Tilda Brock")
    expect(turn.locator(".limits")).to_contain_text(name)


def test_uploads_are_followed_after_a_reload(visitor, named) -> None:
    page = visitor.page
    name = named("clock.txt")
    visitor.upload(name, "The clock stopped.")
    now = page.evaluate("Date.now()")
    upload = {"name": name, "path": name, "state": "", "phase": "indexing", "failed": False}
    kept = [
        upload | {"began": now - 60_000},
        upload | {"began": now + 60_000},  # that upload added nothing: the document is older
        {"name": "lost.txt", "state": "", "phase": "uploading", "failed": False},
        {"name": "old.txt", "state": "Updated", "phase": "finished", "failed": False},
        {"name": "manuals/", "state": "3 of 9 files (33%)", "phase": "uploading", "files": 9},
    ]
    page.evaluate(
        "kept => sessionStorage.setItem('document-assistant/uploads', JSON.stringify(kept))", kept
    )
    page.reload()
    page.locator("#app[data-ready]").wait_for()
    visitor.show("Documents")
    states = page.locator("#uploads .state")
    expect(states.nth(0)).to_have_text("Finished")
    expect(states.nth(1)).to_contain_text("interrupted by the reload")
    expect(states.nth(2)).to_contain_text("interrupted by the reload")
    expect(states.nth(3)).to_have_text("Updated")
    expect(states.nth(4)).to_contain_text("3 of 9 files (33%), then interrupted by the reload")
    page.get_by_role("button", name="Dismiss finished").click()
    expect(states).to_have_count(0)


def folder(tmp_path: Path, name: str) -> Path:
    """Make a folder with two documents, an empty file, an unknown and a hidden one."""
    made = tmp_path / name
    (made / "deep").mkdir(parents=True)
    (made / "lamp.txt").write_text("The lamp was made by Ivo Lind.")
    (made / "deep" / "bell.txt").write_text("The bell was cast by Tilda Brock.")
    (made / "empty.txt").write_text("")
    (made / "tool.exe").write_text("MZ")
    (made / ".hidden.txt").write_text("This is hidden.")
    return made


def test_folder_is_added_with_its_paths_and_asked(visitor, named, tmp_path: Path) -> None:
    page, name = visitor.page, named("manuals")
    visitor.show("Documents")
    page.set_input_files("#folder", folder(tmp_path, name))
    row = page.locator("#uploads > li")
    state = "2 added, 1 not added, 2 hidden or of unsupported formats"
    expect(row.locator(".state")).to_have_text(state)
    row.get_by_text("Reasons").click()
    expect(row.locator("details li")).to_contain_text(f"{name}/empty.txt")
    page.get_by_role("navigation", name="Folders").get_by_role("button", name=name).click()
    expect(page.locator("#rows tr")).to_have_count(2)
    expect(page.locator("#documents-found")).to_have_text("2 documents")
    assert violations(page) == []
    page.get_by_role("navigation", name="Folders").get_by_role("button", name="deep 1").click()
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#rows")).to_contain_text(f"{name}/deep/bell.txt")
    page.get_by_role("button", name="All documents").click()
    expect(page.locator("#rows")).to_contain_text("000_74a895c031bd17f6.txt")
    row.get_by_role("button", name="Ask about it").click()
    turn = visitor.ask("Who cast the bell?")
    expect(turn.locator(".quote mark")).to_contain_text("Tilda Brock")
    expect(turn.locator(".limits")).to_have_text(f"Only {name}/")
    expect(turn.locator("p.cite")).to_contain_text(f"{name}/deep/bell.txt")


def test_question_is_answered_while_a_folder_is_added(visitor, named, tmp_path: Path) -> None:
    page, made = visitor.page, tmp_path / named("notes")
    made.mkdir()
    for number in range(100):
        (made / f"{number}.txt").write_text(f"The tower number {number} is old.")
    uploads: list[Route] = []
    is_answered = False

    def hold_last(route: Route) -> None:
        uploads.append(route)
        if len(uploads) < 100 or is_answered:
            route.continue_()

    page.route("**/api/v1/documents?stream=true", hold_last)
    visitor.show("Documents")
    page.set_input_files("#folder", made)
    visitor.show("Ask")
    turn = visitor.ask("Who headed the Turkish delegation?")
    expect(turn.locator(".quote mark")).to_contain_text("Sedat Önal")
    visitor.show("Documents")
    expect(page.locator("#uploads progress")).to_have_count(1)
    is_answered = True
    for route in uploads[99:]:
        route.continue_()
    expect(page.locator("#uploads .state")).to_have_text("100 added", timeout=4 * WAIT_MILLISECONDS)


def test_dropped_folder_is_added(visitor, named) -> None:
    page, name = visitor.page, named("dropped")
    page.evaluate(
        """([folder, text]) => {
            const file = (name) =>
                ({ name, isFile: true, file: (give) => give(new File([text], name)) });
            const directory = (name, entries) => ({ name, isDirectory: true, createReader: () => {
                const parts = [entries, []];
                return { readEntries: (give) => give(parts.shift()) };
            } });
            DataTransferItem.prototype.webkitGetAsEntry = () =>
                directory(folder, [file("fair.txt"), directory("deep", [file("mill.txt")])]);
            const carried = new DataTransfer();
            carried.items.add(new File([""], folder));
            const how = { dataTransfer: carried, bubbles: true, cancelable: true };
            document.body.dispatchEvent(new DragEvent("drop", how));
        }""",
        [name, FAIR],
    )
    expect(page.locator("#uploads > li .name")).to_have_text(f"{name}/")
    expect(page.locator("#uploads > li .state")).to_have_text("2 added")
    page.get_by_label("Search documents by title or name").fill(name)
    expect(page.locator("#rows")).to_contain_text(f"{name}/deep/mill.txt")


def test_conversation_is_limited_to_a_collection(visitor, named) -> None:
    page, name = visitor.page, named("Devices")
    visitor.show("Documents")
    page.get_by_label("Add to the collection").fill(name)
    visitor.upload("lamp.txt", "The lamp of Orm was made by Ivo Lind.")
    visitor.show("Ask")
    page.get_by_role("button", name="Documents", exact=True).last.click()
    page.get_by_label("Search documents", exact=True).fill(name)
    choice = page.get_by_label(f"{name} 1 document")
    choice.focus()
    page.keyboard.press("Space")
    expect(choice).to_be_checked()
    assert violations(page) == []
    page.keyboard.press("Escape")
    turn = visitor.ask("Who made the lamp of Orm?")
    expect(turn.locator(".quote mark")).to_contain_text("Ivo Lind")
    turn = visitor.ask("Who headed the Turkish delegation?")
    expect(turn.locator(".quote")).not_to_contain_text("Sedat")
    page.reload()
    page.locator(".turn").nth(1).wait_for()
    page.get_by_role("button", name=f"Remove the filter {name}/").click()
    turn = visitor.ask("Who headed the Turkish delegation?")
    expect(turn.locator(".quote mark")).to_contain_text("Sedat Önal")


def test_documents_that_the_table_does_not_show_are_selected(visitor, named) -> None:
    page, name = visitor.page, named("many.csv")
    rows = "".join(f"{n},The tower number {n} is old.\n" for n in range(120))
    visitor.upload(name, f"id,text\n{rows}")
    page.get_by_label("Search documents by title or name").fill(name)
    expect(page.locator("#documents-found")).to_have_text("120 documents")
    page.get_by_label("Select all shown documents").check()
    expect(page.locator("#selected-count")).to_have_text("100 selected")
    page.get_by_role("button", name="Select all 120").click()
    expect(page.locator("#selected-count")).to_have_text("120 selected")
    page.locator("#selected").get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.locator("#rows tr")).to_have_count(0)


def test_selected_documents_are_asked_only(visitor, named) -> None:
    page, name = visitor.page, named("pond.txt")
    visitor.upload(name, "The pond was dug by Asta Winge.")
    page.get_by_label("Search documents by title or name").fill(name)
    expect(page.locator("#rows tr")).to_have_count(1)
    page.get_by_label(f"Select {name}").check()
    page.get_by_role("button", name="Ask only these").click()
    turn = visitor.ask("Who dug the pond?")
    expect(turn.locator(".quote mark")).to_contain_text("Asta Winge")
    expect(turn.locator(".limits")).to_have_text(f"Only {name}")
