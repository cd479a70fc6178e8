import pytest

from embeddings import Chunk, Hit
from qa.answering.discounts import BOILERPLATE, CONTRADICTION, discount
from qa.reader.spans import LogitSpan, ScoredSentence
from tests.qa.answering.readings import reading


def hit(text: str, document: str = "a", title: str = "") -> Hit:
    return Hit(Chunk(document, 0, len(text), text, title=title), score=1.0, lexical=1.0, dense=1.0)


def margin(one: Hit, words: str, question: str, others: tuple[Hit, ...] = ()) -> float | None:
    start = one.chunk.text.index(words)
    found = reading(LogitSpan(start, start + len(words), 2.0))
    lowered = discount([one, *others], [found, *(reading() for _ in others)], question)
    return lowered[0].spans[0].margin if lowered[0].spans else None


def test_span_of_a_passage_about_another_version_is_lowered() -> None:
    one = hit("Release 2.3.2 mended the crash.")
    assert margin(one, "the crash", "What was mended in 2.3.2?") == 2.0
    assert margin(one, "the crash", "What was mended?") == 2.0
    assert margin(one, "the crash", "What was mended in 2.3.1?") == -CONTRADICTION


def test_title_counts_as_the_subject_of_a_passage() -> None:
    one = hit("The county has 12 schools.", title="Report 2019")
    assert margin(one, "12", "How many schools were there in 2020?") == -CONTRADICTION
    assert margin(one, "12", "How many schools were there in 2019?") == 2.0


def test_only_the_sentence_about_another_flight_is_lowered() -> None:
    one = hit("Flight 1,000 left with 12 crew. Flight 2000 left with nine crew.")
    question = "How many crew did flight 2,000 have?"
    assert margin(one, "12", question) == -CONTRADICTION
    assert margin(one, "12 crew. Flight 2000 left with nine", question) == -CONTRADICTION
    assert margin(one, "nine", question) == 2.0


@pytest.mark.parametrize(
    ("question", "lowered"),
    [
        ("When did Tom Brunt retire?", True),
        ("When did Eva Brunt retire?", False),
        ("When did Tom Brunt move?", False),
    ],
)
def test_passage_that_answers_about_another_person_is_not_relevant(
    question: str, lowered: bool
) -> None:
    text = "Eva Brunt retired in 1990. Tom Brunt moved to Ayton."
    likely = ScoredSentence(27, 52, 1.0) if "move" in question else ScoredSentence(0, 26, 1.0)
    found = reading(sentences=[likely], relevance=2.0)
    [result] = discount([hit(text)], [found], question)
    assert result.relevance == (-CONTRADICTION if lowered else 2.0)


def test_heading_of_several_documents_is_lowered() -> None:
    pages = [hit(f"The Brimstone Guide\nPage {n} is on {n} pumps.", str(n)) for n in range(4)]
    question = "Who wrote it?"
    assert margin(pages[0], "Brimstone", question, tuple(pages[1:3])) == 2.0 - BOILERPLATE
    assert margin(pages[0], "Brimstone", question, tuple(pages[1:2])) == 2.0
    assert margin(pages[0], "pumps", question, tuple(pages[1:])) == 2.0


def test_sentence_that_is_a_heading_of_several_documents_is_lowered() -> None:
    pages = [hit(f"The Brimstone Guide\nPage {n} is on {n} pumps.", str(n)) for n in range(3)]
    sentences = (ScoredSentence(0, 19, 2.0), ScoredSentence(20, 40, 1.0))
    readings = [reading(sentences=sentences) for _ in pages]
    found = discount(pages, readings, "Who wrote it?")[0].sentences
    assert [one.logit for one in found] == [2.0 - BOILERPLATE, 1.0]


def test_heading_of_copies_of_one_document_is_not_lowered() -> None:
    copies = [hit("The Brimstone Guide\nPage 1 is on pumps.", str(n)) for n in range(4)]
    assert margin(copies[0], "Brimstone", "Who wrote it?", tuple(copies[1:])) == 2.0


@pytest.mark.parametrize(("words", "expected"), [("Home\n\nPrev", None), ("Prev\nNext", 2.0)])
def test_span_over_a_blank_line_is_left_out(words: str, expected: float | None) -> None:
    assert margin(hit("Home\n\nPrev\nNext\n\nText."), words, "Who wrote it?") == expected


