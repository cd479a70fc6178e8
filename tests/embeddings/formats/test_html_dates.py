import datetime

import pytest

DAY = datetime.date(2020, 9, 16)
LINKED = '<script type="application/ld+json">{}</script>'


@pytest.mark.parametrize(
    "statement",
    [
        '<meta name="DC.date.issued" content="2020-09-16">',
        '<meta name="pubdate" content="Wed, 16 Sep 2020 10:00:00 GMT">',
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
        "<h1>Dam breaks</h1><p>By A. Reporter</p><p>Posted on 16 September 2020</p>",
        "<h1>Dam breaks</h1><p>Date: 16 September 2020</p>",
    ],
)
def test_date_of_publication_is_found_wherever_a_page_states_it(read_page, statement):
    assert read_page(f"{statement}<p>They met.</p>").date == DAY


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
        LINKED.format('[{"@type": "Comment", "datePublished": "2024-01-01"}]'),
        '<del datetime="2024-01-01">old</del>',
    ],
)
def test_date_in_navigation_comment_or_review_does_not_count(read_page, other):
    own = '<article><h1>Dams</h1><time datetime="2020-09-16">then</time><p>They met.</p></article>'
    assert read_page(other + own).date == DAY
    assert read_page(f"{other}<p>They met.</p>").date is None


def test_date_in_running_text_does_not_date_the_page(read_page):
    assert read_page("<p>They met on 16 September 2020 in Ankara.</p>").date is None
