import dataclasses
import datetime
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from embeddings import Document, Index, QuestionError, SettingsError
from qa import Assistant, Reader, Reply, Turn
from qa.answering.confidence import Confidence

DOCUMENTS = [
    Document(
        id="ferry.txt",
        title="Ferry service to Ormsay resumes",
        date=datetime.date(2021, 3, 4),
        text=(
            "ORMSAY\n\nFerries between Ormsay and the mainland resumed on Thursday after a strike "
            "of nine days. Captain Ewa Lindqvist steered the first crossing with 214 passengers "
            "on board. The union had asked for higher pay."
        ),
    ),
    Document(
        id="bridge.txt",
        title="Bridge to be built",
        date=datetime.date(2022, 6, 1),
        text=(
            "The council of Ormsay approved a bridge to the mainland. It will cost 48 million "
            "crowns. The architect is Jonas Okafor, who also designed the town's library."
        ),
    ),
    Document(
        id="library.txt",
        date=datetime.date(2022, 9, 30),
        text=(
            "Readers borrowed 9,200 books last month. The library was designed by Jonas Okafor "
            "and opened in 2015. It stands on Harbour Street in Ormsay."
        ),
    ),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("assistant") / "index"
    with Index.open(place, create=True) as index:
        index.add(DOCUMENTS)
    return place


@pytest.fixture(scope="module")
def assistant(place: Path) -> Iterator[Assistant]:
    with Assistant.open(place) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "document", "answer"),
    [
        ("Who steered the first crossing?", "ferry.txt", "Captain Ewa Lindqvist"),
        ("How many passengers were on board?", "ferry.txt", "214"),
        ("How long was the strike?", "ferry.txt", "nine days"),
        ("How much will the bridge cost?", "bridge.txt", "48 million crowns"),
        ("On which street does the library stand?", "library.txt", "Harbour Street"),
        ("How many books were borrowed last month?", "library.txt", "9,200"),
    ],
)
def test_question_is_answered_from_the_right_document(
    assistant: Assistant, question: str, document: str, answer: str
) -> None:
    best = assistant.ask(question).answer
    assert best is not None
    assert best.document.id == document
    assert answer in best.text or best.text in answer


def quotations(reply: Reply) -> Iterator[tuple[str, str]]:
    for answer in reply.answers:
        yield answer.document.text[answer.start : answer.end], answer.text
        end = answer.context_start + len(answer.context)
        yield answer.document.text[answer.context_start : end], answer.context


def test_every_answer_is_a_quotation_of_its_document(assistant: Assistant) -> None:
    reply = assistant.ask("Who designed the library?", answers=5)
    found = list(quotations(reply))
    assert found
    assert all(quoted == given for quoted, given in found)


def test_answers_are_sorted_by_probability_and_distinct(assistant: Assistant) -> None:
    reply = assistant.ask("Who is the architect?", answers=5)
    scores = [answer.score for answer in reply.answers]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert sum(scores) <= 1 + 1e-6
    assert len({answer.text.casefold() for answer in reply.answers}) == len(reply.answers)


def test_equal_answers_of_several_documents_are_merged(assistant: Assistant) -> None:
    alone = assistant.ask("Who designed the library?", after="2022-07-01").answer
    together = assistant.ask("Who designed the library?")
    assert alone is not None
    assert "Jonas Okafor" in alone.text
    assert [answer.text for answer in together.answers].count(alone.text) == 1
    best = together.answer
    assert best is not None
    [cited] = best.citations
    assert {best.document.id, cited.document.id} == {"bridge.txt", "library.txt"}
    assert cited.document.text[cited.start : cited.end] == cited.text
    assert "Jonas Okafor" in cited.text


def test_sentence_of_an_answer_contains_it(assistant: Assistant) -> None:
    answer = assistant.ask("How many passengers were on board?").answer
    assert answer is not None
    start, end = answer.sentence
    assert answer.document.text[start:end] == (
        "Captain Ewa Lindqvist steered the first crossing with 214 passengers on board."
    )


def test_before_and_after_filter_documents(assistant: Assistant) -> None:
    question = "Who designed the library?"
    reply = assistant.ask(question, before=datetime.date(2022, 6, 1))
    assert {hit.chunk.document_id for hit in reply.hits} == {"ferry.txt", "bridge.txt"}
    reply = assistant.ask(question, after="2022-06-02", before="2022-12-31")
    assert {answer.document.id for answer in reply.answers} == {"library.txt"}
    assert assistant.ask(question, after="2023-01-01").answer is None


def test_documents_after_as_of_are_not_searched(assistant: Assistant) -> None:
    reply = assistant.ask("Who designed the library?", as_of="2022-06-01")
    assert {hit.chunk.document_id for hit in reply.hits} == {"ferry.txt", "bridge.txt"}
    assert reply.as_of == datetime.date(2022, 6, 1)
    assert assistant.ask("Who designed the library?").as_of == datetime.date(2022, 9, 30)