@pytest.mark.parametrize(
    ("text", "question", "expected"),
    [
        ("City | Fee\nVeld | 9 crowns", "What is the fee?", "9 crowns"),
        ("City | Fee | Tax\nVeld | 9 crowns | 14", "What is the fee?", "9 crowns"),
        ("City | Fee | Tax\nVeld | 9 crowns | 14", "What is the tax in Veld?", "14"),
        ("City | Fee | Tax\nVeld | 9 crowns | 14", "What is it in Veld?", "9 crowns"),
        ("| City | Fee | Tax |\n| Veld | | 9 in May |", "What is the tax?", "9 in May"),
        (
            "Veld | 9 crowns on all days but Sunday\nTarn | 8",
            "What is it?",
            "9 crowns on all days but Sunday",
        ),
        ("City | Fee | Tax\nVeld | 9 crowns | 14", "Which fees are there?", "9 crowns | 14"),
        ("Veld | 9 crowns | 14\nTarn | 8 crowns | 12", "What is the fee?", "9 crowns"),
        ("Run: sort | uniq 9 crowns | 14\nThe end.", "What is the fee?", "9 crowns | 14"),
    ],
)
def test_span_over_several_cells_of_a_table_is_cut_to_one(
    text: str, question: str, expected: str
) -> None:
    start = text.index("9")
    end = text.find("\n", start)
    found = reading(LogitSpan(start, end if end >= 0 else len(text), 2.0))
    [span] = discount([hit(text)], [found], question)[0].spans
    assert text[span.start : span.end] == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("9 crowns", "9 crowns"), ("9 crowns on days but Sunday", "9"), ("9/b", "9/b")],
)
def test_number_in_a_short_cell_gets_the_unit_in_the_cell(cell: str, expected: str) -> None:
    text = f"City | Fee\nVeld | {cell}"
    start = text.index("9")
    [found] = discount([hit(text)], [reading(LogitSpan(start, start + 1, 2.0))], "What is it?")
    span = found.spans[0]
    assert text[span.start : span.end] == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [("- salt", "salt"), ("salt", "salt"), ("-4 degrees", "-4 degrees"), ("- ", "- ")],
)
def test_mark_of_a_list_item_is_cut_off_a_span(words: str, expected: str) -> None:
    text = "It needs:\n- salt\n-4 degrees"
    start = text.index(words)
    found = reading(LogitSpan(start, start + len(words), 2.0))
    [span] = discount([hit(text)], [found], "What does it need?")[0].spans
    assert text[span.start : span.end] == expected


