"""Progress on a terminal: a row per provider that is redrawn in place, failures above it.

The listener is called by the run, the drawing by rich's own thread: a lock stands between them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from imagepipe.events import Event
from imagepipe.render.board import Board, Bounds, Row
from imagepipe.render.lines import Line, Loudness, Speech, Tone
from imagepipe.render.text import counted, duration, money, number, rate

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

WIDE = 120
"""Columns from which on bars are drawn and words are spelt out."""

ROWS = 12
"""Providers shown at a time; those with work left come first."""

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
            get_renderable=self._draw,
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
        self._drawing.stop()

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._board.take(event, self._clock())
            line = self._speech.line(event)
        if line is not None:
            self._console.print(styled(line), soft_wrap=False)

    def _draw(self) -> Table:
        with self._lock:
            return table(self._board, self._clock(), self._console.width)


def styled(line: Line) -> Text:
    from rich.text import Text  # noqa: PLC0415 - late: with the rest of rich

    return Text(line.text, style=_STYLES[line.tone])


def table(board: Board, now: float, width: int) -> Table:
    """The rows of all providers, and their sum, for a terminal of `width` columns."""
    from rich.table import Table  # noqa: PLC0415 - late: with the rest of rich

    wide = width >= WIDE
    drawn = Table(box=None, pad_edge=False, show_header=wide, header_style="dim", padding=(0, 1))
    drawn.add_column("", no_wrap=True, overflow="ellipsis", max_width=28 if wide else 15)
    if wide:
        drawn.add_column("", no_wrap=True)
    for name in ("done", "in flight", "failed"):
        drawn.add_column(name, justify="right", no_wrap=True)
    drawn.add_column("waiting", no_wrap=True, overflow="ellipsis", max_width=40 if wide else 24)
    for name in ("rate", "spent", "left"):
        drawn.add_column(name, justify="right", no_wrap=True)
    rows = _worth_showing(board.shown())
    for row in rows:
        drawn.add_row(*_cells(row, row.rate(now), row.left(now), now, wide=wide))
    if len(board.shown()) > 1 or not rows:
        drawn.add_row(*_last(board, now, wide=wide), style="bold")
    return drawn


def _worth_showing(rows: list[Row]) -> list[Row]:
    if len(rows) <= ROWS:
        return rows
    busiest = sorted(rows, key=lambda row: -(row.waiting + len(row.flying)))[:ROWS]
    return [row for row in rows if row in busiest]


def _cells(
    row: Row, per_minute: float | None, left: float | None, now: float, *, wide: bool
) -> list[Text | str]:
    finished = row.done + row.kept
    cells: list[Text | str] = [row.provider]
    if wide:
        cells.append(_bar(finished, row.failed, row.total))
    cells += [
        f"{number(finished)}/{number(row.total)}",
        _some(len(row.flying), "" if wide else " flying"),
        _failed(row.failed, "" if wide else " failed"),
        _waiting(row, now),
        rate(per_minute) if per_minute is not None else "",
        _spent(row),
        duration(left) if left else "",
    ]
    return cells


def _last(board: Board, now: float, *, wide: bool) -> list[Text | str]:
    whole = board.sum()
    whole.provider = "all" if whole.total else "nothing to do"
    cells = _cells(whole, board.rate(now), board.left(now), now, wide=wide)
    hidden = len(board.shown()) - ROWS
    if board.draining is not None:
        cells[-4] = f"{board.draining}: finishing what is paid"
    elif hidden > 0:
        cells[-4] = f"{counted(hidden, 'provider')} not shown"
    return cells


def _some(count: int, word: str) -> str:
    return f"{number(count)}{word}" if count else ""


def _failed(count: int, word: str) -> Text | str:
    from rich.text import Text  # noqa: PLC0415 - late: with the rest of rich

    return Text(_some(count, word), style="red") if count else ""


def _waiting(row: Row, now: float) -> str:
    if not row.waiting:
        return ""
    why = row.why_waiting(now)
    return f"{number(row.waiting)} waiting: {why}" if why else f"{number(row.waiting)} waiting"


def _spent(row: Row) -> str:
    return f"{money(row.spent)}+?" if row.unknown else money(row.spent)


def _bar(finished: int, failed: int, total: int, width: int = 24) -> Text:
    from rich.text import Text  # noqa: PLC0415 - late: with the rest of rich

    good = width * finished // total if total else 0
    bad = min(width - good, -(-width * failed // total)) if total and failed else 0
    return Text.assemble(
        ("━" * good, "green"), ("━" * bad, "red"), ("─" * (width - good - bad), "dim")
    )
