"""Runs at one moment, to be drawn: what a board, a plain line and a watch show of them.

Times are of one fixed day, shown as UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

from imagepipe import events
from imagepipe.render.board import Board
from imagepipe.standing import Standing
from tests.unit.render.values import fault, finished, key, stopped

BEGUN = datetime(2027, 1, 2, 14, 2, 0, tzinfo=UTC).timestamp()
NOW = BEGUN + 80.0


def time(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%H:%M:%S")


def begun(work: dict[str, int], *, rehearsal: bool = False, limit: str | None = "25.00") -> Board:
    board = Board()
    most = Decimal(limit) if limit is not None else None
    total = sum(work.values()) + 216
    started = events.RunStarted("7ca5ea6a146f", ("spring.yaml",), total, work, rehearsal, most)
    board.take(started, BEGUN)
    return board


def submit(board: Board, number: int, provider: str, price: Decimal | None, after: float) -> None:
    path = f"MUG-{number}/hero"
    board.take(events.Submitting(key(number), provider, path, 1, price), BEGUN + after)


def busy() -> Standing:
    """Five providers: one paced, one full, one that asked for a pause, one that fails, one new."""
    cent = Decimal("0.04")
    work = {"runcrate": 420, "rungen": 600, "runway": 200, "cometapi-runway": 40, "goneural": 96}
    board = begun(work)
    board.take(events.Limited("runcrate", Decimal(60), None), BEGUN)
    board.take(events.Limited("rungen", None, 2), BEGUN)
    for number in range(70):
        submit(board, number, "runcrate", cent, float(number))
        board.take(finished(number, "runcrate", cost=cent), BEGUN + number + 0.5)
    board.take(stopped(70, "runcrate"), BEGUN + 71)
    submit(board, 100, "rungen", None, 70.0)
    submit(board, 101, "rungen", None, 71.0)
    for number in range(102, 110):
        board.take(finished(number, "rungen", cost=None), BEGUN + 72)
    words = "Too many requests, slow down"
    board.take(events.GateClosed("runway", 120.0, words, asked=True), NOW - 20)
    board.take(events.GateClosed("cometapi-runway", 8.0, "HTTP 503 Service Unavailable"), NOW - 1)
    for number in range(200, 204):
        submit(board, number, "goneural", cent, 75.0)
    return board.standing(NOW)


def early() -> Standing:
    """Nothing is back yet: neither rates nor times are known."""
    board = begun({"runcrate": 12, "goneural": 12}, rehearsal=True, limit=None)
    for number in range(4):
        submit(board, number, "runcrate", Decimal("0.003"), 1.0)
    return board.standing(BEGUN + 2.0)


def draining() -> Standing:
    """After Ctrl-C: three are brought in, the rest is left."""
    board = begun({"runcrate": 120}, limit=None)
    for number in range(40):
        submit(board, number, "runcrate", Decimal("0.04"), number / 4)
        if number < 37:
            board.take(finished(number, "runcrate"), BEGUN + number / 4 + 1)
    board.take(events.Draining("SIGINT", 3), BEGUN + 20)
    return board.standing(BEGUN + 21.0)


def troubled() -> Standing:
    """One provider was given up, one has no money left, one is waited for elsewhere."""
    board = begun({"runway": 30, "runcrate": 20, "goneural": 5}, limit="1.00")
    why = fault("runway says: You do not have enough credits to run this task", http=400)
    board.take(events.ProviderStopped("runway", why), BEGUN + 3)
    for number in range(30):
        board.take(stopped(number, "runway", how="blocked", why=why), BEGUN + 3)
    for number in range(40, 45):
        submit(board, number, "runcrate", Decimal("0.20"), 2.0)
    for number in range(45, 60):
        board.take(events.Waiting(key(number), "runcrate", "p", "money"), BEGUN + 3)
    for number in range(80, 85):
        board.take(events.Waiting(key(number), "goneural", "p", "key"), BEGUN + 3)
    return board.standing(BEGUN + 30.0)


def crowd() -> Standing:
    """More providers than fit: those with most work left are shown."""
    board = begun({f"house-{number:02}": 10 * number for number in range(1, 18)}, limit=None)
    for number in range(1_000, 1_100):
        submit(board, number, "house-17", Decimal("0.01"), 1.0)
        board.take(finished(number, "house-17"), BEGUN + 2 + (number - 1_000) / 10)
    return board.standing(BEGUN + 15.0)


def idle() -> Standing:
    """There is nothing to do."""
    return begun({}).standing(BEGUN)


SCENES: dict[str, Callable[[], Standing]] = {
    "busy": busy,
    "early": early,
    "draining": draining,
    "troubled": troubled,
    "crowd": crowd,
    "idle": idle,
}
