"""Dates, titles and datelines that the first lines of a text or its file name state."""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice, product
from unicodedata import combining, normalize

_DATE_CHARACTERS = 60
_TITLE_CHARACTERS = 120
_LEADING_LINES = 5
_LABELLED_LINES = 15  # "Date: 3 May 2021" is looked for in more lines than a date without a label
_LEADING_CHARACTERS = 5_000

_FOUR_DIGITS = re.compile(r"[12]\d{3}", re.ASCII)
"""A year. Every date has one, and looking for it is faster than parsing."""
_TIME = r"[T\s]\s*\d[\d:.,+\s-]*(?:[AaPp][Mm]\s)?[A-Za-z]{0,5}(?:[+-]\d{1,4})?"
_YEAR_FIRST = re.compile(rf"([12]\d{{3}})([-/.]?)(\d\d?)\2(\d\d?)(?:{_TIME})?", re.ASCII)
_DOTTED = re.compile(rf"(\d\d?)\.(\d\d?)\.([12]\d{{3}})(?:,?{_TIME})?", re.ASCII)
_COMPACT_DAY = re.compile(r"\d{8}", re.ASCII)
_NEWS_HEADER = re.compile(r"\s*date ([12]\d{3}-\d\d-\d\d)(?:[ \t]+(.*))?(?:\n|\Z)", re.ASCII)
_STATED_DAY = re.compile(r"[^\W\d_]{3}|\d{4}-", re.ASCII)
_FILE_NAME_DAY = re.compile(
    r"(?<![^\W_])(?:([12]\d{3})([-_.])(\d\d)\2(\d\d)|((?:19|20)\d\d)(\d\d)(\d\d))(?![^\W_])"
)

