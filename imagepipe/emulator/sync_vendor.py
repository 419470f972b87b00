"""What the vendors share whose submit waits for the picture and answers with it.

They have no tickets: a client that loses the connection has lost a picture that it paid for. The
form of the picture in the answer (address, data URI, base64) is the vendor's affair.
"""

from __future__ import annotations

import abc
from typing import ClassVar, Literal

from starlette.requests import Request
from starlette.responses import Response

from imagepipe.emulator.asgi import Refusal
from imagepipe.emulator.book import Job
from imagepipe.emulator.values import Ask, Json
from imagepipe.emulator.vendor import Vendor

_SLOW = 61.0
"""Seconds that the quirk `slow` adds: past the 60 s after which many clients give up."""


class SyncVendor(Vendor):
    """A vendor with one route that answers when the picture is done."""

    queues: ClassVar[bool] = False

    @abc.abstractmethod
    async def ask(self, body: dict[str, Json]) -> Ask:
        """What a request asks for, after the vendor's own checks.

        Raises:
            Refusal: the vendor would not take it.
        """

    @abc.abstractmethod
    async def answer(self, request: Request, job: Job, body: dict[str, Json]) -> Response:
        """The pictures, as the vendor gives them."""

    @abc.abstractmethod
    def too_many_at_once(self) -> Response:
        """429 for more requests under way than the account may have."""

    def refuse(self, digest: str) -> None:
        """Quirks of this vendor alone that end a submit."""

    async def submit(self, request: Request) -> Response:
        self.admit(request)
        body, digest = await self.body(request)
        return await self.generate(request, body, digest, await self.ask(body))

    async def generate(
        self, request: Request, body: dict[str, Json], digest: str, ask: Ask
    ) -> Response:
        """Everything after the request is understood: limits, acceptance, waiting, answer."""
        self.before(digest)
        self.refuse(digest)
        limit = self.desk.limits.in_flight
        if limit is not None and self.desk.open_requests >= limit:
            raise Refusal(self.too_many_at_once())
        self.take_minute()
        job = self.desk.accept(ask, digest, self.price(ask))
        self.desk.open_requests += 1
        try:
            self.desk.tally.under_way(self.desk.open_requests)
            slow = _SLOW if self.desk.strikes("slow", digest) else 0.0
            if job.seconds or slow:
                await self.desk.clock.sleep(job.seconds + slow)
            answer = await self.answer(request, job, body)
        finally:
            self.desk.open_requests -= 1
        return self.after(job, answer)

    async def picture(
        self, request: Request, job: Job, index: int, form: Literal["url", "data", "base64"]
    ) -> dict[str, Json]:
        """One item of `data`."""
        if form == "url":
            return {"url": self.picture_url(request, job, index)}
        text = await self.gallery.base64(job, index)
        if form == "data":
            return {"url": f"data:image/{job.ask.form};base64,{text}"}
        return {"b64_json": text}
