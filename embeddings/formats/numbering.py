"""Numbers of list items: 4, iv, D."""

_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l")),
    *((40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_LARGEST_NUMBER = 3999


def in_format(number: int, form: str) -> str:
    """Write a number in a format of Word ("upperRoman") or HTML ("I"); in digits if unknown."""
    match form:
        case "none" | "bullet":
            return ""
        case "decimalZero":
            return f"{number:02}"
        case "ordinal":
            teen = number % 100 in (11, 12, 13)
            return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
        case "lowerLetter" | "upperLetter" | "a" | "A" if number > 0:
            count, letter = divmod(number - 1, 26)
            letters = chr(ord("a") + letter) * min(count + 1, 10)
            return letters if form in ("lowerLetter", "a") else letters.upper()
        case "lowerRoman" | "upperRoman" | "i" | "I" if 0 < number <= _LARGEST_NUMBER:
            digits = ""
            for size, digit in _ROMAN:
                digits += digit * (number // size)
                number %= size
            return digits if form in ("lowerRoman", "i") else digits.upper()
        case _:
            return str(number)
