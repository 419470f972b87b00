"""What changed in requests, for people: field by field, and word by word in texts.

On a terminal with colours what went is red and what came is green; elsewhere it stands in `[-...-]`
and `{+...+}`, as Git writes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from imagepipe.model import Json
from imagepipe.planner import Alike, Change, Renamed
from imagepipe.render.text import counted, number, plain, shorten_path, wrap

GROUPS = 6
"""Groups of alike changes that are shown with an example, and names that changed."""

CONTEXT = 6
"""Words that are shown on either side of what changed in a text; the rest is left out."""

MOST = 2_000
"""Words of a text beyond which two are shown whole: they are compared in quadratic time."""

ONLY_SPACES = "only its spaces changed"

_WORDS = re.compile(r"\S+|\s+")


@dataclass(frozen=True, slots=True)
class Ink:
    """How what went and what came is set off."""

    gone: tuple[str, str]
    come: tuple[str, str]


PLAIN = Ink(("[-", "-]"), ("{+", "+}"))
COLORED = Ink(("\x1b[31;9m", "\x1b[0m"), ("\x1b[32m", "\x1b[0m"))


def change_lines(
    changes: Sequence[Change], width: int, *, indent: str = "", ink: Ink = PLAIN
) -> list[str]:
    """A line for each field, or several for a long text."""
    lines: list[str] = []
    for change in changes:
        name = plain(change.field)
        if isinstance(change.old, str) and isinstance(change.new, str) and _is_prose(change):
            lines += _folded(f"{name}: {word_diff(change.old, change.new, ink)}", width, indent)
        else:
            lines += _folded(f"{name}: {_both(change, ink)}", width, indent)
    return lines


def group_lines(alike: Sequence[Alike], ungrouped: int, width: int, ink: Ink = PLAIN) -> list[str]:
    """For each group of alike changes: which fields, in how many pictures, and an example."""
    lines: list[str] = []
    for group in alike[:GROUPS]:
        example = shorten_path(plain(group.path), max(24, width // 2))
        such = f"{counted(group.count, 'picture')} such as {example}"
        where = f"{group.recipe} ({group.provider})"
        text = f"~ {where}: {plain(group.reason)}: {such if group.count > 1 else example}"
        lines += ["", *wrap(text, width, indent="    ")]
        lines += change_lines(group.changes, width, indent="    ", ink=ink)
    rest = sum(group.count for group in alike[GROUPS:]) + ungrouped
    if rest:
        lines += ["", f"{counted(rest, 'further changed picture')}; -v lists all."]
    return lines


def renamed_lines(renamed: Sequence[Renamed], width: int) -> list[str]:
    """What a new name costs: a seed is drawn from the names of recipe and product."""
    lines: list[str] = []
    for one in renamed[:GROUPS]:
        what = f"renamed {one.kind} {plain(one.old)} -> {plain(one.new)}: makes "
        what += f"{counted(one.count, 'new picture')}, because seeds are drawn from names"
        lines += wrap(f"{what}; the old name keeps the old pictures", width, indent="    ")
    if (more := len(renamed) - GROUPS) > 0:
        lines.append(f"and {number(more)} more that were renamed")
    return ["", *lines] if lines else []


def word_diff(old: str, new: str, ink: Ink = PLAIN) -> str:
    """`new` with what it says instead of `old` set off; unchanged stretches are shortened."""
    before, after = _words(old), _words(new)
    if before == after:
        return ONLY_SPACES
    if max(len(before), len(after)) > MOST:
        return _set_off(plain(old), ink.gone) + _set_off(plain(new), ink.come)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    blocks = matcher.get_opcodes()
    parts: list[str] = []
    for place, (kind, start, end, begin, stop) in enumerate(blocks):
        if kind == "equal":
            first, last = place == 0, place == len(blocks) - 1
            parts.append(_short(after[begin:stop], head=not first, tail=not last))
        else:
            parts.append(_set_off("".join(before[start:end]), ink.gone))
            parts.append(_set_off("".join(after[begin:stop]), ink.come))
    return "".join(parts)


def _is_prose(change: Change) -> bool:
    return any(" " in text for text in (change.old, change.new) if isinstance(text, str))


def _both(change: Change, ink: Ink) -> str:
    """`old -> new`; what was not sent before, or is no longer, is said."""
    if change.old is None:
        return _set_off(_shown(change.new), ink.come)
    if change.new is None:
        return _set_off(_shown(change.old), ink.gone)
    return f"{_shown(change.old)} -> {_shown(change.new)}"


def _shown(value: Json) -> str:
    return plain(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _words(text: str) -> list[str]:
    """Words and the spaces between them, with nothing in them that a terminal would obey."""
    return [" " if word.isspace() else plain(word) for word in _WORDS.findall(text)]


def _set_off(text: str, marks: tuple[str, str]) -> str:
    return f"{marks[0]}{text}{marks[1]}" if text else ""


def _short(words: Sequence[str], *, head: bool, tail: bool) -> str:
    """An unchanged stretch: its `head` follows a change, its `tail` leads to one."""
    most = 2 * CONTEXT
    first, last = (most if head else 0), (most if tail else 0)
    if len(words) <= first + last + 2:
        return "".join(words)
    begin, end = "".join(words[:first]), "".join(words[len(words) - last :])
    return f"{begin.rstrip()} … {end.lstrip()}" if begin and end else _one_side(begin, end)


def _one_side(begin: str, end: str) -> str:
    return f"{begin.rstrip()} …" if begin else f"… {end.lstrip()}"


def _folded(text: str, width: int, indent: str) -> list[str]:
    room = max(24, width - len(indent))
    return [indent + line for line in wrap(text, room, indent="  ")]
