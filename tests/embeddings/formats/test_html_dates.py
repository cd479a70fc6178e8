import datetime

import pytest

from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.registry import parse

DAY = datetime.date(2020, 9, 16)
LINKED = '<script type="application/ld+json">{}</script>'


@pytest.fixture
def read_date(tmp_path):
    """Give a function that reads the date of a page from its source."""

    def read_it(page):
        path = tmp_path / "a.html"
        path.write_text(page)
        (document,) = parse(path, ParseOptions())
        return document.date

    return read_it


@pytest.mark.parametrize(
    "statement",
    [
        "<p>Created <time>@September 16, 2020</time></p>",
        '<meta name="DC.date.issued" content="2020-09-16">',
        '<meta name="pubdate" content="Wed, 16 Sep 2020 10:00:00 GMT">',
        '<meta name="parsely-pub-date" content="2020-09-16T10:00:00Z">',
        '<meta name="citation_publication_date" content="2020/09/16">'
        '<meta name="date" content="2024-01-01">',
        '<meta itemprop="datePublished" content="2020-09-16">',
        LINKED.format(
            '{"@graph": [{"@type": "WebPage"}, '
            '{"@type": "NewsArticle", "datePublished": "2020-09-16T10:00:00Z"}]}'
        ),
        LINKED.format("{broken") + '<time datetime="2020-09-16">now</time>',
        '<meta name="date" content="yesterday"><time datetime="2020-09-16 10:00">now</time>',
        '<span itemprop="datePublished" content="2020-09-16">yesterday</span>',
        '<time datetime="2024-01-01">now</time><time pubdate datetime="2020-09-16">then</time>',
        '<span class="post-date">16 September 2020</span>',
        '<meta name="dc.created" content="2020-09-16">',
        '<meta property="article:modified_time" content="2020-09-16T10:00:00Z">',
        '<footer><p>Last updated: <time datetime="2020-09-16"></time></p></footer>',
        "<footer><p>This page was last edited on 16 September 2020, at 10:00.</p></footer>",
        "<h1>Dam breaks</h1><p>By A. Reporter</p><p>Posted on 16 September 2020</p>",
        "<h1>Dam breaks</h1><p>Date: 16 September 2020</p>",
        '<article>Dam breaks<footer><time datetime="2020-09-16">then</time></footer></article>',
    ],
)
def test_publication_date_is_found_in_metadata_or_text(read_date, statement):
    assert read_date(f"{statement}<p>They met.</p>") == DAY


@pytest.mark.parametrize(
    "other",
    [
        '<nav><time datetime="2024-01-01">now</time></nav>',
        '<div class="comments"><time datetime="2024-01-01">now</time></div>',
        '<div itemtype="https://schema.org/Review"><meta itemprop="datePublished" '
        'content="2024-01-01">Good.</div>',
        LINKED.format(
            '{"@type": "Product", "review": {"@type": "Review", "datePublished": "2024-01-01"}}'
        ),
        LINKED.format('{"@type": "WebSite", "datePublished": "2024-01-01"}'),
        '<footer><time datetime="2024-01-01">now</time></footer>',
        LINKED.format('[{"@type": "Comment", "datePublished": "2024-01-01"}]'),
        '<del datetime="2024-01-01">old</del>',
        '<header>The Courier, <time datetime="2024-01-01">today</time></header>',
    ],
)
def test_date_in_navigation_comment_or_review_is_ignored(read_date, other):
    own = '<article><h1>Dams</h1><time datetime="2020-09-16">then</time><p>They met.</p></article>'
    assert read_date(f"{other}{own}<p>They met.</p>") == DAY
    assert read_date(f"{other}<p>They met.</p>") is None


def test_date_of_the_text_counts_more_than_that_of_the_last_change(read_date):
    foot = "<footer>Last updated on May 3, 2024</footer>"
    assert read_date(f"<h1>Dams</h1><p>Date: 16 September 2020</p>{foot}") == DAY
    assert read_date(f"<p>They met.</p>{foot}{foot.replace('May', 'June')}") is None


def test_date_in_an_example_below_a_later_heading_is_ignored(read_date):
    example = "<h2>Example</h2><table><tr><td>Date: 2020-09-16</td><td>4 boats</td></tr></table>"
    assert read_date(f"<h1>Dams</h1>{example}") == DAY
    assert read_date(f"<h1>Dams</h1><p>The keeper counts all boats.</p>{example}") is None


def test_date_in_running_text_is_not_the_date_of_the_page(read_date):
    assert read_date("<p>They met on 16 September 2020 in Ankara.</p>") is None
