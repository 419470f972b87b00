"""The protocol of one job, state by state, with real specs: what an answer makes of it."""

from __future__ import annotations

import base64
from decimal import Decimal

import pytest

from imagepipe.app import shipped
from imagepipe.exchange import (
    Done,
    Doubtful,
    Ended,
    Fetched,
    Fetching,
    NotFetched,
    Parked,
    Polling,
    Refused,
    State,
    Submitting,
    resume,
)
from imagepipe.model import FaultKind, Json, Ticket
from imagepipe.provider import Provider, Settings, load_spec
from imagepipe.wire import Answer, NotSent, Operation, Reply, Request, Unanswered
from tests.fakes.vendor import PICTURE, reply


def provider(name: str) -> Provider:
    document = shipped.spec_document(name)
    assert document is not None
    return Provider(name, load_spec(document), Settings())


RUNWAY = provider("runway")
RUNCRATE = provider("runcrate")
COMETAPI = provider("cometapi-runway")
SUBMIT = Submitting(Request(Operation.SUBMIT, "POST", "https://vendor.example/submit"))
TASK = {"id": "t-1", "createdAt": "2026-01-02T03:04:05Z"}


def polled(task: dict[str, Json], *, now: float = 10.0) -> State:
    """What a poll of a job submitted at 0 makes of it."""
    state = Polling(Ticket("t-1"), since=0.0, due=5.0)
    return state.next(reply(200, {**TASK, **task}), RUNWAY, now)


def test_an_accepted_submit_becomes_a_ticket_to_poll() -> None:
    state = SUBMIT.next(reply(200, {"id": "t-1"}), RUNWAY, 100.0)
    assert isinstance(state, Polling)
    assert (state.ticket.id, state.since, state.due) == ("t-1", 100.0, 105.0)


def test_a_synchronous_reply_with_a_picture_is_done() -> None:
    encoded = base64.b64encode(PICTURE).decode()
    state = SUBMIT.next(reply(200, {"data": [{"b64_json": encoded}]}), RUNCRATE, 0.0)
    assert isinstance(state, Done)
    assert state.data == PICTURE


@pytest.mark.parametrize(
    "answer",
    [
        Unanswered("the connection broke"),
        reply(500, {"error": "oops"}),
        reply(504, {}),
        reply(408, {}),
        reply(200, {"unexpected": True}),
        Reply(200, {"content-type": "text/html"}, b"<html>welcome</html>"),
        Reply(204, {}, b""),
    ],
)
def test_a_submit_whose_fate_nobody_knows_is_in_doubt(answer: Answer) -> None:
    assert isinstance(SUBMIT.next(answer, RUNWAY, 0.0), Doubtful)


def test_what_surely_was_not_accepted_may_be_sent_again() -> None:
    unsent = SUBMIT.next(NotSent("no connection"), RUNWAY, 0.0)
    assert isinstance(unsent, Refused)
    assert not unsent.reached
    limited = SUBMIT.next(reply(429, {}, retry_after="7"), RUNCRATE, 0.0)
    assert isinstance(limited, Refused)
    assert (limited.fault.wait, limited.reached) == (7.0, True)


def test_a_daily_quota_closes_the_account() -> None:
    """Runway answers a used-up day with 429 on submit."""
    state = SUBMIT.next(reply(429, {"error": "daily"}), RUNWAY, 0.0)
    assert isinstance(state, Ended)
    assert state.fault.kind is FaultKind.DENIED


@pytest.mark.parametrize("status", ["PENDING", "THROTTLED", "RUNNING", "A_NEW_WORD"])
def test_whatever_is_not_an_end_is_polled_again(status: str) -> None:
    state = polled({"status": status})
    assert isinstance(state, Polling)
    assert state.due >= 15.0


def test_a_finished_task_is_fetched_with_its_real_cost() -> None:
    task: dict[str, Json] = {
        "status": "SUCCEEDED",
        "output": ["https://cdn.example/a.png"],
        "cost": {"credits": 8},
    }
    state = polled(task)
    assert isinstance(state, Fetching)
    assert (state.url, state.bill.cost) == ("https://cdn.example/a.png", Decimal("0.08"))


def test_a_moderated_task_ends_the_job_and_its_cost_is_known() -> None:
    task: dict[str, Json] = {
        "status": "FAILED",
        "failure": "no",
        "failureCode": "SAFETY.INPUT.TEXT",
        "cost": {"credits": 5},
    }
    state = polled(task)
    assert isinstance(state, Ended)
    assert (state.fault.kind, state.cost) == (FaultKind.MODERATED, Decimal("0.05"))
    assert state.fault.billed is True


def test_a_refunded_failure_is_known_to_be_free() -> None:
    state = polled({"status": "FAILED", "failure": "internal", "cost": {"credits": 0}})
    assert isinstance(state, Ended)
    assert (state.fault.billed, state.cost) == (False, Decimal(0))


def test_a_poll_that_fails_is_tried_again_until_the_deadline() -> None:
    state: State = Polling(Ticket("t-1"), since=0.0, due=5.0)
    now = 5.0
    while isinstance(state, Polling):
        assert state.due <= now + 60.0
        now = max(now, state.due)
        state = state.next(Unanswered("reset"), RUNWAY, now)
    assert isinstance(state, Parked)
    assert state.ticket == Ticket("t-1")
    assert now >= RUNWAY.schedule.deadline


def test_a_fresh_ticket_may_be_unknown_for_a_while_and_a_seen_one_may_not() -> None:
    unknown = reply(404, {"error": {"message": "task_not_exist", "code": "task_not_exist"}})
    fresh = Polling(Ticket("t-1"), since=0.0, due=1.0)
    assert isinstance(fresh.next(unknown, COMETAPI, 2.0), Polling)
    lost = resume(Ticket("t-1"), 0.0).next(unknown, COMETAPI, 2.0)
    assert isinstance(lost, Ended)
    assert lost.fault.kind is FaultKind.MISSING


def test_an_expired_address_leads_back_to_the_task_and_only_twice() -> None:
    state: State = polled({"status": "SUCCEEDED", "output": ["https://cdn.example/a"], "cost": {}})
    for _ in range(2):
        assert isinstance(state, Fetching)
        state = state.next(NotFetched("gone", expired=True), 20.0)
        assert isinstance(state, Polling)
        task: Json = {**TASK, "status": "SUCCEEDED", "output": ["https://cdn.example/b"]}
        state = state.next(reply(200, task), RUNWAY, 20.0)
    assert isinstance(state, Fetching)
    assert isinstance(state.next(NotFetched("gone", expired=True), 20.0), Parked)
    assert isinstance(state.next(Fetched(), 20.0), Done)


def test_a_lost_download_without_a_ticket_is_paid_and_gone() -> None:
    body: Json = {"data": [{"url": "https://cdn.example/a.png"}]}
    state = SUBMIT.next(reply(200, body), RUNCRATE, 0.0)
    assert isinstance(state, Fetching)
    ended = state.next(NotFetched("404", expired=True), 1.0)
    assert isinstance(ended, Ended)
    assert (ended.fault.kind, ended.fault.billed) == (FaultKind.MISSING, True)


def test_a_download_that_only_fails_for_now_is_left_to_the_next_run() -> None:
    body: Json = {"data": [{"url": "https://cdn.example/a.png"}]}
    state = SUBMIT.next(reply(200, body), RUNCRATE, 0.0)
    tries = 0
    while isinstance(state, Fetching):
        tries += 1
        state = state.next(NotFetched("500"), state.due)
    assert isinstance(state, Parked)
    assert (state.ticket, tries) == (None, 6)
