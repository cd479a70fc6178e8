"""Replace pronouns in a follow-up question with the noun phrases they refer to."""

import re
from collections.abc import Iterable, Iterator, Sequence

from qa.followups import words
from qa.followups.phrases import Phrase, Question, parse
from qa.followups.turns import Turn, mentioned

_PRONOUNS = {
    **dict.fromkeys(("he", "him", "his"), "he"),
    **dict.fromkeys(("she", "her"), "she"),
    **dict.fromkeys(("it", "its"), "it"),
    **dict.fromkeys(("they", "them", "their"), "they"),
    "there": "there",
    "one": "one",
}
_EMPTY_VERBS = frozenset(
    """take takes took matter matters happen happens seem seems feel hurt look looks sound sounds
    worth rain rains rained snow snows snowed""".split()
)
_EMPTY_PREDICATES = frozenset(
    "true possible correct normal ok okay raining snowing cold dark late early time going".split()
)
_EMPTY_WITH_CLAUSE = frozenset("called cost costs mean means".split())
_DOING = frozenset({"do", "redo", "undo"})
_MOVING = frozenset("get go travel come drive fly".split())
_CLAUSE_STARTS = frozenset("to that when if whether".split())
_SURE, _POSSIBLE, _NO = 2, 1, 0


def replace_pronouns(question: str, history: Sequence[Turn]) -> str | None:
    """Replace each pronoun whose antecedent is not in the question itself.

    Args:
        question: A question with its own verb.
        history: Earlier turns, oldest first.

    Returns:
        None if there is nothing to replace or no phrase fits.
    """
    parsed = parse(question.lower() if question.isupper() else question)
    if not _is_request(parsed):
        return None
    found = dict[str, Phrase]()
    edits = list[tuple[int, int, str]]()
    for at, word in _references(parsed):
        phrase = None if word in found else _antecedent(word, history, found.values(), parsed, at)
        if phrase is not None:
            found[word] = phrase
            edits.append(_edit(parsed, at, phrase))
    text = parsed.text
    for start, end, replacement in reversed(edits):
        text = text[:start] + replacement + text[end:]
    return text if edits else None


def _is_request(question: Question) -> bool:
    """Return whether a text has a verb and is a question or a command: not "It is better."."""
    tokens = [
        token
        for token in question.tokens[question.sentence :]
        if token.tag not in ("conj", "adv", "punct")
    ]
    if question.verb is None and question.auxiliary is None and not question.word:
        return any(token.tag in ("verb", "aux") for token in tokens)
    return question.text.rstrip().endswith("?") or tokens[0].tag != "pron"


def _references(question: Question) -> Iterator[tuple[int, str]]:
    """Find the pronouns that refer to something outside the question, and their subject forms."""
    quoted = False
    for at, token in enumerate(question.tokens):
        quoted ^= token.text in ('"', "“", "”")
        word = _PRONOUNS.get(token.lower)
        if word is None or quoted or at < question.sentence or token.tag not in ("pron", "det"):
            continue
        part = token.lower == "them" and question.tokens[at - 1].lower == "of"  # "some of them"
        empty = token.lower == "it" and _is_empty_it(question, at)
        near = question.tokens[max(at - 1, 0) : at + 2]  # "Is there a pool?"
        empty = empty or (word == "there" and any(one.tag == "aux" for one in near))
        if word == "one":  # "How do I create one?", but not "this one", "one of them", "one day"
            empty = near[0].tag != "verb" or near[-1].tag not in ("punct", "prep", "adv")
            empty = empty or near[-1].lower in ("of", "more", "with", "without", "like")
        if not part and not empty and not _is_explained(question, at, word):
            yield at, word


def _is_empty_it(question: Question, at: int) -> bool:
    """Return whether "it" refers to nothing: "Is it true?", "How long does it take to boot?"."""
    words_after = [token.lower for token in question.tokens[at + 1 :]]
    near = {token.lower for token in question.tokens[max(at - 1, 0) : at + 3]}
    be = bool(near & words.BE)
    if words_after[:2] == ["take", "place"]:
        return False
    if question.word == "who" and be and {"?", "before", "after"}.intersection(words_after[:1]):
        return True  # "Who was it before him?"
    if _EMPTY_VERBS.intersection(words_after[:2]) or question.tokens[at - 1].lower == "worth":
        return True
    if be and near & (_EMPTY_PREDICATES | {"there"}):
        return True
    if be and question.tokens[at - 2].lower == "time":
        return True
    if at and question.tokens[at - 1].tag == "verb" and question.tokens[at - 1].lower in _DOING:
        return True  # "How do I do it?"
    described = words.ADJECTIVES.intersection(words_after[:3]) or near & _EMPTY_WITH_CLAUSE
    return bool(described and _CLAUSE_STARTS.intersection(words_after))


def _is_explained(question: Question, at: int, word: str) -> bool:
    """Return whether the antecedent of a pronoun is in the question itself."""
    token, after = question.tokens[at], question.tokens[at + 1 : at + 2]
    own = [p for p in question.phrases if p.end <= token.start and p.kind != "time"]
    if _is_possessive(question, at):
        own = [p for p in own if p.end + 1 < token.start]  # "Was Singer his rival?"
    sentence = question.tokens[question.sentence].start
    if word in ("it", "they") and any(p.end <= sentence for p in own):
        return True  # an earlier sentence of the question
    own = [p for p in own if (p.named and word != "there") or _fit(p, word) != _NO]
    if _is_possessive(question, at):
        # "Who lost his seat?" and "those who lost their homes", but not "Who is his wife?".
        someone = question.word == "who" and question.auxiliary is None
        someone = someone or "those" in {t.lower for t in question.tokens[:at]}
        return bool(own) or (someone and word != "it")
    # Within one clause, an object pronoun does not refer to the subject.
    embedded = at != (question.auxiliary or 0) + 1 and after and after[0].tag in ("aux", "verb")
    return any(embedded or _clause_between(question, phrase, at) for phrase in own)