# English, German, French, Spanish, Italian, Portuguese, Dutch, Scandinavian and Polish names. They
# have no accents, because accents are removed from a text before dates are looked for.
_MONTHS = (
    "jan january januar janner janvier enero ene gennaio gen janeiro januari stycznia",
    "feb february februar fevrier fevr febrero febbraio fevereiro fev februari lutego",
    "mar march marz maerz mrz mars marzo marco maart mrt marts marca",
    "apr april avril avr abril abr aprile kwietnia",
    "may mai mayo maggio mag maio mei maj maja",
    "jun june juni juin junio giugno giu junho czerwca",
    "jul july juli juillet juil julio luglio lug julho lipca",
    "aug august aout agosto ago augustus augusti sierpnia",
    "sep sept september septembre septiembre settembre set setembro wrzesnia",
    "oct october okt oktober octobre octubre ottobre ott outubro out pazdziernika",
    "nov november novembre noviembre novembro listopada",
    "dec december dez dezember decembre diciembre dic dicembre dezembro grudnia",
)
_MONTH_NUMBERS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_MONTH = "|".join(_MONTH_NUMBERS)
_ORDINAL = r"(?:st|nd|rd|th|er|re|[.º°])?"
_YEAR = r"[12]\d{3}"
_DAY_FIRST = (
    rf"(?P<number>\d\d?){_ORDINAL}(?: of| de| di)? "
    rf"(?P<month>{_MONTH})\b\.?,?(?: del?)? (?P<year>{_YEAR})"
)
_WRITTEN_DAY = (
    rf"(?:[12]\d{{3}}[-/.]\d\d?[-/.]\d\d?|{_DAY_FIRST}"
    rf"|(?:{_MONTH})\b\.? \d\d?(?:{_ORDINAL},?| \d\d:\d\d:\d\d) {_YEAR}"
    rf"|\d\d?[-/.]\d\d?[-/.]{_YEAR})"
    r"(?!\.\d|[/-]|(?!t\d)\w)"
)
_DAY_IN_TEXT = re.compile(rf"(?<![\w/.-]){_WRITTEN_DAY}", re.IGNORECASE | re.ASCII)
_SHORT_YEAR = re.compile(rf"(\d\d?)([/-])({_MONTH})\2(\d\d)(?:{_TIME})?", re.IGNORECASE | re.ASCII)
"""A day such as 14/Mar/22 or 14-Mar-22, as programs write it."""
_WEEKDAY = (
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun|die|mit|don|sam|son|lun|mar|mer|mie|jeu|jue|gio|ven|vie|dim"
    r"|sab|dom|seg|ter|qua|qui|sex|maa|din|woe|vri|zat|zon)[a-z]{0,7}(?:-feira)?\.?,? )?"
    r"(?:(?:le|den|der|el|il|op|am) )?"
)
_NAMED_MONTH = re.compile(_WEEKDAY + _DAY_FIRST, re.IGNORECASE | re.ASCII)
_PUBLISHED = re.compile(
    r"(?:(?:date|dated|date of (?:publication|issue|meeting|release)|date de publication|"
    r"(?:publication|issue|meeting|release|effective|invoice|letter|document|report) date|"
    r"(?:rechnungs|ausstellungs)?datum|date (?:published|posted|issued|de facture)|"
    r"fecha|data|first published|published|posted|issued|released|sent) ?[:|]|"
    r"by [^\d|]{2,60}(?:,| on| »)|(?:adopted|effective)(?: as of| from)?(?: on)?|"
    r"(?:first )?(?:published|posted|recorded|issued|dated|publiee?|veroffentlicht|erschienen|"
    r"publicad[oa]|pubblicat[oa]|gepubliceerd)(?: on)?)"
    rf"[ |]*{_WEEKDAY}(?P<day>{_WRITTEN_DAY})(?!;)",  # as in the rows of a spreadsheet
    re.IGNORECASE | re.ASCII,
)
_EDITION = (
    r"(?:(?:version|release|edition|issue|ausgabe|vol(?:ume)?\.?|n[or]\.?) "
    r"[\w.]{1,20}(?: ?[,:|–-])? ?){1,2}"
)
_UPDATED = re.compile(
    r"(?:created by [^|]{1,60}, |(?:this )?(?:page|article|document) (?:was )?)?"
    r"(?:(?:(?:last|date|zuletzt) )?(?:updated|edited|revised|modified|changed|reviewed|"
    r"aktualisiert|geandert|mise? a jour|actualizad[oa]|aggiornat[oa]|atualizad[oa]|bijgewerkt)"
    r"(?: on)? ?[:|]?|"
    rf"(?:revision date|stand) ?[:|]|{_EDITION}) ?\(?"
    rf"{_WEEKDAY}(?P<day>{_WRITTEN_DAY})",
    re.IGNORECASE | re.ASCII,
)
_MEETING = re.compile(
    r"(?:[^\W\d]+,? ){0,5}(?:(?P<held>held (?:on )?(?:the )?)|"
    r"(?:agenda|cabinet|committee|council|meeting|minutes|session|"
    r"sitzung|reunion|riunione|reuniao|vergadering)\b[^.\d]{0,60}(?<![\w/.-])|"
    r"(?:bulletin|call|diary|journal|log|newsletter|notes|protokoll|report|retro|review|stand-?up|"
    r"status|sync|update)(?:[ :,-] ?[^\W\d]+)??[ :,–-]+)"
    rf"{_WEEKDAY}(?P<day>{_WRITTEN_DAY})(?(held)|(?:,? (?:at )?\d\d?[:.]\d\d ?(?:[ap]m)?)?$)",
    re.IGNORECASE | re.ASCII,
)
_MONTH_AND_YEAR = re.compile(
    rf"(?:{_EDITION}|(?:[a-z]+ )?(?:date|issued|published|revised|stand|updated)(?: in)? ?[:|]? ?)?"
    rf"(?P<month>{_MONTH})\b\.?,?(?: de)? (?P<year>{_YEAR})",
    re.IGNORECASE | re.ASCII,
)
_AGREED = re.compile(
    r"(?:between\b|(?:this |the )?[^.\d]{0,60}\b(?:agreement|contract|deed|lease)\b)[^.\d]{0,60} "
    r"(?:dated|made|entered into|effective)(?: as)?(?: of| on)?(?: this| the)? "
    rf"{_WEEKDAY}(?P<day>{_WRITTEN_DAY})",
    re.IGNORECASE | re.ASCII,
)
_PLACE_AND_DAY = re.compile(
    rf"[A-Z][\w.'’-]*(?:,? [A-Z][\w.'’-]*){{0,3}}(?:,| [|·•–—]) "
    rf"(?i:{_WEEKDAY}(?P<day>{_WRITTEN_DAY}))\.?"
)
_SALUTATION = re.compile(
    r"(?:dear|to whom it|sehr geehrte[rs]?|liebe[rs]?|madame|monsieur|ch[eè]re?|estimad[ao]s?|"
    r"gentile|geachte)\b",
    re.IGNORECASE,
)
_LABELLED_TITLE = re.compile(
    rf"(?:title|subject|betreff|titel|objet|asunto|oggetto): +(\S.{{0,{_TITLE_CHARACTERS - 1}}})",
    re.IGNORECASE,
)
_BY_DEFAULT = re.compile(
    r"(?:untitled|\(?anonymous\)?|unspecified|about:blank|document|presentation|book|worksheet|sheet"
    r"|scan|dokument|pr[äa]sentation)?[\s_-]*\d*|.*\.(?:docx?|pptx?|xlsx?|odt|rtf|indd|qxd|tex|dvi)",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r" [|·•»] +")
