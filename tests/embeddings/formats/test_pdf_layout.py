"""The text of PDF pages in the order of reading."""

from types import SimpleNamespace

import numpy as np
import pytest
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.pdf import read
from embeddings.formats.pdf.glyphs import Placement
from embeddings.formats.pdf.row_reader import read_rows

WEIR = (
    "The council met on Monday to hear the report of the engineer, who had looked at the weir "
    "for most of the summer. She found that the upper gate leaks and that the wall beside the "
    "lock has moved by two inches since the flood. The repair would take nine weeks."
)
FERRY = (
    "Since the ferry stopped running, the people of the island have come to the market by the "
    "old bridge. The bridge was closed to carts in the spring, and a toll is asked of those who "
    "cross it on foot after dark. A petition against the toll has been signed by many of them."
)


def draw_all(*draws):
    def draw(canvas):
        for one in draws:
            one(canvas)

    return draw


def wrapped(text, width=450):
    return simpleSplit(text, "Helvetica", 11, width)


def test_lines_of_a_paragraph_are_joined_and_paragraphs_separated(read_pdf, write):
    page = draw_all(write(*wrapped(WEIR)), write(*wrapped(FERRY), y=690))
    assert read_pdf(page).text == f"{WEIR}\n\n{FERRY}"


def test_indented_first_line_begins_a_paragraph(read_pdf, write):
    first = "The gate was shut at noon, and nobody in the mill or on the road below heard the bell."
    page = draw_all(write(first, y=760), write("A boat came.", x=90, y=746))
    assert read_pdf(page).text == f"{first}\n\nA boat came."


def test_short_lines_stay_on_lines_of_their_own(read_pdf, write):
    assert read_pdf(write("Ann Lee", "4 Mill Lane", "Lower Ash")).text == (
        "Ann Lee\n4 Mill Lane\nLower Ash"
    )


def test_list_items_stay_on_lines_of_their_own(read_pdf, write):
    items = [f"{number}. {'word ' * 14}".strip() for number in (1, 2)]
    assert read_pdf(write("The rules:", *items)).text == "The rules:\n\n" + "\n".join(items)


def test_wrapped_list_item_is_joined(read_pdf, write):
    page = draw_all(
        write("• The gate of the upper pond is opened by the miller on the first day of every"),
        write("month, and shut again by noon.", x=79, y=746),
        write("• Boats wait below the lock.", y=732),
    )
    assert read_pdf(page).text == (
        "• The gate of the upper pond is opened by the miller on the first day of every month, and "
        "shut again by noon.\n• Boats wait below the lock."
    )


def test_code_lines_stay_apart_from_each_other_and_from_the_text(read_pdf, write):
    page = draw_all(
        write("Run the two commands that follow, in this order, to rebuild the whole index of it:"),
        write("make clean", "make index", y=740, font="Courier"),
        write("The index is then complete.", y=705),
    )
    assert read_pdf(page).text == (
        "Run the two commands that follow, in this order, to rebuild the whole index of it:\n\n"
        "make clean\nmake index\n\nThe index is then complete."
    )


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["the grain market is inter-", "national"], "the grain market is international"),
        (
            ["a well-known name is well-", "known to all who know"],
            "a well-known name is well-known to all who know",
        ),
        (
            ["double the quote, or the double-", "quote"],
            "double the quote, or the double-quote",
        ),
        (["doubled inputs and the in-", "puts"], "doubled inputs and the inputs"),
        (
            ["before the war and pre-", "and post-war years"],
            "before the war and pre- and post-war years",
        ),
        (["the plan of the Franco-", "German board"], "the plan of the Franco-German board"),
        (["the years 1914-", "1918"], "the years 1914-1918"),
        (["short line of the inter-", "national"], "short line of the international"),
    ],
)
def test_word_broken_at_a_line_end_is_joined_or_keeps_its_hyphen(read_pdf, write, lines, text):
    start = "" if lines[0].startswith("short") else "mmmm " * 9
    page = write(f"{start}{lines[0]}", f"{lines[1]} is what they said when they were asked.")
    assert read_pdf(page).text == f"{start}{text} is what they said when they were asked."


def test_soft_hyphen_inside_a_line_is_dropped(read_pdf, write):
    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    assert read_pdf(write("The head\u00adquarters of the river board.", font="Vera")).text == (
        "The headquarters of the river board."
    )


