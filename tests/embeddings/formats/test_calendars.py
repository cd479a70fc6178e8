import datetime

import pytest

from embeddings.errors import DocumentError
from embeddings.formats.calendars import read
from embeddings.formats.parse_options import ParseOptions

EVENT = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:a@example.org
DTSTAMP:20260101T000000Z
DTSTART;TZID=Europe/Rome:20210503T093000
SUMMARY:Inspection of the crane\\, pier 2
LOCATION:Pier 2
ORGANIZER;CN="Conti, Rosa":mailto:rosa@example.org
DESCRIPTION:Wear a helmet.\\nThe lift is cl
 osed.
BEGIN:VALARM
DESCRIPTION:Alarm
END:VALARM
END:VEVENT
END:VCALENDAR
"""


def read_all(tmp_path, text, name="a.ics"):
    path = tmp_path / name
    path.write_text(text)
    return list(read(path, ParseOptions()))


def test_event_has_title_day_place_and_folded_description(tmp_path):
    (event,) = read_all(tmp_path, EVENT)
    assert (event.id, event.title) == ("a@example.org", "Inspection of the crane, pier 2")
    assert event.date == datetime.date(2021, 5, 3)
    assert event.text.split("\n") == [
        *("Start: 2021-05-03 09:30", "", "Inspection of the crane, pier 2", "", "Location: Pier 2"),
        *("", "Organizer: Conti, Rosa", "", "Wear a helmet.", "The lift is closed."),
    ]


def test_changed_date_of_a_repeated_event_is_a_separate_document(tmp_path):
    event = "BEGIN:VEVENT\nUID:b\nDTSTART;VALUE=DATE:{}\nSUMMARY:Choir\nEND:VEVENT\n"
    text = f"BEGIN:VCALENDAR\n{event.format('20210504')}{event.format('20210512')}END:VCALENDAR\n"
    found = {one.id: one.date.isoformat() for one in read_all(tmp_path, text)}
    assert found == {"b": "2021-05-04", "b#2": "2021-05-12"}


def test_contacts_have_phone_and_address_and_no_photo(tmp_path):
    text = (
        "BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Zo=C3=\n=AB Marsh\n"
        "item1.TEL;TYPE=cell:+31 6 1234\nADR;TYPE=home:;;Dike 7;Hoorn;;1621;NL\n"
        "NOTE:Repairs pumps\\; calls back.\nPHOTO;ENCODING=b:AAAA\n BBBB\nEND:VCARD\n"
        "BEGIN:VCARD\nFN:Bo Lind\nEND:VCARD\n"
    )
    first, second = read_all(tmp_path, text, "a.vcf")
    assert first.text == (
        "Zoë Marsh\n\nPhone: +31 6 1234\n\nAddress: Dike 7, Hoorn, 1621, NL\n\n"
        "Note: Repairs pumps; calls back."
    )
    assert (second.id, second.title) == ("2", "Bo Lind")


def test_other_text_is_refused(tmp_path):
    with pytest.raises(DocumentError, match="not a calendar"):
        read_all(tmp_path, "A diary of the pier")
