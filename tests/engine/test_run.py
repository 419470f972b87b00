"""The run loop: everything once, within the limits, and no failure spreads."""

from __future__ import annotations

from itertools import pairwise

import pytest

from imagepipe import events
from imagepipe.engine import Control
from imagepipe.model import State, Ticket
from imagepipe.wire import Answer
from tests.engine.conftest import World, catalogue
from tests.fakes.vendor import NEVER_SENT, NO_ANSWER, Submit, Vendor, reply

pytestmark = pytest.mark.anyio


async def test_every_job_is_submitted_once_and_its_picture_is_there(world: World) -> None:
    tally = await world.run(world.manifest(catalogue(20)))
    assert tally.jobs["generated"] == tally.total == 20
    assert sorted(s.prompt for s in world.vendor.accepted) == sorted(
        f"a P{n}" for n in range(1, 21)
    )
    assert len(list(world.outputs.rglob("*.png"))) == 20
    assert {record.state for record in world.records()} == {State.COMMITTED}
    assert tally.exit_code == 0


async def test_a_rerun_asks_nothing_and_changes_no_file(world: World) -> None:
    manifest = world.manifest(catalogue(5))
    await world.run(manifest)
    times = {path: path.stat().st_mtime_ns for path in world.outputs.rglob("*")}
    submits, polls = len(world.vendor.submits), world.vendor.polls
    with world.planned(manifest) as plan:
        assert plan.summary.works == 0
    assert (len(world.vendor.submits), world.vendor.polls) == (submits, polls)
    assert {path: path.stat().st_mtime_ns for path in world.outputs.rglob("*")} == times


async def test_a_declared_rate_is_never_exceeded_and_never_left_unused(world: World) -> None:
    tally = await world.run(world.manifest(catalogue(30, limits="{rpm: 60}")))
    left = [submit.at for submit in world.vendor.accepted]
    gaps = [after - before for before, after in pairwise(left)]
    assert min(gaps) >= 1.0
    assert max(gaps) <= 1.02
    assert tally.jobs["generated"] == 30


async def test_the_limit_of_jobs_in_flight_holds(world: World) -> None:
    await world.run(world.manifest(catalogue(12, limits="{in_flight: 3}")))
    assert world.vendor.most_working == 3


async def test_one_refusal_shuts_the_gate_for_all_and_costs_no_job(world: World) -> None:
    """A 429 with Retry-After: nothing is sent until it has passed, and nothing fails."""
    refused: list[float] = []

    def once(submit: Submit) -> Answer | None:
        if refused:
            return None
        refused.append(submit.at)
        return reply(429, {"error": "slow down"}, retry_after="30")

    world.vendor = Vendor(refuse=once)
    tally = await world.run(world.manifest(catalogue(8, limits="{rpm: 60, in_flight: 1}")))
    assert tally.jobs["generated"] == 8
    assert min(submit.at for submit in world.vendor.accepted) >= refused[0] + 30
    closed = [event for event in world.events if isinstance(event, events.GateClosed)]
    assert len(closed) == 1


async def test_a_submit_without_an_answer_is_in_doubt_and_never_sent_again(world: World) -> None:
    lost = Vendor(after_accept=lambda s: NO_ANSWER if s.prompt == "a P2" else None)
    world.vendor = lost
    manifest = world.manifest(catalogue(3))
    tally = await world.run(manifest)
    assert (tally.jobs["generated"], tally.jobs["ambiguous"], tally.exit_code) == (2, 1, 4)
    again = await world.run(manifest)
    assert [s.prompt for s in lost.submits].count("a P2") == 1
    assert (again.jobs["reused"], again.jobs["ambiguous"], again.exit_code) == (2, 1, 4)


async def test_a_ticket_that_another_job_got_leaves_the_second_in_doubt(world: World) -> None:
    """The provider mixes its answers up: one picture is never two products' without a word."""
    world.vendor = Vendor(
        after_accept=lambda s: reply(200, {"job_id": "t-1"}) if s.prompt == "a P2" else None
    )
    tally = await world.run(world.manifest(catalogue(3, limits="{in_flight: 1}")))
    assert (tally.jobs["generated"], tally.jobs["ambiguous"], tally.exit_code) == (2, 1, 4)
    (failure,) = tally.failures
    (first,) = (one for one in world.records() if one.ticket == Ticket("t-1"))
    said = f"it was answered with ticket t-1, which is that of job {first.key[:12]}"
    assert failure.fault.message == said
    assert len(list(world.outputs.rglob("*.png"))) == 2


async def test_a_connection_that_never_opened_costs_nothing(world: World) -> None:
    world.vendor = Vendor(refuse=lambda _submit: NEVER_SENT)
    manifest = world.manifest(catalogue(1))
    tally = await world.run(manifest)
    assert len(world.vendor.submits) == 5
    assert (tally.jobs["blocked"], tally.exit_code) == (1, 5)
    assert "could not be reached in 5 tries" in tally.stopped["rungen"].message
    assert [record.state for record in world.records()] == [State.PLANNED]
    world.vendor = Vendor()
    assert (await world.run(manifest)).jobs["generated"] == 1