def test_words_placed_one_by_one_without_space_glyphs_are_separated(read_pdf):
    def draw(canvas):
        canvas.setFont("Times-Roman", 10)
        x = 72
        for word in WEIR.split()[:14]:
            canvas.drawString(x, 700, word)
            x += stringWidth(word, "Times-Roman", 10) + 2.6

    assert read_pdf(draw).text == " ".join(WEIR.split()[:14])


def hand_written(tmp_path, content):
    """Save a PDF of one page with given operators; readers rebuild its missing table."""
    path = tmp_path / "written.pdf"
    path.write_bytes(
        b"%%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
        b"2 0 obj\n<< /Type /Pages /Count 1 /Kids [5 0 R] >>\nendobj\n"
        b"3 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman"
        b" /Encoding /WinAnsiEncoding >>\nendobj\n"
        b"4 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\n"
        b"5 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R"
        b" /Resources << /Font << /F1 3 0 R >> >> >>\nendobj\n"
        b"trailer << /Root 1 0 R >>\n%%%%EOF" % (len(content), content)
    )
    return path


def test_kerning_inside_an_array_separates_words_only_where_it_is_wide(tmp_path):
    content = b"BT /F1 10 Tf 72 700 Td [(man) 15 (y) -258 (sub) -20 (headings) -250 (here)] TJ ET"
    assert read(hand_written(tmp_path, content), ParseOptions()).text == "many subheadings here"


def test_space_undone_by_a_move_does_not_split_a_word(tmp_path):
    content = b"BT /F1 10 Tf 72 700 Td [(it is, howev) 25 ( ) 240 (er, late)] TJ ET"
    assert read(hand_written(tmp_path, content), ParseOptions()).text == "it is, however, late"


def test_accent_drawn_over_a_letter_is_composed(tmp_path):
    content = b"BT /F1 10 Tf 72 700 Td (Jos) Tj 13.9 0 Td (\xb4) Tj 0 0 Td (e was there) Tj ET"
    assert read(hand_written(tmp_path, content), ParseOptions()).text == "José was there"


def test_code_of_a_ligature_without_unicode_becomes_letters(tmp_path):
    content = b"BT /F1 10 Tf 72 700 Td (the \\034rst over\\035ow of a di\\036cult gate) Tj ET"
    text = read(hand_written(tmp_path, content), ParseOptions()).text
    assert text == "the first overflow of a difficult gate"


def test_superscript_digits_become_superscript_characters(read_pdf):
    def draw(canvas):
        text = canvas.beginText(72, 700)
        for part, is_raised in (
            ("The pond holds 3x10", False),
            ("6", True),
            (" litres on 40 m", False),
            ("2", True),
            (", or x", False),
            ("k", True),
            (" of them on the 1", False),
            ("st", True),
            (" of May.", False),
        ):
            text.setFont("Helvetica", 7 if is_raised else 11)
            text.setRise(4 if is_raised else 0)
            text.textOut(part)
        canvas.drawText(text)

    assert (
        read_pdf(draw).text
        == "The pond holds 3x10⁶ litres on 40 m², or x^k of them on the 1st of May."
    )


def test_text_after_a_larger_lower_bullet_is_not_superscript(read_pdf, write):
    page = draw_all(
        *(write("2", y=760, size=12), write("soak it in water", x=84, y=762, size=10)),
        *(write("•", y=740, size=12), write("in an oak tub", x=94, y=742, size=10)),
    )
    assert read_pdf(page).text.split("\n") == ["2 soak it in water", "• in an oak tub"]


def test_letter_spaced_text_becomes_words(read_pdf, write):
    def draw(canvas):
        text = canvas.beginText(72, 760)
        text.setFont("Helvetica", 11)
        text.setCharSpace(4)
        text.textLine("CONTENTS")
        text.textLine("Mills and weirs")
        text.textOut("Built in 1840.")
        text.setCharSpace(0)
        canvas.drawText(text)

    page = draw_all(
        draw,
        write("T A B L E   O F   W E I R S", y=700),
        *(write("A B C D", y=650), write("1 2 3 5 x", y=600)),
    )
    found = read_pdf(page).text.replace("\n\n", "\n").split("\n")
    assert found == [
        *("CONTENTS", "Mills and weirs", "Built in 1840."),
        *("TABLE OF WEIRS", "A B C D", "1 2 3 5 x"),
    ]


def columns(canvas, left, right, row_by_row):
    canvas.setFont("Helvetica", 11)
    cells = [(72, number, text) for number, text in enumerate(left)]
    cells += [(320, number, text) for number, text in enumerate(right)]
    if row_by_row:
        cells.sort(key=lambda cell: cell[1])
    for x, number, text in cells:
        canvas.drawString(x, 700 - 14 * number, text)


