import inspect

import pytest

from qa.dates.grammar import RULES
from qa.dates.numeric import PATTERNS
from qa.dates.parser import Rule
from qa.dates.vocabulary import WORDS

ALL_RULES = [(name, rule) for name, rules in RULES.items() for rule in rules]


@pytest.mark.parametrize(("name", "rule"), ALL_RULES)
def test_parts_of_rule_exist_and_fit_function(name: str, rule: Rule) -> None:
    parts = [item for item in rule.items if item.words is None]
    assert {part.name for part in parts} <= RULES.keys() | PATTERNS.keys() | WORDS.keys()
    given = {"m", *(part.argument for part in parts)} - {"_"}
    if name == "suffix":
        given.add("container")
    parameters = inspect.signature(rule.function).parameters
    assert given <= parameters.keys()
    certain = {"m", "container"} | {part.argument for part in parts if not part.optional}
    required = {key for key, one in parameters.items() if one.default is inspect.Parameter.empty}
    assert required <= certain
