"""Text for a console that cannot show all of Unicode: no character fails, and none becomes `?`.

What this program draws with has a stand-in of one cell, so that tables stay as they are; accents
are left out; anything else is written as its number, as Python would.
"""

from __future__ import annotations

import json
import unicodedata

_STAND_INS = str.maketrans(
    {
        "\u2501": "#",  # of bars
        "\u2500": "-",
        "\u00b7": "|",  # between the parts of a line
        "\u2026": "~",  # where something was cut
        "\u2013": "-",  # dashes
        "\u2014": "-",
        "\u2018": "'",  # quotes
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u2022": "*",
        "\u2192": ">",
        "\u00d7": "x",
        "\u00a0": " ",
        "\u00df": "s",
    }
)


def legible(text: str, encoding: str | None) -> str:
    """`text` as a stream of this encoding can write it; None is ASCII."""
    encoding = encoding or "ascii"
    try:
        text.encode(encoding)
    except LookupError:
        return legible(text, "ascii")
    except UnicodeEncodeError:
        return "".join(_character(one, encoding) for one in text)
    return text


def escaped(text: str, encoding: str | None) -> str:
    """JSON that means the same: in it nothing but strings is not ASCII, and they have escapes."""
    encoding = encoding or "ascii"
    try:
        text.encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return "".join(one if one.isascii() else json.dumps(one)[1:-1] for one in text)
    return text


def _character(one: str, encoding: str) -> str:
    for way in (one, one.translate(_STAND_INS), _without_accent(one)):
        try:
            way.encode(encoding)
        except UnicodeEncodeError:
            continue
        return way
    return one.encode("ascii", "backslashreplace").decode()


def _without_accent(one: str) -> str:
    """The letter alone; a mark that stands by itself, as decomposed text has them, is nothing."""
    parts = unicodedata.normalize("NFKD", one)
    return "".join(part for part in parts if not unicodedata.combining(part))