_WIDE_GAP = re.compile(r"\t|\s{3,}")
_MARKUP = re.compile(r"[*_`#>\s]+")

_CAPITALS = r"[^\W\d_a-z](?:[^\W\d_a-z]|\.)*"  # `isupper` below checks other alphabets
_PLACE = (
    rf"(?P<city>{_CAPITALS}(?:[ '’/-]{_CAPITALS}){{0,4}})"
    r"(?:, [^\W_][^,()–—−]{0,30}){0,3}"  # region, day of the month
)
_DATELINE = re.compile(rf"{_PLACE}\s*(?:\([^()]{{2,40}}\))?\s*(?:--?|[–—−])(?:\s+(?P<lead>.*)|$)")
_DATELINE_ALONE = re.compile(rf"{_PLACE}(?:\s*[-–—−]\s*.{{2,40}})?$")
_AGENCIES = frozenset({"AFP", "ANSA", "BBC", "CNN", "DPA", "NPR", "REUTERS", "TASS", "UPI"})


@dataclass(frozen=True, slots=True)
class Header:
    """The contents of the first line of a dated news file."""

    date: datetime.date
    title: str


@lru_cache(maxsize=1024)
def parse_date(value: str) -> datetime.date | None:
    """Parse a date with or without time and zone; the day is not converted to another zone.

    Returns None if the day, the month or a year of four digits (1000 to 2999) is missing, or if the
    order of day and month is ambiguous, as in 03/04/2020. In a date with dots, the day is first. A
    year of two digits is accepted only in the form 14/Mar/22.
    """
    value = value.strip()
    if len(value) > _DATE_CHARACTERS:
        return None
    if not _FOUR_DIGITS.search(value):
        short = _SHORT_YEAR.fullmatch(value)
        return short and _day(f"20{short[4]}", _MONTH_NUMBERS[short[3].lower()], short[1])
    named = _NAMED_MONTH.fullmatch(_without_accents(value))
    if named is not None:
        return _day(named["year"], _MONTH_NUMBERS[named["month"].lower()], named["number"])
    year_first = _YEAR_FIRST.fullmatch(value)
    if year_first is not None:
        compact = not year_first[2]
        if compact and not _COMPACT_DAY.match(value):
            return None
        return _day(year_first[1], year_first[3], year_first[4])
    dotted = _DOTTED.fullmatch(value)
    if dotted is not None:
        return _day(*dotted.group(3, 2, 1))

    # Imported here because the import is slow and most dates have one of the forms above.
    from dateutil import parser

    # The parser fills missing parts from the default and guesses the order of numbers. If the
    # result changes with either, the text does not state the date.
    readings = set()
    defaults = (datetime.datetime(2000, 1, 1), datetime.datetime(2004, 2, 2))
    for default, day_first in product(defaults, (False, True)):
        try:
            moment = parser.parse(value, default=default, dayfirst=day_first, ignoretz=True)
        except (ValueError, OverflowError):
            return None
        readings.add(moment.date())
    day = readings.pop()
    if readings or not 1000 <= day.year <= 2999 or str(day.year) not in value:
        return None
    return day


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    return "".join(sign for sign in normalize("NFD", text) if not combining(sign))


