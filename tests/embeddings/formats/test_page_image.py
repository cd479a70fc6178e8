import io
from pathlib import Path

import pypdf
import pytest
from PIL import Image, ImageChops

from embeddings.errors import DocumentError
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.pdf import render_page
from embeddings.formats.pdf.page_image import _find
from embeddings.formats.sandbox import page_image
from tests.fuzz.test_nasty_files import SHOWN, pdf

SENTENCES = (
    "The old mill of Dunmore was sold in the spring of 2021, after the",
    "council had refused to pay for a new roof and a new wheel.",
)


def marked_boxes(path: Path, quotation: str, position: float = 0.0) -> tuple[int, ...] | None:
    """Return the box of the pixels that the highlighting changes, in points from the top left."""
    images = []
    for text in ("", quotation):
        page = render_page(path, 1, text, position)
        assert page is not None
        images.append(Image.open(io.BytesIO(page.png)))
    box = ImageChops.difference(*images).getbbox()
    assert (page.highlight is None) == (box is None)
    return None if box is None else tuple(round(pixel / 2) for pixel in box)


def test_quotation_over_two_lines_is_highlighted(save_pdf, write) -> None:
    path = save_pdf(write("Before.", *SENTENCES, "After.", y=760, leading=20))
    box = marked_boxes(path, "sold  in the spring of 2021,\nafter the council")
    assert box is not None
    left, top, _, bottom = box
    assert left < 80  # "council" starts at the margin of 72 points
    assert 842 - 740 - 15 < top < 842 - 740
    assert 842 - 720 < bottom < 842 - 720 + 10


@pytest.mark.parametrize("quotation", ["", "The harbour was closed.", "...", "   "])
def test_quotation_that_is_not_on_the_page_is_not_highlighted(save_pdf, write, quotation) -> None:
    assert marked_boxes(save_pdf(write(*SENTENCES)), quotation) is None


def test_occurrence_at_the_expected_position_is_highlighted(save_pdf, write) -> None:
    path = save_pdf(write(*["The mill was sold for 7 crowns."] * 3, y=760, leading=100))
    for line, position in enumerate((0.0, 0.4, 0.7)):
        box = marked_boxes(path, "sold", position)
        assert box is not None
        baseline = 842 - 760 + 100 * line
        assert box[1] < baseline < box[3] + 1


def test_rotated_page_is_highlighted_at_the_text(save_pdf, write, tmp_path) -> None:
    path = save_pdf(write(*SENTENCES))
    writer = pypdf.PdfWriter(clone_from=path)
    writer.pages[0].rotate(90)
    writer.write(tmp_path / "turned.pdf")
    upright = marked_boxes(path, "The old mill")
    turned = marked_boxes(tmp_path / "turned.pdf", "The old mill")
    assert upright is not None
    assert turned is not None
    left, top, right, bottom = upright
    assert turned == pytest.approx((842 - bottom, left, 842 - top, right), abs=2)


@pytest.mark.parametrize(
    ("text", "quotation", "expected"),
    [
        ("one two three", "two", ["two"]),
        ("one two three", "TWO\n three", ["two three"]),
        ("of 19870 in 1987.", "1987", ["1987"]),
        ("the ﬁrst ofﬁce", "first office", ["ﬁrst ofﬁce"]),
        (
            "The council refused to pay\n1 See page 4.\nfor the new roof of the mill.",
            "The council refused to pay for the new roof of the mill.",
            ["The council refused to pay", "for the new roof of the mill"],
        ),
        ("The council refused.", "The council refused to pay for the new roof and wheel.", []),
    ],
)
def test_parts_of_quotation_are_found(text, quotation, expected) -> None:
    assert [text[start:end] for start, end in _find(text, quotation, 0)] == expected


def test_unknown_page_returns_none(save_pdf, write) -> None:
    path = save_pdf(write("Text."))
    assert page_image(path, 2) is None
    assert page_image(path, 0) is None
    assert page_image(path, 1) is not None


def test_file_that_is_not_a_pdf_raises_and_the_process_stays_usable(save_pdf, write) -> None:
    path = save_pdf(write("Text."))
    wrong = path.with_name("b.pdf")
    wrong.write_text("Text.")
    with pytest.raises(DocumentError, match="damaged, or not a PDF"):
        page_image(wrong, 1)
    assert page_image(path, 1) is not None


def test_rendering_above_the_time_limit_raises(save_pdf, write) -> None:
    path = save_pdf(write("Text."))
    with pytest.raises(DocumentError, match=r"took longer than 0\.001 s"):
        page_image(path, 1, options=ParseOptions(max_file_seconds=0.001))
    assert page_image(path, 1) is not None


@pytest.mark.parametrize(
    ("box", "size"),
    [
        ("0 0 1000000 1000000", (2000, 2000)),
        ("0 0 1000000 1", (6000, 1)),
        ("600 800 -1000000 -100", (6000, 6)),
        ("0 0 0 0", (1224, 1584)),  # of the paper that PDFium assumes
        (f"0 0 {'9' * 60} {'9' * 60}", (1224, 1584)),
    ],
)
def test_page_of_odd_size_is_rendered_within_the_limits(tmp_path, box, size) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf(1, SHOWN).replace(b"0 0 600 800", box.encode()))
    image = page_image(path, 1)
    assert image is not None
    assert Image.open(io.BytesIO(image.png)).size == size
