"""Where a run stands, from its events alone."""

from __future__ import annotations

from decimal import Decimal

from imagepipe import events
from imagepipe.render.board import Board
from imagepipe.render.grid import board_lines, text_of
from imagepipe.standing import Hold, Lane, Why, whole
from tests.unit.render.values import fault, finished, key, stopped

CENT = Decimal("0.01")


def board(work: dict[str, int]) -> Board:
    made = Board()
    made.take(events.RunStarted("r", ("m.yaml",), sum(work.values()), work), 0.0)
    return made


def lane(made: Board, now: float, provider: str = "acme") -> Lane:
    return next(one for one in made.standing(now).lanes if one.provider == provider)


def submit(
    made: Board, number: int, now: float, provider: str = "acme", price: Decimal | None = CENT
) -> None:
    made.take(events.Submitting(key(number), provider, f"p{number}", 1, price), now)


def test_every_job_is_waiting_or_in_flight_or_over() -> None:
    """The numbers of a lane always add up to its work."""
    made = board({"acme": 6})
    for number in (1, 2, 3):
        submit(made, number, 1.0)
    made.take(finished(1), 2.0)
    made.take(stopped(2), 2.0)
    made.take(finished(4, how="reused"), 2.0)
    found = lane(made, 2.0)
    assert (found.done, found.kept, found.failed, found.in_flight) == (1, 1, 1, 1)
    assert (found.waiting, found.total) == (2, 6)
    assert found.spent == CENT


def test_a_refused_submit_is_no_longer_in_flight() -> None:
    """It waits, with nothing set aside for it, until it is submitted again."""
    made = board({"acme": 2})
    submit(made, 1, 1.0)
    made.take(events.Refused(key(1), "acme", "p1", 1, fault("slow down")), 2.0)
    refused = lane(made, 2.0)
    assert (refused.in_flight, refused.unanswered, refused.waiting) == (0, 0, 2)
    assert refused.reserved == 0
    submit(made, 1, 3.0)
    assert lane(made, 3.0).in_flight == 1


def test_what_is_set_aside_is_that_of_the_jobs_in_flight() -> None:
    """A price that nobody knows is counted, and a job of an earlier run has none."""
    made = board({"acme": 9})
    submit(made, 1, 1.0)
    submit(made, 2, 1.0)
    submit(made, 3, 1.0, price=None)
    made.take(events.Polled(key(4), "acme", "RUNNING"), 1.0)
    made.take(finished(1), 2.0)
    found = lane(made, 2.0)
    assert (found.reserved, found.reserved_unknown) == (CENT, 2)


def test_submits_without_an_answer_are_told_apart() -> None:
    """They are what is in doubt if the process ends now."""
    made = board({"acme": 3})
    for number in (1, 2, 3):
        submit(made, number, 1.0)
    made.take(events.Submitted(key(1), "acme", "p1", "ticket"), 2.0)
    made.take(stopped(2), 2.0)
    found = lane(made, 2.0)
    assert (found.in_flight, found.unanswered) == (2, 1)


def test_an_unknown_cost_is_counted_and_never_added_as_nothing() -> None:
    """Spent is what is known; the rest is said to be unknown."""
    made = board({"acme": 2})
    made.take(finished(1, cost=None), 1.0)
    found = lane(made, 1.0)
    assert (found.spent, found.unknown) == (Decimal(0), 1)


def test_reused_pictures_are_no_progress_of_the_provider() -> None:
    """A rate made of pictures that were there already would promise too much."""
    made = board({"acme": 9})
    for number in range(5):
        made.take(finished(number, how="reused"), 1.0 + number)
    assert lane(made, 6.0).kept == 5
    assert lane(made, 6.0).rate is None


def test_a_rate_counts_the_time_in_which_the_first_pictures_were_made() -> None:
    """Twelve at a time that take 30 s are 24 a minute, though all twelve come at once."""
    made = board({"acme": 120})
    for number in range(12):
        submit(made, number, 0.0)
    for number in range(12):
        made.take(finished(number), 30.0)
    assert lane(made, 30.0).rate == 24.0
    assert lane(made, 30.0).left == 108 / 24 * 60


def test_rate_and_time_left_follow_the_last_minute() -> None:
    """One picture every two seconds is 30 a minute, whatever was before; ten more take 20 s."""
    made = board({"acme": 110})
    submit(made, 0, 0.0)
    for number in range(100):
        made.take(finished(number), 2.0 * number)
    found = lane(made, 198.0)
    assert found.rate is not None
    assert round(found.rate) == 31  # of the minute, both ends count
    assert found.left is not None
    assert round(found.left) == 19
    assert lane(made, 600.0).rate is None
    assert lane(made, 600.0).left is None


def test_limits_and_closings_lengthen_the_time_left() -> None:
    """What a rate promises cannot be faster than what is allowed."""
    made = board({"acme": 70})
    made.take(events.Limited("acme", Decimal(30), None), 0.0)
    submit(made, 0, 0.0)
    for number in range(10):
        made.take(finished(number), 1.0)
    assert lane(made, 1.0).left == 120.0
    made.take(events.GateClosed("acme", 5.0, "slow down", asked=True), 1.0)
    assert lane(made, 2.0).left == 124.0


