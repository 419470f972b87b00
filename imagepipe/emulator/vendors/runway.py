"""Runway (https://docs.dev.runwayml.com): tasks, concurrency tiers and a daily quota per model.

Over its concurrency a task is THROTTLED, accepted and waiting, never refused; over the quota of 24
hours the submit gets 429. There is no limit of requests a minute and no Retry-After.
"""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imagepipe.emulator.asgi import Refusal, reply
from imagepipe.emulator.book import Job
from imagepipe.emulator.task_vendor import TaskVendor
from imagepipe.emulator.values import FINISHED, Ask, Json, Phase
from imagepipe.emulator.vendor import bearer, size_of, text_of, whole
from imagepipe.emulator.vendors.runway_task import (
    MODELS,
    RATIOS,
    credits_of,
    task_json,
    utf16_units,
)

_CREDIT = Decimal("0.01")  # US dollars
_BALANCE = 100_000


class Runway(TaskVendor):
    name: ClassVar[str] = "runway"

    def routes(self) -> list[Route]:
        return [
            self.route("POST", "/v1/text_to_image", "submit", self.submit),
            self.route("GET", "/v1/tasks/{id}", "poll", self.poll),
            self.route("DELETE", "/v1/tasks/{id}", "cancel", self.delete),
            self.route("GET", "/v1/organization", "organization", self.organization),
        ]

    def error(
        self,
        status: int,
        code: str,  # noqa: ARG002 - errors have no code: docs.dev.runwayml.com/api-details/errors
        message: str,
        headers: dict[str, str] | None = None,
    ) -> Response:
        return reply(status, {"error": message}, headers)

    def too_many(self) -> Response:
        return self.error(429, "", "Too many requests.")  # Retry-After is not mentioned anywhere

    def admit(self, request: Request) -> None:
        if bearer(request) is None:
            raise Refusal(self.bad_key())
        if self.desk.on("strict") and not request.headers.get("x-runway-version"):
            raise self.invalid("X-Runway-Version is required")

    def price(self, ask: Ask) -> Decimal | None:
        cost = credits_of(ask)
        return None if cost is None else cost * _CREDIT * ask.count

    def lane(self, ask: Ask) -> str:
        return ask.model

    async def ask(self, request: Request, body: dict[str, Json]) -> Ask:  # noqa: ARG002
        ratio = text_of(body.get("ratio"))
        references = body.get("referenceImages")
        given = references if isinstance(references, list) else []
        if not text_of(body.get("model")) or not text_of(body.get("promptText")):
            raise self.invalid("model and promptText are required")
        if self.desk.on("strict"):
            self.check(body, len(given))
        width, height = size_of(ratio, ":") or (1024, 1024)
        return Ask(
            prompt=text_of(body.get("promptText")),
            model=text_of(body.get("model")),
            width=width,
            height=height,
            seed=whole(body.get("seed")),
            inputs=await self.inputs(
                [("reference", item.get("uri")) for item in given if isinstance(item, dict)]
            ),
            count=min(max(whole(body.get("outputCount")) or 1, 1), 10),
            extra={
                "ratio": ratio,
                "quality": body.get("quality"),
                "precise": body.get("preciseEdit"),
            },
        )

    def check(self, body: dict[str, Json], references: int) -> None:
        """What the documents say of gen4_image and gen4_image_turbo."""
        model, ratio = text_of(body.get("model")), text_of(body.get("ratio"))
        if model not in MODELS:
            raise self.invalid(f"{model} is not a model of this route")
        if not model.startswith("gen4_image"):
            return
        if ratio not in RATIOS:
            raise self.invalid("ratio is not one of the enum")
        if utf16_units(text_of(body.get("promptText"))) > 1_000:
            raise self.invalid("promptText is longer than 1000 UTF-16 code units")
        if references > 3 or (model == "gen4_image_turbo" and references == 0):
            raise self.invalid("referenceImages: one to three images")

    def accepted(self, request: Request, job: Job) -> Response:  # noqa: ARG002
        cost = credits_of(job.ask) or 5
        return reply(200, {"id": job.id, "estimatedCost": {"credits": cost}})

    def task(self, request: Request, job: Job, phase: Phase) -> Response:
        return reply(200, self.task_body(request, job, phase))

    def task_body(self, request: Request, job: Job, phase: Phase) -> dict[str, Json]:
        count = 0 if self.without_result(job) else job.ask.count
        urls = [self.picture_url(request, job, index) for index in range(count)]
        task = task_json(job, phase, self.desk.clock.seconds(), urls)
        return task | {"status": "WARMING_UP"} if self.strange(job) else task

    async def delete(self, request: Request) -> Response:
        """204; a running task is not refunded; afterwards the task cannot be fetched."""
        self.admit(request)
        job = self.desk.book.jobs.get(request.path_params["id"])
        if job is None or job.deleted:
            raise Refusal(self.missing())
        phase = job.phase(self.desk.clock.seconds())
        self.desk.cancel(job, refunded=phase in ("waiting", "queued"), deleted=True)
        return Response(status_code=204)

    async def organization(self, request: Request) -> Response:
        """Limits and balance, with the daily count per model."""
        self.admit(request)
        desk = self.desk
        lanes = sorted({job.lane for job in desk.book.jobs.values()} | {"gen4_image"})
        limits: dict[str, Json] = {
            "maxConcurrentGenerations": desk.limits.in_flight,
            "maxDailyGenerations": desk.limits.daily,
        }
        spent = sum(
            credits_of(job.ask) or 5
            for job in desk.book.jobs.values()
            if job.phase(desk.clock.seconds()) in FINISHED and job.fate.billed and not job.refunded
        )
        used = {name: self._today(name) for name in lanes}
        return reply(
            200,
            {
                "creditBalance": max(0, _BALANCE - spent),
                "tier": {
                    "maxMonthlyCreditSpend": _BALANCE,
                    "models": {name: dict(limits) for name in lanes},
                },
                "usage": {"models": {name: {"dailyGenerations": n} for name, n in used.items()}},
            },
        )

    def _today(self, lane: str) -> int:
        day = self.desk.clock.seconds() - 86_400
        jobs = self.desk.book.jobs.values()
        return sum(job.lane == lane and job.accepted > day for job in jobs)
