import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.dates import (
    dateline,
    dateline_span,
    file_name_date,
    leading_date,
    leading_title,
    news_header,
    parse_date,
)

DAY = datetime.date(2020, 9, 16)
NEWS = " date 2020-09-16 Delegations meet in Ankara\n\nANKARA\n\nTwo delegations met.\n"


@pytest.mark.parametrize(
    "value",
    [
        "2020-09-16",
        " 2020-09-16 ",
        "2020/09/16",
        "2020/9/16",
        "2020.09.16",
        "20200916",
        "20200916T101500Z",
        "2020-09-16T23:30:00Z",
        "2020-09-16T23:30:00.123+03:00",
        "2020-09-16 23:30 UTC",
        "16 September 2020",
        "16th of September, 2020",
        "Sept. 16, 2020",
        "September 16, 2020, 10:30 am EDT",
        "Wednesday, September 16, 2020",
        "Wed, 16 Sep 2020 23:30:00 -0700",
        "Wed Sep 16 10:00:00 2020",
        *("Mittwoch, 16. September 2020", "mercredi 16 sept. 2020", "16 de septiembre de 2020"),
        *("16 settembre 2020", "quarta-feira, 16 de setembro de 2020", "16 września 2020"),
        "16/09/2020",
        "09/16/2020",
        *("16/Sep/20 9:31 AM", "16-SEP-20", "16-sept-20 10:00"),
    ],
)
def test_complete_date_is_parsed_in_any_usual_form(value):
    assert parse_date(value) == DAY


def test_year_first_is_clear_with_any_time_and_zone():
    assert parse_date("2021/03/04 10:00:00 AM GMT+1") == datetime.date(2021, 3, 4)


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "Tuesday",
        "September 2020",
        "16 September",
        "2020",
        "2020-09",
        "10:30",
        "16 September 20",
        "16/09/20",
        "2020-09-31",
        "20201301",
        "2020-0916",
        "0999-12-31",
        "3000-01-01",
        "1600214400",
        "2020-09-16 was a Wednesday",
        "yesterday",
        "2020-09-16" + " " * 20 + "x" * 60,
    ],
)
def test_incomplete_or_invalid_date_is_none(value):
    assert parse_date(value) is None


@pytest.mark.parametrize(
    ("value", "month"),
    [
        *(("1. März 2021", 3), ("1. MÄRZ 2021", 3), ("1. Ma\u0308rz 2021", 3), ("1. Mrz. 2021", 3)),
        *(("1. Jänner 2021", 1), ("1. Dez. 2021", 12), ("1er févr. 2021", 2), ("1er août 2021", 8)),
        *(("1º de enero de 2021", 1), ("1 de diciembre del 2021", 12), ("1° maggio 2021", 5)),
        *(("1 de março de 2021", 3), ("1 maart 2021", 3), ("den 1. maj 2021", 5)),
        *(("mar. 1 mai 2021", 5), ("1 stycznia 2021", 1), ("AM 1. JULI 2021", 7)),
    ],
)
def test_names_of_months_are_known_in_other_languages(value, month):
    assert parse_date(value) == datetime.date(2021, month, 1)


def test_ambiguous_order_of_day_and_month_is_none_except_with_dots():
    assert parse_date("03/04/2020") is None
    assert parse_date("03.04.2020") == datetime.date(2020, 4, 3)
    assert parse_date("3.4.2020, 10:30") == datetime.date(2020, 4, 3)
    assert parse_date("31.02.2020") is None
    assert parse_date("03/03/2020") == datetime.date(2020, 3, 3)


@given(st.text(max_size=70) | st.from_regex(r"[0-9A-Za-z :,/.+-]{1,30}", fullmatch=True))
@settings(max_examples=200, deadline=None)
def test_any_text_gives_none_or_a_date_from_1000_to_2999(value):
    day = parse_date(value)
    assert day is None or 1000 <= day.year <= 2999


def test_news_header_gives_date_and_title():
    header = news_header(NEWS)
    assert header is not None
    assert (header.date, header.title) == (DAY, "Delegations meet in Ankara")


