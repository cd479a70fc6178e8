"""Rewrite follow-up questions so that they stand alone.

Rules instead of a language model:

1. A question without a verb ("Why?", "And in Libya?") takes it from the question before:
   `ellipsis.py`.
2. A pronoun, "there", "then" or "that package" which the question itself does not explain is
   replaced with the latest phrase that fits in kind, number and gender: `pronouns.py`.
3. Any other question stays unchanged, character by character, as does each pronoun without a
   fitting phrase.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.followups.ellipsis import complete
from qa.followups.pronouns import replace_pronouns
from qa.followups.turns import Turn

__all__ = ["standalone"]

_MAX_TURNS = 10


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
    rewritten = complete(question, history[-1])
    if rewritten is None:
        rewritten = replace_pronouns(question, history[-_MAX_TURNS:])
    return question if rewritten is None else _polish(rewritten)


def _polish(text: str) -> str:
    """Remove a leading "and", spell out "who's" and start with a capital letter."""
    text = re.sub(r"^\s*(?:and|but|so|ok|okay)\b,?\s+", "", text, flags=re.IGNORECASE)
    text = re.sub(r"^(who|what|where|how)['’]s\b(?! been)", r"\1 is", text, flags=re.IGNORECASE)
    return text[0].upper() + text[1:]
