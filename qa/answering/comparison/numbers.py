"""Numbers in digits and words: "5,400", "2½", "two hundred and five", "half a million"."""

import re
import unicodedata
from fractions import Fraction

from qa.answering.comparison.units import is_measure
from qa.dates.vocabulary import ORDINALS, SMALL_NUMBERS

NUMBER_WORDS = {"zero": 0} | SMALL_NUMBERS
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_SCALES |= {"trillion": 10**12, "dozen": 12, "lakh": 10**5, "crore": 10**7}
_PARTS = {"half": 2, "halves": 2, "quarter": 4} | {
    word: number for word, number in ORDINALS.items() if 3 <= number <= 10
}
_TOKEN = re.compile(
    r"""(?P<number>(?:\d{1,3}(?:[,'’ \u00a0\u202f\u2009]\d{3})+(?![,\d])|(?!0\d)\d+)(?:\.\d+)?"""
    r"""(?![.,/]?\d)|\.\d+(?![.,/]?\d))|(?P<over>\d+)/(?P<under>[1-9]\d*)(?![/\d])|"""
    r"""(?P<dotted>\d{1,3}(?=\.\d{3}[.,]\d\d)(?:\.\d{3})+(?:,\d+)?)(?![.,/]?\d)|"""
    r"""(?P<vulgar>[½¼¾⅓⅔⅛])|(?P<word>[^\W\d_]+)"""
)
_GAP = re.compile(r"[\s-]*")


class Number:
    """A number in digits or words at a place in a text, with its scale words.

    Attributes:
        found: whether there is a number; if not, the other attributes have no meaning.
        amount: its value, including the scale.
        scale: the last scale word, such as 1,000,000; 1 for none.
        is_fraction: whether a fraction is written: "half", "2/3", "two thirds".
        end: the character after it.
    """

    def __init__(self, text: str, start: int) -> None:
        self.found = False
        self.is_fraction = False
        self.scale = Fraction(1)
        self.end = start
        self._total = self._current = Fraction(0)
        self._last_word = Fraction(0)
        self._tokens: list[tuple[str, Fraction | None, int]] = []
        place = start
        while (token := _TOKEN.match(text, place)) is not None:
            self._tokens.append((token[0].casefold(), _value(token), token.end()))
            gap = _GAP.match(text, token.end())
            place = gap.end() if gap else token.end()
        place = 0
        while place < len(self._tokens) and (taken := self._take(place)):
            place += taken
            self.end = self._tokens[place - 1][2]

    @property
    def amount(self) -> Fraction:
        """The value, including the scale."""
        return self._total + self._current

    def _take(self, place: int) -> int:
        """Add the token at a place to the number; return the number of tokens added, 0 for none."""
        word, value, _ = self._tokens[place]
        following = [one for one, _, _ in self._tokens[place + 1 : place + 3]]
        if value is not None:
            return self._take_digits(value, "/" in word or not word.isascii())
        if word in NUMBER_WORDS:
            return self._take_word(Fraction(NUMBER_WORDS[word]))
        if word in _SCALES or (self.found and word.removesuffix("s") in _SCALES):
            return self._take_scale(Fraction(_SCALES[word.removesuffix("s")]))
        if word in ("a", "an") and following:
            return self._take_article(following)
        if word == "and" and self.found and following:
            if following[0] in NUMBER_WORDS and self._total + self._current >= 100:
                return 1
            if following[0] in ("a", "one") and following[1:] and following[1] in _PARTS:
                share = Fraction(1, _PARTS[following[1]])
                if self._current:
                    self._current += share
                else:
                    self._total += share * self.scale
                return 3
        part = _PARTS.get(word) or _PARTS.get(word.removesuffix("s"))
        if part and (word == "half" or self.found) and not self.is_fraction:
            self._current = (self._current if self.found else Fraction(1)) / part
            self.is_fraction = self.found = True
            return self._skip_of(place)
        return 0

    def _skip_of(self, place: int) -> int:
        """Skip "of a" between a fraction and a scale: a quarter of a million."""
        words = [one for one, _, _ in self._tokens[place + 1 : place + 4]]
        article = words.index("a") if words[:1] == ["a"] or words[:2] == ["of", "a"] else -1
        return article + 2 if _SCALES.keys() & words[article + 1 : article + 2] else 1

    def _take_article(self, following: list[str]) -> int:
        noun = following[0]
        if self.found:
            return 0
        if (noun in _PARTS and noun != "second") or (noun not in _SCALES and is_measure(noun)):
            self._current, self.found = Fraction(1), True
        return int(self.found or noun in _SCALES)

    def _take_digits(self, value: Fraction, is_fraction: bool) -> int:
        if self.found and not (is_fraction and self._current and not self.is_fraction):
            return 0
        self.is_fraction = is_fraction and not self.found
        self._current += value
        self.found = True
        return 1

    def _take_word(self, value: Fraction) -> int:
        """Add a number word if it can follow the words before: "two" after "forty"."""
        fits = not self._current % 100 or (value < 10 and self._last_word >= 20)
        if not fits or self.is_fraction:
            return 0
        self._current += value
        self._last_word = value
        self.found = True
        return 1

    def _take_scale(self, factor: Fraction) -> int:
        current = self._current if self.found and self._current else Fraction(1)
        if factor in (100, 12):
            self._current = current * factor
        else:
            self._total, self._current = self._total + current * factor, Fraction(0)
            self.scale = factor
        self._last_word = Fraction(0)
        self.found, self.is_fraction = True, False
        return 1


def spelled_as_in(text: str, question: str) -> str:
    """Write the numbers of a question with or without commas, as a text does: 2,000 and 2000."""
    for number in re.findall(r"(?<![\w.,])(?:\d{4,}|\d{1,3}(?:,\d{3})+)(?!\w|[.,]\d)", question):
        bare = number.replace(",", "")
        for other in (bare, f"{int(bare):,}"):
            if number not in text and re.search(rf"(?<![\d.,]){other}(?!\w|[.,]\d)", text):
                question = question.replace(number, other)
    return question


def roman(numeral: str) -> int | None:
    """Read a Roman numeral up to 39; None for any other word."""
    if not re.fullmatch("(?=.)X{0,3}(?:IX|IV|V?I{0,3})", numeral):
        return None
    values = [{"I": 1, "V": 5, "X": 10}[letter] for letter in numeral]
    return sum(
        -one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True)
    )


def _value(token: re.Match[str]) -> Fraction | None:
    """Return the value of a token in digits; None for a word."""
    if token["number"]:
        return Fraction(re.sub(r"[^\d.]", "", token["number"]))
    if token["dotted"]:  # 1.000.000 and 1.000,50
        return Fraction(token["dotted"].replace(".", "").replace(",", "."))
    if token["over"]:
        return Fraction(int(token["over"]), int(token["under"]))
    if token["vulgar"]:
        return Fraction(unicodedata.numeric(token["vulgar"])).limit_denominator(8)
    return None
