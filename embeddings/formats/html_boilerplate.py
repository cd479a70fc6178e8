"""Detection of boilerplate in a web page: navigation, notices and hidden elements."""

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")

_NEVER_SHOWN = frozenset(
    "title script style noscript noframes template iframe object svg canvas audio video button "
    "select textarea datalist annotation annotation-xml rp rt del strike".split()
)
_BOILERPLATE_ELEMENTS = frozenset("nav footer dialog search".split())
_BOILERPLATE_ROLES = frozenset(
    "navigation contentinfo search dialog alertdialog menu menubar toolbar doc-toc "
    "doc-index doc-pagebreak".split()
)
_INLINE = frozenset(
    "a abbr b cite code em i kbd label mark q s samp small span strong u var".split()
)
_ALWAYS_KEPT = frozenset(("html", "body", "main", "article", *HEADINGS))

# Words in the class or id of blocks that are navigation if they are mostly links.
_NAVIGATION_WORDS = frozenset(
    "nav navbar navbox navigation navmenu navi mainnav sidenav subnav leftnav menu "
    "sidebar sphinxsidebar breadcrumb breadcrumbs pager pagination header footer related tags "
    "recommended toolbar social share sharing sitemap topbar masthead banner language "
    "languages lang switcher".split()
)
# Words in the class or id of blocks that are boilerplate if they are short.
_NOTICE_WORDS = frozenset(
    "navbar navheader navfooter navlinks topnav breadcrumb breadcrumbs pagination footer "
    "catlinks gdpr newsletter printfooter copyright feedback helpful noprint dprintnone sitenotice "
    "respond subscribeform subscribewidget subscriptionwidget subscriptionwidgetwrap "
    "suggestedtopics relatedarticles relatedcontent relatedlinks relatedpages relatedposts "
    "relatedproducts relatedtopics".split()
)
# "Skip to the content", and labels that only screen readers show.
_SKIP_WORDS = frozenset("skip skiplink skipnav sr visually visuallyhidden".split())
_COOKIE_NOTICE = re.compile(
    r"(?:\w+-)*?(?:cookies?|(?:cookie|onetrust|privacy)-consent|consent(?=-?[bdmnops]))(?:-?(?:alert|"
    r"banner|bar|bot|box|consent|container|dialog|disclaimer|hint|info|law|message|modal|notice|"
    r"notification|overlay|policy|popup|sdk|settings|warning|wrapper|compliance|confirmation))*"
    r"|(?:axeptio|borlabs|cmplz|didomi|fc-consent|iubenda|onetrust|osano|qc-cmp\d?|termly|truste"
    r"|usercentrics)-.*|privacy-banner|cc-(?:banner|window)"
)
# After one of these words, the others describe content: "card-footer", "has-sidebar".
_CONTENT_WORDS = frozenset(
    "article box card comment entry figure has hide list media modal no panel post quote section "
    "show slide table tab with without".split()
)
# Links next to headings and to the top, edit links, line numbers of code, and the second copy of
# formulas.
_MARKS = frozenset(
    "headerlink hash-link editsection viewcode-link line-number lineno linenos linenodiv gutter "
    "blob-num katex-html back-to-top backtotop scroll-to-top hideme".split()
)
_LABEL = re.compile(
    r"(?:skip|jump)to(?:the)?(?:main)?(?:content|navigation|search|footer)|skipnavigation(?:links)?"
    r"|(?:edit|improve|view)this(?:page|question|answer|article|source)(?:on\w{6,9})?|viewpagesource"
    r"|edit(?:page)?on(?:github|gitlab|bitbucket)|more(?:\.\.\.|…)|\[source\]|addacomment|backtotop"
    r"|wasthis\w{0,20}(?:helpful|useful)\?|thank(?:s|you)foryourfeedback[.!]?|sharethis:?"
    r"|advertisement|moreinformationaboutthe.{1,30}mailinglist",
    re.IGNORECASE,
)
"""Labels of the page itself, not words of its author. White space is removed."""
_NEIGHBOUR = re.compile(
    r"(?:previous|prev|next)(?:message|article|page|post|chapter|section|thread|topic|entry)?:.+"
    r"|messagessortedby:.+",
    re.IGNORECASE,
)
"""A link to the page before or after, with its label. White space is removed."""
_NEIGHBOUR_LABELS = frozenset(
    f"{way}{thing}"
    for way in ("previous", "prev", "next")
    for thing in ("", " article", " chapter", " lesson", " page", " post", " topic")
)
_LINK_ROWS = ("li", "p", "td", "div", "center")
_LINK_SEPARATORS = frozenset("|·•")
_LABELS = frozenset("a div legend p small span".split())
_FOLDED_WORDS = frozenset(
    "accordion answer collapse collapsed collapsible details expand expandable faq more pane panel "
    "question readmore spoiler tab tabpane tabpanel tabs toggle".split()
)
_OVERLAY_WORDS = frozenset(
    "drawer dropdown lightbox menu modal offcanvas overlay popover popup toast tooltip".split()
)
_QUESTION_WORDS = frozenset("accordion collapsible faq question".split())
_SEQUENCE = ("next", "prev", "previous", "up")
_BAR_CHARACTERS = 300
_LABEL_CHARACTERS = 15
"""Maximum number of characters outside links, per link, in a bar of links to other pages."""
_PARENTS = 3
_SHORT_CHARACTERS = 1_000
_LINK_SHARE = 0.5
_BACK = re.compile(r"[\s↩↑⤴▲◆¶^\ufe0e\ufe0f]+")
_NOT_DISPLAYED = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_CAPITAL_IN_WORD = re.compile(r"(?<=[a-z\d])(?=[A-Z])")