@pytest.mark.parametrize("row_by_row", [True, False])
def test_columns_are_read_one_after_the_other(read_pdf, write, row_by_row):
    left, right = wrapped(WEIR, 220), wrapped(FERRY, 220)
    page = draw_all(
        write("Two reports", size=18),
        lambda canvas: columns(canvas, left, right, row_by_row),
        write("Both reports are kept in the archive of the board.", y=500),
    )
    assert read_pdf(page).text == (
        f"Two reports\n\n{WEIR}\n\n{FERRY}\n\nBoth reports are kept in the archive of the board."
    )


@pytest.mark.parametrize("row_by_row", [True, False])
def test_page_drawn_from_bottom_to_top_is_read_from_top_to_bottom(read_pdf, row_by_row):
    left, right = wrapped(WEIR, 220), wrapped(FERRY, 220)
    cells = [(72, 700 - 14 * number, text) for number, text in enumerate(left)]
    cells += [(320, 700 - 14 * number, text) for number, text in enumerate(right)]
    cells.sort(key=lambda cell: cell[1] if row_by_row else (cell[0], cell[1]))

    def draw(canvas):
        canvas.setFont("Helvetica", 11)
        for x, y, text in cells:
            canvas.drawString(x, y, text)

    assert read_pdf(draw).text == f"{WEIR}\n\n{FERRY}"


def test_blocks_drawn_out_of_order_are_read_from_top_to_bottom(read_pdf, write):
    page = draw_all(
        *(write(*wrapped(FERRY), y=500), write(*wrapped(WEIR), y=620)),
        write("Two reports", y=720, size=18),
    )
    assert read_pdf(page).text == f"Two reports\n\n{WEIR}\n\n{FERRY}"


def test_table_drawn_column_by_column_is_read_row_by_row(read_pdf, write):
    page = draw_all(
        write("Gates of the lower weir", y=760, size=16),
        write("Gate", "Upper", "Lower", "Old", y=700),
        write("Width", "12 ft", "9 ft", "7 ft", x=200, y=700),
        write("Keeper", "Ann Lee", "Cy Poe", x=320, y=700),
        write("All of them are painted in spring.", y=620),
    )
    assert read_pdf(page).text == (
        "Gates of the lower weir\n\nGate\tWidth\tKeeper\nUpper\t12 ft\tAnn Lee\n"
        "Lower\t9 ft\tCy Poe\nOld\t7 ft\n\nAll of them are painted in spring."
    )


def test_lists_and_long_columns_side_by_side_are_not_a_table(read_pdf, write):
    left, right = ("- Oars", "- Rope", "- Tar"), ("- Flag", "- Lamp", "- Bell")
    names = [f"Gate {number}" for number in range(60)]
    page = draw_all(write(*left), write(*right, x=320))
    assert read_pdf(page).text == "\n".join((*left, *right))
    page = draw_all(write(*names[:30]), write(*names[30:], x=320))
    assert read_pdf(page).text.split() == " ".join(names).split()


def test_three_narrow_columns_are_paragraphs_and_not_cells(read_pdf, write):
    texts = (WEIR.partition(". ")[0], FERRY.partition(". ")[0], WEIR.rpartition(". ")[0])
    page = draw_all(*(write(*wrapped(text, 150), x=72 + 170 * at) for at, text in enumerate(texts)))
    assert read_pdf(page).text.replace("\n\n", " ") == " ".join(texts)


def test_small_print_below_a_short_line_stays_last(read_pdf, write):
    lines = ("1 Open the upper gate", "2 Ring the bell")
    page = draw_all(
        *(write(*lines, size=11), write("Not for the public", y=90, size=8)),
    )
    assert read_pdf(page).text == "\n".join(lines) + "\n\nNot for the public"


def test_code_lines_stay_apart_on_a_page_with_more_code_than_text(read_pdf, write):
    code = ("def gate(level):", "if level > 9:", "shut()", "return level")
    page = draw_all(write(*wrapped(WEIR)), write(*code, y=640, font="Courier", size=10))
    assert read_pdf(page).text == f"{WEIR}\n\n" + "\n".join(code)


def test_rows_of_a_table_stay_whole_with_tabs_between_cells(read_pdf):
    rows = [("Gate", "Width", "Keeper"), ("Upper", "12 ft", "Ann Lee"), ("Lower", "9 ft", "Cy Poe")]
    rows += [("Old", "7 ft", "closed")]

    def draw(canvas):
        canvas.setFont("Helvetica", 11)
        for number, row in enumerate(rows):
            for x, cell in zip((72, 200, 320), row, strict=True):
                canvas.drawString(x, 700 - 14 * number, cell)

    assert read_pdf(draw).text == "\n".join("\t".join(row) for row in rows)


