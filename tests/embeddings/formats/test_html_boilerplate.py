import pytest

TEXT = "<h1>Dams</h1><p>The dam was built in 1931.</p>"


@pytest.mark.parametrize(
    "block",
    [
        '<div class="navbar" role="navigation"><a href="a">Home</a> <a href="b">Shop</a></div>',
        '<div id="cookie-consent">We use cookies to improve this site. <b>Accept</b></div>',
        '<div id="CybotCookiebotDialog">This website stores data.</div>',
        '<div class="siteFooter">Write to us at any time.</div>',
        '<div role="contentinfo">All rights reserved.</div>',
        '<div class="navheader"><table><tr><th>Chapter 2. Dams</th></tr></table></div>',
        '<ol class="breadcrumb"><li>Home</li><li>Dams</li></ol>',
        '<div class="sidebar-left"><ul><li><a href="a">Rivers</a></li></ul></div>',
        '<table class="nav_table"><tr><td>[<a href="a"> Up: Rivers </a>]</td></tr></table>',
        '<div class="toc"><p>Contents</p><a href="#a">1. The old dam and its builders</a></div>',
        '<div id="tocframe"><h4>The Book</h4><a href="#a">1. The old dam</a></div>',
        '<div id="toc"><h2>Contents of the book</h2><a href="#a">The wall</a></div>',
        '<div class="topNav"><ul><li><a href="a">Rivers</a></li><li>Dams</li></ul></div>',
        '<div class="catlinks"><a href="c">Categories</a>: <a href="a">Dams</a></div>',
        '<aside id="gdpr-cookie-bar"><p>We use cookies.</p></aside>',
        '<div class="eu-cookie-compliance-banner"><p>We use cookies.</p></div>',
        '<div id="didomi-host"><p>We use cookies.</p></div>',
        '<aside><a href="a">Another story of dams</a></aside>',
        '<a class="skip-link" href="#main">Skip to the text</a>',
        '<form role="search">Search for</form>',
        "<nav>Home</nav><footer>Imprint</footer><dialog>Sign in</dialog>",
        "<header>The Courier</header>",
        '<div class="modal" style="display:none"><h3>Join</h3><p>Leave your address.</p></div>',
        "<p hidden>Loading</p>",
        '<div id="onetrust-banner-sdk">We value your privacy.</div>',
        '<div class="cc-window" role="alert">We use cookies. <a>Got it!</a></div>',
        '<div class="back-to-top"><a href="#">Back to the top</a></div>',
        '<div class="newsletter-signup"><h4>News</h4><p>Leave your address.</p></div>',
        '<p><a href="#ref1" role="doc-backlink">↩︎</a></p>',
        "<button>Print</button>",
        "<noframes>No frames</noframes>",
        '<p>Next: <a rel="next" href="b">B</a>, Previous: <a rel="prev" href="a">A</a></p>',
        '<div class="node"><p>Node: <a name="Dam">Dam</a>, Up: <a rel="up" href="a">Top</a></div>',
        '<p><a href="edit/7">Edit this page on GitLab</a></p>',
        "<div><p>Was this topic helpful?</p><button>No</button></div>",
        '<div><a href="#body">Skip to main content</a></div>',
        '<div class="page-feedback"><label>Rate the page</label> 4 of 5 liked it</div>',
        '<div id="related-topics"><h3>Related topics</h3><p>A wall <i>7 replies</i></p></div>',
        '<ul class="lang-switcher"><li><a href="de">Deutsch</a></li></ul>',
        '<div class="noprint">From the free book of dams</div>',
        '<div class="catlinks">Categories: <a href="a">Dams</a></div>',
        '<p><span class="sr-only">Terminal window</span></p>',
        '<p><a class="pilcrow" href="#p1">¶</a></p>',
        "<div>Advertisement</div>",
        '<ul><li>Previous message: <a href="a">Lunch</a></li><li>Next: <a href="b">Boats</a></li>'
        '<li><b>Messages sorted by:</b> <a href="d">[ date ]</a></li></ul>',
        '<a href="list">More information about the Dams mailing list</a>',
        '<p><a href="h">Home</a> | <a href="m">Map of this site</a> | <a href="c">Contact</a></p>',
        '<div><a href="b"><span>Next</span> <span>The old mill</span></a></div>',
        '<div><a href="b">The old mill <i>Previous page →</i></a></div>',
        '<div class="suggested-topics"><h3>Suggested topics</h3><a href="m">The mill</a></div>',
        '<div id="siteNotice"><p>Give to the free book of dams!</p></div>',
        '<div id="respond"><h3>Leave a reply</h3><p>Your address will not be shown.</p></div>',
        '<div class="subscription-widget"><p>Thanks for reading! Get each new letter.</p></div>',
        '<div class="copyright">© 2021 The dam keepers</div>',
    ],
)
def test_boilerplate_block_is_left_out(read_page, block):
    expected = "Dams\n\nThe dam was built in 1931."
    assert read_page(f"<body>{block}{TEXT}</body>").text == expected
    assert read_page(f"<body>{TEXT}{block}</body>").text == expected


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ('<section id="cookies"><h2>Cookies</h2>Set one.</section>', "Cookies\n\nSet one."),
        (
            "<p>In the menu, choose <b>Edit this page</b>.</p>",
            "In the menu, choose Edit this page.",
        ),
        ('<p>If it is dry, <a href="#s4">skip to step 4</a>.</p>', "If it is dry, skip to step 4."),
        (
            '<div><h1><a href="#a">Oars</a></h1><p>Ash.</p><a rel="next" href="b">Next</a></div>',
            "Oars\n\nAsh.\n\nNext",
        ),
        ("<table><tr><td>More...</td><td>all</td></tr></table>", "More... | all"),
        ('<section id="menu"><h2>Menu</h2><a href="a">Soup</a></section>', "Menu\n\nSoup"),
        ('<div class="cookie-recipe">Bake 12 minutes.</div>', "Bake 12 minutes."),
        ('<div class="informed-consent">Sign here.</div>', "Sign here."),
        (
            '<div class="related"><h3><a href="a">The wall</a></h3>It is high.</div>',
            "The wall\n\nIt is high.",
        ),
        ('<div class="card-footer">Price: 12</div>', "Price: 12"),
        ('<div class="sidebar">The dam was repaired twice.</div>', "The dam was repaired twice."),
        ('<aside class="note">Never open the valve.</aside>', "Never open the valve."),
        ("<blockquote>No.<footer>A. Builder</footer></blockquote>", "No.\n\nA. Builder"),
        ('<h2><a class="header" href="#x">The wall</a></h2>', "The wall"),
        ('<p>See <a class="menu" href="x">the map</a></p>', "See the map"),
        (
            '<p>The wall is described <a rel="next" href="b">below</a>, with all of its gates.</p>',
            "The wall is described below, with all of its gates.",
        ),
        ('<code class="navbar">navbar</code>', "navbar"),
    ],
)
def test_content_with_a_suspicious_name_is_kept(read_page, block, text):
    assert read_page(f"<body>{TEXT}{block}</body>").text.endswith(f"in 1931.\n\n{text}")


