"""Equations of Office files (OMML) as one line of text."""

from __future__ import annotations

from typing import Any

__all__ = ["MATH", "equation_text"]

MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_NOT_SHOWN = ("Pr", "rPr", "ctrlPr")


def equation_text(equation: Any) -> str:
    """Write an equation in one line, as in "x=(-b±√(b^2-4ac))/(2a)".

    Args:
        equation: an `m:oMath` element, or any element with some inside.
    """
    return " ".join(_line(equation).split())


def _line(element: Any) -> str:
    """Write out an element and those inside it."""
    if not isinstance(element.tag, str):
        return ""
    name = element.tag.rpartition("}")[2]
    if name == "t":
        return element.text or ""
    if name.endswith(_NOT_SHOWN):
        return ""
    write = _WRITERS.get(name) if element.tag.startswith(MATH) else None
    return write(element) if write is not None else "".join(map(_line, element))


def _part(element: Any, name: str) -> str:
    """Write out a named part of an element; "" if it is missing."""
    found = element.find(MATH + name)
    return _line(found) if found is not None else ""


def _grouped(text: str) -> str:
    return text if len(text) == 1 or text.isalnum() else f"({text})"


def _property(element: Any, path: str, default: str) -> str:
    found = element.find("/".join(MATH + step for step in path.split("/")))
    value = found.get(MATH + "val") if found is not None else None
    return default if value is None else str(value)


def _scripts(element: Any) -> str:
    low, high = _part(element, "sub"), _part(element, "sup")
    return (
        _part(element, "e")
        + (f"_{_grouped(low)}" if low else "")
        + (f"^{_grouped(high)}" if high else "")
    )


def _fraction(element: Any) -> str:
    return f"{_grouped(_part(element, 'num'))}/{_grouped(_part(element, 'den'))}"


def _root(element: Any) -> str:
    degree = _part(element, "deg")
    return f"{degree}√{_grouped(_part(element, 'e'))}"


def _delimited(element: Any) -> str:
    begin = _property(element, "dPr/begChr", "(")
    between = _property(element, "dPr/sepChr", "|")
    end = _property(element, "dPr/endChr", ")")
    return begin + between.join(map(_line, element.findall(MATH + "e"))) + end


def _sum(element: Any) -> str:
    """Write out a sum, product or integral with its limits."""
    low, high = _part(element, "sub"), _part(element, "sup")
    sign = _property(element, "naryPr/chr", "∫")
    limits = (f"_{_grouped(low)}" if low else "") + (f"^{_grouped(high)}" if high else "")
    return f"{sign}{limits} {_part(element, 'e')}"


def _limit(element: Any) -> str:
    return f"{_part(element, 'e')}_{_grouped(_part(element, 'lim'))} "


def _function(element: Any) -> str:
    return f"{_part(element, 'fName')} {_part(element, 'e')}"


def _matrix(element: Any) -> str:
    return "; ".join(
        ", ".join(map(_line, row.findall(MATH + "e"))) for row in element.findall(MATH + "mr")
    )


def _lines(element: Any) -> str:
    return "; ".join(map(_line, element.findall(MATH + "e")))


_WRITERS = {
    "sSup": _scripts,
    "sSub": _scripts,
    "sSubSup": _scripts,
    "sPre": _scripts,
    "f": _fraction,
    "rad": _root,
    "d": _delimited,
    "nary": _sum,
    "limLow": _limit,
    "limUpp": _limit,
    "func": _function,
    "m": _matrix,
    "eqArr": _lines,
}