def attribute(element: Tag | None, name: str) -> str:
    """Return an attribute's value, "" if it is absent; several values are joined by spaces."""
    value = element.get(name) if element is not None else None
    return " ".join(value) if isinstance(value, list) else value if value is not None else ""


def class_words(element: Tag) -> frozenset[str]:
    """Return the words in an element's class and id, in small letters."""
    names = f"{attribute(element, 'class')} {attribute(element, 'id')}".split()
    return frozenset(word for name in names for word in _words(name))


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    """Split a class name or id: "siteFooter", "site-footer" and "site_footer" are two words."""
    return tuple(filter(None, re.split(r"[\W_]+", _CAPITAL_IN_WORD.sub("-", name).lower())))


@lru_cache(maxsize=4096)
def _kind(name: str) -> str:
    """Return "mark", "notice", "navigation" or "" for a class name or id."""
    words = _words(name)
    own = "-".join(words)
    if name in _MARKS or own in _MARKS or (words and words[-1] in _MARKS):
        return "mark"
    named = words[: next((i for i, word in enumerate(words) if word in _CONTENT_WORDS), len(words))]
    if _COOKIE_NOTICE.fullmatch(own) or not _NOTICE_WORDS.isdisjoint((*named, "".join(named))):
        return "notice"
    links = any(word in _NAVIGATION_WORDS or word.startswith("toc") for word in named)
    return "navigation" if links else ""


@dataclass(slots=True)
class _Content:
    """Measures of the content of an element."""

    characters: int = 0
    """Without white space."""
    headings: int = 0
    """The characters in headings that are in no link."""
    linked: int = 0
    """The characters that are in links."""
    links: int = 0
    has_title: bool = False
    """Whether an `h1` or `main` element is in it."""

    @property
    def is_mostly_links(self) -> bool:
        return self.linked > _LINK_SHARE * (self.characters - self.headings)

    @property
    def is_bar(self) -> bool:
        """Whether the element contains little more than links, each with a label."""
        labels = self.characters - self.linked
        short = self.characters <= _BAR_CHARACTERS and labels <= _LABEL_CHARACTERS * self.links
        return short and not (self.headings or self.has_title)


