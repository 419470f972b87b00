"""Numbers, times and foreign words as text for people.

What a vendor or a file says may hold terminal escapes: `plain` takes them out, and everything
that is printed and was not written here goes through it.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|[\]PX^_].*?(?:\x07|\x1b\\|$)"  # OSC and other strings: titles, links
    r"|[ -/]*[0-~])"  # two-character ones
    r"|\x9b[0-?]*[ -/]*[@-~]",
    re.DOTALL,
)
_WORD = re.compile(r"(?:`[^`]*`|\S)+")
_EXCERPT = re.compile(r" *\d* \||::")
_SPACES = re.compile(r"\s+")
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def plain(text: str) -> str:
    """`text` on one line, without anything that could move a cursor or turn the direction."""
    return _UNSAFE.sub("", _SPACES.sub(" ", _ESCAPES.sub("", text))).strip()


def cells(text: str) -> int:
    """Columns of a terminal that `text` takes."""
    return sum(_cells(character) for character in text)


def shorten(text: str, width: int) -> str:
    """`text` in at most `width` columns; what is cut ends in an ellipsis."""
    if cells(text) <= width:
        return text
    kept, used = [], 1
    for character in text:
        used += _cells(character)
        if used > width:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"


def shorten_path(path: str, width: int) -> str:
    """A path in at most `width` columns; its end says more than its beginning."""
    if cells(path) <= width:
        return path
    return "…" + shorten(path[::-1], width)[:-1][::-1] if width > 1 else "…"


def pad(text: str, width: int, *, right: bool = False) -> str:
    gap = " " * max(0, width - cells(text))
    return gap + text if right else text + gap


def wrap(text: str, width: int, *, indent: str = "") -> list[str]:
    """Lines of at most `width` columns; those after the first begin with `indent`."""
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}" if line.strip() else line + word
        if line.strip() and cells(longer) > width:
            lines.append(line)
            line = indent + word
        else:
            line = longer
    return [*lines, line] if line.strip() else lines


def fold(text: str, width: int) -> str:
    """Lines that are too wide for a terminal, broken between words; what is quoted as code stays
    whole, so that it can be pasted, and lines of a source (`  17 | ...`) stay as they are.
    """
    return "\n".join(line for long in text.split("\n") for line in _folded(long, width))


def _folded(line: str, width: int) -> list[str]:
    if cells(_ESCAPES.sub("", line)) <= width or _EXCERPT.match(line):
        return [line]
    indent = " " * (len(line) - len(line.lstrip()))
    lines, used = [indent], len(indent)
    for word in _WORD.findall(line):
        wide = cells(_ESCAPES.sub("", word))
        if used > len(indent) and used + 1 + wide > width:
            indent = indent or "   "
            lines.append(indent)
            used = len(indent)
        gap = " " if lines[-1].strip() else ""
        lines[-1] += gap + word
        used += len(gap) + wide
    return lines


def number(count: int) -> str:
    return f"{count:,}"


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """`1 job`, `1,200 jobs`."""
    return f"{number(count)} {noun if count == 1 else plural or noun + 's'}"


def money(usd: Decimal) -> str:
    """US dollars: two decimals, or as many as it has if it is finer."""
    exact = usd.normalize() if usd else Decimal(0)
    exponent = exact.as_tuple().exponent
    digits = max(2, min(6, -exponent)) if isinstance(exponent, int) else 2
    return f"${usd:,.{digits}f}"


def cost(known: Decimal, unknown: int) -> str:
    """Money of several pictures; what nobody knows is said, never counted as nothing."""
    if not unknown:
        return money(known)
    rest = f"an unknown price for {counted(unknown, 'picture')}"
    return f"{money(known)} and {rest}" if known else rest


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`: never more than two units."""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    hours, rest = divmod(whole, 3_600)
    return f"{hours} h {rest // 60} min" if rest >= 60 else f"{hours} h"


def coarse(seconds: float) -> str:
    """One unit: what is left must not flicker."""
    if seconds < 99.5:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_970 else f"{seconds / 3_600:.1f} h"


def clock_time(seconds: float) -> str:
    """`0:01:20`: a time that goes on, always as wide."""
    minutes, rest = divmod(int(max(0.0, seconds)), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def rate(per_minute: float) -> str:
    """Pictures a minute, with as many digits as can be believed."""
    return f"{per_minute:.1f}/min" if per_minute < 10 else f"{per_minute:,.0f}/min"


def listed(words: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
