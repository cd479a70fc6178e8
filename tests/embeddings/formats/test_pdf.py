import datetime
import io

import pytest
from pypdf import PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from embeddings.errors import DocumentError
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.pdf import read

LINES = [
    "Talks go on",
    "Two delegations met in Ankara on Wednesday to talk about the inter-",
    "national grain market, which had been closed since the early spring of",
    "that year. The next round is planned for October and will be held in the",
    "city of Geneva.",
    "The Franco-",
    "German plan was set aside.",
]


@pytest.fixture
def save(tmp_path):
    def save_it(*pages, password=None, owner_password=None, **info):
        buffer = io.BytesIO()
        canvas = Canvas(buffer, pagesize=A4)
        for lines in pages:
            text = canvas.beginText(72, 760)
            for line in lines:
                text.textLine(line)
            canvas.drawText(text)
            canvas.showPage()
        canvas.save()
        writer = PdfWriter(clone_from=buffer)
        writer.add_metadata({f"/{key}": value for key, value in info.items()})
        if password is not None:
            writer.encrypt(password, owner_password, algorithm="AES-256")
        path = tmp_path / "a.pdf"
        writer.write(path)
        return path

    return save_it


def test_lines_are_put_together_to_paragraphs_and_pages_parted(save):
    assert read(save(LINES, ["Page two."]), ParseOptions()).text == (
        "Talks go on\n\n"
        "Two delegations met in Ankara on Wednesday to talk about the international grain market, "
        "which had been closed since the early spring of that year. The next round is planned for "
        "October and will be held in the city of Geneva.\n\n"
        "The Franco-\n"
        "German plan was set aside.\n\n"
        "Page two."
    )


def test_short_lines_and_list_items_stay_apart(save):
    names = ["Ankara", "Geneva", "Moscow"]
    items = [f"{number}. {'word ' * 14}" for number in (1, 2)]
    text = read(save(names + items), ParseOptions()).text
    lines = [line for line in text.split("\n") if line]
    assert lines == names + [item.strip() for item in items]


def test_the_information_gives_title_date_author_and_pages(save):
    path = save(LINES, Title="Talks", Author="A. Reporter", CreationDate="D:20200916233000+03'00'")
    document = read(path, ParseOptions())
    assert (document.title, document.date) == ("Talks", datetime.date(2020, 9, 16))
    assert document.metadata == {"pages": 1, "author": "A. Reporter"}


def test_placeholders_and_a_broken_date_say_nothing(save):
    document = read(
        save(LINES, Title="untitled", Author="(anonymous)", CreationDate="spring"), ParseOptions()
    )
    assert (document.title, document.date, document.metadata) == ("", None, {"pages": 1})


def test_a_file_with_a_password_is_called_encrypted(save):
    with pytest.raises(DocumentError, match="encrypted"):
        read(save(LINES, password="secret"), ParseOptions())


def test_a_file_that_anyone_may_open_is_read(save):
    assert (
        read(save(["Page one."], password="", owner_password="secret"), ParseOptions()).text
        == "Page one."
    )


def test_pages_without_text_are_called_scanned(save):
    with pytest.raises(DocumentError, match="OCR"):
        read(save([]), ParseOptions())


def test_pages_are_bounded(save):
    path = save(["One."], ["Two."], ["Three."])
    assert read(path, ParseOptions(max_file_pages=3)).metadata["pages"] == 3
    with pytest.raises(DocumentError, match="has 3 pages, more than the 2 allowed"):
        read(path, ParseOptions(max_file_pages=2))


def test_the_text_of_all_pages_is_bounded(save):
    path = save(["One."], ["Two."])
    assert read(path, ParseOptions(max_file_bytes=8)).text == "One.\n\nTwo."
    with pytest.raises(DocumentError, match="expands to more text than the 7 bytes"):
        read(path, ParseOptions(max_file_bytes=7))
