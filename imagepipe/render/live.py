"""Progress on a terminal: a row per provider that is redrawn in place, failures above it.

The listener is called by the run, the drawing by rich's own thread: a lock stands between them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from imagepipe import events
from imagepipe.events import Event
from imagepipe.render.board import Board, Bounds
from imagepipe.render.grid import grid
from imagepipe.render.lines import Line, Loudness, Speech, Tone

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_STYLES = {Tone.FAILURE: "red", Tone.WARNING: "yellow", Tone.GOOD: "green", Tone.NOTE: "dim"}


class Live:
    """A listener that draws, while it is entered."""

    def __init__(
        self,
        console: Console,
        clock: Callable[[], float],
        *,
        bounds: Mapping[str, Bounds] | None = None,
        loudness: Loudness = Loudness.NORMAL,
    ) -> None:
        from rich.live import Live as Drawing  # noqa: PLC0415 - late: 60 ms

        self._console = console
        self._clock = clock
        self._board = Board(bounds)
        self._speech = Speech(loudness)
        self._lock = threading.Lock()
        self._drawing = Drawing(
            console=console,
            get_renderable=self.rows,
            refresh_per_second=5,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        self._drawing.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A terminal that is gone takes no last drawing either; the run's result is not lost by it.
        with suppress(OSError):
            self._drawing.stop()

    def __call__(self, event: Event) -> None:
        if isinstance(event, events.Left):  # what follows is the end of the process
            self._drawing.stop()
            return
        with self._lock:
            self._board.take(event, self._clock())
            line = self._speech.line(event)
        if line is not None:
            self._console.print(styled(line), soft_wrap=False)

    def rows(self) -> Text:
        """What is drawn at this moment."""
        with self._lock:
            return drawing(self._board, self._clock(), self._console.width)


def styled(line: Line) -> Text:
    from rich.text import Text  # noqa: PLC0415 - late: with the rest of rich

    return Text(line.text, style=_STYLES[line.tone])


def drawing(board: Board, now: float, width: int) -> Text:
    """The grid with colours, for a terminal of `width` columns."""
    from rich.text import Text  # noqa: PLC0415 - late: with the rest of rich

    lines = []
    for index, line in enumerate(grid(board, now, width)):
        style = "dim" if index == 0 else "bold" if line.is_sum else ""
        lines.append(
            Text.assemble(
                line.name,
                (line.good, "green"),
                (line.bad, "red" if line.failed else "dim"),
                line.rest,
                style=style,
                no_wrap=True,
            )
        )
    return Text("\n").join(lines)
