"""A run's standing as lines of equal columns that fit a terminal. Text only; tones say what stands
out, and whoever draws may colour them.

Numbers are never cut: names and reasons give way first, then the columns that say least. Columns
are as wide from the start as they will have to be, so that nothing jumps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from imagepipe.render.holds import TimeOfDay, hold_text, local_time
from imagepipe.render.text import (
    cells,
    clock_time,
    coarse,
    counted,
    money,
    number,
    pad,
    rate,
    shorten,
)
from imagepipe.standing import Lane, Standing, Why, whole

ROWS = 12
"""Providers shown at a time: those with most work left."""

SPELT, RATES, BARS = 79, 109, 149
"""Cells from which on words are spelt out, rows have rates and times, and bars of their own; a
terminal of 80 columns has 79."""

GAP = 2
_NAMES, _BAR, _LONGEST, _LEAST_WHY = (10, 28), 20, 72, 14


class Ink(StrEnum):
    """How a piece stands out."""

    PLAIN = ""
    DIM = "dim"
    STRONG = "bold"
    GOOD = "green"
    BAD = "red"
    WARN = "yellow"


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    ink: Ink = Ink.PLAIN


@dataclass(frozen=True, slots=True)
class _Column:
    """Where a table's cells are and how wide; `left`: flush left."""

    head: str
    width: int
    left: bool = False


def board_lines(
    standing: Standing,
    width: int,
    *,
    height: int = 24,
    watched: bool = False,
    time: TimeOfDay = local_time,
) -> list[list[Piece]]:
    """All that is drawn of a run: none is wider than `width`, and they are fewer than `height`.

    `watched`: from another process, where Ctrl-C is not the run's.
    """
    head = [_title(standing, width), _progress(whole(standing.lanes), width)]
    foot = [*_draining(standing, width, watched=watched), *_totals(standing, width)]
    room = height - len(head) - len(foot) - 3  # the names of columns, the sum, and the cursor
    if room < min(2, len(standing.lanes)):
        return [head[0], *_counted(standing, width), *foot][: max(1, height - 1)]
    table = _table(standing, width, min(ROWS, room), time) if standing.lanes else []
    return [*head, *table, *foot]


def _counted(standing: Standing, width: int) -> list[list[Piece]]:
    """All providers in words, where there is no room for rows."""
    lane = whole(standing.lanes)
    parts = [f"{number(lane.done + lane.kept)} of {number(lane.total)} done"]
    for count, word in (
        (lane.in_flight, "in flight"),
        (lane.failed, "failed"),
        (lane.waiting, "waiting"),
    ):
        parts += [f"{number(count)} {word}"] if count else []
    return _packed(parts, width)


def text_of(line: Sequence[Piece]) -> str:
    return "".join(piece.text for piece in line).rstrip()


def _title(standing: Standing, width: int) -> list[Piece]:
    about = " · ".join(standing.manifests)
    rehearsal = " · a rehearsal" if standing.rehearsal else ""
    text = f"run {standing.run} · {about}{rehearsal}"
    if cells(text) > width:
        text = f"run {standing.run}{rehearsal}"
    return [Piece(shorten(text, width), Ink.DIM)]


def _progress(lane: Lane, width: int) -> list[Piece]:
    """One bar for the whole run, with what it counts; no picture is done before it is."""
    through = lane.done + lane.kept
    percent = f" {100 * through // max(lane.total, 1):3d} %"
    return [*_bar(lane, max(1, min(_LONGEST, width - len(percent)))), Piece(percent, Ink.STRONG)]


