"""Complete questions without a verb ("And in Libya?", "When?") from the question before."""

import re
from dataclasses import replace

from qa.followups.phrases import Phrase, Question, answer_phrase
from qa.followups.tagging import tag
from qa.followups.turns import Turn, mentioned
from qa.followups.words import VERBS

_LEAD = r"(?:(?:and|but|so|or|ok|okay)\b,?\s+)?"
_BARE = re.compile(
    rf"{_LEAD}(why|when|where|how(?: often)?|since when|by whom)\s*[?.!]*", re.IGNORECASE
)
_ADJECTIVE = r"(?:big|deep|heavy|high|large|long|old|small|tall|thick|wide)"
_HOW_OLD = re.compile(rf"{_LEAD}(how {_ADJECTIVE})\s*[?.!]*", re.IGNORECASE)
_MEASURED = re.compile(rf"\bhow {_ADJECTIVE}(?=\s+(?:is|are|was|were)\b)", re.IGNORECASE)
_INSTEAD = re.compile(
    rf"(?:{_LEAD}(?:what|how)\s+about|and|but|or)\s+(.+?)(?:\s+(?:instead|too))?\s*[?.!]*",
    re.IGNORECASE,
)
_PLACED = re.compile(
    r"((?:in|on|at|during|since|for|from|to|with|without)\s.+?)\s*\?+", re.IGNORECASE
)
_MAX_WORDS = 7
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_OWNER = re.compile(r"^(?:his|her|its|their)\b", re.IGNORECASE)
_ALL = re.compile(r"(?<=\s)(?:all|both|each|every)(?: the)?\b", re.IGNORECASE)
_REFERRING = frozenset("this that these those his her its their".split())


def complete(question: str, last: Turn) -> str | None:
    """Complete a question that has no verb with the words of the question before.

    Args:
        question: "And in Libya?", "What about Mr. Kalin?", "When?" and the like.
        last: The turn before.

    Returns:
        None if the question has its own verb or does not fit the one before.
    """
    # Collapsed spaces keep the patterns from backtracking over runs of spaces.
    question = " ".join(question.split())
    if match := _BARE.fullmatch(question):
        refused = last.answer is not None and last.answer.lower().startswith("no")
        return None if refused else _ask_again(match[1].capitalize(), mentioned(last)[0])
    if match := _HOW_OLD.fullmatch(question):
        return _ask_for_measure(match[1].capitalize(), last)
    if match := _INSTEAD.fullmatch(question) or _PLACED.fullmatch(question):
        # "What about purge?" after an answer with "purge" asks about that word.
        known = last.answer is not None and match[1].lower() in last.answer.lower()
        return None if known else _substitute(match[1], mentioned(last)[0])
    return None


def _ask_for_measure(asking: str, last: Turn) -> str | None:
    """Ask "How old" about what the question before measures or is about."""
    earlier, phrases = mentioned(last)
    if _MEASURED.search(earlier.text):
        return _MEASURED.sub(asking, earlier.text)
    subject = next((one for one in phrases if one.role == "subject" or one.kind == "person"), None)
    if subject is None or subject.kind == "time":
        return None
    return f"{asking} {'are' if subject.plural else 'is'} {subject.text}?"


def _ask_again(asking: str, earlier: Question) -> str | None:
    """Ask for the reason, time or place instead."""
    if earlier.auxiliary is None or earlier.verb is None:
        return None
    if earlier.word not in ("", "when", "where", "how", "why"):
        return None
    rest = earlier.text[earlier.tokens[earlier.auxiliary].start :].rstrip(" ?.!")
    if re.match(r"\w+ (?:i|we|you)\b", rest, re.IGNORECASE):
        return None  # "Why?" after "How do I install it?" does not ask "Why do I install it?"
    return f"{asking} {rest[0].lower()}{rest[1:]}?"


