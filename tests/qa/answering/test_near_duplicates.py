import pytest

from qa.answering.near_duplicates import find_near_duplicates

STORY = (
    "Ferries between Ormsay and the mainland resumed on Thursday after a strike of nine days. "
    "Captain Ewa Lindqvist steered the first crossing with 214 passengers on board."
)


@pytest.mark.parametrize(
    "copy",
    [
        STORY,
        STORY.upper(),
        f"By our own reporter. {STORY} More to follow on page two.",
        STORY[:90],
        STORY.replace("Thursday", "the fourth of March"),
    ],
)
def test_shortened_or_extended_text_is_a_copy(copy: str) -> None:
    assert find_near_duplicates(
        [STORY, "Something else has happened in the town of Ayton today.", copy]
    ) == [
        0,
        1,
        0,
    ]


def test_texts_that_share_a_sentence_are_not_copies() -> None:
    other = "The union had asked for higher pay, and the council for a bridge. " * 2
    quoted = "Ferries between Ormsay and the mainland resumed on Thursday"
    assert find_near_duplicates([STORY, f"{other} {quoted}."]) == [0, 1]


def test_copy_of_a_copy_refers_to_the_first_text() -> None:
    longer = f"{STORY} {STORY[::-1]}"
    assert find_near_duplicates([STORY, longer, longer]) == [0, 0, 0]


def test_texts_without_words_are_not_copies() -> None:
    assert find_near_duplicates(["", "...", ""]) == [0, 1, 2]
    assert find_near_duplicates(["Ada came.", "Ada came."]) == [0, 0]
    assert find_near_duplicates([]) == []
