import copy
import datetime

import pytest
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches, Pt

from embeddings.errors import DocumentError
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.powerpoint import read
from embeddings.types import Section


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.pptx"


def add_slide(presentation, title, body):
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = title, body
    return slide


def test_each_slide_is_a_page_and_a_section(path):
    presentation = Presentation()
    add_slide(presentation, "Costs", "The gate costs 40.\nWork starts in May.")
    presentation.slides.add_slide(presentation.slide_layouts[6])
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    slide.shapes.add_textbox(0, 0, 99, 99).text_frame.text = "No title here."
    presentation.save(path)
    found = read(path, ParseOptions())
    text = "Costs\n\nThe gate costs 40.\n\nWork starts in May.\n\nNo title here."
    third = text.index("No title")
    assert found.text == text
    assert found.pages == (0, third, third)
    assert found.sections == (Section("Costs", 1, 0), *found.sections[1:])
    assert found.sections[-1] == Section("Slide 3", 1, third)
    assert found.metadata["pages"] == 3


def test_values_of_a_chart_have_the_names_of_series_and_categories(path):
    presentation = Presentation()
    slide = add_slide(presentation, "Ferries", "By month")
    data = CategoryChartData()
    data.categories = ["May", "June"]
    data.add_series("Passengers", (900, 1200))
    data.add_series("Bicycles", (None, 40))
    data.add_series("", (7, None))
    data.add_series("Empty", (None, None))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, 99, 99, data)
    presentation.save(path)
    assert read(path, ParseOptions()).text == (
        "Ferries\n\nBy month\n\nPassengers: May 900; June 1200\n\nBicycles: June 40\n\nMay 7"
    )


def test_presentation_has_no_title_if_its_first_slide_has_none(path):
    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    slide.shapes.add_textbox(0, 0, 99, 99).text_frame.text = "No title here."
    presentation.save(path)
    assert read(path, ParseOptions()).title == ""


def test_title_of_the_first_slide_may_begin_with_the_word_slide(path):
    presentation = Presentation()
    add_slide(presentation, "Slide 10 gates a day", "How we do it.")
    presentation.save(path)
    assert read(path, ParseOptions()).title == "Slide 10 gates a day"


def test_tables_grouped_shapes_and_notes_are_read(path):
    presentation = Presentation()
    slide = add_slide(presentation, "Parts", "Overview")
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(1), Inches(3), Inches(1)).table
    for place, text in {(0, 0): "Part", (0, 1): "Price", (1, 0): "Gate", (1, 1): "40"}.items():
        table.cell(*place).text = text
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(Inches(1), Inches(4), 99, 99).text_frame.text = "In a group."
    slide.notes_slide.notes_text_frame.text = "Mention the insurance."
    presentation.save(path)
    assert read(path, ParseOptions()).text == (
        "Parts\n\nOverview\n\nPart | Price\nGate | 40\n\nIn a group.\n\nMention the insurance."
    )


def test_cell_over_several_rows_is_repeated_in_each(path):
    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    table = slide.shapes.add_table(2, 2, 0, 0, 99, 99).table
    for place, text in {(0, 0): "York", (0, 1): "1852", (1, 1): "1853"}.items():
        table.cell(*place).text = text
    table.cell(0, 0).merge(table.cell(1, 0))
    presentation.save(path)
    assert read(path, ParseOptions()).text == "York | 1852\nYork | 1853"


@pytest.mark.parametrize(
    ("baseline", "wanted"), [("30000", "10^6"), ("-25%", "10_6"), ("0", "106")]
)
def test_superscripts_and_subscripts_are_marked(path, baseline, wanted):
    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    paragraph = slide.shapes.add_textbox(0, 0, 99, 99).text_frame.paragraphs[0]
    for text in ("10", "6", " litres"):
        paragraph.add_run().text = text
    paragraph.runs[1].font._element.set("baseline", baseline)
    presentation.save(path)
    assert read(path, ParseOptions()).text == f"{wanted} litres"


def test_properties_give_title_author_and_day_of_creation(path):
    presentation = Presentation()
    add_slide(presentation, "Costs", "40")
    presentation.core_properties.title = ""
    presentation.save(path)
    found = read(path, ParseOptions())
    assert found.title == "Costs"
    assert "created" not in found.metadata  # the day of the template
    presentation.core_properties.title = "Dam safety"
    presentation.core_properties.author = "Clara Voss"
    presentation.core_properties.created = datetime.datetime(2020, 9, 16)
    presentation.save(path)
    found = read(path, ParseOptions())
    assert found.title == "Dam safety"
    assert found.metadata == {"author": "Clara Voss", "created": "2020-09-16", "pages": 1}


def test_slides_keep_the_order_in_which_they_are_shown(path):
    presentation = Presentation()
    add_slide(presentation, "One", "a")
    add_slide(presentation, "Two", "b")
    slides = presentation.slides._sldIdLst
    slides.append(slides[0])
    presentation.save(path)
    assert read(path, ParseOptions()).text == "Two\n\nb\n\nOne\n\na"


def test_presentation_with_too_many_slides_is_refused(path):
    presentation = Presentation()
    add_slide(presentation, "x", "y")
    slides = presentation.slides._sldIdLst
    for _ in range(99):
        slides.append(copy.copy(slides[0]))
    presentation.save(path)
    with pytest.raises(
        DocumentError, match="has 100 slides, more than the 99 allowed; raise max_f"
    ):
        read(path, ParseOptions(max_file_pages=99))


def test_text_boxes_are_read_column_by_column_and_from_top_to_bottom(path):
    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    places = {"Lock it.": (1, 5), "Old": (5, 2), "Close the gate.": (1, 3), "New": (1, 2)}
    wide = {"Steps": (1, 1), "Ask Ada.": (1, 6)}
    for text, (left, top) in {**wide, **places, "Rust": (5, 5)}.items():
        size = Inches(8 if text in wide else 3), Inches(0.8)
        box = slide.shapes.add_textbox(Inches(left), Inches(top), *size)
        box.text_frame.text = text
    presentation.save(path)
    text = "Steps\n\nNew\n\nClose the gate.\n\nLock it.\n\nOld\n\nRust\n\nAsk Ada."
    assert read(path, ParseOptions()).text == text


def test_hidden_slide_is_left_out_but_keeps_its_number(path):
    presentation = Presentation()
    for number in range(3):
        add_slide(presentation, f"Slide about gate {number}", "It is shut.")
    presentation.slides[1]._element.set("show", "0")
    presentation.save(path)
    found = read(path, ParseOptions())
    assert "gate 1" not in found.text
    third = found.text.index("Slide about gate 2")
    assert found.pages == (0, third, third)
    assert [one.heading for one in found.sections] == ["Slide about gate 0", "Slide about gate 2"]


@pytest.mark.parametrize(("size", "heading"), [(40, "Risks"), (18, "Slide 1")])
def test_first_line_in_the_largest_letters_is_the_title_of_a_slide_without_one(path, size, heading):
    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    for text, top, points in (("Risks", 0, size), ("Late frost.", 500, 24)):
        frame = slide.shapes.add_textbox(0, top, 99, 99).text_frame
        frame.text = text
        frame.paragraphs[0].runs[0].font.size = Pt(points)
    presentation.save(path)
    found = read(path, ParseOptions())
    assert found.text == "Risks\n\nLate frost."
    assert [one.heading for one in found.sections] == [heading]
