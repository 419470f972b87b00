"""Vendors that nobody runs: what a client may rely on when it is killed, in its smallest form.

`crash-tasks` counts a nonce once if the header `Once` carries it, keeps the `tag` of every job and
lists its jobs; `crash-sync` answers with the picture. Both take their time on either side of the
moment of acceptance, so that a kill falls there. A request is told by its prompt, not by its tag;
one that ends in "for 0.02" is charged 0.02 US dollars, and the task says so.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imagepipe.emulator.asgi import reply
from imagepipe.emulator.book import Job
from imagepipe.emulator.sync_vendor import SyncVendor
from imagepipe.emulator.task_vendor import TaskVendor
from imagepipe.emulator.values import Ask, Json, Phase, chance
from imagepipe.emulator.vendor import Vendor, digest_of, text_of, whole

_BEFORE, _AFTER = 0.03, 0.06
"""The most seconds between a request's arrival and its acceptance, and from there to the answer."""

PAGE = 200

_CHARGE = re.compile(r" for ([0-9]+\.[0-9]+)$")


class _Crash(Vendor):
    """What both have in common: any key, plain errors, and a price that the prompt names."""

    def admit(self, request: Request) -> None:
        """Nobody's key is asked for."""

    def error(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None
    ) -> Response:
        return reply(status, {"code": code, "message": message}, headers)

    def price(self, ask: Ask) -> Decimal | None:
        named = _CHARGE.search(ask.prompt)
        return Decimal(named[1] if named else "0.01")

    async def body(self, request: Request) -> tuple[dict[str, Json], str]:
        value, _ = await super().body(request)
        told = {name: one for name, one in value.items() if name != "tag"}
        return value, digest_of(request, b"", told)

    def asked(self, request: Request, body: dict[str, Json]) -> Ask:
        prompt = text_of(body.get("prompt"))
        if not prompt:
            raise self.invalid("prompt is required")
        extra: dict[str, Json] = {"tag": body.get("tag"), "once": request.headers.get("once")}
        return Ask(prompt, width=64, height=64, seed=whole(body.get("seed")), extra=extra)

    async def pause(self, digest: str, most: float) -> None:
        await self.desk.clock.sleep(most * chance(digest, most, self.desk.clock.seconds()))


class CrashTasks(_Crash, TaskVendor):
    name: ClassVar[str] = "crash-tasks"

    def routes(self) -> list[Route]:
        return [
            self.route("POST", "/jobs", "submit", self.submit),
            self.route("GET", "/jobs", "list", self.list),
            self.route("GET", "/jobs/{id}", "poll", self.poll),
        ]

    async def ask(self, request: Request, body: dict[str, Json]) -> Ask:
        return self.asked(request, body)

    async def submit(self, request: Request) -> Response:
        body, digest = await self.body(request)
        ask = await self.ask(request, body)
        await self.pause(digest, _BEFORE)
        self.before(digest)
        self.take_minute()
        job = self._counted(ask) or self.desk.accept(ask, digest, self.price(ask))
        await self.pause(digest, _AFTER)
        return self.after(job, self.accepted(request, job))

    def _counted(self, ask: Ask) -> Job | None:
        """The job that this nonce has already."""
        once = ask.extra["once"]
        jobs = self.desk.book.jobs.values()
        return next((job for job in jobs if once and job.ask.extra["once"] == once), None)

    def accepted(self, request: Request, job: Job) -> Response:
        return reply(200, self._shown(request, job, "queued"))

    def task(self, request: Request, job: Job, phase: Phase) -> Response:
        return reply(200, self._shown(request, job, phase))

    async def list(self, request: Request) -> Response:
        """The newest jobs, at most `PAGE` of them; `?tag=` for those with one tag."""
        tag, now = request.query_params.get("tag"), self.desk.clock.seconds()
        jobs = [
            job for job in self.desk.book.jobs.values() if tag in (None, job.ask.extra.get("tag"))
        ]
        shown: list[Json] = [self._shown(request, job, job.phase(now)) for job in jobs[-PAGE:]]
        return reply(200, {"jobs": shown})

    def _shown(self, request: Request, job: Job, phase: Phase) -> dict[str, Json]:
        url = self.picture_url(request, job) if phase == "succeeded" else None
        asked: dict[str, Json] = {"prompt": job.ask.prompt, "tag": job.ask.extra.get("tag")}
        shown: dict[str, Json] = {"id": job.id, "status": phase, "url": url, "seed": job.seed}
        charged = str(self.price(job.ask)) if phase == "succeeded" else None
        return {**shown, "input": asked, "charged": charged}


class CrashSync(_Crash, SyncVendor):
    name: ClassVar[str] = "crash-sync"

    def routes(self) -> list[Route]:
        return [self.route("POST", "/images", "submit", self.submit)]

    async def ask(self, body: dict[str, Json]) -> Ask:  # noqa: ARG002 - its header counts too
        raise AssertionError("submit asks with its request")

    async def submit(self, request: Request) -> Response:
        body, digest = await self.body(request)
        ask = self.asked(request, body)
        await self.pause(digest, _BEFORE)
        return await self.generate(request, body, digest, ask)

    async def answer(self, request: Request, job: Job, body: dict[str, Json]) -> Response:  # noqa: ARG002
        await self.pause(job.digest, _AFTER)
        return reply(200, {"data": [await self.picture(request, job, 0, "base64")]})

    def too_many_at_once(self) -> Response:
        return self.error(429, "too_many", "Too many requests at once.")