def _day(year: str, month: str | int, day: str) -> datetime.date | None:
    try:
        return datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None


def news_header(text: str) -> Header | None:
    """Read the first line of a dated news file, ` date 2020-09-16 Headline`."""
    match = _NEWS_HEADER.match(text)
    if match is None:
        return None
    day = parse_date(match[1])
    if day is None:
        return None
    return Header(date=day, title=" ".join((match[2] if match[2] is not None else "").split()))


def dateline(text: str) -> str | None:
    """Return the capitalised city that a report comes from, as "ANKARA" in "ANKARA (Reuters) - ".

    The city is at the start of one of the first paragraphs, before a dash. Under a news header, it
    can be on a line of its own.
    """
    span = dateline_span(text)
    return None if span is None else text[slice(*span)]


def dateline_span(text: str) -> tuple[int, int] | None:
    """Return the start and end offsets of the city of `dateline`; a headline can contain it too."""
    header = _NEWS_HEADER.match(text)
    start = header.end() if header else 0
    for number, line in enumerate(_leading_lines(text, _LEADING_LINES, start)):
        start = text.index(line, start)
        match = _DATELINE.match(line)
        if match is None and header is not None and number == 0:
            match = _DATELINE_ALONE.match(line)
        if match is not None and _is_dateline(match):
            return start + match.start("city"), start + match.end("city")
        start += len(line)
    return None


def _is_dateline(match: re.Match[str]) -> bool:
    city = match["city"]
    lead = match.groupdict().get("lead")
    headline = lead is not None and lead.isupper()
    letters = sum(character.isalpha() for character in city)
    return city.isupper() and letters > 2 and city not in _AGENCIES and not headline


def leading_date(text: str) -> datetime.date | None:
    """Find the date that the first lines of a text state for the text itself.

    Tries in this order: a labelled date ("Published: 3 May 2021"), a date on its own line or in a
    dateline ("PARIS, May 3, 2021 (AP) - "), the date of a meeting at the end of a line, a labelled
    date of the last change, a date on its own line below the addresses of a letter, a month and
    year on their own line, which stand for the first day of the month.
    """
    header = news_header(text)
    if header is not None:
        return header.date
    lines = [
        _MARKUP.sub(" ", _WIDE_GAP.sub(" | ", _without_accents(line))).strip(" -:")
        if _FOUR_DIGITS.search(line)
        else ""
        for line in _leading_lines(text, _LABELLED_LINES)
    ]
    days = chain(
        (_labelled_date(_PUBLISHED, line) for line in lines),
        (_line_date(line) for line in lines[:_LEADING_LINES]),
        (_dateline_date(line) for line in lines[:_LEADING_LINES]),
        (_labelled_date(_MEETING, line) for line in lines[:_LEADING_LINES]),
        (_labelled_date(_UPDATED, line) for line in lines),
        (_labelled_date(_AGREED, line) for line in lines[:_LEADING_LINES]),
        (_line_date(line.rpartition(" | ")[2]) for line in lines if "@" in line),  # a printed mail
        _letter_dates(text),
        map(_first_of_month, lines[:_LEADING_LINES]),
    )
    return next((day for day in days if day is not None), None)


