"""A vendor in virtual time: a ticket API in RunGen's words, behind the `Transport` port.

It is the witness: `accepted` holds every paid submit, in order, by prompt.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import cast

import anyio
from PIL import Image

from imagepipe.exchange import NotFetched
from imagepipe.model import Digest, Json
from imagepipe.net import Downloaded
from imagepipe.wire import Answer, NotSent, Operation, Reply, Request, Unanswered


def png(color: tuple[int, int, int] = (200, 30, 30)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), color).save(buffer, "PNG")
    return buffer.getvalue()


PICTURE = png()


@dataclass
class Submit:
    """One submit as the vendor saw it; `at` is virtual seconds."""

    prompt: str
    at: float
    ticket: str


@dataclass
class Vendor:
    """Answers after `latency`, finishes jobs after `working`. `refuse` may answer in its place."""

    latency: float = 0.1
    working: float = 5.0
    refuse: Callable[[Submit], Answer | None] = lambda _submit: None
    after_accept: Callable[[Submit], Answer | None] = lambda _submit: None
    before_submit: Callable[[Request], None] = lambda _request: None
    accepted: list[Submit] = field(default_factory=list)
    submits: list[Submit] = field(default_factory=list)
    polls: int = 0
    working_now: int = 0
    most_working: int = 0
    expire: set[str] = field(default_factory=set)
    fail: dict[str, str] = field(default_factory=dict)
    _ids: count[int] = field(default_factory=lambda: count(1))

    async def send(self, request: Request) -> Answer:
        if request.operation is Operation.SUBMIT:
            return await self._submit(request)
        await anyio.sleep(self.latency)
        if request.operation is Operation.PREFLIGHT:
            return reply(200, {"status": "RUNNING"})
        return self._poll(request.url.rpartition("/")[2])

    async def fetch(self, url: str, sink: Path) -> Downloaded | NotFetched:
        """The `Fetch` port: every address works, unless its ticket is in `expire` (once)."""
        await anyio.sleep(self.latency)
        ticket = url.rpartition("/")[2]
        if ticket in self.expire:
            self.expire.discard(ticket)
            return NotFetched("the picture's address answered 403", expired=True)
        sink.write_bytes(PICTURE)
        return Downloaded(Digest(hashlib.sha256(PICTURE).hexdigest()), len(PICTURE))

    async def _submit(self, request: Request) -> Answer:
        self.before_submit(request)
        body = cast("dict[str, dict[str, str]]", request.json)
        submit = Submit(body["input"]["prompt"], anyio.current_time(), f"t-{next(self._ids)}")
        self.submits.append(submit)
        refusal = self.refuse(submit)
        if refusal is None:
            self.accepted.append(submit)
            self.working_now += 1
            self.most_working = max(self.most_working, self.working_now)
        await anyio.sleep(self.latency)
        if refusal is not None:
            return refusal
        return self.after_accept(submit) or reply(200, {"job_id": submit.ticket})

    def _poll(self, ticket: str) -> Answer:
        self.polls += 1
        job = next((job for job in self.accepted if job.ticket == ticket), None)
        if job is None:
            return reply(404, {"error": "no such job"})
        if anyio.current_time() - job.at < self.working:
            return reply(200, {"data": {"status": "RUNNING", "result": None}})
        self.working_now -= 1
        if job.prompt in self.fail:
            return reply(200, {"data": {"status": self.fail[job.prompt], "result": None}})
        images: Json = [{"image": f"https://cdn.example/{ticket}"}]
        return reply(200, {"data": {"status": "COMPLETED", "result": {"images": images}}})


def reply(status: int, body: Json, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"content-type": "application/json", **named}, json.dumps(body).encode())


NEVER_SENT = NotSent("no connection to the vendor")
NO_ANSWER = Unanswered("the vendor closed the connection before the reply was complete")
