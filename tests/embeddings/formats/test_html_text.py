import pytest

from embeddings.types import Section


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>One<br>Two<br><br>Three</p>", "One\nTwo\n\nThree"),
        ("<ul><li>One</li><li><p>Two</p></li></ul>", "- One\n\n- Two"),
        ("<ul><li>One<ul><li>inner</li></ul></li><li></li></ul>After", "- One\n- inner\n\nAfter"),
        ("<ol start=3><li>C</li><li value=7>G</li><li>H</li></ol>", "3. C\n7. G\n8. H"),
        ("<ol reversed><li>C</li><li>B</li><li>A</li></ol>", "3. C\n2. B\n1. A"),
        ("<ol type=a><li>One</li></ol><ol type=I><li>Two</ol>", "a. One\n\nI. Two"),
        (
            "<dl><dt>dam<dd>A wall.<dt>weir</dt><dt>sill</dt><dd>A low wall.</dl>",
            "dam\nA wall.\n\nweir\nsill\nA low wall.",
        ),
        ("<p>head&shy;quarters of the manage&#8203;ment</p>", "headquarters of the management"),
        ("<p><ruby>東京<rp>(</rp><rt>とうきょう</rt><rp>)</rp></ruby>は首都。</p>", "東京は首都。"),
        ("<p>It costs <del>12</del> 14. <q>No <b>dogs</b></q>!</p>", "It costs 14. “No dogs”!"),
        ("<p>To <kbd>stop</kbd>, press <code>q</code>.</p>", "To stop, press q."),
    ],
)
def test_lines_and_paragraphs_are_those_that_a_browser_shows(read_page, body, text):
    assert read_page(body).text == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<pre>cd /srv<br>make all<br>make install</pre>", "cd /srv\nmake all\nmake install"),
        ("<pre>\nif x:\n    go()  \n\n</pre>", "if x:\n    go()"),
        (
            '<pre><code><span style="display:block">def f(x):<br></span>'
            '<span style="display: block">  return x</span></code></pre>',
            "def f(x):\n  return x",
        ),
        ("<pre><div>a</div><div>&nbsp;b</div></pre>", "a\n b"),
        ('<div style="white-space: pre">a\n  b</div>', "a\n  b"),
        ('<p>a <span style="white-space:pre-wrap">b</span> c</p>', "a b c"),
        (
            '<table><tr><td class="linenos"><pre>1\n2</pre></td><td><pre>a\n b</pre></table>',
            "a\n b",
        ),
    ],
)
def test_code_keeps_its_lines_and_indentation(read_page, body, text):
    assert read_page(f"{body}<p>After.</p>").text == f"{text}\n\nAfter."


@pytest.mark.parametrize(
    "opening",
    [
        '<div style="white-space: pre-wrap">',
        "<p style='color: red; white-space:pre-line'>",
        "<style>p {color: red} @media print { td, div.poem {top: 0; white-space: pre-wrap}}</style>"
        "<div class='poem dark'>",
        '<div class="whitespace-pre-wrap">',
    ],
)
def test_element_that_shows_line_breaks_keeps_them(read_page, opening):
    poem = "Roses are <b>red</b>,\n  violets are blue,\n\nsugar is sweet."
    page = f"{opening}{poem}</div><p>One\nparagraph.</p>"
    assert read_page(page).text == (
        "Roses are red,\nviolets are blue,\n\nsugar is sweet.\n\nOne paragraph."
    )


def test_descendant_selector_does_not_apply_to_the_outer_element(read_page):
    page = "<style>.dark pre {white-space: pre-wrap}</style><div class=dark>One\nparagraph.</div>"
    assert read_page(page).text == "One paragraph."


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("3×10<sup>6</sup> litres", "3×10⁶ litres"),
        ('10<span style="vertical-align: super">6</span> litres', "10⁶ litres"),
        ("10<sup>-3</sup> m, 45 km<sup>2</sup>", "10⁻³ m, 45 km²"),
        ("x<sup>2k</sup>, x<sub>max</sub>, CO<sub>2</sub>", "x^2k, x_max, CO₂"),
        ("21<sup>st</sup> of May, Acme<sup>TM</sup>", "21st of May, Acme™"),
        ("built<sup><a href='#n1'>1</a></sup>, sold<sup>[2]</sup>", "built[1], sold[2]"),
        ("3<sup>1</sup>/<sub>2</sub> miles", "3¹/₂ miles"),
        ("(1) <sup>Note</sup>", "(1) Note"),
        (
            "<math><mi>E</mi><mo>=</mo><msup><mi>c</mi><mn>2</mn></msup></math>, "
            "<math><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac></math>",
            "E=c², (a+b)/2",
        ),
        (
            "<span><math><msub><mi>x</mi><mi>i</mi></msub><annotation>x_i</annotation></math></span>"
            '<span class="katex-html">xi</span>',
            "x_i",
        ),
    ],
)
def test_superscripts_and_subscripts_are_marked(read_page, body, text):
    assert read_page(f"<p>{body}</p>").text == text


def test_table_gives_one_line_per_row_with_the_header_first(read_page):
    table = (
        "<table><caption>Prices</caption><tfoot><tr><td>Total<td>25</tr></tfoot>"
        "<thead><tr><th>Name<th>Price<th>Note</tr></thead>"
        "<tr><td rowspan=2>Lamp<td>12<td></tr><tr><td>13<td><p>red<p>blue</tr>"
        "<tr><td>Chair<td><td>old</tr></table>"
    )
    assert read_page(table).text == (
        "Prices\n\nName | Price | Note\nLamp | 12\nLamp | 13 | red blue\nChair |  | old\nTotal | 25"
    )


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("<table><tr><td></td><td>A</td><td>B</td></tr></table>", "A | B"),
        ("<table><tr><td></td><td><p>A</p><p>B</p></td></tr></table>", "A\n\nB"),
        ("<table><tr><td>Menu<td><h2>A</h2>B</table>", "Menu\n\nA\n\nB"),
        ("<table><tr><td><table><tr><td>A<td>B</table></table>", "A | B"),
        ("<table role=presentation><tr><td>A<td>B</table>", "A\n\nB"),
        ("<table><tr><th>A<th>B<tr><td><pre>a\nb</pre><td>c</table>", "A | B\na b | c"),
    ],
)
def test_layout_table_gives_paragraphs(read_page, table, text):
    assert read_page(table).text == text


def test_sections_start_at_their_headings(read_page):
    document = read_page(
        "<nav><h2>Menu</h2></nav><main><h1>Dams</h1><p>Text.</p><ul><li><h3>The <b>wall</b></h3>"
        "High.</li></ul><h2></h2><table><tr><th><h4>A</h4></th></tr></table></main>"
    )
    assert document.text == "Dams\n\nText.\n\nThe wall\n\nHigh.\n\nA"
    assert document.sections == (Section("Dams", 1, 0), Section("The wall", 3, 13))


def test_sections_of_the_main_part_count_from_its_start(read_page):
    document = read_page("<p>Up.</p><main><h1>Dams</h1><p>A text about dams.</p></main>")
    assert document.text.startswith("Dams")
    assert document.sections == (Section("Dams", 1, 0),)


def test_unclosed_heading_is_not_a_section(read_page):
    document = read_page("<h1>Dams<div><h2>The wall</h2><p>High.</p></div>")
    assert document.sections == (Section("The wall", 2, 6),)


def test_main_part_of_a_page_without_body_tag_is_shown(read_page):
    page = "<!DOCTYPE html><title>Gates</title><main><p>They are oak.</p></main><div>Shut.</div>"
    assert read_page(page).text == "They are oak."