@pytest.mark.parametrize("align", ["TOP", "MIDDLE", "BOTTOM"])
def test_cells_of_different_heights_are_one_row(tmp_path, align):
    name, *_, day = cells = ("Upper gate", WEIR.partition(". ")[0], "3 May")
    style = ParagraphStyle("cell", fontSize=10, leading=12)
    rows = [[Paragraph(cell, style) for cell in cells] for _ in range(3)]
    path = tmp_path / "a.pdf"
    table = Table([["Gate", "Report", "Day"], *rows], colWidths=[70, 200, 70])
    table.setStyle([("VALIGN", (0, 0), (-1, -1), align)])
    SimpleDocTemplate(str(path)).build([table])
    row = "\t".join((name, cells[1], day))
    assert read(path, ParseOptions()).text == "\n".join(["Gate\tReport\tDay", row, row, row])


def test_narrow_gaps_separate_cells_but_not_the_words_of_stretched_lines(read_pdf):
    def draw(canvas):
        canvas.setFont("Helvetica", 10)
        for y, cells, gap in (
            (700, ("Station", "Opened", "Keeper"), 12),
            (600, ("the weir", "is", "old", "and", "leaks"), 12),
            (500, ("It leaks now.", "It is old."), 12),
        ):
            x = 72
            for cell in cells:
                canvas.drawString(x, y, cell)
                x += stringWidth(cell, "Helvetica", 10) + gap

    assert read_pdf(draw).text.split("\n\n") == [
        "Station\tOpened\tKeeper",
        "the weir is old and leaks",
        "It leaks now. It is old.",
    ]


def test_wrapped_cells_are_joined_by_row_or_by_cell(read_pdf, write):
    page = draw_all(
        write("Upper gate", y=760),
        write("It is opened on the first day of", "the month.", x=200, y=760),
        write("Lower", "gate", y=720),
        write("It is always open.", x=200, y=720),
    )
    assert read_pdf(page).text == (
        "Upper gate\tIt is opened on the first day of the month.\nLower gate\tIt is always open."
    )


def test_dot_leaders_become_tabs(read_pdf, write):
    assert read_pdf(
        write("1 Weirs . . . . . . . . . 3", "2 Locks ....................... 14")
    ).text == ("1 Weirs\t3\n2 Locks\t14")


@pytest.mark.parametrize("row_by_row", [True, False])
def test_line_numbers_are_removed(read_pdf, write, row_by_row):
    lines = wrapped(f"{WEIR} {FERRY}", 250)
    places = [(7 + number, line, 760 - 14 * number) for number, line in enumerate(lines)]
    texts = [write(line, y=y) for _, line, y in places]
    numbers = [write(str(number), x=50, y=y, size=8) for number, _, y in places]
    rows = [draw for pair in zip(numbers, texts, strict=True) for draw in pair]
    page = draw_all(*(rows if row_by_row else texts + numbers))
    assert read_pdf(page).text == f"{WEIR} {FERRY}"


def test_numbers_in_a_column_of_a_table_are_kept(read_pdf, write):
    towns = ("Ash", "Elm", "Oak", "Fir", "Bay", "Yew", "Box", "Sorb", "Plum")
    rows = [
        draw_all(write(str(number), y=y), write(town, x=120, y=y), write("40", x=300, y=y))
        for number, town, y in zip(range(1, 10), towns, range(760, 0, -14), strict=False)
    ]
    assert read_pdf(draw_all(*rows)).text.startswith("1 Ash\t40\n2 Elm\t40\n3 Oak\t40\n")


def test_note_in_the_margin_does_not_interrupt_the_text(read_pdf, write):
    page = draw_all(
        *(
            draw
            for number, line in enumerate(wrapped(WEIR, 300))
            for draw in (
                write(line, y=700 - 14 * number),
                *(
                    [write("See the map.", x=400, y=700 - 14 * number, size=8)]
                    if number == 2
                    else ()
                ),
            )
        )
    )
    assert read_pdf(page).text == f"{WEIR}\n\nSee the map."


def test_sideways_page_is_read_in_order(read_pdf, write):
    def draw(canvas):
        canvas.rotate(90)
        canvas.translate(0, -800)
        write(*wrapped(WEIR))(canvas)

    assert read_pdf(draw).text == WEIR


