import pytest

from qa.answering.comparison.contradictions import are_other_people, contradicts


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What was mended in v2.3.1?", "Release 2.3.2 mended the crash."),
        ("What is in Appendix B?", "Appendix C lists the fees."),
        ("What does vitamin D do?", "Vitamin C helps against scurvy."),
        ("What does section 12(3) demand?", "Section 12(4) demands a fee."),
        ("How long is the ePhone 13?", "The ePhone 12 is 14 cm long."),
        ("What does IPv6 need?", "IPv4 needs 32 bits."),
        ("What did the G7 decide?", "The G20 decided to meet again."),
        ("What is a H5N1 case?", "A H1N1 case was found."),
        ("What does the -r flag do?", "With -R it copies folders."),
        ("What was mended in 2.3.1?", "Release v2.13.1 mended the colours."),
        ("What is new in version 3?", "Version 4 brings a dark mode."),
        ("How many schools were there in 2020?", "In 2019 the county had 12 schools."),
        ("What did the 2020 report say?", "Annual report 2018\nThe lake was clean."),
        ("Who edited the third edition?", "The 2nd edition was edited by Ada Berg."),
        ("How many episodes has season 2?", "The first season has ten episodes."),
        ("How many crew had flight 2,000?", "Flight 1000 had a crew of nine."),
        ("When did World War II end?", "World War I ended in November."),
        ("What is in chapter 7?", "Chapter 8 is on pumps."),
        ("What is in /etc/fstab?", "The file /etc/mtab lists what is mounted."),
        ("What does getUserById return?", "The function get_user_by_name returns an account."),
        ("What is part XJ-4400/B?", "Part XJ-4400/C is the right hinge."),
        ("What does ORA-00942 mean?", "ORA-00941 says that a name is missing."),
        ("Who governs North Tarsia?", "South Tarsia is governed by Rosa Pell."),
        ("What does E0499 mean?", "E0432 means that an import is missing."),
        ("What is part KX-300-A?", "KX-200-B is a fuel pump."),
        ("What holds the left hinge?", "The right hinge is held by two screws."),
        ("When did Tom Brunt write The Long Ferry?", "Eva Brunt wrote The Long Ferry in 1990."),
        ("In what year did Eva Brunt win the Harlow Medal?", "She got the Ayton Medal in 1991."),
        ("What was mended in 2.0.0-rc1?", "2.0.0-rc2 mended the leak."),
        ("What does RFC 2616 define?", "RFC 7231 defines methods."),
        ("How much is part 4711-B?", "Part 4711-C is four crowns."),
        ("What does -x do?", "With -y it asks no questions."),
        ("How much are crates under 40 kg?", "Crates over 40 kg cost 9 crowns."),
        ("Is a pass needed for stays of more than 7 days?", "No pass is needed below 7 days."),
        ("What does § 12 demand?", "§ 13 demands a fee."),
        ("How long is the Kolm footbridge?", "The Tarn footbridge is 40 m long."),
        ("When was Harlow Technical University founded?", "Ayton University was founded in 1920."),
    ],
)
def test_text_about_another_item_of_the_same_kind_contradicts(question: str, text: str) -> None:
    assert contradicts(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What was mended in v2.3.1?", "Release 2.3.1 mended the leak, 2.3.2 the crash."),
        ("What was mended in 2.0.0?", "2.0.0-rc1 mended the leak."),
        ("What does -x do?", "Use -xf to extract a file, -v to see more."),
        ("What was mended in 2.3?", "Release 2.3.1 mended the leak."),
        ("What was mended?", "Release 2.3.1 mended the leak."),
        ("How long is the Kolm footbridge?", "At Kolm, the Tarn footbridge is 40 m long."),
        ("How long is the Kolm footbridge?", "The footbridge is 40 m long."),
        ("What was mended in version 2.3?", "Version 2 mended the leak."),
        ("What does section 12 demand?", "Section 12(4) demands a fee."),
        ("What is in Appendix B?", "Appendices A and B list the fees."),
        ("How much is the room I booked?", "Room 12 is 90 crowns."),
        ("What does getUserById return?", "The function get_user_by_id returns a user."),
        ("What is the M1 chip?", "The A14 chip is older."),
        (
            "How much are crates under 40 kg?",
            "Crates up to 40 kg are free, those over 40 kg not.",
        ),
        ("How much are crates under 40 kg?", "Crates over 60 kg cost 9 crowns."),
        ("Were over 40 people hurt?", "Under 40 people were hurt."),
        ("How was the profit in Q3?", "It was low in Q2, and high in the third quarter."),
        ("What was mended in 2.3.1?", "The leak in the parser was mended."),
        ("How many schools were there in 2020?", "From 2018 to 2021 there were 12 schools."),
        ("How many schools were there in 2020?", "In 2019-21 there were 12 schools."),
        ("How many schools were there in 1995?", "In the 1990s there were 12 schools."),
        ("How many schools were there in 2020?", "There are 2,019 pupils and 12 schools."),
        ("What has happened since 2015?", "In 2019 a school was built."),
        ("What happened between 2015 and 2020?", "In 2017 a school was built."),
        ("Who edited the third edition?", "The 3rd edition was edited by Ada Berg."),
        ("Who was the first to come?", "The second to come was Ada Berg."),
        ("When did World War 2 end?", "World War II ended in September."),
        ("How many crew had flight 2,000?", "Flight 2000 had a crew of nine."),
        ("What is in /etc/fstab?", "The file /etc/hosts maps names: see /etc/fstab."),
        ("What does E0499 mean?", "A1 is a paper size, E0499 an error."),
        ("How was MH370 found?", "QF12 landed in Norby."),
        ("What does --dry-run do?", "The flag -v prints more."),
        ("What is a well-known fact?", "A little-known fact is that it rains."),
        ("Who governs North Tarsia?", "Tarsia is governed by Rosa Pell."),
        ("When did Joseph Brunt retire?", "Joe Brunt retired in 1990."),
        ("When did Tom Brunt retire?", "President Brunt retired in 1990."),
        ("When did Tom Brunt retire?", "T. Brunt retired in 1990, Eva Brunt in 1995."),
        ("When did the Medal Committee meet?", "The Harlow Medal Committee met in May."),
        ("WHAT IS THE PORT OF THE FILE SERVER?", "The Harlow Server listens on port 80."),
        ("What Is the Port of the File Server?", "The Harlow Server listens on port 80."),
        ("Port Of File Server", "The Harlow Server listens on port 80."),
        ("Who is Eva Brunt's brother?", "Tom Brunt is a year older than she is."),
        ("Is it male or female?", "The female infant was well."),
    ],
)
def test_text_without_another_item_of_the_kind_does_not_contradict(
    question: str, text: str
) -> None:
    assert not contradicts(question, text)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Colonel Hale", "Colonel Hart", True),
        ("Ada Berg", "Mr Holm", True),
        ("Colonel Hale", "Hart", False),
        ("Ada Berg", "Ms Berg", False),
        ("President Pell", "Rosa Pell", False),
        ("the mayor", "Ada Berg", False),
    ],
)
def test_names_of_different_people_need_a_first_name_or_a_title(
    one: str, other: str, expected: bool
) -> None:
    assert are_other_people(one, other) is expected
    assert are_other_people(other, one) is expected