def test_time_in_the_question_is_a_window_that_hides_nothing(assistant: Assistant) -> None:
    question = "Who designed the library four months ago?"
    reply = assistant.ask(question)
    assert reply.window is not None
    assert question[reply.window.start : reply.window.end] == "four months ago"
    assert reply.window.after == datetime.date(2022, 5, 1)
    assert len(reply.hits) == 3
    assert assistant.ask(question, window=False).window is None


def test_time_of_publication_in_the_question_filters_documents(
    assistant: Assistant,
) -> None:
    question = "Which articles of June 2022 name an architect?"
    assert {hit.chunk.document_id for hit in assistant.ask(question).hits} == {"bridge.txt"}
    # Explicit dates take precedence over those in the question.
    reply = assistant.ask(question, after="2022-09-01")
    assert {hit.chunk.document_id for hit in reply.hits} == {"library.txt"}
    assert reply.window is not None
    assert not reply.window.hard


def test_last_month_is_relative_to_as_of(assistant: Assistant) -> None:
    question = "Who steered the crossing last month?"
    for as_of, after in ((None, "2022-08-01"), ("2021-04-05", "2021-03-01")):
        window = assistant.ask(question, as_of=as_of).window
        assert window is not None
        assert window.after == datetime.date.fromisoformat(after)


def test_documents_option_filters_documents(assistant: Assistant) -> None:
    question = "Who designed the library?"
    reply = assistant.ask(question, documents=["bridge.txt", "not there"])
    assert {hit.chunk.document_id for hit in reply.hits} == {"bridge.txt"}
    assert assistant.ask(question, documents=[]).hits == ()
    [reply] = assistant.ask_many([question], documents={"library.txt"})
    assert {answer.document.id for answer in reply.answers} == {"library.txt"}


def test_min_score_of_a_question_overrides_the_default(place: Path) -> None:
    question = "Who is the architect?"
    with Assistant.open(place, min_score=1.0) as strict:
        assert strict.ask(question, min_score=0.0).answer is not None
        assert strict.ask_many([question], min_score=0.0)[0].answer is not None
        assert strict.ask(question).answer is None
    with Assistant.open(place) as lenient:
        assert lenient.ask(question, min_score=1.0).answer is None


def test_min_precision_replaces_min_score(place: Path, tmp_path: Path) -> None:
    question = "Who is the architect?"
    bundled = Confidence.open()
    assert bundled is not None
    file = tmp_path / "confidence.json"
    reached = tuple(share for share in bundled.precision if share < 1)
    confidence = dataclasses.replace(bundled, precision=reached)
    confidence.save(file)
    with Assistant.open(place, confidence=file, min_precision=0.8) as assistant:
        assert assistant.min_score == confidence.score_for_precision(0.8) > 0.2
        # Options of a question take precedence, and min_precision over min_score.
        assert assistant.ask(question, min_score=1.0).answer is None
        assert assistant.ask(question, min_score=1.0, min_precision=0.5).answer is not None
        with pytest.raises(SettingsError, match="No score reached"):
            assistant.ask(question, min_precision=1.0)
    with (
        Assistant.open(place, confidence="none") as plain,
        pytest.raises(SettingsError, match="needs a calibration"),
    ):
        plain.ask(question, min_precision=0.5)


def test_unanswered_question_has_a_reason(place: Path) -> None:
    with Assistant.open(place) as assistant:
        assert assistant.ask("Who is the architect?").reason is None
        nothing = assistant.ask("Who is the architect?", documents=[])
        assert (nothing.answers, nothing.reason) == ((), "nothing found")
        assert assistant.ask("Who is the architect?", min_score=1.0).reason == "no answer"


def test_similar_scores_below_min_score_mean_answers_disagree(
    tmp_path: Path, tokenizer: Tokenizer, word_model: Callable[[Mapping[str, float]], Any]
) -> None:
    model = word_model({"[CLS]": 0, "roof": 3, "mat": 2.9})
    reader = Reader(
        model, tokenizer, name="words", max_window_tokens=48, stride_tokens=8, max_answer_tokens=1
    )
    with Index.open(tmp_path / "index", create=True) as index:
        index.add(
            [Document(id=word, text=f"The cat slept on the {word}.") for word in ("roof", "mat")]
        )
        reply = Assistant(index, reader).ask("Where did the cat sleep?", min_score=0.9)
    assert (reply.answers, reply.reason) == ((), "answers disagree")


def test_follow_up_is_answered_like_its_rewrite(assistant: Assistant) -> None:
    question = "What did he design?"
    history = [Turn("Who is the architect of the bridge?", "Jonas Okafor")]
    reply = assistant.ask(question, history=history)
    assert reply.question == question
    assert reply.understood == "What did Jonas Okafor design?"
    assert reply.answers == assistant.ask(reply.understood).answers