@pytest.mark.parametrize(
    "wrapper",
    ['<div class="page has-sidebar">', '<div id="header">', '<div class="nav-page"><main>'],
)
def test_wrapper_of_the_whole_page_is_kept_despite_its_name(read_page, wrapper):
    assert read_page(f"<body>{wrapper}{TEXT}").text == "Dams\n\nThe dam was built in 1931."


@pytest.mark.parametrize(
    "answer",
    [
        "<details><summary>How high is it?</summary><p>40 metres.</p></details>",
        '<h3>How high is it?</h3><div style="display: none">40 metres.</div>',
        "<dl><dt>How high is it?</dt><dd hidden>40 metres.</dd></dl>",
        '<div class="faq"><p>How high is it?</p><p hidden>40 metres.</p></div>',
        '<button class="accordion">How high is it?</button><div class="panel">40 metres.</div>',
        '<div class=head><button data-toggle=collapse data-target="#x">How high is it?</button>'
        "</div><div id=x class=collapse>40 metres.</div>",
        '<h2><button aria-controls="x">How high is it?</button></h2><hr><p id=x hidden>40 metres.',
        '<p>How high is it?</p><p hidden="until-found">40 metres.</p>',
        '<p>How high is it?</p><div role="tabpanel" hidden>40 metres.</div>',
    ],
)
def test_collapsed_answer_is_kept(read_page, answer):
    assert read_page(TEXT + answer).text.split()[-6:] == "How high is it? 40 metres.".split()


def test_button_in_a_heading_with_other_words_is_left_out(read_page):
    assert read_page("<h1>Dams <button>Copy</button></h1>").text == "Dams"


@pytest.mark.parametrize(
    "mark",
    [
        '<a class="headerlink" href="#x">¶</a>',
        '<a href="#x">#</a>',
        '<span class="mw-editsection">[<a href="e">edit</a>]</span>',
        '<a class="hash-link" href="#x">\u200b</a>',
        '<span class="permalink"><a href="#x">◆ </a></span>',
        '<a class="viewcode-link" href="x.html">[source]</a>',
        '<a class="src rightside" href="x.html">Source</a>',
    ],
)
def test_permalink_or_edit_link_in_a_heading_is_left_out(read_page, mark):
    document = read_page(f"<h1>Dams{mark}</h1>")
    assert (document.text, document.sections[0].heading) == ("Dams", "Dams")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<main><p>Main part.</p></main><p>Else.</p>", "Main part."),
        ('<div role="main"><p>Main part.</p></div><p>Else.</p>', "Main part."),
        (
            "<p>Else, and much more of it.</p><main>Main.</main>",
            "Else, and much more of it.\n\nMain.",
        ),
        ("<article>One.</article><article>Two.</article>", "One.\n\nTwo."),
        ("<article>One.<article>Comment.</article></article>Else.", "One.\n\nComment."),
        (f"<div>{TEXT}</div><article>Fair on Sunday!</article>", None),
        (f"<main>{TEXT}<article>It is a very good dam, and quiet, too.</article></main>", None),
        ("<article></article><p>Else.</p>", "Else."),
        ("<header>Only this.</header>", "Only this."),
        ("<nav>Only <button>no</button> this.</nav>", "Only this."),
        ("plain < words", "plain < words"),
        ("<script>no</script>", ""),
    ],
)
def test_article_or_main_part_is_the_text_if_it_holds_most_of_it(read_page, body, text):
    found = read_page(f"<body>{body}</body>").text
    assert found == text if text is not None else "The dam was built in 1931." in found