@pytest.mark.parametrize(
    ("text", "words", "question", "expected"),
    [
        ("They were seen, but not in Veld.", "Veld", "Where were they seen?", -CONTRADICTION),
        ("They were not seen in Veld.", "Veld", "Where were they seen?", -CONTRADICTION),
        ("They were not seen in Veld.", "in Veld", "Where were they seen?", -CONTRADICTION),
        ("They didn't go to Veld.", "Veld", "Where did they go?", -CONTRADICTION),
        ("They were not seen in Veld until May.", "Veld", "Where were they seen?", 2.0),
        ("Ann runs the ferry.", "Ann", "Who is today not running the ferry?", -CONTRADICTION),
        ("They went to Tarn instead of Veld.", "Veld", "Where did they go?", -CONTRADICTION),
        ("They were not alone in Veld.", "Veld", "Where were they seen?", 2.0),
        ("Nobody was hurt.", "hurt", "What happened to the crew?", -CONTRADICTION),
        ("No sailor was hurt.", "hurt", "What happened to the crew?", -CONTRADICTION),
        ("Nobody was hurt.", "Nobody was hurt", "What happened to the crew?", 2.0),
        ("No doubt they were hurt.", "hurt", "What happened to the crew?", 2.0),
        ("Nobody was sure until May.", "sure", "What were they?", 2.0),
        ("Ann runs the ferry.", "Ann", "Who does NOT run a ferry?", -CONTRADICTION),
        ("Ann refused to run it.", "Ann", "Who didn't run the ferry?", 2.0),
        ("Ann runs it.", "Ann", "Who runs it when the pilot does not come?", 2.0),
        ("Ann has a brother, Tom.", "Tom", "Who is Ann's sister?", 2.0),
        ("Her brother Tom runs it.", "Tom", "Who is Ann's sister?", -CONTRADICTION),
        ("Her brother Tom runs it.", "Her brother Tom", "Who is Ann's sister?", -CONTRADICTION),
        ("Her brother Tom runs it.", "Tom", "Who is Ann's brother?", 2.0),
        ("Her brother Tom runs it.", "Tom", "Which brother has a sister?", 2.0),
        ("Ann, the wife of Tom, runs it.", "Tom", "Who is Ann's husband?", 2.0),
        ("| Maximum load: | 40 kg |", "40 kg", "What is the minimum load?", -CONTRADICTION),
        ("The lowest step is 9 cm.", "9 cm", "How high is the highest step?", -CONTRADICTION),
        ("It burnt in 1904 and was never rebuilt.", "1904", "When was it rebuilt?", -CONTRADICTION),
        ("It was not rebuilt until 1920.", "1920", "When was it rebuilt?", 2.0),
        (
            "It dates from 1904. It was never rebuilt.",
            "1904",
            "When was it rebuilt?",
            -CONTRADICTION,
        ),
        ("It dates from 1904. It was never rebuilt.", "1904", "When was it built?", 2.0),
        ("It dates from 1904. It was never rebuilt.", "1904", "Who says it was rebuilt?", 2.0),
        (
            "It was rebuilt in 1904, but never rebuilt in stone.",
            "1904",
            "When was it rebuilt?",
            2.0,
        ),
        ("Nine were saved, two were not saved.", "Nine", "How many were saved?", 2.0),
        ("Ann never came back.", "Ann", "Who failed to come back?", 2.0),
        ("Tarn beat Veld in May.", "Tarn", "Whom did Veld beat in May?", -CONTRADICTION),
        ("Tarn beat Veld in May.", "Tarn beat Veld", "Whom did Veld beat?", -CONTRADICTION),
        ("Tarn beat Veld in May.", "Veld", "Who beat Tarn in May?", -CONTRADICTION),
        ("Tarn was beaten by Veld.", "Tarn", "Who beat Veld in May?", -CONTRADICTION),
        ("Tarn was beaten by Veld.", "Veld", "Whom did Tarn beat?", -CONTRADICTION),
        ("Tarn beat Veld in May.", "Tarn", "Who beat Veld in May?", 2.0),
        ("Tarn beat Veld in May.", "Veld", "Whom did Tarn beat in May?", 2.0),
        ("Tarn was beaten by Veld.", "Veld", "Who beat Tarn?", 2.0),
        ("Tarn beat Veld in May.", "Veld", "Whom did Veld beat?", -CONTRADICTION),
        ("Tarn beat Ann Veld in May.", "Veld", "Who beat Tarn in May?", -CONTRADICTION),
        ("Tarn beat Veld in May.", "eld", "Who beat Tarn in May?", -CONTRADICTION),
        ("Tarn beat Veld in May.", "beat Veld", "Who beat Tarn in May?", -CONTRADICTION),
        ("In May, Tarn beat Veld.", "May, Tarn beat Veld", "Who beat Tarn?", -CONTRADICTION),
        ("Mill | Wheels\nTarn | 4", "4", "How many mills are there?", -CONTRADICTION),
        ("Mill | Wheels\nTarn | 4", "Tarn | 4", "How many mills are there?", None),
        ("Mill | Wheels\nTarn | 4", "4", "How many wheels has Tarn?", 2.0),
        ("| Mill | Wheels | Doors |\n| Tarn | 4 | 2 |", "4", "How many wheels has Tarn?", 2.0),
        ("Mill | Wheels\nTarn | 4", "4", "How many of them has Tarn?", 2.0),
        ("Mill | Fee | Tax\nTarn | 4 | 9", "4", "What is the tax of Tarn?", -CONTRADICTION),
        ("Mill | Fee | Tax\nTarn | 4 | 9", "9", "What is the tax of Tarn?", 2.0),
        ("Mill | Fee | Tax\nTarn | 4 | 9", "4", "What does Tarn pay?", 2.0),
        ("Mill | Fee | Tax\nTarn | 4 | 9", "4", "What does Tarn pay with a tax of 9?", 2.0),
        ("Mill | Fee | Tax\nTarn | 4 | 9", "Tarn", "Which mill pays the tax?", 2.0),
        ("Mill | Fee | Tax\nTarn | 4 | 9", "Tarn", "What is the fee?", -CONTRADICTION),
        ("Mill | Fee | Tax\nTarn | 4 | 9", "Tarn", "What's the mill's fee?", 2.0),
        ("Mill | Fee | Tax\nTarn | 4 | 9", "4", "Which mill is it?", -CONTRADICTION),
        ("Run: mill Tarn | sort 4", "sort 4", "Which mill is it?", 2.0),
        ("| Mill | Fee |\n| Tarn | 4 |", "Tarn | 4 |", "What are the fees?", 2.0),
        ("Mill | Fee\nTarn | 4\nVeld | 9", "9", "What is the fee in Tarn?", -CONTRADICTION),
        ("Mill | Fee\nTarn | 4\nVeld | 9", "4", "What is the fee in Tarn?", 2.0),
        ("Mill | Fee\nTarn | 4\nVeld | 9", "9", "What is the fee in Holm?", 2.0),
        ("Mill | Fee\nTarn | 4\n\nInn | Fee\nVeld | 9", "9", "What is the fee in Tarn?", 2.0),
        ("mill: Tarn; fee: 4\nmill: Veld; fee: 9", "9", "What is the fee in Tarn?", -CONTRADICTION),
        ("mill: Tarn; fee: 4\nmill: Veld; fee: 9", "4", "What is the fee in Tarn?", 2.0),
        ("Fee | Per\n4 | day\n9 | week", "4", "What is the fee for a week?", 2.0),
        ("Mill | Fee | Tax\nTarn | 4 | 9", "Tarn", "What does Tarn pay?", -CONTRADICTION),
        ("Mill | Fee | Tax\nTarn | 4 | 9", "Tarn", "What does Tarnby pay?", 2.0),
        ("Mill | Low tax | High tax\nTarn | 4 | 9", "4", "What is the high tax?", -CONTRADICTION),
        ("Mill | Low tax | High tax\nTarn | 4 | 9", "4", "What is the tax?", 2.0),
        ("Mill | Fee\nTarn | 4\n\nInn | Tax\nVeld | 9", "9", "What is the tax?", 2.0),
        ("Mill | Fee\nTarn | 4\nVeld | 9", "4\nVeld | 9", "What is the fee?", 2.0),
        ("Mill | Fee\nTarn | 4\nVeld | 9", "| 4\nVeld | 9", "What is the fee?", None),
        ("Mill | Tax | Since\nTarn | 4 | 1980", "1980", "When was the tax made?", 2.0),
        ("Tarn married Veld in May.", "Tarn", "Whom did Veld marry?", 2.0),
        ("Tarn sued Veld in May.", "Tarn", "Whom did Veld beat?", 2.0),
        ("Tarn and Veld signed it.", "Tarn and Veld", "How many signed it?", None),
        ("A dozen towns signed it.", "A dozen towns", "How many signed it?", 2.0),
        ("All towns signed it.", "All towns", "How many towns signed it?", 2.0),
        ("Tarn and Veld signed it.", "Tarn and Veld", "How was it signed?", 2.0),
    ],
)
def test_answer_opposite_to_the_question_is_lowered(
    text: str, words: str, question: str, expected: float | None
) -> None:
    assert margin(hit(text), words, question) == expected


