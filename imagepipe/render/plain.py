"""Progress without a terminal: a line every few seconds and one per failure, no cursor moved.

The clock is handed in. Whoever wants lines while nothing happens, too, calls `tick` now and then,
from a thread of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from imagepipe import events
from imagepipe.events import Event
from imagepipe.render.board import Board
from imagepipe.render.grid import money_parts
from imagepipe.render.holds import TimeOfDay, hold_text, local_time
from imagepipe.render.lines import Loudness, Speech, Tone
from imagepipe.render.text import coarse, counted, number, rate
from imagepipe.standing import Lane, Standing, whole

EVERY = 5.0
"""Seconds between two lines of progress, in the first five minutes."""

SELDOM = 60.0
"""The most that there are between two lines. Long runs tell less often: after an hour this much."""

ROWS = 6
"""Providers on a line: the largest that have work left."""

_REASON = 60
"""Cells of a reason for waiting."""

_CODES = {Tone.FAILURE: "31", Tone.WARNING: "33", Tone.GOOD: "32", Tone.NOTE: "2"}


class Plain:
    """A listener that writes lines."""

    def __init__(
        self,
        write: Callable[[str], None],
        clock: Callable[[], float],
        *,
        loudness: Loudness = Loudness.NORMAL,
        every: float = EVERY,
        color: bool = False,
        time: TimeOfDay = local_time,
    ) -> None:
        """Make one.

        Args:
            write: Takes one line, without its line break.
            clock: Seconds since the epoch, going on steadily.
            loudness: How much to say.
            every: Seconds between two lines of progress.
            color: Whether failures and warnings are set off by colours.
            time: How a time of day is written.
        """
        self._write = write
        self._clock = clock
        self._time = time
        self._color = color
        self._speech = Speech(loudness, time=lambda seconds: time(clock() + seconds))
        self._quiet = loudness is Loudness.QUIET
        self._every = every
        self._board = Board()
        self._due: float | None = None
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock:
            now = self._clock()
            self._board.take(event, now)
            line = self._speech.line(event)
            if line is not None:
                self._write(colored(line.text, line.tone) if self._color else line.text)
            match event:
                case events.RunStarted() if not self._quiet:
                    self._write(started(event))
                    self._due = now + self._every
                case events.RunFinished() | events.Left():
                    self._due = None
                case _:
                    self._tick(now)

    def tick(self) -> None:
        """Write a line of progress, if it is time."""
        with self._lock:
            self._tick(self._clock())

    def _tick(self, now: float) -> None:
        if self._due is not None and now >= self._due:
            standing = self._board.standing(now)
            self._write(progress(standing, self._time))
            self._due = now + pause(now - standing.started, self._every)


def colored(text: str, tone: Tone) -> str:
    return f"\x1b[{_CODES[tone]}m{text}\x1b[0m"


def pause(age: float, every: float) -> float:
    """Seconds until the next line of a run that has been on for `age` seconds."""
    return max(every, min(SELDOM, age / SELDOM))


@contextmanager
def ticking(plain: Plain) -> Iterator[Plain]:
    """Call `tick` every second, so that a run that waits is not silent."""
    over = threading.Event()

    def serve() -> None:
        while not over.wait(1.0):
            plain.tick()

    thread = threading.Thread(target=serve, name="plain", daemon=True)
    thread.start()
    try:
        yield plain
    finally:
        over.set()
        thread.join()


def started(event: events.RunStarted) -> str:
    work = ", ".join(f"{name} {number(jobs)}" for name, jobs in sorted(event.work.items()) if jobs)
    about = f"to do: {work}" if work else "nothing to do"
    return f"run {event.run}: {counted(event.total, 'job')}, {about}"


def progress(standing: Standing, time: TimeOfDay = local_time) -> str:
    """The whole run on one line, and each provider that has work left."""
    lane = whole(standing.lanes)
    parts = [f"{number(lane.done + lane.kept)} of {number(lane.total)} done"]
    parts += [f"{number(lane.in_flight)} in flight"] if lane.in_flight else []
    parts += [f"{number(lane.failed)} failed"] if lane.failed else []
    parts += money_parts(standing, lane)
    parts += [rate(lane.rate)] if lane.rate else []
    if standing.signal is not None:
        what = "leaving" if standing.leaving else "draining"
        parts.append(f"{what} after {standing.signal}")
    elif lane.waiting - lane.blocked + lane.in_flight:
        parts.append(f"about {coarse(lane.left)} left" if lane.left else "time left unknown")
    busy = [one for one in standing.lanes if one.waiting or one.in_flight]
    rows = [_row(one, time) for one in sorted(busy, key=lambda one: -one.total)[:ROWS]]
    rows += [f"{counted(len(busy) - ROWS, 'more provider')}"] if len(busy) > ROWS else []
    return ", ".join(parts) + (f" [{'; '.join(rows)}]" if rows else "")


def _row(lane: Lane, time: TimeOfDay) -> str:
    text = f"{lane.provider} {number(lane.done + lane.kept)}/{number(lane.total)}"
    if not lane.waiting:
        return text
    why = f": {hold_text(lane.hold, lane.provider, _REASON, time)}" if lane.hold else ""
    return f"{text}, {number(lane.waiting)} waiting{why}"