def running(number, body, head="River Board of Lower Ash", foot="Page {} of 3"):
    def draw(canvas):
        canvas.setFont("Helvetica", 9)
        canvas.drawString(72, 800, head.format(number))
        canvas.drawString(280, 30, foot.format(number))
        body(canvas)

    return draw


def test_running_heads_and_feet_are_removed_inside_a_sentence(read_pdf, write):
    document = read_pdf(
        running(1, write(*wrapped(f"{WEIR} The board has agreed to pay"))),
        running(2, write("for half of it, and the mills pay the rest.")),
        running(3, write("There was no other business.")),
    )
    assert document.text == (
        f"{WEIR} The board has agreed to pay for half of it, and the mills pay the rest.\n\n"
        "There was no other business."
    )
    first, second, third = document.pages
    assert first == 0
    assert document.text[second:].startswith("for half of it")
    assert document.text[third:] == "There was no other business."


@pytest.mark.parametrize(
    ("head", "foot"),
    [("Chapter {0}: The Weir", "- {0} -"), ("{0}", ""), ("", "vii"), ("Weirs", "{0}/9")],
)
def test_numbered_and_roman_page_numbers_are_removed(read_pdf, write, head, foot):
    pages = [
        running(number, write(text), head, foot)
        for number, text in enumerate(("Weirs.", "Mills.", "Locks."), 5)
    ]
    assert read_pdf(*pages).text == "Weirs.\n\nMills.\n\nLocks."


def test_text_of_two_similar_pages_is_kept(read_pdf, write):
    page = [
        "Receipt",
        "Paid by Ada Orr",
        "For a mooring at the pier",
        "Total 40 marks",
        "Thank you",
    ]
    first, second = (write(*page, f"Number {number}", y=760) for number in (4, 5))
    text = "\n".join(page)
    assert read_pdf(first, second).text == f"{text}\nNumber 4\n\n{text}\nNumber 5"


def test_head_on_only_one_page_is_kept(read_pdf, write):
    pages = [write(f"The report of {name}", wrapped(WEIR)[0]) for name in ("Ann Lee", "Cy Poe")]
    assert "The report of Ann Lee" in read_pdf(*pages).text


def test_numbered_headings_at_the_top_of_each_page_are_kept(read_pdf, write):
    pages = [
        draw_all(write(f"Week {number}", size=18), write(*wrapped(WEIR), y=720))
        for number in (1, 2, 3)
    ]
    assert read_pdf(*pages).text.count("Week") == 3


def test_letterhead_with_an_address_is_kept_once(read_pdf, write):
    foot = "Ash Mills Ltd, 4 Mill Lane, Lower Ash; phone 01234 567890, fax 01234 567891"
    pages = [
        running(number, write(text), "Ash Mills Ltd", foot)
        for number, text in enumerate(("We thank you.", "Pay in May.", "Yours, Ann Lee."), 1)
    ]
    assert read_pdf(*pages).text == f"{foot}\n\nWe thank you.\n\nPay in May.\n\nYours, Ann Lee."


@pytest.mark.parametrize(("head", "kept"), [("Ash Mills Ltd", "Ash Mills Ltd\n\n"), ("Mills", "")])
def test_firm_at_the_head_of_both_pages_of_a_letter_is_kept_once(read_pdf, write, head, kept):
    pages = [
        running(number, write(text), head)
        for number, text in enumerate(("We thank you.", "Yours, Ann Lee."), 1)
    ]
    assert read_pdf(*pages).text == f"{kept}We thank you.\n\nYours, Ann Lee."


def test_markers_drawn_after_the_items_of_a_list_are_put_before_them(read_pdf, write):
    items = ("Open the upper gate", "Ring the bell", "Close it")
    page = draw_all(
        write(*items, x=90), write("The gate leaks.", y=600), write("1.", "2.", "3.", x=72)
    )
    listed = "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1))
    assert read_pdf(page).text == f"{listed}\n\nThe gate leaks."


def test_tables_side_by_side_are_read_one_after_the_other(read_pdf):
    def draw(canvas):
        for x, rows in ((72, ("Boat Tons", "Gull 12", "Tern 15")), (320, ("Port Depth", "Ash 4"))):
            for number, row in enumerate(rows):
                for column, cell in enumerate(row.split()):
                    canvas.drawString(x + 80 * column, 700 - 18 * number, cell)

    assert read_pdf(draw).text == "Boat\tTons\nGull\t12\nTern\t15\nPort\tDepth\nAsh\t4"