def test_table_row_is_no_evidence_for_the_number_of_rows() -> None:
    text = "Mill | Wheels\nTarn | 4\n\nThere are 9 mills."
    found = reading(sentences=[ScoredSentence(14, 22, 1.0), ScoredSentence(24, 42, 1.0)])
    [result] = discount([hit(text)], [found], "How many mills are there?")
    assert [one.logit for one in result.sentences] == [-CONTRADICTION, 1.0]
    [result] = discount([hit(text)], [found], "How many wheels has Tarn?")
    assert [one.logit for one in result.sentences] == [1.0, 1.0]


@pytest.mark.parametrize(("question", "lowered"), [("Who beat Tarn?", True), ("Who won?", False)])
def test_passage_with_swapped_roles_is_not_relevant(question: str, lowered: bool) -> None:
    found = reading(LogitSpan(10, 14, 2.0), relevance=2.0)
    [result] = discount([hit("Tarn beat Veld.")], [found], question)
    assert result.relevance == (-CONTRADICTION if lowered else 2.0)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who resigned?", "The vice president of Veld"),
        ("Which country's vice president resigned?", "Veld"),
    ],
)
def test_name_after_a_title_is_extended_if_a_person_is_asked_for(
    question: str, expected: str
) -> None:
    text = "The vice president of Veld resigned."
    [found] = discount([hit(text)], [reading(LogitSpan(22, 26, 2.0))], question)
    assert text[found.spans[0].start : found.spans[0].end] == expected


def test_sentence_about_another_version_is_lowered_as_evidence() -> None:
    text = "Release 2.3.2 mended the crash. Release 2.3.1 mended the leak."
    sentences = (ScoredSentence(0, 31, 2.0), ScoredSentence(32, len(text), 1.0))
    [found] = discount([hit(text)], [reading(sentences=sentences)], "What was mended in 2.3.1?")
    assert [one.logit for one in found.sentences] == [-CONTRADICTION, 1.0]