@pytest.mark.parametrize(
    "text",
    ["", "date", " date 2020-02-30 No such day\n", "A date 2020-09-16 in a line\n", "2020-09-16 X"],
)
def test_other_first_line_is_not_a_news_header(text):
    assert news_header(text) is None


@pytest.mark.parametrize(
    ("opening", "city"),
    [
        ("SALVADOR, Feb 26 - Showers continued.", "SALVADOR"),
        ("WASHINGTON (Reuters) - The bank said so.", "WASHINGTON"),
        ("ANKARA — Talks began.", "ANKARA"),
        ("NEW YORK, March 3 - Shares fell.", "NEW YORK"),
        ("COMMACK, N.Y., Feb 26 - A firm was sold.", "COMMACK"),
        ("WASHINGTON, D.C. — A crowd met.", "WASHINGTON"),
        ("CHARLOTTETOWN, Prince Edward Island, March 26 - It split.", "CHARLOTTETOWN"),
        ("PORT-AU-PRINCE, Haiti (AP) -- Aid came.", "PORT-AU-PRINCE"),
        ("İZMİR – Rain fell.", "İZMİR"),
        ("Talks go on\n\nBy A. Reporter\n\nPARIS (AP) - Ministers met.", "PARIS"),
    ],
)
def test_city_before_a_dash_is_the_dateline(opening, city):
    assert dateline(opening) == city


@pytest.mark.parametrize(
    "text",
    [
        "",
        "(CNN) -- A storm is near.",
        "CNN —\nA storm is near.",
        "Ankara - Talks began.",
        "U.S. - China talks began.",
        "COURT RULES FOR BANK - SOURCE\n\nThe court ruled.",
        "COVID-19 cases fell.",
        "INTRODUCTION\n\nThis is a manual.",
        "He flew to ANKARA - and back.",
    ],
)
def test_other_opening_is_not_a_dateline(text):
    assert dateline(text) is None


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("ANKARA TALKS FAIL\n\nANKARA (Reuters) - Talks failed.", 19),
        ("  PARIS\n\nBy A. Reporter\n\nPARIS (AP) - Ministers met.", 25),
        (" date 2020-09-16 ANKARA hosts talks\nANKARA\n\nTalks began.", 36),
    ],
)
def test_dateline_span_is_not_the_city_in_the_headline(text, start):
    assert dateline_span(text) == (start, start + len(dateline(text)))


def test_city_on_its_own_line_is_a_dateline_under_a_news_header_only():
    assert dateline(NEWS) == "ANKARA"
    assert dateline(NEWS.replace("ANKARA\n", "ANKARA-Anadolu Agency\n")) == "ANKARA"
    assert dateline(NEWS.replace("ANKARA\n", "NEW YORK\n")) == "NEW YORK"
    assert dateline(NEWS.partition("\n\n")[2]) is None


