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
    rf"how\b(?! {_MEASURE}\b)(?! (?:come|about)\b)|how come\b|why\b"
    r"|what(?: for| if| now| effects?)\b|.{1,80}, what now\b"
    r"|what(?:'s| is| are| was| were) (?:an? |the (?:difference|purpose|point|reason|meaning|effect"
    r"|use|role|definition|procedure|process|(?:dis)?advantage|drawback|benefit)\b|meant by\b"
    r"|[^?]{1,80}(?<! short) for\??$)"
    r"|what (?:does|do|did) [^?]{1,80}(?<!the)(?<!\ba) (?:mean|stand for|do|happen|show|display)\b"
    r"(?! for a living| before| after)"
    r"|what (?:can|could|should|must|may) (?:i|you|we|one|be)\b"
    r"|what do (?:i|you|we) (?:have|need) to\b"
    r"|what (?:happens|happened|causes|caused|should|must|counts|qualifies|makes|made|distinguishes"
    r"|(?:is|was|goes|went) wrong)\b"
    r"|when (?:(?:can|could|should|must|may|would)\b|do (?:i|you|we|one)\b|(?:is|does) an?\b)"
    r"|(?:what(?:'s| is| are) )?(?:the )?(?:\w+est|right|correct|proper|usual) ways? to\b"
    r"|(?:explain|describe|define|definition of|meaning of|difference between|steps? to|ways? to"
    r"|instructions? (?:for|to)|how-to|i|i'm|i've)\b",
    re.IGNORECASE,
)
_DEFINITION = re.compile(r"what(?:'s| is| are) (?:an? )?[\w\s./'+#-]{2,40}\??$", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"what(?:'s| is| are) (?:the|my|your|his|her|its|their|our)\b", re.I)
_COUNT = r"\d|two|three|four|five|six|seven|eight|nine|ten"
_PLURAL = (
    r"(?:people|children|men|women|data|media|criteria|(?!(?:is|was|has|does|this|its|his|as|address"
    r"|process|access|class|business|analysis|basis|series|alias|canvas|gas|always)\b)\w+[^\Wsu]s)"
)
_LIST = re.compile(
    r"(?:(?:in|on|to|for|from|of|at|by|under|with|between|during) )?"
    rf"(?:which {_PLURAL} (?!(?:is|was|has|does)\b)\w+|(?:which|what) (?:\w+ ){{0,2}}?{_PLURAL} "
    r"(?:are|were|can|could|do|did|have|had|may|might|must|should|shall|does|will|would|count|belong"
    r"|exist|support|need)\b)"
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
"""A task as a search query: "add a user to a group"."""
_TOPIC_WORDS = 2
"""Maximum number of words of a query that names a topic."""
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
