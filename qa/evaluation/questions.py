"""Files of questions with known answers."""

import datetime
import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

from embeddings import DateRange, Filter, QuestionError, SettingsError
from qa.reader.reader import Reader

_T = TypeVar("_T")

Dates: TypeAlias = Literal["as-of", "words", "off"]
"""How the assistant gets the date of a question: see `with_dates`."""

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the numbers of finished and all items."""

_KINDS: Mapping[type, str] = {str: "text", list: "list", dict: "object"}


@dataclass(frozen=True, slots=True)
class Question:
    """A question and its known answers."""

    id: str
    text: str
    answers: tuple[str, ...]
    """Alternatives, each of them right; for lists all items. Empty if no exact answer is known."""
    context: str | None = None
    """The text to read; None if a corpus is searched."""
    title: str = ""
    date: datetime.date | None = None
    """The day on which it was asked."""
    sources: tuple[str, ...] = ()
    """Ids of documents that have the answer; others may have it too."""
    evidence: tuple[str, ...] = ()
    """Sentences that answer the question."""
    is_list: bool = False
    """Whether `answers` are the items of a list, all of which are expected."""

    @property
    def is_answerable(self) -> bool:
        """Whether the question has a known answer or evidence."""
        return bool(self.answers or self.evidence)

    @property
    def before(self) -> datetime.date | None:
        """The last day whose documents are searched; None with a context, which has no date."""
        return self.date if self.context is None else None


def check_questions(questions: Sequence[Question], reader: Reader) -> None:
    """Check that all questions can be asked, before the first one is."""
    for question in questions:
        try:
            reader.check_question(question.text)
        except QuestionError as error:
            raise QuestionError(f"Question {question.id}: {error}") from error


def sample(questions: Sequence[_T], limit: int) -> list[_T]:
    """Take at most `limit` questions, evenly spread, because files are sorted by title."""
    taken = min(limit, len(questions))
    return [questions[number * len(questions) // taken] for number in range(taken)]


def without_contexts(questions: Sequence[Question]) -> list[Question]:
    """Remove the contexts, so that a corpus is searched instead."""
    return [replace(question, context=None) for question in questions]


def with_dates(questions: Sequence[Question], how: Dates) -> list[Question]:
    """Change how the assistant gets the dates of questions.

    "as-of" keeps the date, which is passed as `as_of`; "words" writes it into the question ("... in
    the week of 3 June 2022?"); "off" removes it.
    """
    if how == "as-of":
        return list(questions)
    changed = []
    for question in questions:
        text = question.text
        if how == "words" and question.date is not None:
            day = f"{question.date.day} {question.date:%B} {question.date.year}"
            text = f"{text.rstrip(' ?:.')} in the week of {day}?"
        changed.append(replace(question, text=text, date=None))
    return changed


def batches(
    questions: Sequence[Question], size: int
) -> Iterator[tuple[Filter, Sequence[Question]]]:
    """Group questions that search the same days; yield the filter and at most `size` questions."""
    days: dict[datetime.date | None, list[Question]] = {}
    for question in questions:
        days.setdefault(question.before, []).append(question)
    for day, asked in days.items():
        for begin in range(0, len(asked), size):
            yield Filter(dates=DateRange(before=day)), asked[begin : begin + size]


def load_questions(path: str | Path) -> list[Question]:
    """Read SQuAD JSON (1.1 or 2.0) or JSON lines, gzipped or not.

    A line is an object with "question" and "answers" or "answer" (a text, a list of texts, or
    SQuAD's object with the list "text"). Optional keys: "id", "context", "title", "date"
    (YYYY-MM-DD), "answer_articles" (ids of documents), "evidence" (pairs of start and end of
    sentences in the context), "kind" and "mode" ("list" and "all": the answers are the items of a
    list). Lines of feedback are used if their "verdict" is "right": otherwise the right answer is
    unknown.
    """
    file = Path(path)
    ending = Path(file.name.lower().removesuffix(".gz")).suffix
    if ending not in (".json", ".jsonl", ".ndjson"):
        raise SettingsError(
            f"{file} is not a file of questions: use .json for SQuAD's JSON and .jsonl for JSON "
            "lines, each with or without .gz."
        )
    try:
        content = file.read_bytes()
        if file.name.lower().endswith(".gz"):
            content = gzip.decompress(content)
        text = content.decode("utf-8-sig")
        rows = _squad_rows(text) if ending == ".json" else _line_rows(text)
        questions = [_question(row, place=place) for place, row in _labelled_rows(rows)]
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise SettingsError(f"The questions in {file} cannot be read: {error}") from error
    if not questions:
        raise SettingsError(f"There are no questions in {file}.")
    return questions


def _line_rows(text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            place = f"line {number}"
            try:
                yield place, json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(f"{place} is not JSON: {error}") from error


def _squad_rows(text: str) -> Iterator[tuple[str, Any]]:
    """Flatten SQuAD's nested lists to rows."""
    for number, article in enumerate(_field(json.loads(text), "data", list, place="the file")):
        article_place = f"data[{number}]"
        paragraphs = _field(article, "paragraphs", list, place=article_place)
        for position, paragraph in enumerate(paragraphs):
            place = f"{article_place}.paragraphs[{position}]"
            context = _field(paragraph, "context", str, place=place)
            for row in _field(paragraph, "qas", list, place=place):
                asked = f"{place}, question {row.get('id') if isinstance(row, dict) else row!r}"
                answers = [
                    _field(answer, "text", str, place=asked)
                    for answer in _field(row, "answers", list, place=asked)
                ]
                shared = {"context": context, "title": article.get("title")}
                yield asked, row | shared | {"answers": answers}


def _labelled_rows(rows: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield rows; of feedback, only the answers whose last verdict is "right".

    All answers with this verdict are right answers of their question.
    """
    last: dict[tuple[object, ...], tuple[str, Any]] = {}
    for place, row in rows:
        if isinstance(row, dict) and "verdict" in row:
            of = tuple(str(row.get(name)) for name in ("question", "document_id", "start", "end"))
            last[of] = (place, row)
        else:
            yield place, row
    right = [given for given in last.values() if given[1]["verdict"] == "right"]
    answers: dict[str, list[str]] = {}
    for place, row in right:
        answers.setdefault(str(row.get("question")), []).extend(_answers(row, place=place))
    for place, row in right:
        found = answers[str(row.get("question"))] if _answers(row, place=place) else []
        yield place, {**row, "answers": found}


def _question(row: Any, *, place: str) -> Question:
    text = _field(row, "question", str, place=place)
    day = row.get("date")
    return Question(
        id=str(row.get("id", place)),
        text=text,
        answers=_answers(row, place=place),
        context=_field(row, "context", str, place=place) if row.get("context") else None,
        title=_field(row, "title", str, place=place) if row.get("title") else "",
        date=None if day is None else _day(day, place=place),
        sources=_texts(row.get("answer_articles", []), "answer_articles", place=place),
        evidence=_evidence(row, place=place),
        is_list=(row.get("kind"), row.get("mode")) == ("list", "all"),
    )


def _answers(row: Mapping[str, Any], *, place: str) -> tuple[str, ...]:
    key = "answers" if "answers" in row else "answer"
    if key not in row:
        raise ValueError(f'{place} has neither "answers" nor "answer"')
    found = row[key]
    if isinstance(found, dict):
        found = _field(found, "text", list, place=f"{place}, {key}")
    return _texts([found] if isinstance(found, str) else found, key, place=place)


def _evidence(row: Mapping[str, Any], *, place: str) -> tuple[str, ...]:
    context = row.get("context") or ""
    try:
        ranges = [(int(start), int(end)) for start, end in row.get("evidence") or ()]
    except (TypeError, ValueError) as error:
        raise ValueError(f'"evidence" of {place} is not a list of [start, end]') from error
    if any(not 0 <= start < end <= len(context) for start, end in ranges):
        raise ValueError(f'"evidence" of {place} is outside the context')
    return tuple(context[start:end] for start, end in ranges)


def _texts(values: Any, key: str, *, place: str) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError(f'"{key}" of {place} is not a list of texts')
    return tuple(values)


def _day(value: Any, *, place: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f'"date" of {place} is not a date such as 2020-09-16: {value!r}'
        ) from error


def _field(row: Any, key: str, kind: type, *, place: str) -> Any:
    value = row.get(key) if isinstance(row, dict) else None
    if not isinstance(value, kind):
        raise ValueError(f'{place} is not an object whose "{key}" is a {_KINDS[kind]}')
    return value