async def test_a_bad_key_stops_the_account_with_one_message(world: World) -> None:
    world.vendor = Vendor(refuse=lambda _submit: reply(403, {"error": "Invalid API key."}))
    manifest = world.manifest(catalogue(30))
    tally = await world.run(manifest)
    assert (tally.jobs["blocked"], tally.exit_code) == (30, 5)
    assert len(world.vendor.submits) <= 16
    stopped = [event for event in world.events if isinstance(event, events.ProviderStopped)]
    assert len(stopped) == 1
    world.vendor = Vendor()
    assert (await world.run(manifest)).jobs["generated"] == 30


async def test_a_bug_in_one_job_neither_cancels_nor_hides_the_others(world: World) -> None:
    def explode(submit: Submit) -> Answer | None:
        if submit.prompt == "a P3":
            raise RuntimeError("a bug")
        return None

    world.vendor = Vendor(refuse=explode)
    with pytest.raises(RuntimeError, match="a bug"):
        await world.run(world.manifest(catalogue(6)))
    states = [record.state for record in world.records()]
    assert states.count(State.COMMITTED) == len(world.vendor.accepted)
    assert states.count(State.INTENT) == 1


async def test_draining_brings_in_what_was_paid_for(world: World) -> None:
    """After the first signal nothing is submitted, and everything submitted is finished."""
    control = Control()
    world.control = control

    def third(_submit: Submit) -> Answer | None:
        if len(world.vendor.accepted) == 3:
            control.drain(2)
        return None

    world.vendor.after_accept = third
    tally = await world.run(world.manifest(catalogue(10, limits="{rpm: 60}")))
    assert len(world.vendor.accepted) == 3
    assert (tally.jobs["generated"], tally.jobs["skipped"], tally.exit_code) == (3, 7, 130)


async def test_leaving_keeps_the_tickets_and_the_next_run_goes_on(world: World) -> None:
    control = Control()
    world.control = control

    def third(_submit: Submit) -> Answer | None:
        if len(world.vendor.accepted) == 3:
            control.drain(15)
            control.leave()
        return None

    world.vendor.after_accept = third
    manifest = world.manifest(catalogue(3))
    tally = await world.run(manifest)
    assert (tally.jobs["skipped"], tally.exit_code) == (3, 143)
    assert {record.state for record in world.records()} == {State.SUBMITTED}
    world.control, world.vendor.after_accept = Control(), lambda _submit: None
    again = await world.run(manifest)
    assert (again.jobs["resumed"], len(world.vendor.submits)) == (3, 3)


async def test_an_expired_address_is_asked_for_again_without_paying(world: World) -> None:
    world.vendor.expire = {"t-1"}
    tally = await world.run(world.manifest(catalogue(1)))
    assert (tally.jobs["generated"], len(world.vendor.submits)) == (1, 1)


async def test_a_failed_ticket_stays_failed_until_it_is_asked_for(world: World) -> None:
    world.vendor.fail = {"a P1": "FAILED"}
    manifest = world.manifest(catalogue(2))
    tally = await world.run(manifest)
    assert (tally.jobs["failed"], tally.exit_code) == (1, 1)
    world.vendor.fail = {}
    again = await world.run(manifest)
    assert (again.jobs["failed"], len(world.vendor.submits)) == (1, 2)
    asked = await world.run(manifest, select="status:failed")
    assert (asked.jobs["generated"], len(world.vendor.submits)) == (1, 3)


async def test_equal_requests_are_paid_for_once_and_serve_all(world: World) -> None:
    """RunGen takes no seed, so two products with one text are one request."""
    text = catalogue(3).replace("a {{ sku }}", "a mug")
    tally = await world.run(world.manifest(text))
    assert (len(world.vendor.submits), tally.jobs["generated"], tally.jobs["reused"]) == (1, 1, 2)
    assert len(list(world.outputs.rglob("*.png"))) == 3


async def test_a_fallback_follows_only_a_failure_that_cost_nothing(world: World) -> None:
    text = catalogue(2).replace(
        "providers:\n", "providers:\n  spare: {uses: rungen, vars: {app_id: b}, key_env: K2}\n"
    )
    text = text.replace("provider: rungen}", "provider: rungen, fallback: [spare]}")

    def refuse(submit: Submit) -> Answer | None:
        first = [s.prompt for s in world.vendor.submits].count(submit.prompt) == 1
        if not first:
            return None
        return reply(400, {"error": "bad"}) if submit.prompt == "a P1" else NO_ANSWER

    world.vendor = Vendor(refuse=refuse)
    tally = await world.run(world.manifest(text))
    assert (tally.jobs["generated"], tally.jobs["ambiguous"]) == (1, 1)
    assert [s.prompt for s in world.vendor.accepted] == ["a P1"]
