"""Problems as text: place, message, source line, caret, help; and "did you mean".

What comes from files is cleaned first, so that no file can write to a terminal's controls.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from imagepipe.errors import Place, Problem, Shared, Sharer

_WINDOW = 100
"""Characters of a long source line that are shown around the caret."""

_UNSAFE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_COLOURS = {"error": "31", "note": "36"}


def closest(word: str, options: Iterable[str]) -> str | None:
    """The option that `word` was probably meant to be, or None."""
    by_fold = {option.casefold(): option for option in options}
    folded = word.casefold()
    if folded in by_fold:
        return by_fold[folded]
    for fold, option in by_fold.items():
        if sorted(fold) == sorted(folded):  # two letters changed places
            return option
    near = get_close_matches(folded, by_fold, n=1, cutoff=0.7 if len(word) > 3 else 0.6)
    return by_fold[near[0]] if near else None


def suggestion(word: str, options: Iterable[str]) -> str:
    """` (did you mean "title"?)`, or nothing: the end of a message."""
    found = closest(word, options)
    return f' (did you mean "{found}"?)' if found is not None else ""


def clean(text: str) -> str:
    """`text` without characters that move a terminal's cursor or turn its direction."""
    return _UNSAFE.sub("\ufffd", text)


def render(problem: Problem, also: Sequence[str] = (), *, color: bool = False) -> str:
    """The problem as a person reads it, over several lines, without a final line break.

    `also` are lines that go before the help.
    """
    lines = [_head(problem, color=color)]
    if problem.place is not None and problem.source:
        lines += _excerpt(problem, problem.place.line, problem.place.column, color=color)
    if problem.shared is not None:
        lines.append(shared_line(problem.shared))
    lines += also
    hint = problem.hint or _further(problem)
    if hint:
        lines.append(f"   {_paint('help', '32', on=color)}: {clean(hint)}")
    return "\n".join(lines)


def _further(problem: Problem) -> str | None:
    """Where to read on, if the problem itself does not say what to do."""
    is_told = problem.severity == "note" or "did you mean" in problem.message or not problem.code
    return None if is_told else f"`imagepipe explain {problem.code}` says more"


_NAMED = 3
"""Rows and jobs of one cause that are named; the others are counted."""


def shared_line(shared: Shared) -> str:
    """`   jobs: 1,200 of 600 rows: products.csv:2 (MUG-1/hero), ... and 1,197 more`."""
    noun, count = ("job", shared.jobs) if shared.jobs else ("row", shared.rows)
    word = noun if count == 1 else f"{noun}s"
    named = [str(sharer) for sharer in _one_of_each(shared.sharers)]
    rows = f" of {shared.rows:,} rows" if 1 < shared.rows < shared.jobs else ""
    total = f"{count:,}{rows}" if rows or count > len(named) else ""
    rest = f" and {count - len(named):,} more" if named and count > len(named) else ""
    return f"{word:>7}: " + ": ".join(filter(None, [total, clean(", ".join(named) + rest)]))


def place_line(places: Sequence[Place]) -> str:
    """`   also: catalog.yaml:9:5, ... and 4,996 more`: further places of one mistake."""
    rest = f" and {len(places) - _NAMED:,} more" if len(places) > _NAMED else ""
    return f"   also: {clean(', '.join(map(str, places[:_NAMED])))}{rest}"


def _one_of_each(sharers: Sequence[Sharer]) -> list[Sharer]:
    """The first sharer of each of the first rows; of several jobs of one row, the first ones."""
    if len(sharers) <= _NAMED:
        return [*sharers]
    firsts: dict[tuple[str, int], Sharer] = {}
    for sharer in sharers:
        firsts.setdefault((sharer.file, sharer.line), sharer)
        if len(firsts) == _NAMED:
            return [*firsts.values()]
    return [*sharers[:_NAMED]]


def _head(problem: Problem, *, color: bool) -> str:
    code = f"[{problem.code}]" if problem.code else ""
    kind = _paint(f"{problem.severity}{code}", _COLOURS[problem.severity], on=color)
    place = f"{problem.place}" if problem.place else ""
    where = f" ({problem.where})" if problem.where else ""
    start = clean(f"{place}{where}".strip())
    return (
        f"{start}: {kind}: {clean(problem.message)}"
        if start
        else f"{kind}: {clean(problem.message)}"
    )


def _excerpt(problem: Problem, line: int, column: int, *, color: bool) -> list[str]:
    source = clean(problem.source or "").replace("\t", " ")
    begin = max(0, column - 1 - _WINDOW // 2) if len(source) > _WINDOW else 0
    shown = source[begin : begin + _WINDOW]
    before = "".join("  " if _wide(c) else " " for c in shown[: column - 1 - begin])
    marked = shown[column - 1 - begin :][: problem.length]
    carets = "".join("^^" if _wide(c) else "^" for c in marked) or "^"
    gutter = f"{line:>5} | "
    under = _paint(carets, _COLOURS[problem.severity], on=color)
    text = f"{gutter}{shown.rstrip()}"
    return [text, f"{' ' * 6}| {before}{under}"] if problem.length else [text]


def _wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _paint(text: str, sgr: str, *, on: bool) -> str:
    return f"\x1b[{sgr}m{text}\x1b[0m" if on else text
