"""Waiting for money that others may not spend, and for keys that others may give back."""

from __future__ import annotations

from decimal import Decimal

import anyio
import pytest

from imagepipe.engine import Tally, Terms
from imagepipe.manifest import Manifest
from imagepipe.model import Job, State
from imagepipe.store import Ledger, Limit, Run, probe, this_process
from imagepipe.wire import Answer
from tests.engine.conftest import NOW, World, catalogue
from tests.fakes.vendor import Submit, reply

pytestmark = pytest.mark.anyio


def priced(world: World, jobs: int) -> Manifest:
    text = catalogue(jobs).replace("limits: {}", 'limits: {in_flight: 9}, price: "0.10"')
    return world.manifest(text)


def first(world: World, manifest: Manifest) -> Job:
    with world.planned(manifest) as plan:
        return next(iter(plan.steps())).job


def held_by_another(ledger: Ledger, job: Job, purse: str) -> None:
    """A run of this very process, so that it lives, is at a key."""
    me = this_process()
    ledger.start_run(Run("other", me, NOW, purse=purse), probe(me))
    ledger.claim(job.candidates[0], job, "other", NOW)


async def test_what_a_refused_job_had_reserved_pays_for_another(world: World) -> None:
    """Two of three fit; one of the two is refused, and the third is made in the same run."""

    def refuse(submit: Submit) -> Answer | None:
        return reply(400, {"error": "no"}) if submit.prompt == "a P1" else None

    world.vendor.refuse = refuse
    terms = Terms(Limit(Decimal("0.20")))
    tally = await world.run(priced(world, 3), terms=terms)
    assert (tally.jobs["generated"], tally.jobs["failed"]) == (2, 1)
    assert not tally.over_budget


async def test_what_does_not_fit_in_the_end_is_blocked(world: World) -> None:
    tally = await world.run(priced(world, 5), terms=Terms(Limit(Decimal("0.25"))))
    assert (tally.jobs["generated"], tally.jobs["blocked"]) == (2, 3)
    assert tally.exit_code == 6
    assert len(world.vendor.accepted) == 2


async def beside_another(
    world: World, manifest: Manifest, *, purse: str, terms: Terms | None = None
) -> Tally:
    """A run beside one that is at the first key, and gives it back unpaid after a minute."""
    job, ledgers = first(world, manifest), list[Ledger]()

    def other(ledger: Ledger) -> None:
        held_by_another(ledger, job, purse)
        ledgers.append(ledger)

    async def give_back() -> None:
        await anyio.sleep(60)
        ledgers[0].release(job.key, "other", NOW)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(give_back)
        tally = await world.run(manifest, terms=terms, meddle=other)
    return tally  # noqa: RET504 - to a type checker, a task group may swallow the return in it


async def test_money_that_another_run_holds_is_waited_for(world: World) -> None:
    """One of the two can be paid for, once the other's money is free."""
    limit = Terms(Limit(Decimal("0.10")))
    tally = await beside_another(world, priced(world, 2), purse="run1", terms=limit)
    assert (tally.jobs["generated"], tally.jobs["blocked"]) == (1, 1)
    assert [submit.prompt for submit in world.vendor.accepted] == ["a P2"]
    assert tally.exit_code == 6


async def test_a_key_that_another_run_gives_back_is_made_here(world: World) -> None:
    """The provider refused it there, say; it was not paid for, and nobody is at it."""
    tally = await beside_another(world, priced(world, 2), purse="its own")
    assert tally.jobs["generated"] == 2
    assert tally.exit_code == 0
    assert {record.state for record in world.records()} == {State.COMMITTED}