@pytest.mark.parametrize(
    "towns", [("York YO1 9AA", "Hull HU1 2AB"), ("89073 Ulm", "1012 AB Delft")]
)
def test_addresses_side_by_side_stay_whole(read_pdf, towns):
    def draw(canvas):
        for x, lines in ((72, ("Ash Ltd", "4 Mill Lane", towns[0])), (320, ("Ann Lee", "Quay 7"))):
            for number, line in enumerate([*lines, towns[1]][:3]):
                canvas.drawString(x, 700 - 14 * number, line)
        canvas.drawString(72, 620, "Dear Ms Lee,")

    assert read_pdf(draw).text == (
        f"Ash Ltd 4 Mill Lane {towns[0]}\tAnn Lee Quay 7 {towns[1]}\n\nDear Ms Lee,"
    )


def test_date_next_to_two_addresses_is_apart_from_them(read_pdf, write):
    page = draw_all(
        write("Ash Ltd", "4 Mill Lane", "York"),
        write("Ann Lee", "Quay 7", "Hull", y=640),
        write("8 July 2022", x=400),
        write("Dear Ms Lee,", y=570),
    )
    lines = read_pdf(page).text.split("\n")
    assert {"Ash Ltd", "Ann Lee", "8 July 2022"} <= set(lines)


def test_table_with_one_column_of_towns_stays_whole(read_pdf):
    rows = [("Town", "Depot"), ("York YO1 9AA", "North"), ("Hull HU1 2AB", "South")]

    def draw(canvas):
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                canvas.drawString(72 + 248 * column, 700 - 14 * number, cell)

    assert read_pdf(draw).text == "\n".join(map("\t".join, rows))


def test_url_and_date_printed_by_a_browser_are_removed(read_pdf, write):
    head, foot = "16/09/2020, 10:00 Weirs", "https://example.org/weirs?id=12345 {0}/9"
    pages = [
        running(number, write(text), head, foot)
        for number, text in enumerate(("Weirs.", "Mills.", "Locks."), 1)
    ]
    assert read_pdf(*pages).text == "Weirs.\n\nMills.\n\nLocks."


def test_lines_in_the_middle_of_each_page_are_kept(read_pdf, write):
    pages = [
        draw_all(
            write(f"Mill {name}", size=24, y=700),
            write(f"Built in {1740 + number}", "Sold to the board", y=400),
            write("River Board", y=30),
        )
        for number, name in enumerate("ABCD")
    ]
    text = read_pdf(*pages).text
    assert (text.count("Sold to the board"), text.count("Built in")) == (4, 4)
    assert "River Board" not in text


@pytest.mark.parametrize("align", ["TOP", "BOTTOM"])
def test_header_of_a_table_over_several_pages_is_kept_once_with_all_rows(tmp_path, align):
    style = ParagraphStyle("cell", fontSize=10, leading=12)
    words = WEIR.split()
    texts = (" ".join(words[number % 20 : number % 20 + 14]) for number in range(70))
    rows = [(f"Gate {number}", str(1800 + number), text) for number, text in enumerate(texts)]
    cells = [(name, year, Paragraph(text, style)) for name, year, text in rows]
    table = Table([("Gate", "Year", "Keeper"), *cells], colWidths=[60, 60, 120], repeatRows=1)
    table.setStyle([("VALIGN", (0, 0), (-1, -1), align)])
    path = tmp_path / "a.pdf"
    SimpleDocTemplate(str(path)).build([table])
    document = read(path, ParseOptions())
    assert len(document.pages) > 2
    assert document.text.split("\n") == ["Gate\tYear\tKeeper", *map("\t".join, rows)]


def test_running_heads_with_one_changing_part_are_removed(read_pdf, write):
    def page(number, part, text):
        head = draw_all(write("The mills", y=800), write(part, x=350, y=800))
        return draw_all(head, write(text), write(f"{number}", x=290, y=30))

    parts = ("History", "Owners of the weirs", "Money")
    texts = ("The mills are old.", "The board met.", "There was no other business.")
    pages = [page(*each) for each in zip((1, 2, 3), parts, texts, strict=True)]
    assert read_pdf(*pages).text == "\n\n".join(texts)


def test_head_of_a_page_of_another_size_is_removed(read_pdf, write):
    def page(number, height):
        head = write("River Board", y=height - 40)

        def draw(canvas):
            canvas.setPageSize((600, height))
            draw_all(head, write(f"Part {'ABC'[number]}.", y=height - 90))(canvas)

        return draw

    pages = [page(0, 840), page(1, 840), page(2, 500)]
    assert read_pdf(*pages).text == "Part A.\n\nPart B.\n\nPart C."


