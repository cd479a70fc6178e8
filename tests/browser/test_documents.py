"""The corpus on the page: adding, listing, removing."""

import socket
import urllib.request
from pathlib import Path

from playwright.sync_api import expect

FAIR = """ date 2021-05-03 Honey fair opens in Dunmarrow

DUNMARROW

The honey fair of Dunmarrow was opened by the beekeeper Orla Fenwick on Monday. She paid 40 crowns
for the first jar.
"""


def test_an_uploaded_document_is_asked_about(visitor, named) -> None:
    name = named("fair.txt")
    line = visitor.upload(name, FAIR)
    expect(line.locator(".state")).to_have_text("Added")
    line.get_by_role("button", name="Ask about it").click()
    turn = visitor.ask("Who opened the honey fair?")
    expect(turn.locator(".quote mark")).to_contain_text("Orla Fenwick")
    expect(turn.locator("p.cite")).to_contain_text(name)
    expect(turn.locator(".limits")).to_contain_text(name)


def test_files_dropped_on_the_page_are_added(visitor, named) -> None:
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


def test_a_bad_file_is_refused_with_a_reason_and_leaves_nothing(visitor, named, index) -> None:
    line = visitor.upload(named("tool.exe"), "MZ")
    expect(line.locator(".state")).to_contain_text("Not added")
    expect(line.locator(".state")).to_contain_text("unknown kind")
    empty = visitor.upload(named("empty.txt"), " \n")
    expect(empty.locator(".state")).to_contain_text("Not added")
    assert files_left(index) == []


def files_left(index: Path) -> list[Path]:
    """What lies in the server's temporary folder."""
    return [path for path in (index.parent / "temporary").rglob("*") if path.is_file()]


def test_an_upload_that_breaks_off_leaves_nothing(server: str, index: Path) -> None:
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


def test_a_table_tells_how_many_documents_it_holds(visitor, named) -> None:
    rows = "id,title,text\n" + "".join(f"{n},Row {n},The tower {n} is old.\n" for n in range(3))
    name = named("towers.csv")
    expect(visitor.upload(name, rows).locator(".state")).to_have_text("3 added")
    expect(visitor.upload(name, rows).locator(".state")).to_have_text("3 already there, unchanged")


def test_a_name_keeps_its_quotation_marks(visitor, named) -> None:
    name = named('the "old" mill.txt')
    visitor.upload(name, FAIR)
    expect(visitor.page.locator("#rows")).to_contain_text(name)


def test_markup_in_a_document_is_shown_and_not_run(visitor, named) -> None:
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


def test_a_removed_document_comes_back_by_undo(visitor, named) -> None:
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


def test_documents_over_time_are_bars_that_filter(visitor, named) -> None:
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
    expect(drawn.locator("text")).to_have_text(["12", "31"])
    expect(turn.locator(".axis")).to_contain_text("1 July 2021")
