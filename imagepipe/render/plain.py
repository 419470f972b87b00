"""Progress without a terminal: a line every few seconds and one per failure, no escapes.

The clock is handed in. Nothing is printed between events, so a run that waits is silent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from imagepipe import events
from imagepipe.events import Event
from imagepipe.render.board import Board, Bounds, Row
from imagepipe.render.lines import Loudness, Speech
from imagepipe.render.text import cost, counted, duration, number, rate

EVERY = 10.0
"""Seconds between two lines of progress."""


class Plain:
    """A listener that writes lines."""

    def __init__(
        self,
        write: Callable[[str], None],
        clock: Callable[[], float],
        *,
        bounds: Mapping[str, Bounds] | None = None,
        loudness: Loudness = Loudness.NORMAL,
        every: float = EVERY,
    ) -> None:
        """Make one.

        Args:
            write: Takes one line, without its line break.
            clock: Seconds of any steady clock.
            bounds: Declared limits by provider, to say what a job waits for.
            loudness: How much to say.
            every: Seconds between two lines of progress.
        """
        self._write = write
        self._clock = clock
        self._speech = Speech(loudness)
        self._quiet = loudness is Loudness.QUIET
        self._every = every
        self._board = Board(bounds)
        self._due = 0.0

    def __call__(self, event: Event) -> None:
        now = self._clock()
        self._board.take(event, now)
        line = self._speech.line(event)
        if line is not None:
            self._write(line.text)
        if self._quiet:
            return
        if isinstance(event, events.RunStarted):
            self._write(started(event))
            self._due = now + self._every
        elif now >= self._due:
            self._write(progress(self._board, now))
            self._due = now + self._every


def started(event: events.RunStarted) -> str:
    work = ", ".join(f"{name} {number(jobs)}" for name, jobs in sorted(event.work.items()) if jobs)
    about = f"to do: {work}" if work else "nothing to do"
    return f"run {event.run}: {counted(event.total, 'job')}, {about}"


def progress(board: Board, now: float) -> str:
    """The whole run on one line, and each provider that has work left."""
    whole = board.sum()
    parts = [f"{number(whole.done + whole.kept)} of {number(whole.total)} done"]
    parts += [f"{number(len(whole.flying))} in flight"] if whole.flying else []
    parts += [f"{number(whole.failed)} failed"] if whole.failed else []
    parts += [f"spent {cost(whole.spent, whole.unknown)}"]
    per_minute, left = board.rate(now), board.left(now)
    parts += [rate(per_minute)] if per_minute is not None else []
    parts += [f"{duration(left)} left"] if left else []
    rows = [_row(row, now) for row in board.shown() if row.waiting or row.flying]
    return ", ".join(parts) + (f" [{'; '.join(rows)}]" if len(rows) > 1 or _held(rows) else "")


def _row(row: Row, now: float) -> str:
    text = f"{row.provider} {number(row.done + row.kept)}/{number(row.total)}"
    why = row.why_waiting(now) if row.waiting else ""
    return f"{text}, {number(row.waiting)} waiting: {why}" if why else text


def _held(rows: list[str]) -> bool:
    return any("waiting" in row for row in rows)
