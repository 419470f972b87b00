"""Runs as they are watched from another process: their boards, their ends, and lines of JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from imagepipe.model import Json
from imagepipe.render.grid import Ink, Piece, board_lines, money_parts
from imagepipe.render.holds import TimeOfDay, local_time
from imagepipe.render.summary import Step, next_lines
from imagepipe.render.text import counted, number, shorten, wrap
from imagepipe.standing import Hold, Lane, Said, Standing, whole

VERSION = 1

LATEST = 10
"""Lines that are told of what was said before anybody watched."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A run as it is seen: `hidden` where nobody can tell from here whether it is at work."""

    standing: Standing
    host: str
    pid: int
    at_work: bool
    hidden: bool = False


def watched_lines(
    sights: Sequence[Sight], width: int, height: int, time: TimeOfDay = local_time
) -> list[list[Piece]]:
    """The boards of the runs that are at work, one below the other."""
    working = [one for one in sights if one.at_work]
    room = max(5, height // max(1, len(working)))
    lines: list[list[Piece]] = []
    for one in working:
        lines += [[Piece("")]] if lines else []
        lines += board_lines(one.standing, width, height=room, watched=True, time=time)
        if one.hidden:
            where = f"process {one.pid} on {one.host} cannot be seen from here"
            heard = f"last heard of at {time(one.standing.at)}: {where}"
            lines.append([Piece(shorten(heard, width), Ink.WARN)])
    return lines[: max(1, height - 1)]


def died_text(
    sight: Sight, again: str, pending: str, width: int, time: TimeOfDay = local_time
) -> str:
    """A run that is gone without a last word, as it stood when it was last heard of."""
    standing = sight.standing
    lane = whole(standing.lanes)
    head = (
        f"run {standing.run} is over without a last word: its process {sight.pid} on {sight.host} "
        "is gone (killed, or ended by an error)."
    )
    counts = [
        f"{number(lane.done + lane.kept)} of {number(lane.total)} done",
        f"{number(lane.in_flight)} in flight",
        *([f"{number(lane.failed)} failed"] if lane.failed else []),
        *money_parts(standing, lane),
    ]
    stood = f"When last heard of, at {time(standing.at)}: {', '.join(counts)}."
    doubts = ""
    if lane.unanswered:
        many = counted(lane.unanswered, "submit")
        doubts = (
            f"{many} had no answer yet, and may have been paid for: never sent again by itself."
        )
    steps = [Step("nothing that was paid for is lost; this goes on where it stopped", again)]
    steps += [Step("this shows what may be in doubt", pending)] if lane.in_flight else []
    lines = [line for text in (head, stood, doubts) for line in wrap(text, width)]
    return "\n".join([*lines, *next_lines(steps, width)])


def news(standing: Standing, known: int | None) -> list[Said]:
    """What was said since `known` lines; None: nobody watched, and the latest will do."""
    new = standing.spoken - (known or 0)
    kept = max(0, min(new, len(standing.said), LATEST if known is None else new))
    lines = list(standing.said[len(standing.said) - kept :])
    if missed := new - kept:
        lines.insert(0, Said(f"({counted(missed, 'earlier line')} not shown)", "note"))
    return lines


def standing_json(sight: Sight) -> dict[str, Json]:
    """A run at one moment, for machines. Money is text in USD, times are UTC, unknown is null."""
    standing = sight.standing
    ending = standing.ending
    return {
        "version": VERSION,
        "type": _type(sight),
        "time": _utc(standing.at),
        "run": standing.run,
        "manifests": list(standing.manifests),
        "rehearsal": standing.rehearsal,
        "host": sight.host,
        "pid": sight.pid,
        "started": _utc(standing.started),
        "draining": standing.signal,
        "max_cost": _money(standing.max_cost),
        "jobs": _lane(whole(standing.lanes)) | {"total": standing.total},
        "providers": {lane.provider: _lane(lane) for lane in standing.lanes},
        "exit_code": None if ending is None else ending.exit_code,
    }


def _type(sight: Sight) -> str:
    if sight.standing.ending is not None:
        return "ended"
    if not sight.at_work:
        return "died"
    return "hidden" if sight.hidden else "at_work"


def _lane(lane: Lane) -> dict[str, Json]:
    return {
        "total": lane.total,
        "done": lane.done,
        "kept": lane.kept,
        "failed": lane.failed,
        "in_flight": lane.in_flight,
        "unanswered": lane.unanswered,
        "waiting": lane.waiting,
        "blocked": lane.blocked,
        "spent": _money(lane.spent),
        "unknown": lane.unknown,
        "reserved": _money(lane.reserved),
        "reserved_unknown": lane.reserved_unknown,
        "per_minute": None if lane.rate is None else round(lane.rate, 1),
        "seconds_left": None if lane.left is None else round(lane.left),
        "why": None if lane.hold is None else _hold(lane.hold),
    }


def _hold(hold: Hold) -> dict[str, Json]:
    return {
        "why": hold.why.value,
        "text": hold.text,
        "until": None if hold.until is None else _utc(hold.until),
        "asked": hold.asked,
        "most": _money(hold.most),
    }


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")


def _utc(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
