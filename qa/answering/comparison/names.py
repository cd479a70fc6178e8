"""Titles of people, and words before a name that change which person or thing it names."""

import re
from collections.abc import Iterator

TITLES = frozenset(
    """admiral ambassador archbishop baron baroness bishop brigadier captain capt cardinal ceo cfo
    chairman chairwoman chairperson chancellor coach col colonel commander commissioner
    congressman congresswoman corporal councillor count countess cto dame detective director doctor
    dr duchess duke emperor empress executive father founder gen general gov governor hon inspector
    judge justice king lady leader lieutenant lord lt maj major mayor minister miss mp mr mrs ms mx
    officer pastor pope premier president prince princess principal prof professor provost queen
    rabbi rt rep representative rev reverend secretary sen senator sergeant sgt sheikh sheriff sir
    sister speaker spokesman spokeswoman spokesperson sultan treasurer""".split()
)
_TITLE_MODIFIERS = frozenset(
    """acting assistant attorney chief deputy first foreign former general interim late
    lead lieutenant managing prime retired senior then vice ex junior associate agriculture culture
    defence defense economy education energy environment finance health home interior labor labour
    police trade transport""".split()
)
_NATIONAL = re.compile(
    r"[A-Z][^\W\d_]*(?:ian|ean|ish|ese|can|man|nch|tch|eek|wiss)|U\.?S\.?|U\.?K\.?"
)
_PORTFOLIO = re.compile(
    r"(?!(?:about|after|against|before|besides|during|from|over|since|than|that|through|under|when|"
    r"whose|with|without)$)[a-z]{4,}"
)
"""A word between "the" and a title: "the finance minister"."""
_NOT_PEOPLE = frozenset(
    """academy airport assembly avenue award bank bay board bridge building cabinet center centre
    church city club co college committee company corp corporation council country county court cup
    district electric foods foundation group hall harbor harbour hospital hotel house inc
    incorporated island islands institute lake league library limited llc ltd mills motors museum
    office palace park party plc prize program programme province river road school sea society
    square street team theatre theater tower town union university village""".split()
)
_PARTICLES = frozenset(
    "al ap bin da de del della den der di dos du el ibn la le ten ter van von".split()
)
_LONGER_SPELLING = re.compile(r"([a-z])\1+|(?:iy|yi|yj|ij)\b")
"""Letters in which transliterations differ: Mohammed and Mohamed, Zelenskiy and Zelensky."""
_HONOURS = re.compile(r",?\s+(?:Ph\.?D\.?|M\.?D\.?|Esq\.?|MP|QC|KC|OBE|MBE|CBE)\W*$")

DISTINGUISHING = frozenset(
    """acting anti assistant associate central co democratic deputy east eastern equatorial ex
    former greater honorary inner interim junior left lieutenant lower male female middle new non
    north northeast northeastern northern northwest northwestern old outer outside papua people's
    right shadow south southeast southeastern southern southwest southwestern sub under upper vice
    west western""".split()
)
"""Words before a name or a title that change which person or thing it names."""

IDENTIFIED = frozenset(
    """code command commit directory error exception file flag folder function method module option
    package parameter path script switch tool variable""".split()
)
"""Nouns that are followed by an identifier: the option -r."""

LABELS = frozenset(
    """act annex apartment appendix article block building bus camp case chapter channel class
    clause day episode exhibit exit figure flight floor form gate grade group hall hepatitis highway
    house influenza item level line lot model no number option page part phase plan platform port
    room route row rule schedule season section sector sheet step suite table terminal track train
    type unit variant version vitamin release volume ward week zone""".split()
)
"""Nouns that are followed by a number: building 7."""

_MALE = frozenset("baron count duke emperor king lord mr prince sir".split())
_FEMALE = frozenset(
    "baroness countess dame duchess empress lady miss mrs ms princess queen".split()
)


def without_titles(text: str) -> tuple[str, str]:
    """Remove titles before the name of a person and honours after it: "Captain Ewa Lindqvist, MP".

    Capital letters mark a name. A title without a name is kept: "President of Tarsia".

    Returns:
        The name, and "male" or "female" if a title states it, else "".
    """
    text = _HONOURS.sub("", text)
    tokens = text.split()
    if tokens and tokens[0].casefold() in ("the", "a", "an"):
        tokens = tokens[1:]
    last = -1
    words = [token.strip(".,").casefold() for token in tokens]
    for place, word in enumerate(words):
        if TITLES.intersection(word.split("-")[:2]):
            last = place
        elif word not in _TITLE_MODIFIERS and not (
            last < 0 and (_NATIONAL.fullmatch(tokens[place]) or _PORTFOLIO.fullmatch(tokens[place]))
        ):
            break
    name = tokens[last + 1 :]
    if last < 0 or not is_person(name):
        return text, ""
    titles = set(words[: last + 1])
    return " ".join(name), "male" if titles & _MALE else "female" if titles & _FEMALE else ""


def is_person(name: list[str]) -> bool:
    """Return whether words can be the name of a person: one to four words, all in capitals."""
    if not 1 <= len(name) <= 4:
        return False
    if any(word.strip(".,").casefold() in TITLES | _NOT_PEOPLE for word in name):
        return False
    return name[-1][:1].isupper() and all(
        re.fullmatch(r"[^\W\d_]+(?:[-'’.][^\W\d_]*)*\.?,?", word)
        and (word[:1].isupper() or word.casefold() in _PARTICLES)
        for word in name
    )


def short_forms(name: str, is_a_person: bool) -> Iterator[str]:
    """Yield the acronyms of a name; for a person, also other spellings and initials."""
    words = name.split()
    if name.startswith("+"):  # a telephone number with the code of its country
        digits = re.sub(r"\D", "", name)
        yield from (lead + digits[code:] for code in (1, 2, 3) for lead in ("", "0"))
    if len(words) > 1:
        yield "".join(word[0] for word in words)
        yield "".join(word[0] for word in words if word not in ("of", "and", "for"))
    if is_a_person:
        yield _LONGER_SPELLING.sub(lambda match: match[1] or "y", name)
    if is_a_person and len(words) > 1:
        initials = " ".join(word[0] for word in words[:-1])
        yield from (f"{start} {words[-1]}" for start in (words[0][0], words[0], initials))