@pytest.mark.parametrize(
    "line",
    [
        *("Date: 2020-09-16", "Date: 2020-09-16T10:00:00Z", "**Date:** 16 September 2020"),
        *(
            "Date\t16 September 2020",
            "Date | 16 September 2020",
            "Date: 16 September 2020, 10:00-11:30",
        ),
        *("Published: 16 Sept. 2020", "Posted on September 16, 2020 by Ada", "Issued: 16/09/2020"),
        *("First published 16 September 2020", "Meeting date: Wednesday, 16 September 2020"),
        *("16 September 2020", "Wednesday, September 16, 2020", "2020-09-16"),
        *(
            "ANKARA, Türkiye, 16 September 2020",
            "London, 16 September 2020",
            "New York, September 16th, 2020",
        ),
        "ANKARA, Sept. 16, 2020 /Newswire/ -- Talks began.",
        "İZMİR, 16 September 2020 (AP) – Rain fell.",
        "Last updated: 16 September 2020",
        *("Effective date: 16 September 2020", "Datum: 16.09.2020", ":Date: 2020-09-16"),
        *("Minutes of the meeting held on 16 September 2020", "Board meeting – 16 Sept 2020"),
        *("Invoice date:\t16 September 2020", "Rechnungsdatum: 16.09.2020"),
        *("By Ada Orr | 16 September 2020", "Revision date: 2020-09-16", "Stand: 16.09.2020"),
        *("Version 1.2 (16 September 2020)", "16. September 2020"),
        *(
            "Berlin, den 16. September 2020",
            "Paris, le 16 septembre 2020",
            "16 de setembro de 2020",
        ),
        *("Publié le 16 septembre 2020 par Ann", "Veröffentlicht am 16. September 2020"),
        *("Ada Orr • Updated: 1 May 2021 • Published: 16 September 2020", "Stand: 16.9.2020"),
        *("Lower Mill Ltd\tAnkara, 16 September 2020", "Ada Orr · Posted 16.09.2020 · News"),
        *("Fecha: 16 de septiembre de 2020", "Data: mercoledì 16 settembre 2020"),
        *("Zuletzt geändert am 16. September 2020", "Mise à jour : 16 sept. 2020"),
        "Sitzung des Rates vom 16. September 2020",
        "Date:   Wed Sep 16 09:12:44 2020 +0200",
        "Ada Orr <ada@example.org>\tWed, Sep 16, 2020 at 9:14 AM",
        "Created by Ada Orr, last modified on Sep 16, 2020",
        "Held on the 16th of September, 2020 at the boat house",
        "Meeting of the board, held on Wednesday, 16 September 2020, in Vik.",
        *("Issue 9, Wednesday 16 September 2020", "Vol. 4, No. 12 – 16 September 2020"),
        *("Sync 16.09.2020", "Keeper call, 16 Sept 2020", "## Weekly status – 2020-09-16"),
        *("This page was last edited on 16 September 2020, at 17:04.", "Recorded 16 Sept 2020"),
        *("By Ada Orr, 16 September 2020", "by ada_orr » Wed Sep 16, 2020 9:15 pm"),
        *(
            "Page last reviewed: 16 September 2020",
            "between Ash Ltd and Ada Orr, dated 16 Sept 2020",
        ),
        "Gates Committee - Wednesday, 16th September, 2020 7.00 pm",
        *("Effective 16 September 2020", "Adopted on 16 September 2020 by all members"),
        *("Effective as of September 16, 2020", "Version 1.1 | 16 September 2020"),
        "This page last modified on 2020-09-16 18:45:48 UTC",
        "This lease agreement is made on the 16th of September 2020 between:",
    ],
)
def test_line_that_states_the_date_gives_the_date_of_the_text(line):
    assert leading_date(f"Talks go on\n{line}\n\nTwo delegations met.") == DAY


@pytest.mark.parametrize(
    "line",
    [
        *("They met on 16 September 2020 in Ankara.", "2020-09-16 was a Wednesday.", "13 11 2020"),
        *("Due date: 16 September 2020", "Date of birth: 16 September 2020", "Date: 03/04/2020"),
        *(
            "Date: 2020-09-16; gate: 3",
            "Date: next week",
            "The dam broke, 16 September 2020",
            "Version 1.9.2020",
        ),
        *("ANKARA (AP) - Talks began on 16 September 2020.", "Valid until 16 September 2020"),
        *("The meeting of 16 September 2020 was short", "It met on 16 September 2020"),
        *("Gültig bis 16. September 2020", "Die Mühle brannte am 16. September 2020."),
        *("Report on the fire of 16 September 2020", "Notes on the dam of 16 September 2020"),
        "The agreement was broken on 16 September 2020",
        *("August 2020\tSeptember 2020", "September 2020 was dry.", "In September 2020"),
    ],
)
def test_date_in_any_other_line_is_ignored(line):
    assert leading_date(f"Talks go on\n{line}\n\nTwo delegations met.") is None


