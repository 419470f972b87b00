"""Admission with the whole engine: limits that nobody states, outages, quotas, and what stops."""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import cast

import anyio
import pytest

from imagepipe import events
from imagepipe.admission import Memory
from imagepipe.engine import Terms
from imagepipe.model import State
from imagepipe.store import Limit
from imagepipe.wire import Answer, Operation, Request
from tests.engine.conftest import World, catalogue
from tests.fakes.limited import Hidden, Limited, bound
from tests.fakes.vendor import NEVER_SENT, PICTURE, Submit, Vendor, reply

pytestmark = pytest.mark.anyio

JOBS = 40


@dataclass
class Shy(Vendor):
    """Answers with the picture, after 6 to 60 s, and refuses what exceeds its hidden limits."""

    limited: Limited = field(
        default_factory=lambda: Limited(Hidden(2, 8), random.Random(1)),
    )
    jobs: dict[str, float] = field(default_factory=dict)

    async def send(self, request: Request) -> Answer:
        assert request.operation is Operation.SUBMIT
        self.before_submit(request)
        prompt = str(cast("dict[str, str]", request.json)["prompt"])
        seconds = self.jobs.setdefault(prompt, self.limited.chance.uniform(6.0, 60.0))
        if not await self.limited.make(seconds):
            return reply(429, {"error": {"message": "Too many requests"}})
        return reply(200, {"data": [{"b64_json": base64.b64encode(PICTURE).decode()}]})


@dataclass
class Prim(Vendor):
    """Moderates everything."""

    asked: int = 0

    async def send(self, request: Request) -> Answer:
        self.before_submit(request)
        self.asked += 1
        await anyio.sleep(self.latency)
        return reply(400, {"error": {"code": "moderation_blocked", "message": "unsafe"}})


def held(jobs: int) -> str:
    """A manifest for a provider that holds the request until the picture is done."""
    text = catalogue(jobs).replace("rungen: {vars: {app_id: a}, limits: {}}", "runcrate: {}")
    return text.replace("provider: rungen}", "provider: runcrate, model: m/x}")


async def test_hidden_limits_are_found_and_no_job_fails(world: World) -> None:
    """Forty jobs, of which the first dozen goes into the search."""
    world.vendor = vendor = Shy()
    started = anyio.current_time()
    tally = await world.run(world.manifest(held(JOBS)))
    seconds = anyio.current_time() - started
    assert tally.jobs["generated"] == JOBS
    assert vendor.limited.refusals <= 6
    assert vendor.limited.most_working == 8
    assert seconds <= 1.25 * bound(vendor.limited.hidden, list(vendor.jobs.values()))


async def test_an_outage_costs_hardly_more_than_itself_and_no_job(world: World) -> None:
    world.vendor = vendor = Shy()
    started = anyio.current_time()
    vendor.limited.outage = (started + 60.0, started + 180.0)
    tally = await world.run(world.manifest(held(JOBS)))
    seconds = anyio.current_time() - started
    assert (tally.jobs["generated"], tally.exit_code) == (JOBS, 0)
    best = bound(vendor.limited.hidden, list(vendor.jobs.values()))
    assert seconds <= 1.25 * (best + 120.0)


async def test_connections_that_fail_for_two_minutes_fail_no_job(world: World) -> None:
    """A provider that did answer in this run has a quarter of an hour to come back."""
    began = anyio.current_time()

    def dead(submit: Submit) -> Answer | None:
        return NEVER_SENT if 10.0 <= submit.at - began < 130.0 else None

    world.vendor = Vendor(refuse=dead)
    tally = await world.run(world.manifest(catalogue(30, limits="{rpm: 60, in_flight: 8}")))
    assert (tally.jobs["generated"], tally.exit_code) == (30, 0)
    assert len(world.vendor.submits) - len(world.vendor.accepted) <= 20


async def test_what_a_run_learnt_the_next_one_knows(world: World) -> None:
    memory = Memory(now=lambda: "then", age=lambda _moment: 60.0)
    world.limits = memory
    world.vendor = Shy()
    await world.run(world.manifest(held(JOBS)))
    (lesson,) = memory.found.values()
    assert cast("dict[str, int]", lesson)["in_flight"] == 8
    world.limits = replace(memory, known=dict(memory.found))
    world.vendor = again = Shy()
    await world.run(world.manifest(held(JOBS).replace("a {{ sku }}", "one {{ sku }}")))
    assert again.limited.refusals <= 2
    assert again.limited.most_working <= 9


