"""Where a run stands, from its events alone."""

from __future__ import annotations

from decimal import Decimal

from imagepipe import events
from imagepipe.render.board import Board, Bounds
from tests.unit.render.values import fault, finished, key, stopped


def board(work: dict[str, int], **bounds: Bounds) -> Board:
    made = Board(bounds)
    made.take(events.RunStarted("r", ("m.yaml",), sum(work.values()), work), 0.0)
    return made


def submit(made: Board, number: int, now: float, provider: str = "acme") -> None:
    made.take(events.Submitting(key(number), provider, f"p{number}", 1), now)


def test_every_job_is_waiting_or_in_flight_or_over() -> None:
    """The four numbers of a row always add up to its work."""
    made = board({"acme": 5})
    row = made.rows["acme"]
    for number in (1, 2, 3):
        submit(made, number, 1.0)
    made.take(finished(1), 2.0)
    made.take(stopped(2), 2.0)
    assert (row.done, row.failed, len(row.flying), row.waiting) == (1, 1, 1, 2)
    assert row.spent == Decimal("0.01")


def test_a_resubmit_of_the_same_job_is_one_job_in_flight() -> None:
    """A 429 leads to a second Submitting of the same key."""
    made = board({"acme": 2})
    submit(made, 1, 1.0)
    submit(made, 1, 2.0)
    assert len(made.rows["acme"].flying) == 1


def test_an_unknown_cost_is_counted_and_never_added_as_nothing() -> None:
    """Spent is what is known; the rest is said to be unknown."""
    made = board({"acme": 2})
    made.take(finished(1, cost=None), 1.0)
    row = made.rows["acme"]
    assert (row.spent, row.unknown) == (Decimal(0), 1)


def test_reused_pictures_are_no_progress_of_the_provider() -> None:
    """A rate made of pictures that were there already would promise too much."""
    made = board({"acme": 9})
    for number in range(5):
        made.take(finished(number, how="reused"), 1.0 + number)
    assert made.rows["acme"].kept == 5
    assert made.rate(6.0) is None


def test_rate_and_time_left_follow_the_last_minute() -> None:
    """One picture every two seconds is 30 a minute; ten more take 20 s."""
    made = board({"acme": 20})
    for number in range(10):
        made.take(finished(number), 100.0 + 2 * number)
    assert made.rate(118.0) == 30.0
    assert made.left(118.0) == 20.0
    assert made.rate(400.0) is None


def test_what_keeps_a_provider_waiting_is_named() -> None:
    """Stopped before closed, closed before the limits, and nothing where nothing is known."""
    made = board({"acme": 9, "free": 9}, acme=Bounds(Decimal(60), 2))
    row = made.rows["acme"]
    assert row.why_waiting(0.0) == "max 60/min"
    submit(made, 1, 0.0)
    submit(made, 2, 0.0)
    assert row.why_waiting(0.0) == "max 2 open"
    made.take(events.GateClosed("acme", 30.0, "HTTP 429"), 10.0)
    assert row.why_waiting(15.0) == "closed 25 s"
    assert row.why_waiting(41.0) == "max 2 open"
    made.take(events.ProviderStopped("acme", fault("no credits")), 42.0)
    assert row.why_waiting(43.0) == "stopped"
    assert made.rows["free"].why_waiting(0.0) == ""


def test_the_slowest_provider_decides_what_is_left() -> None:
    """Unknown as long as one of them is."""
    made = board({"fast": 4, "slow": 10})
    for number in range(4):
        made.take(finished(number, "fast"), float(number))
    assert made.left(4.0) is None
    for number in range(10, 14):
        made.take(finished(number, "slow"), float(number - 10))
    assert made.left(3.0) == 6.0
