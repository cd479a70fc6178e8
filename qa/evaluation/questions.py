"""Files of questions with their right answers."""

from __future__ import annotations

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

__all__ = [
    "Dates",
    "Progress",
    "Question",
    "batches",
    "check_questions",
    "load_questions",
    "sample",
    "with_dates",
    "without_contexts",
]

_T = TypeVar("_T")

Dates: TypeAlias = Literal["as-of", "words", "off"]
"""How a question's day is told."""

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (done, all)."""

_KINDS: Mapping[type, str] = {str: "text", list: "list", dict: "object"}


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what is known about its answer."""

    id: str
    text: str
    answers: tuple[str, ...]
    """Alternatives, each of them right; empty when there is no answer."""
    context: str | None = None
    """The text to be read for it; None when a corpus is to be searched."""
    title: str = ""
    date: datetime.date | None = None
    """The day it was asked on."""
    sources: tuple[str, ...] = ()
    """Ids of documents of the corpus known to hold the answer; others may hold it too."""

    @property
    def before(self) -> datetime.date | None:
        """The last day whose documents are searched: a context has no date, so None with one."""
        return self.date if self.context is None else None


def check_questions(questions: Sequence[Question], reader: Reader) -> None:
    """Find out now, and not after an hour, that a question cannot be asked.

    Raises:
        QuestionError: a question is empty, or too long.
    """
    for question in questions:
        try:
            reader.check_question(question.text)
        except QuestionError as error:
            raise QuestionError(f"Question {question.id}: {error}") from error


def sample(questions: Sequence[_T], limit: int) -> list[_T]:
    """Take at most `limit` questions, evenly from the whole length: files are sorted by title."""
    taken = min(limit, len(questions))
    return [questions[number * len(questions) // taken] for number in range(taken)]


def without_contexts(questions: Sequence[Question]) -> list[Question]:
    """Drop the contexts, so that a corpus is searched for the answers instead."""
    return [replace(question, context=None) for question in questions]


def with_dates(questions: Sequence[Question], how: Dates) -> list[Question]:
    """Say in another way on which day questions were asked.

    Args:
        questions: those without a date stay as they are.
        how: "as-of" leaves the date beside the question; "words" puts it into the question, as
            "in the week of 3 June 2022?"; "off" tells it in no way.
    """
    if how == "as-of":
        return list(questions)
    told = []
    for question in questions:
        text = question.text
        if how == "words" and question.date is not None:
            day = f"{question.date.day} {question.date:%B} {question.date.year}"
            text = f"{text.rstrip(' ?:.')} in the week of {day}?"
        told.append(replace(question, text=text, date=None))
    return told


def batches(
    questions: Sequence[Question], size: int
) -> Iterator[tuple[Filter, Sequence[Question]]]:
    """Cut questions into batches of at most `size` that search the same days; with that filter."""
    days: dict[datetime.date | None, list[Question]] = {}
    for question in questions:
        days.setdefault(question.before, []).append(question)
    for day, asked in days.items():
        for begin in range(0, len(asked), size):
            yield Filter(dates=DateRange(before=day)), asked[begin : begin + size]


def load_questions(path: str | Path) -> list[Question]:
    """Read SQuAD JSON, version 1.1 or 2.0, or JSON lines; either may be gzipped.

    A line is an object with "question", with "answers" or "answer" (a text, a list of texts, or
    SQuAD's object with the list "text"), and maybe with "id", "context", "title", "date"
    (YYYY-MM-DD) and "answer_articles" (ids of documents). What else it holds is passed over, and
    so is a line of feedback whose "verdict" is another than "right": its right answer is unknown.

    Raises:
        SettingsError: the file cannot be read, or a question in it cannot be used.
    """
    file = Path(path)
    ending = Path(file.name.lower().removesuffix(".gz")).suffix
    if ending not in (".json", ".jsonl", ".ndjson"):
        raise SettingsError(
            f"{file} is not known to be a file of questions: the name of SQuAD's JSON ends in "
            ".json, that of JSON lines in .jsonl, and .gz may follow."
        )
    try:
        text = _text(file)
        rows = _squad_rows(text) if ending == ".json" else _line_rows(text)
        questions = [_question(row, place=place) for place, row in _gold(rows)]
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise SettingsError(f"The questions in {file} cannot be read: {error}") from error
    if not questions:
        raise SettingsError(f"There are no questions in {file}.")
    return questions


def _text(file: Path) -> str:
    content = file.read_bytes()
    if file.name.lower().endswith(".gz"):
        content = gzip.decompress(content)
    return content.decode("utf-8-sig")


def _line_rows(text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            place = f"line {number}"
            try:
                yield place, json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(f"{place} is not JSON: {error}") from error


def _squad_rows(text: str) -> Iterator[tuple[str, Any]]:
    """Bring SQuAD's questions, three lists deep, into the form of lines."""
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
                yield (
                    asked,
                    row
                    | {
                        "answers": answers,
                        "context": context,
                        "title": article.get("title"),
                    },
                )


def _gold(rows: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Pass on rows, and of judgements the last on an answer, if it is "right".

    What was called right for a question is right in each of its rows.
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
    )


def _answers(row: Mapping[str, Any], *, place: str) -> tuple[str, ...]:
    key = "answers" if "answers" in row else "answer"
    if key not in row:
        raise ValueError(f'{place} has neither "answers" nor "answer"')
    found = row[key]
    if isinstance(found, dict):
        found = _field(found, "text", list, place=f"{place}, {key}")
    return _texts([found] if isinstance(found, str) else found, key, place=place)


def _texts(values: Any, key: str, *, place: str) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError(f'"{key}" of {place} is no list of texts')
    return tuple(values)


def _day(value: Any, *, place: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f'"date" of {place} is no day such as 2020-09-16: {value!r}') from error


def _field(row: Any, key: str, kind: type, *, place: str) -> Any:
    value = row.get(key) if isinstance(row, dict) else None
    if not isinstance(value, kind):
        raise ValueError(f'{place} is no object whose "{key}" is a {_KINDS[kind]}')
    return value