def _bar(lane: Lane, width: int) -> list[Piece]:
    """What is done, what failed, and what is open."""
    total = max(lane.total, 1)
    good = width * (lane.done + lane.kept) // total
    bad = min(width - good, -(-width * lane.failed // total))
    rest = width - good - bad
    return [Piece("━" * good, Ink.GOOD), Piece("x" * bad, Ink.BAD), Piece("─" * rest, Ink.DIM)]


def _table(standing: Standing, width: int, room: int, time: TimeOfDay) -> list[list[Piece]]:
    lanes = standing.lanes
    shown = _busiest(lanes, room)
    columns = _columns(lanes, width)
    bars = width >= BARS
    lines = [_line(columns, [column.head for column in columns], Ink.DIM)]
    if bars:
        lines[0].insert(1, Piece(" " * (_BAR + GAP)))
    for lane in [*shown, *([whole(lanes)] if len(lanes) != 1 else [])]:
        strong = Ink.STRONG if lane.provider == "all" else Ink.PLAIN
        row = _cells(lane, columns, time, len(lanes) - len(shown))
        line = _line(columns, row[: len(columns)], strong)
        if bars:
            line[1:1] = [*_bar(lane, _BAR), Piece(" " * GAP)]
        lines.append(_toned(line, lane, has_why=columns[-1].left))
    return lines


def _busiest(lanes: Sequence[Lane], room: int) -> list[Lane]:
    """In the order of their names, whichever they are; those that are through give way first."""
    if len(lanes) <= room:
        return list(lanes)
    order = sorted(lanes, key=lambda lane: (not lane.waiting + lane.in_flight, -lane.total))
    chosen = {lane.provider for lane in order[:room]}
    return [lane for lane in lanes if lane.provider in chosen]


def _columns(lanes: Sequence[Lane], width: int) -> list[_Column]:
    """Name, done, in flight, failed, waiting, then rate, time left and money, then the reason."""
    digits = len(number(sum(lane.total for lane in lanes)))
    spelt = width >= SPELT
    counts = [
        _Column("done", max(9, 2 * digits + 1)),
        _Column("in flight" if spelt else "busy", 9 if spelt else 4),
        _Column("failed" if spelt else "fail", max(digits, 6 if spelt else 4)),
        _Column("waiting" if spelt else "wait", max(digits, 7 if spelt else 4)),
    ]
    if width >= RATES:
        counts += [_Column("rate", 9), _Column("time left", 9), _Column("spent", 9)]
    while counts and sum(column.width + GAP for column in counts) > width - _NAMES[0]:
        counts.pop()
    used = sum(column.width + GAP for column in counts) + (_BAR + GAP if width >= BARS else 0)
    longest = max(cells(lane.provider) for lane in lanes)
    free = width - used
    name = max(_NAMES[0], min(_NAMES[1], longest, free - GAP - _LEAST_WHY - (8 if spelt else 0)))
    columns = [_Column("", name, left=True), *counts]
    why = free - name - GAP
    return [*columns, _Column("", why, left=True)] if why >= _LEAST_WHY else columns


def _cells(lane: Lane, columns: Sequence[_Column], time: TimeOfDay, hidden: int) -> list[str]:
    """A row in the order of the columns; what is nothing is left empty."""
    name = f"all (+{hidden})" if lane.provider == "all" and hidden else lane.provider
    counts = [number(count) if count else "" for count in (lane.in_flight, lane.failed)]
    found = [name, f"{number(lane.done + lane.kept)}/{number(lane.total)}", *counts]
    found.append(number(lane.waiting) if lane.waiting else "")
    if len(columns) > 6:
        found += [rate(lane.rate) if lane.rate else "", _left(lane), _spent(lane)]
    if len(columns) > len(found):
        hold, room = lane.hold, columns[-1].width
        found.append(hold_text(hold, lane.provider, room, time) if hold else "")
    return found


def _line(columns: Sequence[_Column], row: Sequence[str], ink: Ink) -> list[Piece]:
    """A piece per column, so that any of them can be set off; nothing is added to the last."""
    pieces = []
    for column, text in zip(columns, row, strict=True):
        cut = shorten(text, column.width)
        last = column is columns[-1]
        padded = cut if last and column.left else pad(cut, column.width, right=not column.left)
        pieces.append(Piece(padded if last else padded + " " * GAP, ink))
    return pieces


def _toned(line: list[Piece], lane: Lane, *, has_why: bool) -> list[Piece]:
    """Failures in red, and what holds a provider up by how grave it is."""
    bars = 4 if len(line) > 9 else 0
    if lane.failed and len(line) > 3 + bars:
        line[3 + bars] = Piece(line[3 + bars].text, Ink.BAD)
    if lane.hold is not None and has_why:
        grave = lane.hold.why in (Why.STOPPED, Why.BLOCKED)
        ink = Ink.BAD if grave else Ink.WARN if lane.hold.why is Why.CLOSED else Ink.DIM
        line[-1] = Piece(line[-1].text, ink)
    return line


def _draining(standing: Standing, width: int, *, watched: bool) -> list[list[Piece]]:
    if standing.signal is None:
        return []
    if standing.leaving:
        return [[Piece(shorten(_leaving(standing, watched=watched), width), Ink.WARN)]]
    open_ = number(whole(standing.lanes).in_flight)
    again = "" if watched else "; Ctrl-C again leaves now"
    text = f"{standing.signal}: {open_} in flight to bring in, nothing new is sent{again}"
    if cells(text) > width:
        text = f"draining: {open_} in flight to bring in{again.removesuffix(' now')}"
    return [[Piece(shorten(text, width), Ink.WARN)]]


def _leaving(standing: Standing, *, watched: bool) -> str:
    """Tickets stay for the next run; what has no answer yet would be in doubt."""
    open_ = whole(standing.lanes).unanswered
    answers = "the answer" if open_ == 1 else "the answers"
    again = "" if watched else "; Ctrl-C again does not"
    return f"{standing.signal}: leaving; waits for {answers} to {counted(open_, 'submit')}{again}"


def _totals(standing: Standing, width: int) -> list[list[Piece]]:
    """Time and money of the whole run, in as few lines as they need."""
    lane = whole(standing.lanes)
    parts = [clock_time(standing.at - standing.started)]
    if lane.waiting - lane.blocked + lane.in_flight and standing.signal is None:
        parts.append(f"about {coarse(lane.left)} left" if lane.left else "time left unknown")
    parts += [rate(lane.rate)] if lane.rate else []
    return _packed([*parts, *money_parts(standing, lane)], width)


def _packed(parts: Sequence[str], width: int) -> list[list[Piece]]:
    """In as few lines as they need."""
    lines: list[str] = []
    for part in parts:
        if lines and cells(lines[-1]) + 3 + cells(part) <= width:
            lines[-1] += f" · {part}"
        else:
            lines.append(shorten(part, width))
    return [[Piece(line)] for line in lines]


def money_parts(standing: Standing, lane: Lane) -> list[str]:
    """What was spent, what jobs in flight may cost, and the limit; unknown is not nothing."""
    spent = _sum(lane.spent, lane.unknown)
    if standing.rehearsal:
        return [
            f"live it would have cost {spent}" if lane.spent or lane.unknown else "nothing spent"
        ]
    parts = [f"spent {spent}"]
    if lane.reserved or lane.reserved_unknown:
        parts.append(f"reserved {_sum(lane.reserved, lane.reserved_unknown)}")
    if standing.max_cost is not None:
        parts.append(f"limit {money(standing.max_cost)}")
    return parts


def _sum(known: Decimal, unknown: int) -> str:
    """`$0.20`, `$0.20 + 3 of unknown price`, `3 of unknown price`."""
    rest = f"{number(unknown)} of unknown price"
    if not unknown:
        return money(known)
    return f"{money(known)} + {rest}" if known else rest


def _left(lane: Lane) -> str:
    if not lane.waiting - lane.blocked + lane.in_flight:
        return ""
    return coarse(lane.left) if lane.left else "unknown"


def _spent(lane: Lane) -> str:
    """Money so far; a question mark stands for prices that nobody knows."""
    exact = Decimal("0.01") if lane.spent >= 1 else Decimal("0.001")
    known = f"${lane.spent.quantize(exact):,}" if lane.spent else ""
    return known + ("+?" if known else "?") * bool(lane.unknown)