def test_a_long_pause_is_no_pace() -> None:
    """The time left is the pause and then the pace before it; after it a new one is taken."""
    made = board({"acme": 70})
    submit(made, 0, 0.0)
    for number in range(10):
        made.take(finished(number), 10.0)
    assert lane(made, 10.0).left == 60.0
    made.take(events.GateClosed("acme", 300.0, "slow down", asked=True), 10.0)
    assert lane(made, 10.0).left == 360.0
    assert lane(made, 200.0).left == 170.0
    assert lane(made, 200.0).rate is None
    assert lane(made, 310.0).left is None
    for number in range(10, 20):
        made.take(finished(number), 320.0)
    assert lane(made, 320.0).left == 50.0


def test_what_keeps_a_provider_waiting_is_named() -> None:
    """Stopped before closed, closed before the limits; unknown limits are being found."""
    made = board({"acme": 9, "free": 9})
    made.take(events.Limited("acme", Decimal(60), 2), 0.0)
    assert lane(made, 0.0).hold == Hold(Why.RATE, most=Decimal(60))
    submit(made, 1, 0.0)
    submit(made, 2, 0.0)
    assert lane(made, 0.0).hold == Hold(Why.IN_FLIGHT, most=Decimal(2))
    made.take(events.GateClosed("acme", 30.0, "HTTP 429", asked=True), 10.0)
    assert lane(made, 15.0).hold == Hold(Why.CLOSED, "HTTP 429", 40.0, asked=True)
    assert lane(made, 41.0).hold == Hold(Why.IN_FLIGHT, most=Decimal(2))
    made.take(events.ProviderStopped("acme", fault("no credits")), 42.0)
    assert lane(made, 43.0).hold == Hold(Why.STOPPED, "no credits")
    assert lane(made, 0.0, "free").hold == Hold(Why.TRYING)


def test_money_and_keys_that_others_have_are_reasons_of_their_own() -> None:
    """Only once nothing else could be sent."""
    made = board({"acme": 2})
    made.take(events.Waiting(key(1), "acme", "p1", "money"), 1.0)
    assert lane(made, 1.0).hold == Hold(Why.TRYING)
    made.take(events.Waiting(key(2), "acme", "p2", "key"), 1.0)
    assert lane(made, 1.0).hold == Hold(Why.MONEY)
    submit(made, 1, 2.0)
    assert lane(made, 2.0).hold == Hold(Why.KEY)


def test_blocked_jobs_wait_for_another_run_and_have_not_failed() -> None:
    """They cost nothing; nothing is left to be done for them in this one."""
    made = board({"acme": 3})
    made.take(finished(1), 1.0)
    for number in (2, 3):
        made.take(stopped(number, how="blocked", why=fault("the cost limit is reached")), 2.0)
    found = lane(made, 2.0)
    assert (found.failed, found.blocked, found.waiting) == (0, 2, 2)
    assert found.hold == Hold(Why.BLOCKED, "the cost limit is reached")
    assert found.left == 0.0


def test_a_draining_run_promises_no_time() -> None:
    """What waits will not be sent."""
    made = board({"acme": 90})
    submit(made, 0, 0.0)
    for number in range(10):
        made.take(finished(number), 1.0)
    made.take(events.Draining("SIGINT", 1), 2.0)
    submit(made, 80, 2.0)
    found = lane(made, 2.0)
    assert (found.left, found.hold) == (None, Hold(Why.DRAINING))
    assert made.standing(2.0).signal == "SIGINT"


def test_a_run_that_leaves_says_what_it_waits_for() -> None:
    """The second Ctrl-C is not answered with what the second would do."""
    made = board({"acme": 9})
    for number in (1, 2):
        submit(made, number, 0.0)
    made.take(events.Submitted(key(1), "acme", "p1", "t"), 0.5)
    made.take(events.Draining("SIGINT", 2), 1.0)
    assert not made.standing(1.0).leaving
    made.take(events.Draining("SIGINT", 2), 2.0)
    drawn = [text_of(line) for line in board_lines(made.standing(2.0), 79)]
    said = "SIGINT: leaving; waits for the answer to 1 submit"
    assert f"{said}; Ctrl-C again does not" in drawn
    seen = [text_of(line) for line in board_lines(made.standing(2.0), 79, watched=True)]
    assert said in seen


def test_the_slowest_provider_decides_what_is_left() -> None:
    """Unknown as long as one of them is."""
    made = board({"fast": 4, "slow": 10})
    submit(made, 0, 0.0, "fast")
    for number in range(4):
        made.take(finished(number, "fast"), float(number))
    assert whole(made.standing(4.0).lanes).left is None
    submit(made, 10, 0.0, "slow")
    for number in range(10, 14):
        made.take(finished(number, "slow"), float(number - 10))
    assert whole(made.standing(3.0).lanes).left == 6 / (4 / 3)


def test_what_is_resumed_was_spent_by_an_earlier_run() -> None:
    """The board and the summary behind it name the same sum."""
    made = board({"acme": 2})
    submit(made, 1, 1.0)
    made.take(finished(1), 2.0)
    made.take(finished(2, how="resumed"), 3.0)
    found = lane(made, 3.0)
    assert (found.done, found.spent, found.unknown) == (2, CENT, 0)
