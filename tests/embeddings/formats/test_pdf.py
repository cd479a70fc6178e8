"""PDF files: what they say about themselves, limits, forms, scans and damage."""

import shutil

import pypdfium2
import pytest
from pypdf import PdfWriter
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from embeddings.errors import DocumentError
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.pdf import read

LINE = "The council met on Monday to hear the report of the engineer about the weir."


def rewritten(path, *, password=None, owner_password=None, **info):
    writer = PdfWriter(clone_from=path)
    writer.add_metadata({f"/{key}": value for key, value in info.items()})
    if password is not None:
        writer.encrypt(password, owner_password, algorithm="AES-256")
    writer.write(path)
    return path


def test_information_gives_title_date_author_and_pages(save_pdf, write):
    path = rewritten(
        save_pdf(write(LINE)),
        Title="Microsoft Word - Talks",
        Author="A.  Reporter",
        CreationDate="D:20200916233000+03'00'",
    )
    document = read(path, ParseOptions())
    assert (document.title, document.date) == ("Talks", None)
    assert document.metadata == {"pages": 1, "author": "A. Reporter", "created": "2020-09-16"}


@pytest.mark.parametrize(
    "title", ["untitled", "Document1", "2024", "Microsoft Word - dam v3 (2).docx"]
)
def test_placeholders_and_a_broken_date_are_ignored(save_pdf, write, title):
    path = rewritten(
        save_pdf(write(LINE)), Title=title, Author="(anonymous)", CreationDate="spring"
    )
    document = read(path, ParseOptions())
    assert (document.title, document.date, document.metadata) == ("", None, {"pages": 1})


def test_title_on_the_first_page_ends_before_a_heading_of_its_size(read_pdf, write):
    def page(canvas):
        write("The weirs", "of Lower Ash", size=20, leading=24)(canvas)
        write("1. History", size=20, y=680)(canvas)
        write("The council met on Monday to hear the report of the engineer.", y=640)(canvas)

    assert read_pdf(page).title == "The weirs of Lower Ash"


def test_watermark_is_not_the_title(read_pdf, write):
    def page(canvas):
        write("The dam was repaired twice.", "Its gates are new.")(canvas)
        canvas.setFont("Helvetica", 60)
        canvas.rotate(45)
        canvas.drawString(300, 0, "DRAFT")

    assert read_pdf(page).title == ""


def test_file_with_a_password_is_refused(save_pdf, write):
    with pytest.raises(DocumentError, match="encrypted"):
        read(rewritten(save_pdf(write(LINE)), password="secret"), ParseOptions())


def test_file_with_an_owner_password_only_is_read(save_pdf, write):
    path = rewritten(save_pdf(write(LINE)), password="", owner_password="secret")
    assert read(path, ParseOptions()).text == LINE