@pytest.mark.parametrize(
    "line",
    [
        *("September 2020", "Version 3.2, September 2020", "Last updated: Sept. 2020"),
        *("Stand: September 2020", "Septembre 2020", "Ada Orr            September 2020"),
    ],
)
def test_month_without_day_is_its_first_day_and_gives_way_to_a_full_date(line):
    assert leading_date(f"The dams\n{line}\n\nThey hold.") == datetime.date(2020, 9, 1)
    assert leading_date(f"The dams\n{line}\nDate: 2020-09-16\n\nThey hold.") == DAY


def test_publication_date_precedes_bare_date_and_update_date():
    lines = ["Updated: 18 September 2020", "17 September 2020", "Published: 16 September 2020"]
    assert leading_date("\n".join(lines)) == DAY
    assert leading_date("\n".join(lines[:2])) == datetime.date(2020, 9, 17)
    assert leading_date(lines[0]) == datetime.date(2020, 9, 18)


def test_date_far_down_is_ignored_unless_labelled():
    above = "a\nb\nc\nd\ne\n"
    assert leading_date(f"{above}16 September 2020\n") is None
    assert leading_date(f"{above}Date: 16 September 2020\n") == DAY
    assert leading_date(f"{above * 3}Date: 16 September 2020\n") is None


def test_date_below_the_addresses_is_the_date_of_a_letter():
    addresses = "Orr & Sons\nMill Lane 4\nYork\n\nMs C. Voss\nQuay 7\nHull\n\n"
    letter = f"{addresses}York, 16 September 2020\n\n{{}},\n\nthe gate opens on 3 May 2021.\n"
    assert leading_date(letter.format("Dear Ms Voss")) == DAY
    assert leading_date(letter.format("Sehr geehrte Frau Voss")) == DAY
    assert leading_date(letter.format("The gate")) is None
    assert leading_date(letter.format("Dearborn Gates")) is None
    beside = "Orr & Sons\t16 September 2020\nMill Lane 4\tAccount 7\n\n{}\n\nIt opens.\n"
    assert leading_date(beside.format("Dear Ms Voss,")) == DAY
    assert leading_date(beside.format("Rent")) is None


@pytest.mark.parametrize("label", ["Title", "SUBJECT", "Betreff"])
def test_labelled_line_is_the_title(label):
    assert leading_title(f"MEMO\n\nTo: all\n{label}: The new gate\n\nIt opens.") == "The new gate"


def test_rule_above_or_below_the_title_is_not_part_of_it():
    assert leading_title("=====\nGates\n=====\n\nThey are oak.\n") == "Gates"


def test_short_first_line_that_stands_apart_is_the_title():
    assert leading_title("\n  Talks go on \n\nTwo delegations met.\n") == "Talks go on"
    assert leading_title("Talks go on\n16 September 2020\n\nThey met.") == "Talks go on"
    assert leading_title("Board\nMeeting of 16 September 2020\n\nThey met.") == "Board"
    assert leading_title("Le moulin\n16 août 2020\n\nIl est fermé.") == "Le moulin"
    assert leading_title("Date: 2020-09-16\n\nTalks go on\n\nThey met.") == "Talks go on"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Talks go on",
        "Talks go on\n\n",
        "Talks go on.\n\nTwo delegations met.",
        "Two delegations\nmet in Ankara.\n\nThey left.",
        "word " * 30 + "\n\nTwo delegations met.",
    ],
)
def test_other_first_line_is_not_a_title(text):
    assert leading_title(text) == ""


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("2020-09-16-talks", DAY),
        ("talks_20200916", DAY),
        ("talks 2020.09.16", DAY),
        ("minutes_16-09-2020", DAY),
        ("minutes 16 September 2020", DAY),
        ("talks-sept-16-2020", DAY),
        ("Protokoll vom 16. September 2020", DAY),
        ("compte-rendu_16_août_2020", datetime.date(2020, 8, 16)),
        ("03-04-2020 minutes", None),
        ("v13.9.2020", None),
        ("2020-13-45", None),
        ("000_74a20200916bd17f6", None),
        ("120200916", None),
        ("12051130", None),
        ("talks", None),
    ],
)
def test_file_name_with_a_complete_date_gives_it(name, day):
    assert file_name_date(name) == day