def _first_of_month(line: str) -> datetime.date | None:
    found = [one for part in line.split(" | ") if (one := _MONTH_AND_YEAR.fullmatch(part))]
    if len(found) != 1:  # several are the header of a table
        return None
    return _day(found[0]["year"], _MONTH_NUMBERS[found[0]["month"].lower()], "1")


def _letter_dates(text: str) -> Iterator[datetime.date | None]:
    """Read the lines above the salutation of a letter as dates, from the last one upwards."""
    lines = list(_leading_lines(text, _LABELLED_LINES))
    ends = (number for number, line in enumerate(lines) if _SALUTATION.match(line))
    for line in reversed(lines[: next(ends, 0)]):
        for part in _WIDE_GAP.split(line):
            yield _line_date(part) or _dateline_date(part)


def _labelled_date(label: re.Pattern[str], line: str) -> datetime.date | None:
    matches = (label.match(line, start) for start in _part_starts(line))
    return next((parse_date(match["day"]) for match in matches if match is not None), None)


def _part_starts(line: str) -> Iterator[int]:
    yield 0
    yield from (separator.end() for separator in _SEPARATOR.finditer(line))


def _line_date(line: str) -> datetime.date | None:
    line = _without_accents(line)
    labelled = _labelled_date(_PUBLISHED, line)
    if labelled is not None:
        return labelled
    # Numbers alone can mean anything: require the name of a month, or the year first.
    return parse_date(line) if _STATED_DAY.search(line) else None


def _dateline_date(line: str) -> datetime.date | None:
    alone = (_PLACE_AND_DAY.fullmatch(line, start) for start in _part_starts(line))
    for place in filter(None, alone):
        return parse_date(place["day"])
    match = _DATELINE.match(line)
    if match is None or not _is_dateline(match):
        return None
    lead = match["lead"]
    day = _DAY_IN_TEXT.search(line, 0, match.start("lead") if lead is not None else len(line))
    return parse_date(day[0]) if day is not None else None


def stated_value(value: str) -> str:
    """Return a title or author that a file states; "" if a program wrote it by default."""
    value = value.removeprefix("Microsoft Word - ")
    return "" if _BY_DEFAULT.fullmatch(value) else value


def leading_title(text: str) -> str:
    """Return the first line if it looks like a title: short, not a sentence, text below it.

    Returns "" otherwise. A line with the date or with signs only can be above or below the title. A
    labelled title ("Subject: New badges") is preferred to the first line.
    """
    labelled = filter(None, map(_LABELLED_TITLE.fullmatch, _leading_lines(text, _LABELLED_LINES)))
    found = next(labelled, None)
    if found is not None:
        return found[1]
    lines = [line.strip() for line in text[:_LEADING_CHARACTERS].lstrip().split("\n")]
    while lines and (_is_rule(lines[0]) or _line_date(lines[0]) is not None):
        del lines[0]
    if len(lines) < 3 or not any(lines[1:]):
        return ""
    title, below = lines[:2]
    apart = _is_rule(below) or leading_date(below) is not None
    return title if apart and len(title) <= _TITLE_CHARACTERS and title[-1] not in ".!?:;," else ""


def _is_rule(line: str) -> bool:
    """Return whether a line is blank or contains only signs, as below a heading."""
    return not any(map(str.isalnum, line))


def file_name_date(name: str) -> datetime.date | None:
    """Find a date in a file name, as 2020-09-16, 20200916, 16-09-2020 or "16 Sep 2020"."""
    for match in _FILE_NAME_DAY.finditer(name):
        day = _day(*(match.group(1, 3, 4) if match[1] else match.group(5, 6, 7)))
        if day is not None:
            return day
    name = _without_accents(name).replace("_", " ")
    for words in (name, name.replace("-", " ")):
        for match in _DAY_IN_TEXT.finditer(words):
            day = parse_date(match[0])
            if day is not None:
                return day
    return None


def _leading_lines(text: str, count: int, start: int = 0) -> Iterator[str]:
    lines = (line.strip() for line in text[start : start + _LEADING_CHARACTERS].split("\n"))
    return islice(filter(None, lines), count)