def test_last_line_of_a_paragraph_with_a_page_reference_is_kept(read_pdf, write):
    text = " ".join(
        [WEIR, "For the wall of the lock and what it costs to move it see the map on page 12."]
    )
    assert read_pdf(write(*wrapped(text)[:-1], "page 12.")).text.endswith("page 12.")


def test_page_number_on_the_last_page_alone_is_removed(read_pdf, write):
    last = draw_all(write("The mills agree."), write("2", x=290, y=40))
    assert read_pdf(write("The board met."), last).text == "The board met.\n\nThe mills agree."


def test_footnote_does_not_interrupt_a_sentence_over_two_pages(read_pdf, write):
    first = draw_all(
        write("The first paragraph is short."),
        write(*wrapped(FERRY)[:-1], y=730),
        write("1 See the map.", y=60, size=8),
    )
    document = read_pdf(first, write(wrapped(FERRY)[-1]))
    assert document.text == f"The first paragraph is short.\n\n1 See the map.\n\n{FERRY}"


def test_page_without_text_starts_where_the_next_one_does(read_pdf, write):
    document = read_pdf(write("One."), lambda canvas: None, write("Three."))
    assert (document.text, document.pages) == ("One.\n\nThree.", (0, 6, 6))


def test_outline_gives_the_sections(read_pdf, write):
    def draw(canvas):
        write("1 The Weir", *wrapped(WEIR), "1.1 Its gates", "They leak.")(canvas)
        for key, title, level in (
            ("a", "The Weir", 0),
            ("b", "1.1 Its gates", 1),
            ("c", "Cover", 0),
        ):
            canvas.bookmarkPage(key)
            canvas.addOutlineEntry(title, key, level)

    document = read_pdf(draw)
    assert [(one.heading, one.level) for one in document.sections] == [
        ("1 The Weir", 1),
        ("Cover", 1),
        ("1.1 Its gates", 2),
    ]
    assert document.text[document.sections[2].start :] == "1.1 Its gates\n\nThey leak."


def test_large_and_bold_lines_give_the_sections(read_pdf, write):
    page = draw_all(
        write("The Weir of Lower Ash", size=20),
        write("Its gates", size=14, y=720),
        write(*wrapped(WEIR), y=700),
        write("The upper gate", font="Helvetica-Bold", y=620),
        write(*wrapped(FERRY), y=606),
        write("Its wall", size=14, y=520),
        write("It has moved.", y=500),
    )
    document = read_pdf(page)
    assert [
        (one.heading, one.level, document.text[one.start :][: len(one.heading)])
        for one in document.sections
    ] == [
        ("The Weir of Lower Ash", 1, "The Weir of Lower Ash"),
        ("Its gates", 2, "Its gates"),
        ("The upper gate", 3, "The upper gate"),
        ("Its wall", 2, "Its wall"),
    ]
    assert document.title == "The Weir of Lower Ash"


def test_numbered_lines_and_capitals_on_their_own_give_the_sections(read_pdf, write):
    page = draw_all(
        write("SCOPE", y=760),
        write(*wrapped(WEIR), y=735),
        write("2.1 Terms of payment", y=660),
        write(*wrapped(FERRY), y=635),
    )
    assert [one.heading for one in read_pdf(page).sections] == ["SCOPE", "2.1 Terms of payment"]


@pytest.mark.parametrize("has_outline", [True, False])
def test_chapter_number_above_the_title_is_part_of_the_heading(read_pdf, write, has_outline):
    def draw(canvas):
        if has_outline:
            canvas.bookmarkPage("1", fit="XYZ", top=720)
            canvas.addOutlineEntry("Dues", "1")
        write("Chapter 1", size=20)(canvas)
        write("Dues", size=24, y=715)(canvas)
        write(*wrapped(WEIR), y=660)(canvas)

    document = read_pdf(draw)
    assert [section.heading for section in document.sections] == ["Chapter 1 Dues"]
    assert document.text == f"Chapter 1 Dues\n\n{WEIR}"


def test_heading_over_two_lines_is_one_section(read_pdf, write):
    page = draw_all(
        write("What the engineer found", "at the weir", size=16, leading=19),
        write(*wrapped(WEIR), y=700),
    )
    (section,) = read_pdf(page).sections
    assert section.heading == "What the engineer found at the weir"


@pytest.mark.parametrize("last", [("9 CARTS", FERRY), ("", WEIR)])
def test_clauses_numbered_in_sequence_at_the_top_of_pages_are_kept(read_pdf, write, last):
    pages = [
        draw_all(write(heading), write(*wrapped(text), y=740))
        for heading, text in (("7 TOLLS", WEIR), ("8 FERRIES", FERRY), last)
    ]
    headings = [one.heading for one in read_pdf(*pages).sections]
    assert headings == ["7 TOLLS", "8 FERRIES", *filter(None, last[:1])]


