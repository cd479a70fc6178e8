"""The date of publication that a web page states."""

import datetime
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bs4 import BeautifulSoup, Tag

from embeddings.dates import leading_date, parse_date
from embeddings.formats.html_boilerplate import attribute, class_words

_PUBLISHED_NAMES = (
    "article:published_time og:published_time citation_publication_date citation_online_date "
    "citation_date datepublished pubdate publishdate publish-date publish_date parsely-pub-date "
    "sailthru.date dc.date.issued dcterms.issued article.published govuk:first-published-at"
).split()
_DATE_NAMES = (
    "date",
    "dc.date",
    "dcterms.date",
    "dcterms.created",
    "dc.created",
    "dc.date.created",
)
"""These can also state the day on which a program wrote the file."""

_CHANGED_NAMES = ("article:modified_time", "og:updated_time", "dcterms.modified", "last-modified")
_EDITED = re.compile(
    r"\A\s*(?:(?:this )?(?:page|article|document) (?:was )?)?"
    r"last (?:edited|updated|modified|changed|reviewed)",
    re.IGNORECASE,
)
_EDITED_CHARACTERS = 200
_PAGES_IN_PAGE = ("@graph", "mainEntity", "mainEntityOfPage")
_OTHER_TYPES = re.compile(
    r".*(?:Review|Comment|Rating|Person|Organization|Image|Video|Audio|WebSite).*"
)
_OTHER_WORDS = frozenset("comment comments review reviews related recommended sidebar".split())
_DATE_CLASS = re.compile(
    r"(?:(?:post|entry|article|publish|published|pub|publication)[-_]?)?(?:date|published)"
)


def publication_date(soup: BeautifulSoup, meta: Mapping[str, str]) -> datetime.date | None:
    """Find the date of the page's own article.

    Dates in navigation, comments and reviews do not count. `meta` has the contents of the `meta`
    elements by name.
    """
    stated = (
        *(meta[name] for name in _PUBLISHED_NAMES if name in meta),
        *_linked_data_dates(soup),
        *_marked_dates(soup),
        *(meta[name] for name in _DATE_NAMES if name in meta),
    )
    days = map(parse_date, stated)
    return next((day for day in days if day is not None), None)


def edit_date(soup: BeautifulSoup, meta: Mapping[str, str]) -> datetime.date | None:
    """Find the day of the last change that a page states, as in its footer; None if in doubt."""
    changed = next((meta[name] for name in _CHANGED_NAMES if name in meta), None)
    if changed is not None:
        return parse_date(changed)
    days = set()
    for string in soup.find_all(string=_EDITED):
        parent = string.parent
        if parent is not None:
            line = " ".join(parent.get_text(" ").split())[:_EDITED_CHARACTERS]
            days |= {leading_date(line) or parse_date(attribute(parent.find("time"), "datetime"))}
    days -= {None}
    return days.pop() if len(days) == 1 else None


def _linked_data_dates(soup: BeautifulSoup) -> Iterator[str]:
    """Find `datePublished` of the page in JSON-LD (schema.org, CreativeWork)."""
    for script in soup.find_all("script", type="application/ld+json"):
        try:
            values: list[Any] = [json.loads(script.get_text())]
        except (ValueError, RecursionError):
            continue
        for value in values:  # the loop appends to `values`
            if isinstance(value, list):
                values.extend(value)
            elif isinstance(value, dict) and not _OTHER_TYPES.match(str(value.get("@type"))):
                if isinstance(value.get("datePublished"), str):
                    yield value["datePublished"]
                values.extend(value[name] for name in _PAGES_IN_PAGE if name in value)


def _marked_dates(soup: BeautifulSoup) -> Iterator[str]:
    """Find the first date in microdata, in a `time` element and in an element with a date class."""
    found: dict[int, Tag] = {}
    for element in soup.find_all(True):
        rank = _date_rank(element) if element.attrs or element.name == "time" else None
        if rank is not None and rank not in found and _belongs_to_page(element):
            found[rank] = element
    for _, element in sorted(found.items()):
        yield from (attribute(element, name) for name in ("content", "datetime", "title"))
        yield " ".join(element.get_text(" ").split()).lstrip("@")  # Notion adds "@"


def _date_rank(element: Tag) -> int | None:
    """Rank an element that can hold the date of publication, 0 for the best; None for others."""
    if element.get("itemprop") == "datePublished":
        return 0
    if element.name == "time":
        return 1 if "pubdate" in element.attrs else 2
    names = attribute(element, "class").split() if "class" in element.attrs else ()
    return 3 if any(map(_DATE_CLASS.fullmatch, names)) else None


def _is_of_article(part: Tag) -> bool:
    """Return whether a header or footer is that of an article."""
    return part.find("h1") is not None or part.find_parent(["article", "main"]) is not None


def _belongs_to_page(element: Tag) -> bool:
    return not any(
        parent.name in ("nav", "aside")
        or (parent.name in ("header", "footer") and not _is_of_article(parent))
        or _OTHER_TYPES.match(attribute(parent, "itemtype"))
        or not class_words(parent).isdisjoint(_OTHER_WORDS)
        for parent in (element, *element.parents)
    )
