"""A vendor in virtual time that may count a nonce once, list its jobs, or answer with the picture.

It plays the specs of `tests/crash/specs`. `jobs` holds what it accepted, so it is the witness.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import anyio

from imagepipe.exchange import NotFetched
from imagepipe.model import Digest, Json
from imagepipe.net import Downloaded
from imagepipe.wire import Answer, Operation, Request
from tests.fakes.vendor import NO_ANSWER, PICTURE, Vendor, png, reply


@dataclass
class Made:
    """A job as it was accepted."""

    id: str
    body: dict[str, Json]
    once: str | None


@dataclass
class Lab(Vendor):
    """`lose` says, by the number of the submit, whether it arrives and whether its answer does."""

    lose: Callable[[int], str] = lambda _number: ""
    answer: Answer | None = None
    jobs: list[Made] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    gone: bool = False
    twins: bool = False
    arrived: int = 0
    picture: bytes = PICTURE

    @property
    def prompts(self) -> list[str]:
        return [str(job.body["prompt"]) for job in self.jobs]

    @property
    def paid(self) -> int:
        return sum(request.operation is Operation.SUBMIT for request in self.asked)

    async def send(self, request: Request) -> Answer:
        self.asked.append(request)
        await anyio.sleep(self.latency)
        if request.operation is Operation.SUBMIT:
            return self._accept(request)
        name = request.url.partition("/jobs")[2]
        if not name.startswith("/"):
            shown = [self._shown(job) for job in self.jobs]
            return reply(200, {"jobs": list(shown)})
        found = [job for job in self.jobs if f"/{job.id}" == name]
        if not found or self.gone:
            return reply(404, {"error": "no such job"})
        return reply(200, self._shown(found[0]))

    async def fetch(self, url: str, sink: Path) -> Downloaded | NotFetched:  # noqa: ARG002 - every address works
        await anyio.sleep(self.latency)
        sink.write_bytes(self.picture)
        return Downloaded(Digest(hashlib.sha256(self.picture).hexdigest()), len(self.picture))

    def _accept(self, request: Request) -> Answer:
        self.before_submit(request)
        self.arrived += 1
        lost = self.lose(self.arrived)
        if lost == "request":
            return NO_ANSWER
        body = cast("dict[str, Json]", request.json)
        once = cast("str | None", request.headers.get("Once"))
        job = next((one for one in self.jobs if once and one.once == once), None)
        if job is None:
            job = Made(f"j{len(self.jobs) + 1}", body, once)
            self.jobs.append(job)
            if self.twins:
                self.jobs.append(Made(f"j{len(self.jobs) + 1}", body, once))
        if lost == "answer":
            return NO_ANSWER
        if self.answer is not None:
            return self.answer
        if request.url.endswith("/images"):
            return reply(200, {"data": [{"b64_json": base64.b64encode(self.picture).decode()}]})
        return reply(200, {**self._shown(job), "status": "queued", "url": None})

    def _shown(self, job: Made) -> dict[str, Json]:
        return {
            "id": job.id,
            "status": "succeeded",
            "url": f"https://cdn.example/{job.id}",
            "seed": job.body.get("seed"),
            "input": {"prompt": job.body["prompt"], "tag": job.body.get("tag")},
        }


OTHER_PICTURE = png((10, 90, 200))