def test_damaged_file_is_refused(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.4 and no more")
    with pytest.raises(DocumentError, match="damaged, or not a PDF"):
        read(path, ParseOptions())


def test_pages_are_limited(save_pdf, write):
    path = save_pdf(*[write(LINE)] * 3)
    assert read(path, ParseOptions(max_file_pages=3)).metadata["pages"] == 3
    with pytest.raises(DocumentError, match="has 3 pages, more than the 2 allowed"):
        read(path, ParseOptions(max_file_pages=2))


def test_text_of_all_pages_is_limited(save_pdf, write):
    path = save_pdf(write("One."), write("Two."))
    assert read(path, ParseOptions(max_file_bytes=8)).text == "One.\n\nTwo."
    with pytest.raises(DocumentError, match=r"expands to [0-9]+ bytes, more than the 7 allowed"):
        read(path, ParseOptions(max_file_bytes=7))


def test_filled_form_fields_are_read_next_to_their_labels(read_pdf, write):
    def draw(canvas):
        write(LINE)(canvas)
        labels = ("Applicant", "Born", "Remarks", "Member", "Guest", "Address")
        for row, label in enumerate(labels):
            canvas.drawString(100, 604 - 40 * row, label)
        form = canvas.acroForm
        form.textfield(name="f1", value="Ann Lee", x=200, y=600, height=20)
        form.textfield(name="f2", value="4 May 1971", x=200, y=560, height=20)
        form.textfield(name="f3", value="", x=200, y=520, height=20)
        form.checkbox(name="f4", checked=True, x=72, y=480)
        form.checkbox(name="f5", checked=False, x=72, y=440)
        form.textfield(name="f6", value="Ash", x=100, y=370, height=20)
        form.textfield(name="f7", value="Wick", x=100, y=330, height=20)

    assert read_pdf(draw, write("There is no fee.")).text == (
        f"{LINE}\n\nApplicant\tAnn Lee\nBorn\t4 May 1971\n\nRemarks\n\n"
        "\N{BALLOT BOX WITH X} Member\n\nGuest\n\nAddress\n\nAsh\n\nWick\n\nThere is no fee."
    )


def test_fields_without_an_appearance_are_read(save_pdf, write):
    def draw(canvas):
        write(LINE)(canvas)
        canvas.acroForm.textfield(name="f1", value="Ann Lee", x=72, y=600)

    path = save_pdf(draw)
    writer = PdfWriter(clone_from=path)
    del writer.pages[0]["/Annots"][0].get_object()["/AP"]
    writer.set_need_appearances_writer()
    writer.write(path)
    assert read(path, ParseOptions()).text == f"{LINE}\n\nAnn Lee"


def test_pages_without_text_are_reported_as_scanned_with_advice(read_pdf):
    with pytest.raises(DocumentError, match=r"without text.*scanned.*\[ocr\]"):
        read_pdf(lambda canvas: None)


@pytest.fixture
def scan(save_pdf, write):
    """A function that draws a page of text as a picture."""
    page = pypdfium2.PdfDocument(save_pdf(write(LINE)))[0]
    image = ImageReader(page.render(scale=200 / 72).to_pil())
    return lambda canvas: canvas.drawImage(image, 0, 0, *page.get_size())


def test_scanned_page_among_others_is_reported(read_pdf, write, scan):
    document = read_pdf(write(LINE), scan, write(LINE))
    assert document.metadata["warning"].startswith("1 of 3 pages are images")
    assert len(document.pages) == 3


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")
def test_scanned_page_is_recognised_if_asked_for(read_pdf, scan):
    document = read_pdf(scan, ocr=True)
    assert document.text == LINE
    assert "warning" not in document.metadata


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")
def test_heading_on_a_scanned_page_is_a_section(read_pdf, save_pdf, write):
    def draw(canvas):
        write("Dams and weirs", size=24)(canvas)
        write(*[LINE] * 4, y=700)(canvas)

    page = pypdfium2.PdfDocument(save_pdf(draw))[0]
    image = ImageReader(page.render(scale=200 / 72).to_pil())
    document = read_pdf(lambda canvas: canvas.drawImage(image, 0, 0, *page.get_size()), ocr=True)
    assert [section.heading for section in document.sections] == ["Dams and weirs"]


def test_missing_tesseract_is_reported(read_pdf, scan, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DocumentError, match=r"scanned pages; for OCR, install Tesseract"):
        read_pdf(scan, ocr=True)


def test_words_that_run_together_are_reported(read_pdf, write):
    document = read_pdf(write(LINE.replace(" ", ""), "as it was said."))
    assert "run together" in document.metadata["warning"]


def test_font_without_unicode_map_is_reported(save_pdf, write):
    # Another file than in other tests: reportlab shares the glyphs of fonts from the same file.
    pdfmetrics.registerFont(TTFont("Unreadable", "VeraBd.ttf", asciiReadable=False))
    path = save_pdf(write(LINE, font="Unreadable"))
    writer = PdfWriter(clone_from=path)
    for page in writer.pages:
        for font in page["/Resources"]["/Font"].values():
            font.get_object().pop("/ToUnicode", None)
    writer.write(path)
    assert "unreadable" in read(path, ParseOptions()).metadata["warning"]


def test_usual_text_gives_no_warning(read_pdf, write):
    assert "warning" not in read_pdf(write(LINE)).metadata