def _clause_between(question: Question, phrase: Phrase, at: int) -> bool:
    """Return whether another clause starts between a phrase and a token."""
    return any(
        token.tag in ("punct", "conj", "wh")
        or token.lower in ("before", "after", "that", "since", "until")
        or (token.tag == "verb" and token.lower.endswith("ing"))
        for token in question.tokens[:at]
        if token.start >= phrase.end
    )


def _antecedent(
    word: str, history: Sequence[Turn], taken: Iterable[Phrase], question: Question, at: int
) -> Phrase | None:
    """Return the phrase of the latest turn that fits a pronoun."""
    excluded = {phrase.key for phrase in [*taken, *question.phrases]}
    for position in reversed(range(len(history))):
        asked, phrases = mentioned(history[position])
        if any(reference == word for _, reference in _references(asked)):
            return None  # the same pronoun could not be replaced in that question
        found = [p for p in phrases if p.key not in excluded]
        if _is_possessive(question, at):
            # Not "X's Y's Z" or "the X of Y's Z", but "the Treaty of Y's Z".
            found = [p for p in found if p.named or not re.search("['’]| of ", p.text)]
        if word == "one":  # the answer to "What is a VPN?" defines it
            found = [p for p in found if p in asked.phrases]
        elif question.tokens[at - 1].tag == "verb" and any(p.role == "subject" for p in found):
            # "Who filed it?" after "Did the court reject the appeal?": an object as before.
            objects = [p for p in asked.phrases if p.role == "other" and not p.preposition]
            found.sort(key=lambda p: p not in objects or not p.text.startswith("the "))
        # After "What is a VPN?" and "What is the purpose of a VPN?", "it" is the VPN.
        known = {p.key for p in mentioned(history[position - 1])[1]} if position else set()
        found.sort(key=lambda p: p.key not in known and any(k in p.key for k in known))
        for level in (_SURE, _POSSIBLE):
            fitting = [p for p in found if _fit(p, word) == level and _agrees(p, question, at)]
            if fitting:
                return fitting[0] if word != "one" or len(fitting) == 1 else None
    return None


def _agrees(phrase: Phrase, question: Question, at: int) -> bool:
    """Return whether a phrase agrees with the verb forms: not "How much do a nurse earn?"."""
    near = {token.lower for token in question.tokens[max(at - 1, 0) : at + 2]}
    plural_verb = not near.isdisjoint(("do", "don't", "are", "aren't", "were", "have"))
    word = question.tokens[at].lower
    if word == "them" and phrase.kind == "name":
        return phrase.plural
    return phrase.plural or not plural_verb or word != "they"


def _fit(phrase: Phrase, word: str) -> int:
    """Return how well a phrase fits a pronoun in its subject form."""
    kind, subject = phrase.kind, phrase.role == "subject"
    if word == "there":
        place = phrase.preposition in ("in", "at", "on", "off", "near")
        return _SURE if place and kind != "time" else _NO
    if word == "one":
        return _SURE if phrase.text.lower().startswith(("a ", "an ")) else _NO
    if word in ("he", "she"):
        if phrase.plural or phrase.gender == ("female" if word == "he" else "male"):
            return _NO
        if kind == "person":
            return _SURE
        return _POSSIBLE if kind == "name" and subject and not phrase.preposition else _NO
    if word == "it":
        if phrase.plural or kind not in ("thing", "name"):
            return _NO
        bare = phrase.preposition and not phrase.named  # "over time"
        return _SURE if subject or (kind == "thing" and not bare) else _POSSIBLE
    # A company, or a person of unknown gender.
    singular = subject and kind in ("name", "person")
    return _SURE if phrase.plural or singular else _NO


def _edit(question: Question, at: int, phrase: Phrase) -> tuple[int, int, str]:
    """Return the character range to replace and its replacement."""
    start, end, text = question.tokens[at].start, question.tokens[at].end, phrase.text
    if phrase.start == 0 and text.startswith(("The ", "A ", "An ", "My ", "Our ", "Your ")):
        text = text[0].lower() + text[1:]
    if question.tokens[at].lower == "there":
        moving = question.tokens[at - 1].lower in _MOVING
        text = f"{'to' if moving else phrase.preposition} {text}"
    after = question.tokens[at + 1 : at + 3]
    if after and after[0].lower == "'s" and after[-1].tag != "noun" and after[-1].lower != "been":
        return start, after[0].end, f"{text} is"
    if not _is_possessive(question, at):
        return start, end, text
    return start, end, f"{text}'" if phrase.plural and text.endswith("s") else f"{text}'s"


def _is_possessive(question: Question, at: int) -> bool:
    after = question.tokens[at + 1 : at + 2]
    if question.tokens[at].lower != "her":
        return question.tokens[at].lower in ("his", "its", "their")
    return bool(after) and after[0].tag in ("noun", "name")
