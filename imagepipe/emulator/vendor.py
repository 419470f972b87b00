"""What the vendors' files build on: one vendor's routes and the order of steps of every submit.

The order is: key, body, quirks that refuse, limits, acceptance, quirks that hide the acceptance,
answer. A subclass says what its requests mean and how its vendor words every answer.
"""

from __future__ import annotations

import abc
import email.utils
import hashlib
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imagepipe.emulator.asgi import (
    Cut,
    Operation,
    Refusal,
    Steps,
    html,
    json_object,
    read,
    reply,
)
from imagepipe.emulator.book import Job
from imagepipe.emulator.desk import Desk
from imagepipe.emulator.gallery import Gallery
from imagepipe.emulator.values import Ask, Input, Json, Role

_UNREADABLE = 64 * 2**10  # bytes; above this a request is told apart by its raw body


class Vendor(abc.ABC):
    """One vendor's API in front of its desk. A new one is a subclass and a line in `vendors/`."""

    name: ClassVar[str]
    queues: ClassVar[bool] = True

    def __init__(self, desk: Desk, gallery: Gallery) -> None:
        self.desk = desk
        self.gallery = gallery

    # -- what a vendor says -------------------------------------------------------------------

    @abc.abstractmethod
    def routes(self) -> list[Route]:
        """The vendor's operations, by its own paths."""

    @abc.abstractmethod
    def error(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None
    ) -> Response:
        """A failure in the vendor's own words."""

    @abc.abstractmethod
    def price(self, ask: Ask) -> Decimal | None:
        """US dollars for a request at published prices; None where none is published."""

    def admit(self, request: Request) -> None:
        """Refuses a request that carries no key."""
        if bearer(request) is None:
            raise Refusal(self.bad_key())

    def bad_key(self) -> Response:
        return self.error(401, "invalid_api_key", "Invalid API key.")

    def too_many(self) -> Response:
        """429 for too many submits in a minute."""
        wait = str(max(1, round(self.desk.minute.wait(self.desk.clock.seconds()))))
        return self.error(429, "rate_limit", "Too many requests.", {"Retry-After": wait})

    def missing(self, what: str = "task") -> Response:
        return self.error(404, "not_found", f"{what} not found")

    async def unknown(self, request: Request) -> Response:
        """An address that the vendor does not have."""
        return self.error(404, "not_found", f"No route for {request.method} {request.url.path}")

    # -- steps --------------------------------------------------------------------------------

    def operation(self, name: str, steps: Steps) -> Operation:
        return Operation(lambda: self.desk.tally, name, steps)

    def route(self, method: str, path: str, name: str, steps: Steps) -> Route:
        return Route(path, self.operation(name, steps), methods=[method], name=name)

    async def body(self, request: Request) -> tuple[dict[str, Json], str]:
        """The JSON object that a request carries, and the digest that tells requests apart."""
        raw = await read(request)
        if raw is None:
            raise Refusal(self.error(413, "too_large", "The request is too large."))
        value = json_object(raw)
        if value is None:
            raise Refusal(self.malformed())
        return value, digest_of(request, raw, value)

    def malformed(self) -> Response:
        return self.error(400, "invalid_request", "The body must be a JSON object.")

    def invalid(self, message: str) -> Refusal:
        return Refusal(self.error(400, "invalid_request", message))

    def before(self, digest: str) -> None:
        """Quirks that end a submit before anything is accepted.

        Raises:
            Refusal, Cut: one of them struck.
        """
        self.desk.tally.arrive(self.desk.clock.seconds())
        if not self.desk.quirks:
            return
        if self.desk.strikes("drop-before-accept", digest):
            raise Cut
        for status in (500, 502, 503, 504):
            if self.desk.strikes(str(status), digest):
                raise Refusal(self.error(status, "server_error", "The server had an error."))
        if self.desk.strikes("bad-key", digest):
            raise Refusal(self.bad_key())
        if self.desk.strikes("402", digest):
            raise Refusal(self.error(402, "insufficient_credits", "Insufficient credits."))
        if self.desk.strikes("html", digest):
            raise Refusal(html(200, "Welcome"))
        if self.desk.strikes("moved", digest):
            raise Refusal(Response(status_code=301, headers={"Location": f"/{self.name}/moved"}))
        self._throttle(digest)

    def _throttle(self, digest: str) -> None:
        """The ways in which vendors say 429, each a quirk of its own."""
        epoch = self.desk.clock.epoch()
        hints = {
            "429-retry-after": {"Retry-After": "1"},
            "429-http-date": {"Retry-After": email.utils.formatdate(epoch + 2, usegmt=True)},
            "429-300s": {"Retry-After": "300"},
            "429-reset-epoch": {
                "X-RateLimit-Limit": "60",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": str(int(epoch) + 1),
            },
            "429-prose": {},
            "429-daily": {},
        }
        texts = {
            "429-prose": "Request was throttled. Your rate limit resets in ~1s.",
            "429-daily": "The daily limit of generations has been reached.",
        }
        if self.desk.strikes("429", digest):
            raise Refusal(self.too_many())
        if self.desk.strikes("429-body", digest):
            raise Refusal(reply(429, {"detail": "Too many requests.", "retry_after": 1}))
        for quirk, headers in hints.items():
            if self.desk.strikes(quirk, digest):
                text = texts.get(quirk, "Too many requests.")
                raise Refusal(self.error(429, "rate_limit", text, headers))

    def take_minute(self) -> None:
        if not self.desk.minute.take(self.desk.clock.seconds()):
            raise Refusal(self.too_many())

    def after(self, job: Job, answer: Response) -> Response:
        """Quirks that hide from the client that its submit was accepted, else the answer."""
        if not self.desk.quirks:
            return answer
        if self.desk.strikes("drop-after-accept", job.digest):
            raise Cut
        if self.desk.strikes("500-after-accept", job.digest):
            return self.error(500, "server_error", "The server had an error.")
        if self.desk.strikes("garbled-after-accept", job.digest):
            half = bytes(answer.body[: len(answer.body) // 2])
            return Response(half, answer.status_code, media_type="application/json")
        if self.desk.strikes("no-id", job.digest):
            return reply(answer.status_code, {"message": "accepted"})
        return answer

    async def inputs(self, sources: Sequence[tuple[Role, Json]]) -> tuple[Input, ...]:
        """The pictures that a request carries, as digests and thumbnails."""
        return tuple(
            [
                await self.gallery.input(role, source)
                for role, source in sources
                if isinstance(source, str) and source
            ]
        )

    def picture_url(self, request: Request, job: Job, index: int = 0) -> str:
        """Where a picture of a job can be fetched; `issue` counts addresses given out."""
        host = request.headers.get("host", "127.0.0.1")
        path = f"/_pictures/{self.name}/{job.id}/{index}.{job.ask.form}"
        issue = f"?issue={job.finished_polls}" if "expired-url" in self.desk.quirks else ""
        return f"http://{host}{path}{issue}"


def bearer(request: Request) -> str | None:
    """The key of an `Authorization: Bearer` header, None without one."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None


def digest_of(request: Request, raw: bytes, value: Json) -> str:
    """Tells requests apart: by path and by what the body says, not by how it is spaced."""
    text = raw
    if len(raw) <= _UNREADABLE:
        text = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(request.url.path.encode() + b"\n" + text).hexdigest()


def text_of(value: Json) -> str:
    return value if isinstance(value, str) else ""


def whole(value: Json) -> int | None:
    """An integer, None for everything else (booleans are none)."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def size_of(text: str, separator: str) -> tuple[int, int] | None:
    """Pixels from a text such as `1024x768` or `1280:720`."""
    width, found, height = text.partition(separator)
    if found and width.isascii() and width.isdigit() and height.isascii() and height.isdigit():
        return bounded(int(width[:6])), bounded(int(height[:6]))
    return None


def bounded(side: int) -> int:
    """A side that can be drawn: 16 to 4,096 pixels."""
    return min(max(side, 16), 4_096)
