"""Progress on a terminal: where a run stands, drawn in place, and failures above it as they come.

The listener is called by the run, the drawing is a thread's: a lock stands between them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from imagepipe import events
from imagepipe.events import Event
from imagepipe.render.board import Board
from imagepipe.render.grid import Ink, Piece, board_lines
from imagepipe.render.holds import TimeOfDay, local_time
from imagepipe.render.lines import Loudness, Speech, Tone
from imagepipe.render.region import Region, piece

if TYPE_CHECKING:
    from rich.console import Console

EVERY = 0.25
"""Seconds between two looks at whether there is something new to draw."""

INKS = {Tone.FAILURE: Ink.BAD, Tone.WARNING: Ink.WARN, Tone.GOOD: Ink.GOOD, Tone.NOTE: Ink.DIM}


class Live:
    """A listener that draws, while it is entered. `clock` goes on steadily, since the epoch."""

    def __init__(
        self,
        console: Console,
        clock: Callable[[], float],
        *,
        loudness: Loudness = Loudness.NORMAL,
        time: TimeOfDay = local_time,
    ) -> None:
        self._region = Region(console)
        self._clock = clock
        self._time = time
        self._board = Board()
        self._speech = Speech(loudness, time=lambda seconds: time(clock() + seconds))
        self._above: list[list[Piece]] = []
        self._begun = False
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="live", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()
        self._thread.join()

    def __call__(self, event: Event) -> None:
        if isinstance(event, events.Left):  # what follows is the end of the process
            self._stop()
            return
        with self._lock:
            self._board.take(event, self._clock())
            self._begun = self._begun or isinstance(event, events.RunStarted)
            line = self._speech.line(event)
            if line is not None:
                self._above.append(piece(line.text, INKS[line.tone]))

    def draw(self) -> None:
        """Bring the terminal up to date.

        Raises:
            OSError: it is gone.
        """
        with self._lock:
            if self._over.is_set():
                return
            above, self._above = self._above, []
            if self._begun:
                self._region.draw(self._lines(), above)
            elif above:
                self._region.draw((), above)

    def _lines(self) -> list[list[Piece]]:
        standing = self._board.standing(self._clock())
        region = self._region
        return board_lines(standing, region.width, height=region.height, time=self._time)

    def _serve(self) -> None:
        with suppress(OSError):  # a terminal that is gone; the run goes on
            while not self._over.wait(EVERY):
                self.draw()

    def _stop(self) -> None:
        """Take the drawing away; a terminal that is gone takes no last one either."""
        with self._lock, suppress(OSError):
            if not self._over.is_set():
                self._over.set()
                self._region.draw((), self._above)
                self._above = []
