"""Equations of Office files (OMML) as one line of text."""

from typing import Any

MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_NOT_SHOWN = ("Pr", "rPr", "ctrlPr")
_DELETED = ("del", "moveFrom")


def equation_text(equation: Any) -> str:
    """Write an `m:oMath` element in one line, as in "x=(-b±√(b^2-4ac))/(2a)"."""
    return " ".join(_line(equation).split())


def _line(element: Any) -> str:
    """Write out an element and those inside it."""
    if not isinstance(element.tag, str):
        return ""
    name = element.tag.rpartition("}")[2]
    if name == "t":
        return element.text or ""
    if name.endswith(_NOT_SHOWN) or name in _DELETED:
        return ""
    written = _construct(name, element) if element.tag.startswith(MATH) else None
    return "".join(map(_line, element)) if written is None else written


def _construct(name: str, element: Any) -> str | None:
    """Write out a fraction, root, sum or the like; None for other elements."""
    match name:
        case "sSup" | "sSub" | "sSubSup" | "sPre":
            return _part(element, "e") + _scripts(element)
        case "nary":  # a sum, product or integral
            return f"{_property(element, 'chr', '∫')}{_scripts(element)} {_part(element, 'e')}"
        case "f":
            return f"{_grouped(_part(element, 'num'))}/{_grouped(_part(element, 'den'))}"
        case "rad":
            return f"{_part(element, 'deg')}√{_grouped(_part(element, 'e'))}"
        case "d":
            between = _joined(element, _property(element, "sepChr", "|"))
            return _property(element, "begChr", "(") + between + _property(element, "endChr", ")")
        case "limLow" | "limUpp":
            return f"{_part(element, 'e')}_{_grouped(_part(element, 'lim'))} "
        case "func":
            return f"{_part(element, 'fName')} {_part(element, 'e')}"
        case "m":
            return "; ".join(_joined(row, ", ") for row in element.findall(MATH + "mr"))
        case "eqArr":
            return _joined(element, "; ")
    return None


def _part(element: Any, name: str) -> str:
    """Write out a named part of an element; "" if it is missing."""
    found = element.find(MATH + name)
    return _line(found) if found is not None else ""


def _joined(element: Any, separator: str) -> str:
    return separator.join(map(_line, element.findall(MATH + "e")))


def _scripts(element: Any) -> str:
    """Write out the index and the exponent of an element, or the limits of a sum."""
    parts = ((sign, _part(element, name)) for sign, name in (("_", "sub"), ("^", "sup")))
    return "".join(f"{sign}{_grouped(part)}" for sign, part in parts if part)


def _grouped(text: str) -> str:
    return text if len(text) == 1 or text.isdigit() or text.isalpha() else f"({text})"


def _property(element: Any, name: str, default: str) -> str:
    """Return the sign that a property of an element states."""
    found = element.find(f"{element.tag}Pr/{MATH}{name}")
    value = found.get(MATH + "val") if found is not None else None
    return default if value is None else str(value)