def _substitute(words: str, earlier: Question) -> str | None:
    """Ask the same question about something else."""
    unowned = _OWNER.sub("the", words)  # "And her brother?" is completed before its pronoun
    unowned = _ALL.sub("the", unowned)  # "And for all users?"
    tokens, new = tag(unowned), answer_phrase(unowned)
    referring = _REFERRING.intersection(token.lower for token in tokens)
    if new is None or referring or len(tokens) > _MAX_WORDS:
        return None
    if earlier.auxiliary is None and earlier.verb is None:
        return None
    placed = tokens[0].tag == "prep"
    verb = tokens[0].lower in VERBS or (len(tokens) == 1 and tokens[0].lower.endswith("ing"))
    if verb and tokens[0].tag == "noun":
        return None  # "What about purge?" asks about an action
    begin = earlier.tokens[earlier.sentence].start
    found = [p for p in earlier.phrases if p.start >= begin]
    found = [p for p in found if p.role != "asked" or (p.head == new.head and "of" not in p.text)]
    old = _counterpart(new, found, earlier)
    year, years = _YEAR.search(words), _YEAR.findall(earlier.text)
    if year and years and (old is None or len(years) > 1):  # "the 2018 cup", "2018 and 2019"
        is_bare = len(years) == 1 and len(tokens) == 1 + placed
        return _YEAR.sub(year[0], earlier.text) if is_bare else None
    if old is None:
        return f"{earlier.text.rstrip(' ?.!')} {words[0].lower()}{words[1:]}?" if placed else None
    # "between cats and dogs": replaced as a whole by another pair, or left alone.
    pair = re.match(r"\s+(?:and|or)\s+", earlier.text[old.end :])
    second = [p for p in found if pair and p.start == old.end + pair.end()]
    if second and re.search(r"\b(?:and|or)\b", words):
        old = replace(old, end=second[0].end)
    elif pair:
        return None
    replaced = old.preposition if placed or tokens[0].tag == "adv" else ""  # "last year"
    start = old.start - len(replaced) - 1 if replaced else old.start
    words = words[0].lower() + words[1:] if placed else words
    end = old.end
    if old.head == new.head and " of " not in words and (owner := re.search(" of .*", old.text)):
        end -= len(owner[0])  # "And the -z flag?" after "the -r flag of rsync"
    return f"{earlier.text[:start]}{words}{earlier.text[end:]}"


def _counterpart(new: Phrase, found: list[Phrase], earlier: Question) -> Phrase | None:
    """Return the phrase of the earlier question that a new phrase replaces."""
    times = [p for p in found if p.kind == "time"]
    if new.kind == "time" and times:
        return times[0]
    others = [p for p in found if p.kind != "time" and new.kind != "time"]
    if new.preposition:
        same = [p for p in others if p.preposition == new.preposition]
        for alike in (("in", "on", "at"), ("with", "without")):
            same += [p for p in others if p.preposition in alike and new.preposition in alike]
        return same[0] if same else None
    others = [p for p in others if earlier.text[p.end : p.end + 1] not in ("'", "’")]
    if len(others) > 1 and all(p.head != new.head for p in others):
        kept = [p for p in others if p.plural == new.plural]
        left = [p for p in others if p.plural != new.plural]
        if not any(p.text.endswith(f" of {one.text}") for p in kept for one in left):
            others = kept
    scores = [_likeness(p, new) for p in others]
    best = [p for p, score in zip(others, scores, strict=True) if score == max(scores)]
    # "And the modem?" after "Does the router suit the provider?" may replace either.
    return best[0] if len(best) == 1 else None


def _likeness(one: Phrase, other: Phrase) -> tuple[bool, ...]:
    articles = [p.text.split()[0].lower() for p in (one, other)]
    articles = [word if word in ("the", "a", "an") else "" for word in articles]
    same_kind = (one.named, one.kind) == (other.named, other.kind)
    # "And the X300?" after "the filter of the X200 pump", "And -p?" after "the -r flag of cp"
    numbered = [re.search(r"\d|\B-", p.text.split(" of ")[0]) is not None for p in (one, other)]
    alike = numbered[0] == numbered[1]
    return one.head == other.head, alike, same_kind, articles[0] == articles[1]
