"""The end of a run with colours, for a terminal that has them. The words stay as they are."""

from __future__ import annotations

import re

_TINTS = (
    (re.compile(r"[\d,]+ (failed|ambiguous|lost) at "), "31"),
    (re.compile(r"[\d,]+ blocked at "), "33"),
    (re.compile(r"Prices have drifted:"), "33"),
    (re.compile(r"Everything is there\."), "32"),
    (re.compile(r"Next:"), "1"),
)
_COMMAND = re.compile(r"    imagepipe ")


def tinted(page: str) -> str:
    """Red for what failed, green where all is well; headings and what can be pasted stand out."""
    return "\n".join(map(_tinted, page.split("\n")))


def _tinted(line: str) -> str:
    if _COMMAND.match(line):
        return f"    \x1b[36m{line[4:]}\x1b[0m"
    code = next((code for pattern, code in _TINTS if pattern.match(line)), None)
    return line if code is None else f"\x1b[{code}m{line}\x1b[0m"
