"""A vendor that outlives its clients: what it accepted and billed is the truth of a test.

It plays the specs of `tests/crash/specs`. What becomes of the submits to come, and of the jobs that
they make, is said beforehand.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import cast

from imagepipe.exchange import NotFetched
from imagepipe.model import Digest, Json
from imagepipe.wire import Answer, Operation, Reply, Request
from tests.crash.program_inside import Asked, Heard
from tests.fakes.vendor import NEVER_SENT, NO_ANSWER, png, reply

LATENCY = 0.1
SETTLE = 0.15
"""Seconds until the list shows a job; the specs promise it after 0.2."""
REMEMBERED = 24 * 3600.0
"""Seconds for which a nonce counts once, as the spec promises."""
PATIENCE = 60.0
"""Seconds after which a client gives up a request of its own that could not leave."""


class Turn(StrEnum):
    """What becomes of one submit."""

    ACCEPTED = "accepted"
    REQUEST_LOST = "request lost"
    REPLY_LOST = "reply lost"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    THROTTLED = "throttled"
    NO_CREDITS = "no credits"
    BROKE_BEFORE = "broke before it"
    BROKE_AFTER = "broke after it"
    GARBLED = "garbled"


ACCEPTING = frozenset({Turn.ACCEPTED, Turn.REPLY_LOST, Turn.BROKE_AFTER, Turn.GARBLED})
TELLING_NOTHING = frozenset(
    {Turn.REQUEST_LOST, Turn.REPLY_LOST, Turn.BROKE_BEFORE, Turn.BROKE_AFTER, Turn.GARBLED}
)


class Fate(StrEnum):
    """What becomes of a job that was accepted and has a ticket."""

    MADE = "made"
    SLOW = "slow"
    CHARGED = "charged"  # failed, and billed
    REFUNDED = "refunded"  # failed, and not billed
    UNCLEAR = "unclear"  # failed, and nobody says


@dataclass
class Accepted:
    """A job in the vendor's books. `gone`: its ticket is forgotten."""

    id: str
    prompt: str
    shown: dict[str, Json]
    once: str | None
    tag: str
    at: float
    fate: Fate
    polls: int = 0
    gone: bool = False


@dataclass
class Vendor:
    """`turns` are those of the next submits, `fate` that of the next jobs."""

    turns: list[Turn] = field(default_factory=list)
    fate: Fate = Fate.MADE
    jobs: list[Accepted] = field(default_factory=list)
    requests: Counter[Operation] = field(default_factory=Counter)
    told_nothing: int = 0
    address: int = 1

    def accepted(self, prompt: str) -> list[Accepted]:
        return [job for job in self.jobs if job.prompt == prompt]

    def pictures(self, prompt: str) -> frozenset[Digest]:
        return frozenset(_digest(picture(job.id)) for job in self.accepted(prompt))

    def answer(self, asked: Asked) -> Heard:
        match asked.what:
            case Request(operation=Operation.SUBMIT) as request:
                self.requests[Operation.SUBMIT] += 1
                if asked.now - asked.begun > PATIENCE:  # its process was left standing
                    self.told_nothing += 1
                    return Heard(NO_ANSWER, LATENCY)
                return Heard(self._submit(request, asked.now), LATENCY)
            case Request() as request:
                self.requests[Operation.POLL] += 1
                return Heard(self._look(request, asked.now), LATENCY)
            case str() as url:
                self.requests[Operation.DOWNLOAD] += 1
                return Heard(self._picture(url), LATENCY)

    def _submit(self, request: Request, now: float) -> Answer:
        turn = self.turns.pop(0) if self.turns else Turn.ACCEPTED
        self.told_nothing += turn in TELLING_NOTHING
        job = self._accept(request, now) if turn in ACCEPTING else None
        match turn:
            case Turn.ACCEPTED:
                assert job is not None
                return self._welcome(request, job)
            case Turn.REQUEST_LOST | Turn.REPLY_LOST:
                return NO_ANSWER
            case Turn.UNREACHABLE:
                return NEVER_SENT
            case Turn.GARBLED:
                return Reply(200, {"content-type": "text/html"}, b"<html>busy</html>")
            case _:
                return reply(_STATUS[turn], {"error": turn.value})

    def _accept(self, request: Request, now: float) -> Accepted:
        body = cast("dict[str, Json]", request.json)
        once = cast("str | None", request.headers.get("Once"))
        for job in self.jobs:
            if once is not None and job.once == once and now - job.at <= REMEMBERED:
                return job
        shown: dict[str, Json] = {
            "seed": body.get("seed"),
            "input": {"prompt": body["prompt"], "tag": body.get("tag")},
        }
        number, prompt, tag = len(self.jobs) + 1, str(body["prompt"]), str(body.get("tag", ""))
        made = Accepted(f"j{number}", prompt, shown, once, tag, now, self.fate)
        if request.url.endswith("/images"):
            made.fate = Fate.MADE
        self.jobs.append(made)
        return made

    def _welcome(self, request: Request, job: Accepted) -> Answer:
        if request.url.endswith("/images"):
            data = base64.b64encode(picture(job.id)).decode()
            return reply(200, {"data": [{"b64_json": data}]})
        return reply(200, {"id": job.id, "status": "queued", **job.shown})

    def _look(self, request: Request, now: float) -> Answer:
        name = request.url.partition("/jobs")[2]
        if not name.startswith("/"):
            tag = name.partition("tag=")[2]
            seen = [job for job in self.jobs if now - job.at >= SETTLE]
            listed = [{"id": job.id, **job.shown} for job in seen if tag in ("", job.tag)]
            return reply(200, {"jobs": cast("list[Json]", listed)})
        job = next((job for job in self.jobs if f"/{job.id}" == name), None)
        if job is None or job.gone:
            return reply(404, {"error": "no such job"})
        job.polls += 1
        if job.polls == 1 or job.fate is Fate.SLOW:
            return reply(200, {"id": job.id, "status": "running", **job.shown})
        if job.fate is not Fate.MADE:
            return reply(200, {"id": job.id, "status": "failed", "why": job.fate.value})
        url = f"https://cdn.example/{self.address}/{job.id}"
        return reply(200, {"id": job.id, "status": "succeeded", "url": url, **job.shown})

    def _picture(self, url: str) -> NotFetched | bytes:
        *_, address, name = url.split("/")
        job = next(job for job in self.jobs if job.id == name)
        if address != str(self.address) or job.gone:
            return NotFetched("the picture's address answered 403", expired=True)
        return picture(name)


_STATUS = {
    Turn.REFUSED: 400,
    Turn.THROTTLED: 429,
    Turn.NO_CREDITS: 402,
    Turn.BROKE_BEFORE: 500,
    Turn.BROKE_AFTER: 500,
}


@cache
def picture(job: str) -> bytes:
    """Every job's own, so that a mistaken one shows."""
    number = int(job.removeprefix("j"))
    return png((number % 256, number // 256, 7))


def _digest(data: bytes) -> Digest:
    return Digest(hashlib.sha256(data).hexdigest())