async def test_a_used_up_quota_parks_the_provider_and_burns_no_attempts(world: World) -> None:
    """It asks to wait for longer than a run waits: its jobs are left for a later run."""

    def quota(_submit: Submit) -> Answer | None:
        if len(world.vendor.accepted) < 5:
            return None
        return reply(429, {"error": "daily limit reached"}, retry_after="36000")

    world.vendor = Vendor(refuse=quota)
    manifest = world.manifest(catalogue(12, limits="{rpm: 60}"))
    tally = await world.run(manifest)
    assert (tally.jobs["generated"], tally.jobs["blocked"], tally.exit_code) == (5, 7, 5)
    assert len(world.vendor.submits) == 6
    assert "asks to be left alone for 10 h" in tally.stopped["rungen"].message
    stopped = [event for event in world.events if isinstance(event, events.ProviderStopped)]
    assert len(stopped) == 1
    assert {r.state for r in world.records()} == {State.COMMITTED, State.PLANNED}
    world.vendor = Vendor()
    assert (await world.run(manifest)).jobs["generated"] == 7


async def test_a_provider_that_moderates_one_job_after_another_is_left_alone(world: World) -> None:
    """Moderated jobs may be charged, and accounts are suspended over them."""

    world.vendor = vendor = Prim()
    own = "openai-images: {base_url: 'https://x.example/v1'}"
    text = catalogue(20).replace("rungen: {vars: {app_id: a}, limits: {}}", own)
    text = text.replace("provider: rungen}", "provider: openai-images, model: m}")
    tally = await world.run(world.manifest(text))
    why = tally.stopped["openai-images"].message
    assert "jobs at openai-images were moderated (unsafe)" in why
    assert (tally.jobs["failed"], tally.jobs["blocked"]) == (vendor.asked, 20 - vendor.asked)
    assert vendor.asked <= 10


async def test_equal_rejections_stop_a_provider_that_gave_no_picture(world: World) -> None:
    world.vendor = Vendor(refuse=lambda _submit: reply(400, {"error": "no such app"}))
    tally = await world.run(world.manifest(catalogue(20)))
    assert "rejected 5 jobs in a row alike (no such app)" in tally.stopped["rungen"].message
    assert tally.jobs["failed"] + tally.jobs["blocked"] == 20
    assert len(world.vendor.submits) <= 10
    assert tally.exit_code == 5


async def test_jobs_that_there_is_no_money_for_wait_for_no_turn(world: World) -> None:
    """At one submit a minute, thirty jobs over the limit would be half an hour of waiting."""
    text = catalogue(30, limits="{rpm: 1}").replace("}}\nproducts", '}, price: "0.10"}\nproducts')
    began = anyio.current_time()
    terms = Terms(Limit(Decimal("0.20")))
    tally = await world.run(world.manifest(text), terms=terms)
    assert (tally.jobs["generated"], tally.jobs["blocked"], tally.exit_code) == (2, 28, 6)
    assert anyio.current_time() - began <= 15 * 60


async def test_a_dead_provider_never_holds_up_another(world: World) -> None:
    """The one that works is done when it would be done alone."""
    text = catalogue(10, limits="{rpm: 60}").replace(
        "providers:\n", "providers:\n  spare: {uses: rungen, vars: {app_id: dead}, key_env: K2}\n"
    )
    text += '  other: {prompt: "b {{ sku }}", provider: spare}\n'
    last: list[float] = []

    def dead(submit: Submit) -> Answer | None:
        if submit.prompt.startswith("b"):
            return reply(429, {"error": "no"}, retry_after="290")
        last.append(submit.at)
        return None

    world.vendor = Vendor(refuse=dead)
    began = anyio.current_time()
    tally = await world.run(world.manifest(text))
    assert "spare took nothing for 15 minutes (no)" in tally.stopped["spare"].message
    assert (tally.jobs["generated"], tally.jobs["blocked"]) == (10, 10)
    assert len(last) == 10
    assert max(last) - began <= 9 * 1.01 + 0.1
