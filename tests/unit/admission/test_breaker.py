"""When an account is given up, and with which one message."""

from __future__ import annotations

import pytest

from imagepipe.admission import Breaker, Cause, told
from imagepipe.admission.breaker import OUTAGE
from imagepipe.model import Fault, FaultKind

DEAD = Fault(FaultKind.TRANSIENT, "no connection", accepted=False)
BUSY = Fault(FaultKind.TRANSIENT, "overloaded", http=503, accepted=False)
MODERATED = Fault(FaultKind.MODERATED, "unsafe", billed=True)


def rejected(message: str) -> Fault:
    return Fault(FaultKind.REJECTED, message, http=400, accepted=False)


def test_a_provider_that_never_answers_is_given_up_after_five_tries() -> None:
    breaker = Breaker("acme")
    verdicts = [breaker.failed(DEAD, n * 10.0, n * 10.0 + 1, reached=False) for n in range(5)]
    assert verdicts[:4] == [None] * 4
    assert verdicts[4] is not None
    assert "acme could not be reached in 5 tries (no connection)" in verdicts[4].message


def test_tries_that_were_under_way_together_are_one() -> None:
    breaker = Breaker("acme")
    assert not any(breaker.failed(DEAD, 0.0, 10.0, reached=False) for _ in range(9))


def test_a_provider_that_did_answer_has_a_quarter_of_an_hour() -> None:
    breaker = Breaker("acme")
    breaker.answered()
    for now in range(0, int(OUTAGE), 10):
        assert breaker.failed(DEAD, float(now), float(now), reached=False) is None
    why = breaker.failed(BUSY, OUTAGE, OUTAGE, reached=True)
    assert why is not None
    assert "acme took nothing for 15 minutes (overloaded)" in why.message


def test_an_answer_ends_an_outage() -> None:
    breaker = Breaker("acme")
    breaker.answered()
    breaker.failed(DEAD, 0.0, 0.0, reached=False)
    breaker.answered()
    assert breaker.failed(DEAD, OUTAGE + 1, OUTAGE + 2, reached=False) is None


def test_five_moderated_jobs_in_a_row_stop_the_account() -> None:
    breaker = Breaker("acme")
    verdicts = [breaker.ended(MODERATED) for _ in range(5)]
    assert verdicts[:4] == [None] * 4
    assert verdicts[4] is not None
    assert "5 of the last 5 jobs at acme were moderated (unsafe)" in verdicts[4].message


@pytest.mark.parametrize(("every", "stops"), [(5, True), (7, False)])
def test_a_fifth_of_twenty_moderated_stops_the_account(every: int, stops: bool) -> None:
    breaker, stopped = Breaker("acme"), False
    for n in range(1, 41):
        if n % every:
            breaker.delivered()
        else:
            stopped = breaker.ended(MODERATED) is not None or stopped
    assert stopped is stops


def test_five_equal_rejections_and_no_picture_stop_the_account() -> None:
    breaker = Breaker("acme")
    assert not any(breaker.ended(rejected("no such model")) for _ in range(4))
    why = breaker.ended(rejected("no such model"))
    assert why is not None
    assert "acme rejected 5 jobs in a row alike (no such model)" in why.message
    assert why.advice == "nothing was accepted so far: look at the recipe"


def test_a_server_that_knows_no_such_address_makes_base_url_suspect() -> None:
    """It is what a person has set; the recipes have no part in the address."""
    breaker = Breaker("acme")
    no_route = Fault(FaultKind.REJECTED, "No route", http=404)
    why = [breaker.ended(no_route) for _ in range(5)][-1]
    assert why is not None
    assert why.advice is not None
    assert why.advice.endswith("and at base_url if that was set")


def test_rejections_that_differ_or_follow_a_picture_are_the_jobs_own() -> None:
    breaker = Breaker("acme")
    assert not any(breaker.ended(rejected(f"prompt {n}")) for n in range(9))
    breaker.delivered()
    assert not any(breaker.ended(rejected("no such size")) for _ in range(9))


def test_a_quota_that_lasts_longer_than_a_run_waits_is_told_in_hours() -> None:
    why = Breaker("acme").parked(Fault(FaultKind.THROTTLED, "daily limit", wait=7200.0))
    assert "asks to be left alone for 2 h (daily limit)" in why.message
    assert "run again after that" in (why.advice or "")


@pytest.mark.parametrize(
    ("code", "message", "cause"),
    [
        ("inflight_limit", "no", Cause.WINDOW),
        (None, "Too many concurrent requests", Cause.WINDOW),
        ("rate_limit_exceeded", "Limit 5 / min for images", Cause.RATE),
        (None, "You exceed 3 images per minute", Cause.RATE),
        (None, "Too many requests", None),
    ],
)
def test_a_cause_is_read_from_the_vendors_words(
    code: str | None, message: str, cause: Cause | None
) -> None:
    assert told(Fault(FaultKind.THROTTLED, message, code=code)) is cause
