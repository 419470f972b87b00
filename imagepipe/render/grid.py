"""The rows of a run's board as lines of equal columns that fit a terminal. Text only, no colours.

Numbers are never cut: names and reasons give way first, then the columns that say least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from imagepipe.render.board import Board, Row
from imagepipe.render.text import cells, counted, number, pad, rate, shorten

WIDE = 120
"""Columns from which on bars are drawn and words are spelt out."""

ROWS = 12
"""Providers shown at a time: those with most work left."""

GAP = 2
_BAR = 24
_NAME, _DONE, _FLYING, _FAILED, _WAITING, _RATE, _SPENT, _LEFT = range(8)
_NARROW_HEAD = ("", "done", "busy", "fail", "waiting", "rate", "spent", "left")
_WIDE_HEAD = ("", "done", "in flight", "failed", "waiting", "rate", "spent", "time left")
_LEFT_ALIGNED = (_NAME, _WAITING)
_ROOM = {_DONE: 9, _WAITING: 12, _RATE: 9, _SPENT: 7, _LEFT: 6}
"""Columns that are there from the start, and wide enough not to jump when a digit comes."""

_FIRST_TO_GO = (_RATE, _SPENT, _LEFT, _WAITING)


@dataclass(frozen=True, slots=True)
class GridLine:
    """One line in pieces, so that whoever draws may colour them: name, bar, the rest."""

    name: str
    good: str
    bad: str
    rest: str
    failed: bool
    is_sum: bool = False


def grid(board: Board, now: float, width: int) -> list[GridLine]:
    """Header, providers, and their sum where there are several; none is wider than `width`."""
    shown = _busiest(board.shown())
    rows = [_row(board, row, now) for row in shown]
    if len(board.shown()) != 1:
        rows.append(_sum(board, now))
        shown = [*shown, board.sum()]
    wide = width >= WIDE
    table = [list(_WIDE_HEAD if wide else _NARROW_HEAD), *rows]
    kept, widths = _fit(table, width - (_BAR + GAP if wide else 0))
    lines = [_line(cell_row, kept, widths) for cell_row in table]
    bars = [("", ""), *(_bar(row) for row in shown)]
    gap = " " * GAP
    return [
        GridLine(
            name + gap,
            good if wide else "",
            pad(bad, _BAR - len(good)) + gap if wide else "",
            rest.rstrip(),
            failed=index > 0 and shown[index - 1].failed > 0,
            is_sum=index > len(rows) - (len(board.shown()) != 1),
        )
        for index, ((name, rest), (good, bad)) in enumerate(zip(lines, bars, strict=True))
    ]


def text_of(line: GridLine) -> str:
    return (line.name + line.good + line.bad + line.rest).rstrip()


def _busiest(rows: list[Row]) -> list[Row]:
    if len(rows) <= ROWS:
        return rows
    names = {row.provider for row in sorted(rows, key=lambda row: -_remaining(row))[:ROWS]}
    return [row for row in rows if row.provider in names]


def _remaining(row: Row) -> int:
    return row.waiting + len(row.flying)


def _row(board: Board, row: Row, now: float) -> list[str]:
    if board.draining is not None:
        return _cells(row, row.rate(now), None, "stopping")
    return _cells(row, row.rate(now), row.left(now), row.why_waiting(now))


def _cells(row: Row, per_minute: float | None, left: float | None, why: str) -> list[str]:
    waiting = f"{number(row.waiting)}: {why}" if why else number(row.waiting)
    return [
        row.provider,
        f"{number(row.done + row.kept)}/{number(row.total)}" if row.total else "",
        number(len(row.flying)) if row.flying else "",
        number(row.failed) if row.failed else "",
        waiting if row.waiting else "",
        rate(per_minute) if per_minute is not None else "",
        _spent(row),
        _coarse(left) if left else "",
    ]


def _coarse(seconds: float) -> str:
    """One unit: what is left must not flicker."""
    if seconds < 99.5:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_970 else f"{seconds / 3_600:.1f} h"


def _sum(board: Board, now: float) -> list[str]:
    whole = board.sum()
    whole.provider = "all" if whole.total else "nothing to do"
    left = None if board.draining is not None else board.left(now)
    cell_row = _cells(whole, board.rate(now), left, "")
    hidden = len(board.shown()) - ROWS
    if hidden > 0:
        cell_row[_NAME] = f"all, {counted(hidden, 'more provider')}"
    return cell_row


def _spent(row: Row) -> str:
    """Money so far; a question mark stands for prices that nobody knows."""
    exact = Decimal("0.01") if row.spent >= 1 else Decimal("0.001")
    known = f"${row.spent.quantize(exact):,}" if row.spent else ""
    return known + ("+?" if known else "?") * bool(row.unknown)


def _fit(table: Sequence[Sequence[str]], width: int) -> tuple[list[int], dict[int, int]]:
    """The columns kept and their widths: names and reasons shrink, then whole columns go."""
    steady = {_NAME, _FLYING, *_ROOM}
    kept = [i for i in range(len(table[0])) if i in steady or any(row[i] for row in table[1:])]
    widths = {i: max(_ROOM.get(i, 0), *(cells(row[i]) for row in table)) for i in kept}
    least = {_NAME: 10, _WAITING: 16}
    while (over := _over(widths, width)) > 0:
        widest = max(least, key=lambda i: widths.get(i, 0) - least[i])
        room = widths.get(widest, 0) - least[widest]
        if room > 0:
            widths[widest] -= min(over, max(1, room // 2))
            continue
        going = next((i for i in _FIRST_TO_GO if i in widths), None)
        if going is None:
            break
        del widths[going]
    return [i for i in kept if i in widths], widths


def _over(widths: dict[int, int], width: int) -> int:
    return sum(widths.values()) + GAP * (len(widths) - 1) - width


def _line(row: Sequence[str], kept: list[int], widths: dict[int, int]) -> tuple[str, str]:
    """The name, and everything after it."""
    padded = [
        pad(shorten(row[i], widths[i]), widths[i], right=i not in _LEFT_ALIGNED) for i in kept
    ]
    return padded[0], (" " * GAP).join(padded[1:])


def _bar(row: Row) -> tuple[str, str]:
    """What is done, and the rest: failures, then what is open."""
    total = row.total or 1
    good = _BAR * (row.done + row.kept) // total
    bad = min(_BAR - good, -(-_BAR * row.failed // total))
    return "━" * good, "x" * bad + "─" * (_BAR - good - bad)