class Boilerplate:
    """Decides for the elements of a page which ones are left out of its text."""

    def __init__(self, soup: BeautifulSoup, *, keep_all: bool = False) -> None:
        """Analyse a page; with `keep_all`, only scripts and similar elements are left out."""
        self._soup = soup
        self._keep_all = keep_all

    def covers(self, element: Tag, *, in_article: bool) -> bool:
        """Return whether an element is left out; `in_article`: it is in an `article` or `main`."""
        name = element.name
        if name in _NEVER_SHOWN:
            return name != "button" or not _shows_question(element)
        if self._keep_all:
            return False
        if name in _BOILERPLATE_ELEMENTS:
            # The footer of a quotation names its source.
            return name != "footer" or element.find_parent("blockquote") is None
        if name == "aside":
            return self._contents[id(element)].is_mostly_links or self._is_boilerplate(element)
        if name == "header":
            return not in_article and not self._contents[id(element)].has_title
        if name not in _ALWAYS_KEPT and id(element) in self._sequence_bars:
            return True
        is_short = name in _LABELS and self._contents[id(element)].characters <= 40
        if is_short and _LABEL.fullmatch(_squeezed(element)):
            return True
        links = self._contents[id(element)].links if name in _LINK_ROWS else 0
        if 1 <= links <= 4 and _NEIGHBOUR.fullmatch(_squeezed(element)):
            return True
        if 3 <= links <= 20 and _is_link_row(element):
            return True
        return bool(element.attrs) and (
            self.hides(element)
            or (name not in _ALWAYS_KEPT and self._is_boilerplate(element))
            or (name == "a" and (_is_anchor(element) or _leads_to_neighbour(element)))
        )

    def _is_boilerplate(self, element: Tag) -> bool:
        """Return whether the role, class or id of an element marks it as boilerplate."""
        role = attribute(element, "role")
        if role in _BOILERPLATE_ROLES or attribute(element, "epub:type") == "pagebreak":
            return True
        names = attribute(element, "class").split()
        kinds = {_kind(name) for name in (*names, attribute(element, "id"))}
        if "mark" in kinds:
            return True
        if element.name in _INLINE:
            return not class_words(element).isdisjoint(_SKIP_WORDS)
        if not kinds & {"notice", "navigation"} and role not in ("banner", "complementary"):
            return False
        content = self._contents[id(element)]
        if content.has_title or _is_section(element):
            return False
        short = content.characters <= _SHORT_CHARACTERS
        return role == "banner" or ("notice" in kinds and short) or content.is_mostly_links

    @cached_property
    def _sequence_bars(self) -> frozenset[int]:
        """The ids of the elements that hold only links to the next, previous and upper page."""
        bars: set[int] = set()
        for link in self._soup.find_all("a", rel=_SEQUENCE):
            for parent in link.parents:
                if not self._contents[id(parent)].is_bar:
                    break
                bars.add(id(parent))
        return frozenset(bars)

    @cached_property
    def _contents(self) -> dict[int, _Content]:
        """The content of each element by `id(element)`, counted once from the leaves up."""
        contents: defaultdict[int, _Content] = defaultdict(_Content)
        for node in reversed(list(self._soup.descendants)):
            around = contents[id(node.parent)]
            if isinstance(node, Tag):
                own = contents[id(node)]
                around.characters += own.characters
                around.linked += own.characters if node.name == "a" else own.linked
                around.links += own.links + (node.name == "a")
                if node.name in HEADINGS:
                    around.headings += own.characters - own.linked
                elif node.name != "a":
                    around.headings += own.headings
                around.has_title |= own.has_title or node.name in ("h1", "main")
            elif type(node) is NavigableString:
                around.characters += len("".join(node.split()))
        return contents

    def hides(self, element: Tag) -> bool:
        """Return whether an element is hidden, and not only collapsed until a visitor opens it."""
        hidden = element.get("hidden")
        if hidden == "until-found":
            return False
        if hidden is None and not _NOT_DISPLAYED.search(attribute(element, "style")):
            return False
        words = class_words(element)
        if not words.isdisjoint(_OVERLAY_WORDS):
            return True
        around = (element, *islice(element.parents, _PARENTS))
        above = element.find_previous_sibling(True)
        folded = (
            attribute(element, "role") == "tabpanel"
            or attribute(element, "id") in self._opened_by_a_control
            or any(not class_words(each).isdisjoint(_FOLDED_WORDS) for each in around)
            or (isinstance(above, Tag) and above.name in {*HEADINGS, "dt", "button", "summary"})
            or element.find("math") is not None
        )
        return not folded

    @cached_property
    def _opened_by_a_control(self) -> frozenset[str]:
        """The ids of the elements that a button or link on the page opens."""
        targets = []
        for control in self._soup.find_all(_is_control):
            targets += attribute(control, "aria-controls").split()
            links = (attribute(control, one) for one in ("data-target", "data-bs-target", "href"))
            targets += [link[1:] for link in links if link.startswith("#")]
        return frozenset(targets)


def _is_control(element: Tag) -> bool:
    names = ("aria-controls", "aria-expanded", "data-toggle", "data-bs-toggle", "data-target")
    return any(name in element.attrs for name in names)


def _shows_question(button: Tag) -> bool:
    """Return whether a button's label is the question that its click answers."""
    parent = button.parent
    if parent is not None and parent.name in {*HEADINGS, "dt", "summary"}:
        return len(_squeezed(button)) == len(_squeezed(parent))
    if _is_control(button) and _squeezed(button).endswith("?"):
        return True
    return not class_words(button).isdisjoint(_QUESTION_WORDS)


def _is_section(element: Tag) -> bool:
    """Return whether the id only repeats the heading, as in a section about cookies or menus."""
    name = _words(attribute(element, "id"))
    heading = element.find(HEADINGS) if name else None
    return heading is not None and name[0] != "related" and _words(heading.get_text()) == name


def _is_anchor(link: Tag) -> bool:
    """Return whether a link is only a sign, next to a heading or from a note back to the text."""
    if _BACK.fullmatch(link.get_text()) and "#" in attribute(link, "href"):
        return link.find(True) is None
    if not {"src", "srclink"}.isdisjoint(attribute(link, "class").split()):
        return True  # rustdoc writes these
    in_heading = any(parent.name in HEADINGS for parent in islice(link.parents, 2))
    return (in_heading or "anchor" in class_words(link)) and not any(
        map(str.isalnum, link.get_text())
    )


def _leads_to_neighbour(link: Tag) -> bool:
    """Return whether a link has the label "Previous" or "Next" before or behind its title."""
    strings = [text.strip(" ←→«»‹›:").lower() for text in link.stripped_strings]
    return len(strings) > 1 and not _NEIGHBOUR_LABELS.isdisjoint((strings[0], strings[-1]))


def _is_link_row(element: Tag) -> bool:
    """Return whether a block is a row of links such as "Home | Contact | Help"."""
    strings = element.find_all(string=True)
    between = [text.strip() for text in strings if text.find_parent("a") is None]
    return set(filter(None, between)) in ({sign} for sign in _LINK_SEPARATORS)


def _squeezed(element: Tag) -> str:
    return "".join(element.get_text().split())
