"""CometAPI's route to Runway (https://apidoc.cometapi.com): Runway's format, sometimes wrapped.

Its page documents two shapes of a poll's answer, a bare Runway task and an older envelope, and says
that a queued task may come in either. HTTP code and body of `task_not_exist` and
`reference_images_empty` are not documented; they are sent as 400 in the error envelope. A wrong
path answers with an HTML page and 200.
"""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imagepipe.emulator.asgi import Refusal, html, reply
from imagepipe.emulator.book import Job
from imagepipe.emulator.values import FINISHED, Ask, Json, Phase
from imagepipe.emulator.vendor import text_of
from imagepipe.emulator.vendors.runway import Runway
from imagepipe.emulator.vendors.runway_task import RATIOS, WORDS, utf16_units

_PRICE = Decimal("0.32")  # US dollars a request: www.cometapi.com, runwayml-text-to-image

_WRAPPED: dict[Phase, str] = {
    # PyPI cometapi-cli 0.3.10, commands/tasks.py: SUBMITTED QUEUED IN_PROGRESS SUCCESS FAILURE
    "waiting": "SUBMITTED",
    "queued": "QUEUED",
    "running": "IN_PROGRESS",
    "succeeded": "SUCCESS",
    "failed": "FAILURE",
    "cancelled": "FAILURE",
}


class CometApiRunway(Runway):
    name: ClassVar[str] = "cometapi-runway"

    def routes(self) -> list[Route]:
        return [
            self.route("POST", "/runwayml/v1/text_to_image", "submit", self.submit),
            self.route("GET", "/runwayml/v1/tasks/{id}", "poll", self.poll),
        ]

    def error(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None
    ) -> Response:
        # The request id stands inside the message: apidoc.cometapi.com/errors
        text = f"{message} (request id: emulated)"
        return reply(
            status, {"error": {"message": text, "code": code, "type": "comet_api_error"}}, headers
        )

    def missing(self, what: str = "task") -> Response:
        return self.error(400, "task_not_exist", f"{what}_not_exist")

    def malformed(self) -> Response:
        # A malformed request is a 500 here: apidoc.cometapi.com/errors/error-codes-handling
        return self.error(500, "invalid_request", "invalid request")

    async def unknown(self, request: Request) -> Response:  # noqa: ARG002
        return html(200, "CometAPI")

    def price(self, ask: Ask) -> Decimal | None:  # noqa: ARG002 - per request, whatever it asks
        return _PRICE

    def lane(self, ask: Ask) -> str:  # noqa: ARG002 - a platform's account, not a Runway project
        return ""

    def check(self, body: dict[str, Json], references: int) -> None:
        """What CometAPI's page says; the example of its model page would not pass."""
        if text_of(body.get("model")) != "gen4_image":
            raise self.invalid("use gen4_image")
        if text_of(body.get("ratio")) not in RATIOS:
            raise self.invalid("ratio is not one of the enum")
        if utf16_units(text_of(body.get("promptText"))) > 1_000:
            raise self.invalid("promptText is longer than 1000")
        if references > 3:
            raise self.invalid("referenceImages: at most three")
        if references == 0:
            raise self._no_references()

    async def ask(self, request: Request, body: dict[str, Json]) -> Ask:
        if self.desk.on("reference-images-empty") and not body.get("referenceImages"):
            raise self._no_references()
        return await super().ask(request, body)

    def _no_references(self) -> Refusal:
        return Refusal(self.error(400, "reference_images_empty", "reference_images_empty"))

    def refuse(self, request: Request, digest: str) -> None:  # noqa: ARG002
        if self.desk.strikes("403-waf", digest):
            raise Refusal(html(403, "Request blocked"))
        if self.desk.strikes("500-invalid-request", digest):
            raise Refusal(self.malformed())

    def hide(self, job: Job) -> None:
        if self.desk.lasts("task-not-exist", job, job.polls):
            raise Refusal(self.missing())

    def accepted(self, request: Request, job: Job) -> Response:  # noqa: ARG002
        if self.desk.strikes("524", job.digest):
            return html(524, "A timeout occurred")
        if self.desk.on("wrapped-submit"):
            return reply(200, {"code": "success", "message": "", "data": {"task_id": job.id}})
        return reply(200, {"id": job.id})

    def task(self, request: Request, job: Job, phase: Phase) -> Response:
        bare = self.task_body(request, job, phase)
        in_turn = self.desk.on("mixed") and job.polls % 2 == 1
        if not (self.desk.on("wrapped") or in_turn):
            return reply(200, bare)
        return reply(200, self._wrap(job, phase, bare))

    def _wrap(self, job: Job, phase: Phase, bare: dict[str, Json]) -> Json:
        """The older shape: cometapi.mintlify.app. Times are Unix seconds, 0 where none yet."""
        begun = phase not in ("waiting", "queued")
        ended = phase in FINISHED
        share = 1.0 if ended else job.progress(self.desk.clock.seconds()) if begun else 0.0
        data: dict[str, Json] = {
            "task_id": job.id,
            "action": "text_to_image",
            "status": bare["status"] if bare["status"] != WORDS[phase] else _WRAPPED[phase],
            "fail_reason": bare.get("failure", ""),
            "submit_time": int(job.epoch),
            "start_time": int(job.epoch) if begun else 0,
            "finish_time": int(job.epoch + job.seconds) if ended else 0,
            "progress": f"{round(share * 100)}%",
            "data": bare,
        }
        return {"code": "success", "message": "", "data": data}