def test_standalone_question_is_not_rewritten(assistant: Assistant) -> None:
    question = "How many passengers were on board?"
    history = [Turn("Who is the architect of the bridge?", "Jonas Okafor")]
    assert assistant.ask(question).understood == question
    assert assistant.ask(question, history=history).understood == question
    assert assistant.ask_many([question])[0].understood == question


@pytest.mark.parametrize(
    "question", ["Who won the chess tournament in Lima?", "What is the boiling point of sulphur?"]
)
def test_question_beyond_the_documents_is_not_answered(assistant: Assistant, question: str) -> None:
    reply = assistant.ask(question)
    assert reply.answer is None
    assert reply.answers == ()
    assert reply.hits


def test_unanswered_where_question_gets_the_dateline_of_the_best_hit(
    tmp_path: Path,
) -> None:
    text = "AYTON (Reuters) - The chess club has chosen Ewa Lindqvist to lead it for two years."
    with Index.open(tmp_path / "index", create=True) as index:
        index.add([Document(id="club.txt", text=text)])
        assistant = Assistant(index, Reader.open(), min_score=1.0)
        reply = assistant.ask("Where was Ewa Lindqvist chosen?")
        assert reply.answer is None
        cited = reply.dateline
        assert cited is not None
        assert (cited.text, text[cited.start : cited.end]) == ("AYTON", "AYTON")
        assert assistant.ask("Who was chosen?").dateline is None
        answered = assistant.ask("Where was Ewa Lindqvist chosen?", min_score=0.0)
        assert answered.answer is None or answered.dateline is None


def test_min_score_of_1_leaves_the_question_unanswered(place: Path) -> None:
    with Assistant.open(place, min_score=1.0) as strict:
        assert strict.ask("Who is the architect?").answer is None


def test_reading_stops_early_unless_min_read_covers_all_hits(place: Path) -> None:
    question = "Who steered the first crossing?"
    with Assistant.open(place, min_read=1) as assistant:
        soon = assistant.ask(question)
        assert (soon.read, len(soon.hits)) == (1, 3)
        whole = assistant.ask(question, min_read=3)
        assert (whole.read, len(whole.hits)) == (3, 3)
        assert soon.answer.text == whole.answer.text
        assert assistant.ask("What is the price of gold?").read == 3


def test_ask_many_equals_separate_questions(assistant: Assistant) -> None:
    questions = ["Who is the architect?", "What is the price of gold?", "How long was the strike?"]
    together = assistant.ask_many(questions)
    assert [reply.question for reply in together] == questions
    for reply in together:
        assert reply.answers == assistant.ask(reply.question).answers


def test_reply_has_the_seconds_of_each_stage(assistant: Assistant) -> None:
    seconds = assistant.ask("Who is the architect?").seconds
    assert set(seconds) == {"search", "read", "total"}
    assert 0 < seconds["search"] + seconds["read"] <= seconds["total"]


@pytest.mark.parametrize("question", ["", "  \n", "why " * 1000])
def test_empty_or_too_long_question_raises_question_error(
    assistant: Assistant, question: str
) -> None:
    with pytest.raises(QuestionError):
        assistant.ask(question)


@pytest.mark.parametrize(
    "settings",
    [
        {"k": 0},
        {"answers": 0},
        {"min_read": 0},
        {"after": "soon"},
        {"after": "2022-02-02", "before": "2021-01-01"},
        {"documents": "ferry.txt"},
        {"as_of": "soon"},
        {"as_of": "2021-01-01", "after": "2021-02-02"},
        {"min_score": 1.01},
        {"min_score": -0.01},
    ],
)
def test_invalid_options_raise_settings_error(assistant: Assistant, settings: dict) -> None:
    with pytest.raises(SettingsError):
        assistant.ask("Who?", **settings)


def test_empty_index_gives_no_answers(tmp_path: Path) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        reply = Assistant(index, Reader.open()).ask("Who is there?")
    assert (reply.answers, reply.hits) == ((), ())


def test_question_may_have_any_characters(assistant: Assistant) -> None:
    for question in ['"who" AND (NOT +title:^2~', "who 😀 \ud800 \x00?", "Önal kim? 誰"]:
        assert assistant.ask(question).question == question


def test_date_filter_reports_undated_documents_and_searches_them_on_request(tmp_path: Path) -> None:
    dated = Document(
        id="kolm", text="The mayor of Kolm is Ada Berg.", date=datetime.date(2020, 5, 1)
    )
    undated = Document(id="norby", text="The mayor of Norby is Bo Lund.")
    with Index.open(tmp_path / "index", create=True) as index:
        index.add([dated, undated])
        with Assistant.open(index) as assistant:
            question = "Who is the mayor of Norby?"
            reply = assistant.ask(question, after="2020")
            assert (reply.undated, [hit.chunk.document_id for hit in reply.hits]) == (1, ["kolm"])
            reply = assistant.ask(question, after="2020", undated=True)
            assert reply.undated == 0
            assert reply.answer is not None
            assert reply.answer.text == "Bo Lund"
            assert assistant.ask(question).undated == 0
