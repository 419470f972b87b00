"""The images routes of OpenAI and of the many servers that speak them (`/v1/images/...`).

The form comes from openai 3.54.0: GPT image models answer with base64, others with an address where
`response_format` asks for one. Local servers take any key or none, so a key is asked for only with
the quirk `need-key`.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar, Literal, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imagepipe.emulator.asgi import Refusal, read, reply
from imagepipe.emulator.book import Job
from imagepipe.emulator.multipart import parts
from imagepipe.emulator.sync_vendor import SyncVendor
from imagepipe.emulator.values import Ask, Input, Json, Role
from imagepipe.emulator.vendor import bearer, digest_of, size_of, text_of, whole

_KINDS = {401: "invalid_request_error", 429: "requests", 500: "server_error"}
_MAX_PROMPT = 32_000  # characters
_SIZE = (1024, 1024)


class OpenAiImages(SyncVendor):
    name: ClassVar[str] = "openai-images"

    def routes(self) -> list[Route]:
        return [
            self.route("POST", "/v1/images/generations", "submit", self.submit),
            self.route("POST", "/v1/images/edits", "submit", self.edit),
        ]

    def admit(self, request: Request) -> None:
        if self.desk.on("need-key") and bearer(request) is None:
            raise Refusal(self.bad_key())

    def error(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None
    ) -> Response:
        kind = _KINDS.get(status, "invalid_request_error")
        body: dict[str, Json] = {"message": message, "type": kind, "param": None, "code": code}
        return reply(status, {"error": body}, headers)

    def too_many(self) -> Response:
        wait = max(1, round(self.desk.minute.wait(self.desk.clock.seconds())))
        return self._rate_limited(wait, str(self.desk.limits.rpm or 60))

    def too_many_at_once(self) -> Response:
        return self._rate_limited(1, str(self.desk.limits.in_flight))

    def _rate_limited(self, wait: int, limit: str) -> Response:
        headers = {
            "Retry-After": str(wait),
            "x-ratelimit-limit-requests": limit,
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": f"{wait // 60}m{wait % 60}s" if wait > 59 else f"{wait}s",
        }
        return self.error(429, "rate_limit_exceeded", "Rate limit reached for images.", headers)

    def refuse(self, digest: str) -> None:
        if self.desk.strikes("moderated", digest):
            body: dict[str, Json] = {
                "message": "Your request was rejected by the safety system. "
                "safety_violations=[violence].",
                "type": "image_generation_user_error",
                "param": None,
                "code": "moderation_blocked",
            }
            raise Refusal(reply(400, {"error": body}))
        if self.desk.strikes("insufficient-quota", digest):
            text = "You exceeded your current quota."
            raise Refusal(self.error(429, "insufficient_quota", text))

    def price(self, ask: Ask) -> Decimal | None:  # noqa: ARG002 - by tokens, or a server of one's own
        return None

    async def ask(self, body: dict[str, Json]) -> Ask:
        prompt = text_of(body.get("prompt"))
        if not prompt:
            raise self.invalid("prompt is required")
        if self.desk.on("strict") and len(prompt) > _MAX_PROMPT:
            raise self.invalid(f"prompt is longer than {_MAX_PROMPT} characters")
        width, height = size_of(text_of(body.get("size")), "x") or _SIZE
        form = text_of(body.get("output_format"))
        return Ask(
            prompt=prompt,
            model=text_of(body.get("model")),
            negative=text_of(body.get("negative_prompt")),
            width=width,
            height=height,
            seed=whole(body.get("seed")),
            count=min(max(whole(body.get("n")) or 1, 1), 10),
            form=cast("Literal['png', 'jpeg', 'webp']", form)
            if form in ("jpeg", "webp")
            else "png",
        )

    async def answer(self, request: Request, job: Job, body: dict[str, Json]) -> Response:
        form: Literal["url", "base64"] = "url" if body.get("response_format") == "url" else "base64"
        data: list[Json] = [
            await self.picture(request, job, index, form) for index in range(job.ask.count)
        ]
        return reply(
            200,
            {
                "created": int(job.epoch),
                "data": data,
                "output_format": job.ask.form,
                "size": f"{job.ask.width}x{job.ask.height}",
                "usage": _usage(job.ask),
            },
        )

    async def edit(self, request: Request) -> Response:
        """Multipart: one picture is the part `image`, several are repeated `image[]`."""
        self.admit(request)
        raw = await read(request)
        if raw is None:
            raise Refusal(self.error(413, "too_large", "The request is too large."))
        form = parts(raw, request.headers.get("content-type", ""))
        if form is None:
            raise self.invalid("the body must be multipart/form-data")
        body: dict[str, Json] = {}
        for name, value in form:
            text = (
                value.decode("utf-8", "replace") if not name.startswith(("image", "mask")) else ""
            )
            body[name] = int(text) if name == "n" and text.isdigit() else text
        ask = await self.ask(body)
        inputs = await self._parts(form)
        if not inputs:
            raise self.invalid("image is required")
        digest = digest_of(request, b"", [body, [picture.digest for picture in inputs]])
        return await self.generate(request, body, digest, replace(ask, inputs=inputs))

    async def _parts(self, form: list[tuple[str, bytes]]) -> tuple[Input, ...]:
        roles: dict[str, Role] = {"image": "image", "image[]": "reference", "mask": "mask"}
        return await self.inputs(
            [
                (roles[name], base64.b64encode(value).decode())
                for name, value in form
                if name in roles
            ]
        )


def _usage(ask: Ask) -> dict[str, Json]:
    """Token counts of a plausible size: the vendor's formula is not published."""
    text, picture = len(ask.prompt) // 4 + 1, ask.width * ask.height // 1024 * ask.count
    return {
        "input_tokens": text,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": text},
        "output_tokens": picture,
        "total_tokens": text + picture,
    }
