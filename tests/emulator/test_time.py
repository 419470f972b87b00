"""Latencies, places and limits, in virtual time: no test waits.

The application is driven without a socket here; the clock is moved by hand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from imagepipe.emulator import parse
from imagepipe.emulator.app import App
from tests.emulator.running import BODIES, KEYS, POLLS, SUBMITS, status


class Held:
    """A sleep that lasts until it is told to end."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.go = asyncio.Event()


class HandClock:
    """A clock that stands still until it is moved; sleeping moves it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._held: Held | None = None

    def hold(self) -> Held:
        """Makes the next sleep one that is held."""
        self._held = Held()
        return self._held

    def seconds(self) -> float:
        return self.now

    def epoch(self) -> float:
        return 1_800_000_000.0 + self.now

    async def sleep(self, seconds: float) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.reached.set()
            await held.go.wait()
        self.now += seconds


class Driven:
    """An application under a hand-moved clock."""

    def __init__(self, clock: HandClock, http: httpx2.AsyncClient) -> None:
        self.clock = clock
        self.http = http

    async def submit(self, provider: str, **more: Any) -> httpx2.Response:
        return await self.http.post(SUBMITS[provider], json=BODIES[provider] | more)

    async def status(self, provider: str, ticket: str) -> str:
        return status(provider, (await self.http.get(POLLS[provider] + ticket)).json())

    async def stats(self, provider: str) -> dict[str, Any]:
        stats: dict[str, Any] = (await self.http.get("/_emulator/stats")).json()["providers"]
        found: dict[str, Any] = stats[provider]
        return found


def drive(steps: Callable[[Driven], Awaitable[None]], **options: Any) -> None:
    named = {name.replace("_", "-"): value for name, value in options.items()}

    async def main() -> None:
        clock = HandClock()
        app = App(parse({"picture": "fixed", **named}), clock)
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", headers=KEYS
        ) as http:
            await steps(Driven(clock, http))
        app.close()

    asyncio.run(main())


def test_a_task_is_queued_then_runs_then_is_done() -> None:
    """The phases follow the clock; a running task tells its progress."""

    async def steps(driven: Driven) -> None:
        ticket = (await driven.submit("runway")).json()["id"]
        assert await driven.status("runway", ticket) == "PENDING"
        driven.clock.now += 6
        running = (await driven.http.get(POLLS["runway"] + ticket)).json()
        assert (running["status"], running["progress"]) == ("RUNNING", 0.5)
        driven.clock.now += 4
        assert await driven.status("runway", ticket) == "SUCCEEDED"

    drive(steps, latency="runway:fixed:10")


def test_over_its_places_a_task_is_throttled() -> None:
    """Runway accepts it and lets it wait, per model, in the order of submission."""

    async def steps(driven: Driven) -> None:
        tickets = [(await driven.submit("runway")).json()["id"] for _ in range(4)]
        other = (await driven.submit("runway", model="gemini_2.5_flash")).json()["id"]
        seen = [await driven.status("runway", ticket) for ticket in [*tickets, other]]
        assert seen == ["PENDING", "PENDING", "THROTTLED", "THROTTLED", "PENDING"]
        driven.clock.now += 10
        seen = [await driven.status("runway", ticket) for ticket in tickets]
        assert seen == ["SUCCEEDED", "SUCCEEDED", "PENDING", "PENDING"]

    drive(steps, latency="fixed:10", in_flight="runway:2")


def test_a_cancelled_task_makes_room() -> None:
    """DELETE frees the place for the one that waits longest."""

    async def steps(driven: Driven) -> None:
        tickets = [(await driven.submit("runway")).json()["id"] for _ in range(3)]
        driven.clock.now += 4
        assert (await driven.http.delete(POLLS["runway"] + tickets[0])).status_code == 204
        assert (await driven.http.get(POLLS["runway"] + tickets[0])).status_code == 404
        seen = [await driven.status("runway", ticket) for ticket in tickets[1:]]
        assert seen == ["PENDING", "THROTTLED"]

    drive(steps, latency="fixed:10", in_flight="runway:1")


@pytest.mark.parametrize(("provider", "word"), [("rungen", "QUEUED"), ("goneural", "queued")])
def test_other_queues_call_it_queued(provider: str, word: str) -> None:
    async def steps(driven: Driven) -> None:
        await driven.submit(provider)
        second = (await driven.submit(provider)).json()
        ticket = second.get("job_id") or second["id"]
        driven.clock.now += 9
        assert await driven.status(provider, ticket) == word
        driven.clock.now += 11
        assert await driven.status(provider, ticket) in {"COMPLETED", "succeeded"}

    drive(steps, latency="fixed:10", in_flight=f"{provider}:1")


@pytest.mark.parametrize("provider", list(SUBMITS))
def test_over_its_minute_a_submit_is_refused(provider: str) -> None:
    """429 until the window ends, then accepted again; refusals are counted apart."""

    async def steps(driven: Driven) -> None:
        codes = [(await driven.submit(provider)).status_code for _ in range(4)]
        assert codes == [200, 200, 429, 429]
        driven.clock.now += 59
        assert (await driven.submit(provider)).status_code == 429
        driven.clock.now += 1
        assert (await driven.submit(provider)).status_code == 200
        stats = await driven.stats(provider)
        assert (stats["accepted"], stats["refused_429"]) == (3, 3)
        assert stats["max_per_minute"] == 5

    drive(steps, rpm=f"{provider}:2")


def test_runcrate_tells_its_limit_in_headers() -> None:
    """X-RateLimit-Reset is Unix time; the headers come with every answer."""

    async def steps(driven: Driven) -> None:
        first = (await driven.submit("runcrate")).headers
        assert (first["x-ratelimit-limit"], first["x-ratelimit-remaining"]) == ("1", "0")
        refused = await driven.submit("runcrate")
        wait = int(refused.headers["x-ratelimit-reset"]) - driven.clock.epoch()
        assert 59 <= wait <= 61
        assert refused.json()["error"]["code"] == "rate_limit_exceeded"
        assert "retry-after" not in refused.headers

    drive(steps, rpm="runcrate:1")


def test_openai_tells_its_limit_as_a_duration() -> None:
    async def steps(driven: Driven) -> None:
        await driven.submit("openai-images")
        refused = await driven.submit("openai-images")
        assert refused.headers["x-ratelimit-reset-requests"] == "1m0s"
        assert refused.headers["retry-after"] == "60"

    drive(steps, rpm="openai-images:1")


def test_runway_gives_no_hint() -> None:
    """Its documents mention no Retry-After."""

    async def steps(driven: Driven) -> None:
        await driven.submit("runway")
        refused = await driven.submit("runway")
        assert (refused.status_code, refused.json()) == (
            429,
            {"error": "The daily limit of generations has been reached."},
        )
        assert "retry-after" not in refused.headers
        assert (await driven.submit("runway", model="gemini_2.5_flash")).status_code == 200
        driven.clock.now += 86_400
        assert (await driven.submit("runway")).status_code == 200

    drive(steps, daily="runway:1")


@pytest.mark.parametrize("provider", ["runcrate", "openai-images"])
def test_over_its_places_a_synchronous_submit_is_refused(provider: str) -> None:
    """There is no queue to wait in: 429 while another request is under way."""

    async def steps(driven: Driven) -> None:
        held = driven.clock.hold()
        first = asyncio.ensure_future(driven.submit(provider))
        await held.reached.wait()
        assert (await driven.submit(provider)).status_code == 429
        held.go.set()
        assert (await first).status_code == 200
        assert (await driven.submit(provider)).status_code == 200
        assert (await driven.stats(provider))["max_in_flight"] == 1

    drive(steps, latency="fixed:5", in_flight=f"{provider}:1")


def test_a_slow_answer_takes_a_minute_longer() -> None:
    async def steps(driven: Driven) -> None:
        before = driven.clock.now
        assert (await driven.submit("runcrate")).status_code == 200
        assert driven.clock.now - before == pytest.approx(63)

    drive(steps, latency="fixed:2", quirk="runcrate:slow=1")


def test_task_not_exist_can_last_seconds() -> None:
    async def steps(driven: Driven) -> None:
        ticket = (await driven.submit("cometapi-runway")).json()["id"]
        driven.clock.now += 2.9
        reply = await driven.http.get(POLLS["cometapi-runway"] + ticket)
        assert "task_not_exist" in reply.text
        driven.clock.now += 0.2
        assert await driven.status("cometapi-runway", ticket) == "SUCCEEDED"

    drive(steps, quirk="task-not-exist=3s")


def test_the_most_at_one_time_is_counted() -> None:
    """Jobs that are accepted and not finished, whoever still polls."""

    async def steps(driven: Driven) -> None:
        for _ in range(3):
            await driven.submit("goneural")
        driven.clock.now += 10
        await driven.submit("goneural")
        stats = await driven.stats("goneural")
        assert stats["max_in_flight"] == 3
        assert stats["jobs"] == {"succeeded": 3, "queued": 1}

    drive(steps, latency="fixed:10")


def test_cancelling_at_runway_refunds_only_what_had_not_begun() -> None:
    """The balance tells: a running task keeps its charge."""

    async def steps(driven: Driven) -> None:
        balances = []
        for wait in (0, 5):
            ticket = (await driven.submit("runway")).json()["id"]
            driven.clock.now += wait
            await driven.http.delete(POLLS["runway"] + ticket)
            organization = (await driven.http.get("/runway/v1/organization")).json()
            balances.append(organization["creditBalance"])
        assert balances == [100_000, 99_995]

    drive(steps, latency="fixed:10")


def test_a_rungen_job_is_cancelled_by_put() -> None:
    """It needs a user id beside the key; a finished job cannot be cancelled."""

    async def steps(driven: Driven) -> None:
        ticket = (await driven.submit("rungen")).json()["job_id"]
        path = POLLS["rungen"] + ticket
        assert (await driven.http.put(path)).status_code == 400
        user = {"X-Authenticated-User-Id": "u"}
        assert (await driven.http.put(path, headers=user)).status_code == 200
        assert await driven.status("rungen", ticket) == "CANCELED"
        assert (await driven.http.put(path, headers=user)).status_code == 409

    drive(steps, latency="fixed:10")
