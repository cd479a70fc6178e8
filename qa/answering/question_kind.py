"""Classify a question by the form of answer it asks for, with rules on its wording."""

import re
from typing import Literal, TypeAlias

QuestionKind: TypeAlias = Literal["fact", "list", "yes_no", "explanation"]
"""fact: a name, number, date or term. list: several items. yes_no: confirmation or denial.
explanation: how, why, what something is or what happens."""

_AUXILIARY = (
    r"(?:is|are|was|were|am|do|does|did|can|could|may|might|must|should|shall|will|would|has|have"
    r"|had|isn't|aren't|wasn't|weren't|don't|doesn't|didn't|can't|couldn't|won't|wouldn't|hasn't"
    r"|haven't|shouldn't)"
)
_YES_NO = re.compile(rf"{_AUXILIARY}\b", re.IGNORECASE)
_LEAD_IN = re.compile(r"^[^,?]{1,60},\s+(?=\w+\b)")
"""A clause in front of the question: "In Octave, can I ..."."""

_MEASURE = (
    r"(?:many|much|long|old|far|often|big|large|tall|high|deep|wide|fast|heavy|late|early|soon"
    r"|small|short|thick|hot|cold|strong|close|quickly|frequently)"
)
_EXPLANATION = re.compile(
    rf"how\b(?! {_MEASURE}\b)(?! (?:come|about)\b)|how come\b|why\b|what for\b"
    r"|what(?:'s| is| are| was| were) (?:an? |the (?:difference|purpose|point|reason|meaning|effect"
    r"|use|role|definition|best way|right way|procedure|process)\b|meant by\b)"
    r"|what (?:does|do|did) [^?]{1,60}\b(?:mean|stand for|do|happen)\b(?!\s+\w+\s+\w+\s+\w+)"
    r"|what (?:happens|happened|causes|caused|should|must|counts|qualifies)\b"
    r"|(?:explain|describe|define|definition of|meaning of|difference between|steps? to|ways? to"
    r"|instructions? (?:for|to)|how-to)\b",
    re.IGNORECASE,
)
_DEFINITION = re.compile(r"what(?:'s| is| are) (?:an? )?[\w\s./'+#-]{2,40}\??$", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"what(?:'s| is| are) (?:the|my|your|his|her|its|their|our)\b", re.I)
_COUNT = r"\d|two|three|four|five|six|seven|eight|nine|ten"
_PLURAL = r"(?!(?:is|was|has|does|this|its|his|as|us|status|process|address|access|class)\b)\w+s"
_LIST = re.compile(
    rf"(?:which|what) (?:\w+ ){{0,2}}?{_PLURAL}\s+(?:are|were|can|could|do|did|have|had|may|must"
    r"|should|does|will|count|belong|exist|support|need)\b"
    r"|(?:which|what) (?:are|were) (?:all |some )?(?:of )?(?:the|your|their|its) "
    rf"(?:\w+ ){{0,4}}?{_PLURAL}\b"
    rf"|names?(?: of)?(?: the)? (?:{_COUNT}) (?:\w+ ){{0,2}}?{_PLURAL}\b"
    rf"|[^?]*\b(?:which|what)(?: are| were)?(?: the)? (?:{_COUNT}) (?:\w+ ){{0,2}}?{_PLURAL}\b"
    r"|who (?:are|were) (?:the|some|all|[\w]+(?:['’]s|s['’]))(?=\s) ?(?:[\w'’]+ ){0,3}?"
    rf"{_PLURAL}\b|names of (?:all|the)\b"
    r"|(?:list|name|enumerate|give me)\b (?:all|the|every|some|\w+s\b)"
    r"|what do (?:the )?letters\b|order in which\b|what (?:kinds?|types?|sorts?) of\b",
    re.IGNORECASE,
)
_IMPERATIVE = re.compile(
    r"(?:add|attach|build|change|check|choose|clean|clear|close|configure|connect|convert|copy"
    r"|create|delete|disable|download|edit|enable|export|find|fix|format|generate|get|hide|import"
    r"|increase|insert|install|join|limit|load|make|merge|mount|move|open|pause|prevent|print|put"
    r"|read|record|reduce|remove|rename|repair|replace|reset|resize|restart|restore|run|save|scan"
    r"|search|see|select|send|set|share|show|sort|split|start|stop|switch|test|turn|undo|uninstall"
    r"|unlock|update|upgrade|upload|use|view|write)"
    r" (?:(?:up|off|on|out) )?(?:an?|the|my|your|all|every|several|multiple|two|it) ",
    re.IGNORECASE,
)
"""A task typed like a search query: "add a user to a group"."""
_TOPIC_WORDS = 2
"""Most words of a query that names a topic."""
_QUESTION_WORD = re.compile(
    r"(?:who|whom|whose|which|what|where|when|how|name|list)\b", re.IGNORECASE
)


def question_kind(question: str) -> QuestionKind:
    """Classify a question.

    A task ("add a user to a group") and a topic of one or two words ("refund policy") are
    explanations; other statements and keywords are facts.
    """
    asked = _LEAD_IN.sub("", question.strip().lstrip("\"'“‘([ "))
    if _YES_NO.match(asked):
        return "yes_no"
    if _LIST.match(asked):
        return "list"
    if _EXPLANATION.match(asked) or (_DEFINITION.match(asked) and not _ATTRIBUTE.match(asked)):
        return "explanation"
    is_topic = len(asked.split()) <= _TOPIC_WORDS and not _QUESTION_WORD.match(asked)
    return "explanation" if is_topic or _IMPERATIVE.match(asked) else "fact"
