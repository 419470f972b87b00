"""GoNeural (https://developer.goneural.ai): tasks with a PHP-style JSON and refunds.

No page describes its errors; `{"message": ...}` here is a placeholder that a client must not lean
on. `failed` never says why. Amounts of credits are not published either: one credit a task.
"""

from __future__ import annotations

import time
from decimal import Decimal
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imagepipe.emulator.asgi import reply
from imagepipe.emulator.book import Job
from imagepipe.emulator.task_vendor import TaskVendor
from imagepipe.emulator.values import FINISHED, Ask, Json, Phase
from imagepipe.emulator.vendor import size_of, text_of, whole

RATIOS = (
    # developer.goneural.ai/enums: the whole text is the value
    "1:1 square 1024x1024",
    "3:4 portrait 896x1152",
    "9:16 portrait 768x1344",
    "4:3 landscape 1152x896",
    "3:2 landscape 1216x832",
    "16:9 landscape 1344x768",
)

_WORDS: dict[Phase, str] = {
    "waiting": "queued",
    "queued": "queued",
    "running": "in_progress",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "failed",  # the enum knows no cancelled state
}

_MOST = 500  # characters of prompt and negativePrompt
_CREDITS = 1
_BALANCE = 100_000


class GoNeural(TaskVendor):
    name: ClassVar[str] = "goneural"

    def routes(self) -> list[Route]:
        return [
            self.route("POST", "/v1/tasks/text-to-image", "submit", self.submit),
            self.route("GET", "/v1/tasks/{id}", "poll", self.poll),
            self.route("GET", "/v1/billing", "billing", self.billing),
        ]

    def error(
        self,
        status: int,
        code: str,  # noqa: ARG002 - undocumented: no code
        message: str,
        headers: dict[str, str] | None = None,
    ) -> Response:
        return reply(status, {"message": message}, headers)

    def price(self, ask: Ask) -> Decimal | None:  # noqa: ARG002 - no price of a credit is published
        return None

    async def ask(self, request: Request, body: dict[str, Json]) -> Ask:  # noqa: ARG002
        prompt, ratio = text_of(body.get("prompt")), text_of(body.get("ratio"))
        negative = text_of(body.get("negativePrompt"))
        if not prompt or not ratio:
            raise self.invalid("prompt and ratio are required")
        if self.desk.on("strict"):
            self._check(prompt, negative, ratio, body.get("seed"))
        width, height = size_of(ratio.rpartition(" ")[2], "x") or (1024, 1024)
        return Ask(
            prompt=prompt,
            negative=negative,
            width=width,
            height=height,
            seed=whole(body.get("seed")),
            extra={"ratio": ratio, "negativePrompt": body.get("negativePrompt")},
        )

    def _check(self, prompt: str, negative: str, ratio: str, seed: Json) -> None:
        if len(prompt) > _MOST or len(negative) > _MOST:
            raise self.invalid(f"prompts must not be longer than {_MOST} characters")
        if ratio not in RATIOS:
            raise self.invalid("ratio is not one of the enum")
        if seed is not None and whole(seed) is None:
            raise self.invalid("seed must be an integer")

    def accepted(self, request: Request, job: Job) -> Response:
        return reply(200, self._task(request, job, "queued"))

    def task(self, request: Request, job: Job, phase: Phase) -> Response:
        return reply(200, self._task(request, job, phase))

    def _task(self, request: Request, job: Job, phase: Phase) -> dict[str, Json]:
        filler = self.desk.on("filler-output") and phase not in FINISHED
        failed = phase in ("failed", "cancelled")
        shown = (phase == "succeeded" and not self.without_result(job)) or filler
        ended = job.epoch + job.seconds if phase in FINISHED else job.epoch
        return {
            "id": job.id,
            "status": "warming_up" if self.strange(job) else _WORDS[phase],
            "type": "text-to-image",
            "seed": job.seed,
            "input": self._map(_input(job.ask)),
            "output": self._map({"image": self.picture_url(request, job)} if shown else {}),
            "creditUsed": 0 if filler else _CREDITS,
            "refunded": filler or (failed and not self.desk.on("no-refund")),
            "userId": 0,
            "finishedAt": _iso(ended) if phase in FINISHED or filler else None,
            "createdAt": _iso(job.epoch),
            "asset": None,
            "assetId": None,
            "meta": None,
        }

    def _map(self, values: dict[str, Json]) -> Json:
        """PHP's JSON cannot tell an empty map from an empty list."""
        return values if values or not self.desk.on("empty-list") else []

    async def billing(self, request: Request) -> Response:
        """developer.goneural.ai/billing; the vendor's plug-in expects the other shape."""
        self.admit(request)
        used = self.desk.tally.accepted.total() * _CREDITS
        plan: Json = "studio"
        if self.desk.on("subscription-object"):
            plan = {"id": "studio", "name": "Studio"}
        return reply(200, {"remaining": max(0, _BALANCE - used), "subscription": plan})


def _input(ask: Ask) -> dict[str, Json]:
    given: dict[str, Json] = {"prompt": ask.prompt, "ratio": ask.extra.get("ratio")}
    if ask.negative:
        given["negativePrompt"] = ask.negative
    return given


def _iso(epoch: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch))
