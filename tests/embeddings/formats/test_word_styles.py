import pytest

from embeddings.formats.numbering import in_format
from embeddings.formats.word_styles import Numbering, Styles
from embeddings.formats.zip_package import parse_xml

NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def element(name, content):
    return parse_xml(f'<w:{name} xmlns:w="{NAMESPACE}">{content}</w:{name}>'.encode())


def paragraph(number=None, level=0, style=None):
    style = f"<w:pStyle w:val='{style}'/>" if style else ""
    numbered = f"<w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='{number}'/></w:numPr>"
    return element("p", f"<w:pPr>{style}{numbered if number is not None else ''}</w:pPr>")


def level(number, form, text, more=""):
    return (
        f"<w:lvl w:ilvl='{number}'>{more}<w:numFmt w:val='{form}'/><w:lvlText w:val='{text}'/>"
        "</w:lvl>"
    )


def abstract(number, *content):
    return f"<w:abstractNum w:abstractNumId='{number}'>{''.join(content)}</w:abstractNum>"


def num(number, of, override=""):
    return f"<w:num w:numId='{number}'><w:abstractNumId w:val='{of}'/>{override}</w:num>"


def labels(content, paragraphs, styles=""):
    numbering = Numbering(element("numbering", content), Styles(element("styles", styles)))
    return [numbering.label(each) for each in paragraphs]


OUTLINE = abstract(
    1,
    level(0, "upperRoman", "%1.", "<w:start w:val='3'/>"),
    level(1, "lowerLetter", "%1.%2)"),
)


def test_deeper_level_restarts_under_each_item():
    found = labels(
        OUTLINE + num(1, 1),
        [paragraph(1, 0), paragraph(1, 1), paragraph(1, 1), paragraph(1, 0), paragraph(1, 1)],
    )
    assert found == ["III.", "III.a)", "III.b)", "IV.", "IV.a)"]


def test_level_override_continues_the_count_in_its_own_format():
    override = f"<w:lvlOverride w:ilvl='0'>{level(0, 'decimal', '(%1)')}</w:lvlOverride>"
    content = OUTLINE + num(1, 1) + num(2, 1, override)
    assert labels(content, [paragraph(1), paragraph(2), paragraph(1)]) == ["III.", "(4)", "V."]


def test_start_override_restarts_at_its_number():
    override = "<w:lvlOverride w:ilvl='0'><w:startOverride w:val='1'/></w:lvlOverride>"
    content = OUTLINE + num(1, 1) + num(2, 1, override)
    found = labels(content, [paragraph(1), paragraph(2), paragraph(2)])
    assert found == ["III.", "I.", "II."]


def test_bullets_and_removed_numbering_have_no_label():
    content = abstract(1, level(0, "bullet", "o")) + num(1, 1)
    assert labels(content, [paragraph(1), paragraph(0), paragraph(7), paragraph()]) == [""] * 4


def test_legal_numbering_shows_decimal_digits():
    content = abstract(
        1, level(0, "upperRoman", "%1"), level(1, "decimal", "%1.%2", "<w:isLgl/>")
    ) + num(1, 1)
    assert labels(content, [paragraph(1, 0), paragraph(1, 1)]) == ["I", "1.1"]


def test_style_gives_number_and_level_of_its_paragraphs():
    styles = (
        "<w:style w:styleId='Base'><w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr></w:style>"
        "<w:style w:styleId='Clause'><w:basedOn w:val='Base'/></w:style>"
    )
    second = level(1, "decimal", "%2)", "<w:pStyle w:val='Clause'/>")
    content = abstract(1, level(0, "decimal", "%1."), second) + num(1, 1)
    assert labels(content, [paragraph(style="Clause")] * 2, styles) == ["1)", "2)"]


def test_list_style_uses_the_numbering_of_its_list():
    styles = (
        "<w:style w:styleId='Legal'><w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr>"
        "</w:style>"
    )
    content = OUTLINE + abstract(2, "<w:numStyleLink w:val='Legal'/>") + num(1, 1) + num(2, 2)
    assert labels(content, [paragraph(2)], styles) == ["III."]


def test_style_based_on_itself_does_not_loop():
    styles = "<w:style w:styleId='A'><w:name w:val='Body'/><w:basedOn w:val='A'/></w:style>"
    assert Styles(element("styles", styles)).heading_level(paragraph(style="A")) == 0


@pytest.mark.parametrize(
    ("style", "wanted"), [("berschrift2", 2), ("Own", 3), ("Body", 0), ("Heading1", 1)]
)
def test_heading_level_comes_from_outline_level_or_name(style, wanted):
    styles = Styles(
        element(
            "styles",
            "<w:style w:styleId='berschrift2'><w:name w:val='heading 2'/></w:style>"
            "<w:style w:styleId='Own'><w:pPr><w:outlineLvl w:val='2'/></w:pPr></w:style>"
            "<w:style w:styleId='Body'><w:pPr><w:outlineLvl w:val='9'/></w:pPr></w:style>",
        )
    )
    assert styles.heading_level(paragraph(style=style)) == wanted


@pytest.mark.parametrize(
    ("number", "form", "wanted"),
    [
        (4, "decimal", "4"),
        (4, "decimalZero", "04"),
        (1994, "upperRoman", "MCMXCIV"),
        (28, "lowerLetter", "bb"),
        (22, "ordinal", "22nd"),
        (12, "ordinal", "12th"),
        (0, "lowerRoman", "0"),
        (3, "none", ""),
        (3, "chineseCounting", "3"),
    ],
)
def test_number_is_written_in_its_format(number, form, wanted):
    assert in_format(number, form) == wanted
