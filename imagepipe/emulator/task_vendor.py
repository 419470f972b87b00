"""What the four vendors with tasks share: submit gives a ticket, polls tell its phase.

It counts polls and carries out the quirks of a task's life; how a phase is spelled and what a task
looks like stays with the vendor.
"""

from __future__ import annotations

import abc

from starlette.requests import Request
from starlette.responses import Response

from imagepipe.emulator.asgi import Cut, Refusal, html
from imagepipe.emulator.book import Job
from imagepipe.emulator.values import FINISHED, Ask, Json, Phase
from imagepipe.emulator.vendor import Vendor


class TaskVendor(Vendor):
    """A vendor whose submit answers at once and whose pictures are fetched later."""

    @abc.abstractmethod
    async def ask(self, request: Request, body: dict[str, Json]) -> Ask:
        """What a request asks for, after the vendor's own checks.

        Raises:
            Refusal: the vendor would not take it.
        """

    @abc.abstractmethod
    def accepted(self, request: Request, job: Job) -> Response:
        """The answer to a submit."""

    @abc.abstractmethod
    def task(self, request: Request, job: Job, phase: Phase) -> Response:
        """The answer to a poll."""

    def lane(self, ask: Ask) -> str:  # noqa: ARG002 - for vendors that count per model
        """What the places of the tier are counted by."""
        return ""

    async def submit(self, request: Request) -> Response:
        self.admit(request)
        body, digest = await self.body(request)
        ask = await self.ask(request, body)
        self.before(digest)
        self.refuse(request, digest)
        self.take_minute()
        self.take_day(self.lane(ask))
        job = self.desk.accept(ask, digest, self.price(ask), lane=self.lane(ask))
        return self.after(job, self.accepted(request, job))

    def refuse(self, request: Request, digest: str) -> None:
        """Quirks of this vendor alone that end a submit."""

    def take_day(self, lane: str) -> None:
        if not self.desk.day.take(self.desk.clock.seconds(), lane):
            text = "The daily limit of generations has been reached."
            raise Refusal(self.error(429, "daily_limit", text))

    async def poll(self, request: Request) -> Response:
        self.admit(request)
        job = self.desk.book.jobs.get(request.path_params["id"])
        self._disturb("" if job is None else job.digest)
        if job is None or job.deleted:
            raise Refusal(self.missing())
        job.polls += 1
        if self.desk.lasts("not-found", job, job.polls):
            raise Refusal(self.missing())
        self.hide(job)
        phase = self._phase(job)
        if phase in FINISHED:
            job.finished_polls += 1
        return self.task(request, job, phase)

    def hide(self, job: Job) -> None:
        """Quirks of this vendor alone that deny a task for a while."""

    def strange(self, job: Job) -> bool:
        """Whether this poll tells a status that no document lists."""
        return self.desk.lasts("unknown-status", job, job.polls)

    def without_result(self, job: Job) -> bool:
        """Whether a finished job still shows no result."""
        return self.desk.lasts("empty-result", job, job.finished_polls)

    def _disturb(self, digest: str) -> None:
        if not self.desk.quirks:
            return
        if self.desk.strikes("poll-drop", digest):
            raise Cut
        if self.desk.strikes("poll-429", digest):
            raise Refusal(self.too_many())
        if self.desk.strikes("poll-500", digest):
            raise Refusal(self.error(500, "server_error", "The server had an error."))
        if self.desk.strikes("poll-html", digest):
            raise Refusal(html(200, "Welcome"))

    def _phase(self, job: Job) -> Phase:
        """The phase by the clock, held back by the quirks that count polls."""
        seen = job.polls
        for quirk, phase in _HELD:
            lasting = self.desk.polls_of(quirk)
            if seen <= lasting:
                return phase
            seen -= lasting
        return job.phase(self.desk.clock.seconds())


_HELD: tuple[tuple[str, Phase], ...] = (
    ("throttled", "waiting"),
    ("queued", "queued"),
    ("running", "running"),
)
