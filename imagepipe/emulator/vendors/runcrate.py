"""Runcrate (https://runcrate.ai/docs): one synchronous route for every model.

Page, API reference and SDK differ in what a request may hold, so all of it is taken. `url` is what
comes unless base64 is asked for; `url` may be a data URI (quirk). Limits are told by
X-RateLimit-Limit, -Remaining and -Reset, the last as Unix time; Retry-After is not documented.
"""

from __future__ import annotations

import fnmatch
from decimal import Decimal
from typing import ClassVar, Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imagepipe.emulator.asgi import reply
from imagepipe.emulator.book import Job
from imagepipe.emulator.sync_vendor import SyncVendor
from imagepipe.emulator.values import Ask, Input, Json
from imagepipe.emulator.vendor import bounded, size_of, text_of, whole

ASPECTS: dict[str, tuple[int, int]] = {
    "1:1": (1024, 1024),
    "16:9": (1344, 768),
    "9:16": (768, 1344),
    "4:3": (1152, 896),
    "3:2": (1216, 832),
}
"""The page's ratios; it does not say their pixels, so these are common ones near one megapixel."""

PRICES: tuple[tuple[str, Decimal], ...] = (
    ("*flux.1-schnell", Decimal("0.003")),  # "starts at"; no other model's price is on the page
)

_CANNY = "*flux*canny*"
_MAX_INPUTS = 8  # of FLUX.2 Pro


class Runcrate(SyncVendor):
    name: ClassVar[str] = "runcrate"

    def routes(self) -> list[Route]:
        return [self.route("POST", "/v1/images/generations", "submit", self.submit)]

    def error(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None
    ) -> Response:
        kind = {401: "authentication_error", 429: "rate_limit_error", 500: "server_error"}
        body: dict[str, Json] = {
            "message": message,
            "type": kind.get(status, "invalid_request_error"),
            "code": "budget_exceeded" if status == 402 else code,  # 402 as the SDK maps it
        }
        return reply(status, {"error": body}, headers)

    def too_many(self) -> Response:
        return self.error(429, "rate_limit_exceeded", "Rate limit exceeded.", self._limits())

    def too_many_at_once(self) -> Response:
        reset = str(int(self.desk.clock.epoch()) + 1)
        headers = self._limits() | {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
        return self.error(429, "rate_limit_exceeded", "Too many requests at a time.", headers)

    def _limits(self) -> dict[str, str]:
        desk = self.desk
        reset = desk.clock.epoch() + desk.minute.wait(desk.clock.seconds())
        return {
            "X-RateLimit-Limit": str(desk.limits.rpm or 60),  # the true number is not published
            "X-RateLimit-Remaining": str(desk.minute.remaining),
            "X-RateLimit-Reset": str(-int(-reset // 1)),
        }

    def price(self, ask: Ask) -> Decimal | None:
        for pattern, dollars in PRICES:
            if fnmatch.fnmatchcase(ask.model.lower(), pattern):
                return dollars * ask.count
        return None

    async def ask(self, body: dict[str, Json]) -> Ask:
        if not text_of(body.get("model")) or not text_of(body.get("prompt")):
            raise self.invalid("model and prompt are required")
        if self.desk.on("strict"):
            self._check(body)
        width, height = _pixels(body)
        return Ask(
            prompt=text_of(body.get("prompt")),
            model=text_of(body.get("model")),
            negative=text_of(body.get("negative_prompt")),
            width=width,
            height=height,
            seed=whole(body.get("seed")),
            inputs=await self._inputs(body),
            count=min(max(whole(body.get("n")) or 1, 1), 10),
        )

    def _check(self, body: dict[str, Json]) -> None:
        """The API reference's ranges and the page's model table."""
        model, references = text_of(body.get("model")).lower(), body.get("input_images")
        for side in ("width", "height"):
            if side in body and not 256 <= (whole(body[side]) or 0) <= 2048:
                raise self.invalid(f"{side} must be an integer from 256 to 2048")
        steps = body.get("num_inference_steps")
        if steps is not None and not 1 <= (whole(steps) or 0) <= 100:
            raise self.invalid("num_inference_steps must be an integer from 1 to 100")
        if body.get("aspect_ratio", "1:1") not in ASPECTS:
            raise self.invalid("aspect_ratio is not supported")
        if fnmatch.fnmatchcase(model, _CANNY) and not body.get("control_image"):
            raise self.invalid("control_image is required")
        if isinstance(references, list) and len(references) > _MAX_INPUTS:
            raise self.invalid(f"input_images: at most {_MAX_INPUTS}")

    async def _inputs(self, body: dict[str, Json]) -> tuple[Input, ...]:
        many = body.get("input_images")
        return await self.inputs(
            [
                ("image", body.get("image")),
                ("mask", body.get("mask")),
                ("control", body.get("control_image")),
                *(("reference", item) for item in (many if isinstance(many, list) else [])),
            ]
        )

    async def answer(self, request: Request, job: Job, body: dict[str, Json]) -> Response:
        form: Literal["url", "data", "base64"] = "url"
        if body.get("response_format") == "b64_json" or self.desk.on("base64"):
            form = "base64"
        elif self.desk.on("data-uri"):
            form = "data"
        data: list[Json] = [
            await self.picture(request, job, index, form) for index in range(job.ask.count)
        ]
        headers = self._limits() if self.desk.limits.rpm else None
        return reply(200, {"created": int(job.epoch), "data": data}, headers)


def _pixels(body: dict[str, Json]) -> tuple[int, int]:
    """Width and height win over `size`, `size` over the aspect."""
    width, height = whole(body.get("width")), whole(body.get("height"))
    aspect = ASPECTS.get(text_of(body.get("aspect_ratio")), ASPECTS["1:1"])
    asked = size_of(text_of(body.get("size")), "x") or aspect
    return bounded(width or asked[0]), bounded(height or asked[1])
