"""Rewrite follow-up questions so that they stand alone.

Rules instead of a language model:

1. A question without a verb ("And in Libya?", "When?") takes it from the question before:
   `ellipsis.py`.
2. A pronoun without an antecedent in the question is replaced with the latest phrase that
   fits in kind, number and gender: `pronouns.py`.
3. Any other question stays unchanged, character by character, as does each pronoun without a
   fitting phrase. The search still finds its passages: `search_text` adds the turns before.
"""

import re
from collections.abc import Sequence

from qa.followups.ellipsis import complete
from qa.followups.pronouns import replace_pronouns
from qa.followups.turns import Turn

_MAX_TURNS = 5
_SEARCH_TURNS = 3
_SEARCH_ANSWER_WORDS = 30
_SAME_SHARE = 0.5
_UNIMPORTANT = frozenset("a an and at by for from in is of on or the to with".split())


def standalone(question: str, history: Sequence[Turn]) -> str:
    """Rewrite a follow-up question so that it can be understood without the conversation.

    Args:
        question: The question as asked.
        history: Earlier questions and answers, oldest first.

    Returns:
        The question unchanged if it stands alone already or nothing in the history fits.
    """
    if not history:
        return question
    completed = complete(question, history[-1])
    text = replace_pronouns(completed or question, history[-_MAX_TURNS:]) or completed
    if text is None:
        return question
    text = re.sub(r"^\s*(?:and|but|so|ok|okay)\b,?\s+", "", text, flags=re.IGNORECASE)
    text = re.sub(r"^(who|what|where|how)['’]s\b(?! been)", r"\1 is", text, flags=re.IGNORECASE)
    return text[0].upper() + text[1:]


def search_text(question: str, history: Sequence[Turn]) -> str:
    """Return a text to search for in addition to a question, with the context it may depend on.

    Args:
        question: The question as `standalone` returns it.
        history: Earlier questions and answers, oldest first.

    Returns:
        The question, the three questions before, and the beginning of the last answer.
    """
    questions = [turn.question for turn in history[-_SEARCH_TURNS:]]
    answer = " ".join(turn.answer or "" for turn in history[-1:]).split()[:_SEARCH_ANSWER_WORDS]
    return " ".join([question, *questions, *answer])


def repeats_answer(history: Sequence[Turn], answer: str) -> bool:
    """Return whether an answer was given before: the same words, or more than half of them.

    Case, punctuation and words such as "the" do not count.
    """
    words = _content_words(answer)
    for turn in history:
        earlier = _content_words(turn.answer or "")
        if words and len(words & earlier) > _SAME_SHARE * len(words | earlier):
            return True
    return False


def _content_words(text: str) -> set[str]:
    found = set(re.findall(r"\w+", text.casefold()))
    return found - _UNIMPORTANT or found