def test_page_count_next_to_a_heading_is_removed(read_pdf, write):
    pages = [
        draw_all(
            write(heading, size=18),
            write(f"Sheet {number} of 2", x=420, size=8),
            write(*wrapped(text), y=700),
        )
        for number, (heading, text) in enumerate((("The weir", WEIR), ("The ferry", FERRY)), 1)
    ]
    assert read_pdf(*pages).text == f"The weir\n\n{WEIR}\n\nThe ferry\n\n{FERRY}"


def test_large_list_item_is_no_heading(read_pdf, write):
    page = draw_all(
        write("The gates", size=18),
        write("• Open at dawn", size=14, y=730),
        write(*wrapped(FERRY), y=690),
    )
    assert [one.heading for one in read_pdf(page).sections] == ["The gates"]


def test_bold_capitals_above_a_line_in_small_letters_are_a_heading(read_pdf, write):
    page = draw_all(
        write("DESCRIPTION", font="Helvetica-Bold"),
        write("weir counts the boats above the gate.", x=90, y=746),
        write(*wrapped(WEIR), y=700),
    )
    assert [one.heading for one in read_pdf(page).sections] == ["DESCRIPTION"]


def test_numbered_clause_that_announces_a_list_is_no_heading(read_pdf, write):
    page = draw_all(
        write("4.1 The miller pays for:", "(a) the gate;", "(b) the wall."),
        write(*wrapped(WEIR), y=690),
    )
    assert read_pdf(page).sections == ()


def test_code_keeps_its_indentation(read_pdf, write):
    page = draw_all(
        write(*wrapped(WEIR)),
        write("for gate in gates:", y=690, font="Courier", size=10),
        write("if gate.leaks:", x=72 + 4 * 6, y=678, font="Courier", size=10),
        write("repair(gate)", x=72 + 8 * 6, y=666, font="Courier", size=10),
    )
    code = "for gate in gates:\n    if gate.leaks:\n        repair(gate)"
    assert read_pdf(page).text == f"{WEIR}\n\n{code}"


def test_text_is_no_heading_next_to_longer_code_in_a_smaller_font(read_pdf, write):
    page = draw_all(
        write("Save this as gates.py:", size=11),
        write(*["open(gate_of_the_mill)"] * 4, y=730, font="Courier", size=8),
    )
    assert read_pdf(page).sections == ()


TABLES = (
    ("Pump", (("Flow", "40 l/min"), ("Head", "12 m"), ("Weight", "8 kg"))),
    ("Motor", (("Voltage", "230 V"), ("Power", "550 W"), ("Speed", "2900 rpm"))),
)


def test_tables_drawn_one_after_the_other_are_read_so_if_next_to_each_other(read_pdf, write):
    draws = []
    for x, (caption, rows) in zip((72, 330), TABLES, strict=True):
        draws.append(write(caption, x=x, font="Helvetica-Bold"))
        for y, (name, value) in zip((740, 726, 712), rows, strict=True):
            draws += [write(name, x=x, y=y), write(value, x=x + 90, y=y)]
    words = read_pdf(draw_all(*draws)).text.split()
    assert words.index("Pump") < words.index("kg") < words.index("Motor") < words.index("Voltage")


def test_footnote_below_the_first_column_does_not_interrupt_a_sentence(read_pdf, write):
    lines = wrapped(f"{WEIR} {FERRY}", 210)
    page = draw_all(
        write(*lines[:9]),
        write("1 As the clerk of the town wrote.", y=300, size=8),
        write(*lines[9:], x=320),
    )
    text = read_pdf(page).text
    assert f"{WEIR} {FERRY}" in text
    assert "1 As the clerk of the town wrote." in text


@pytest.mark.parametrize("lefts", [(100, 110, 120), (120, 110, 100)])
def test_hebrew_word_is_read_from_right_to_left(lefts):
    word = "\u05d1\u05e0\u05d9"  # in the order of reading
    glyphs = SimpleNamespace(
        text=word if lefts[0] > lefts[-1] else word[::-1],
        boxes=np.array([(left, 710, left + 10, 700) for left in lefts], np.float32),
        placement=lambda index: Placement(lefts[index], 700, 10, 0),
        font=lambda _: (b"", 0),
    )
    (row,) = read_rows(glyphs)
    assert [each.text for each in row.words] == [word]
