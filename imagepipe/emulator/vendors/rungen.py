"""RunGen.AI (https://docs.rungen.ai): a deployed app is the model; jobs are polled.

Where its pages differ, the quickstart is the default and the tutorial a quirk: the submit's answer
(`job_id` or `data.id`) and the words of the states. No page lists the states as one set; FAILED is
inferred from the counter `jobs.failed`, IN_PROGRESS from `jobs.in_progress`.
"""

from __future__ import annotations

import time
from decimal import Decimal
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imagepipe.emulator.asgi import Refusal, reply
from imagepipe.emulator.book import Job
from imagepipe.emulator.task_vendor import TaskVendor
from imagepipe.emulator.values import FINISHED, Ask, Json, Phase
from imagepipe.emulator.vendor import bounded, text_of, whole

_QUICKSTART: dict[Phase, str] = {
    "waiting": "QUEUED",
    "queued": "QUEUED",
    "running": "RUNNING",
    "succeeded": "COMPLETED",
    "failed": "FAILED",
    "cancelled": "CANCELED",
}
_TUTORIAL = _QUICKSTART | {"waiting": "IN_QUEUE", "queued": "IN_QUEUE", "running": "IN_PROGRESS"}

_EXPIRES = 604_800
"""Seconds: X-Amz-Expires of the documented example address."""


class Rungen(TaskVendor):
    name: ClassVar[str] = "rungen"

    def routes(self) -> list[Route]:
        return [
            self.route("POST", "/app/{app}/run_async", "submit", self.submit),
            self.route("GET", "/app/{app}/job/{id}", "poll", self.poll),
            self.route("PUT", "/app/{app}/job/{id}", "cancel", self.cancel),
            self.route("GET", "/app/{app}", "app", self.app),
        ]

    def admit(self, request: Request) -> None:
        if not request.headers.get("x-api-key"):
            raise Refusal(self.bad_key())

    def bad_key(self) -> Response:
        # 403, not 401: docs.rungen.ai/api/apis/job/cancel.job
        return self.error(403, "", "Unauthorized access. Invalid API key.")

    def error(
        self,
        status: int,
        code: str,  # noqa: ARG002 - this vendor's errors are one text
        message: str,
        headers: dict[str, str] | None = None,
    ) -> Response:
        return reply(status, {"error": message}, headers)

    def missing(self, what: str = "job") -> Response:
        return self.error(404, "", f"{what} not found for app")

    def price(self, ask: Ask) -> Decimal | None:  # noqa: ARG002 - billed by worker time
        return None

    async def ask(self, request: Request, body: dict[str, Json]) -> Ask:
        given = body.get("input")
        if not isinstance(given, dict) or not text_of(given.get("prompt")):
            raise self.invalid("input.prompt is required")
        if self.desk.on("strict") and any(
            side in given and whole(given[side]) is None for side in ("width", "height")
        ):
            raise self.invalid("input.width and input.height must be numbers")
        return Ask(
            prompt=text_of(given["prompt"]),
            model=request.path_params["app"],
            negative=text_of(given.get("negative_prompt")),
            width=bounded(whole(given.get("width")) or 1024),
            height=bounded(whole(given.get("height")) or 1024),
            seed=whole(given.get("seed")),
            extra={"request": given},
        )

    def accepted(self, request: Request, job: Job) -> Response:  # noqa: ARG002
        if self.desk.on("data-id"):
            return reply(200, {"data": {"id": job.id}})
        return reply(200, {"job_id": job.id, "status": self._word("queued")})

    async def poll(self, request: Request) -> Response:
        job = self.desk.book.jobs.get(request.path_params["id"])
        if job is not None and job.ask.model != request.path_params["app"]:
            raise Refusal(self.missing())
        return await super().poll(request)

    def task(self, request: Request, job: Job, phase: Phase) -> Response:
        if self.desk.on("app-stopped") and phase not in FINISHED:
            phase = "queued"
        done = phase == "succeeded"
        images: list[Json] = []
        if done and not self.without_result(job):
            images = [
                {"image": self._signed(request, job, index)} for index in range(job.ask.count)
            ]
        data: dict[str, Json] = {
            "id": job.id,
            "created_at": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(job.epoch)),
            "execution_time": f"{job.seconds if phase in FINISHED else 0:.1f}",  # a string there
            "request": job.ask.extra.get("request"),
            "result": {"images": images} if images else None,
            "status": "WARMING" if self.strange(job) else self._word(phase),
        }
        return reply(200, {"data": data})

    def _word(self, phase: Phase) -> str:
        return (_TUTORIAL if self.desk.on("in-queue") else _QUICKSTART)[phase]

    def _signed(self, request: Request, job: Job, index: int) -> str:
        url = self.picture_url(request, job, index)
        sign = "&" if "?" in url else "?"
        return f"{url}{sign}X-Amz-Expires={_EXPIRES}&X-Amz-Signature={job.digest[:32]}"

    async def cancel(self, request: Request) -> Response:
        """docs.rungen.ai/api/apis/job/cancel.job: needs X-Authenticated-User-Id as well."""
        self.admit(request)
        if not request.headers.get("x-authenticated-user-id"):
            raise self.invalid("X-Authenticated-User-Id is required")
        job = self.desk.book.jobs.get(request.path_params["id"])
        if job is None or job.ask.model != request.path_params["app"]:
            raise Refusal(self.missing())
        if job.phase(self.desk.clock.seconds()) in FINISHED:
            text = "Job cannot be canceled because it has already completed"
            raise Refusal(self.error(409, "", text))
        self.desk.cancel(job, refunded=False, deleted=False)
        return reply(200, {"data": {"id": job.id, "status": "CANCELED"}})

    async def app(self, request: Request) -> Response:
        """docs.rungen.ai/api/apis/app/get-app: what a preflight reads, with the job counters."""
        self.admit(request)
        name = request.path_params["app"]
        stopped = self.desk.on("app-stopped")
        count = self.desk.phases()
        active = 0 if stopped else 1
        jobs: dict[str, Json] = {
            "in_queue": count["waiting"] + count["queued"],
            "in_progress": count["running"],
            "failed": count["failed"],
            "retried": 0,
        }
        idle = 0 if stopped else int(not count["running"])
        workers: dict[str, Json] = {"idle": idle, "initializing": 0, "ready": active}
        workers |= {"running": active - idle, "throttled": 0, "unhealthy": 0}
        return reply(
            200,
            {
                "id": name,
                "status": "STOPPED" if stopped else "RUNNING",
                "configuration": {"active_workers": active},
                "workers": workers,
                "jobs": jobs,
            },
        )
