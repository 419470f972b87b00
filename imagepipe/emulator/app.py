"""The ASGI application: six vendors by the first segment of the path, their pictures, and a view
behind the scenes under `/_emulator/`.

It routes and wires, and knows no vendor by name.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Callable
from dataclasses import replace
from typing import cast

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from imagepipe.emulator.asgi import Operation, Refusal, Truncated, html, reply
from imagepipe.emulator.book import Job
from imagepipe.emulator.desk import Desk
from imagepipe.emulator.gallery import Gallery
from imagepipe.emulator.latency import Uniform
from imagepipe.emulator.settings import Settings
from imagepipe.emulator.state import Accepted, StateFile
from imagepipe.emulator.tally import Tally
from imagepipe.emulator.values import Clock, Json
from imagepipe.emulator.vendor import Vendor
from imagepipe.emulator.vendors import HIDDEN, MODULES


class LoopClock:
    """The running event loop's time."""

    def seconds(self) -> float:
        return asyncio.get_running_loop().time()

    def epoch(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class App:
    """One emulator. Make it inside the event loop that will serve it; `close` when done.

    Raises:
        SetupError: the state file cannot be used.
    """

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self._clock = clock or LoopClock()
        self._open: set[asyncio.Task[object]] = set()
        self._gallery = Gallery(settings.picture)
        self._state = None if settings.state is None else StateFile(settings.state)
        self.vendors = {name: self._vendor(name) for name in MODULES | HIDDEN}
        if self._state is not None:
            self._restore(self._state)
        self._routers = {
            name: Router(vendor.routes(), redirect_slashes=False, default=_default(vendor))
            for name, vendor in self.vendors.items()
        }
        self._routers["_pictures"] = Router(
            [Route("/{provider}/{job}/{file}", _Downloads(self.vendors, self._gallery))]
        )
        self._routers["_emulator"] = Router(self._own_routes(), redirect_slashes=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        head = scope["path"][1:].partition("/")[0]
        router = self._routers.get(head)
        if router is None:
            text = f"The emulator serves {', '.join(f'/{name}/' for name in self._routers)}.\n"
            await PlainTextResponse(text, 404)(scope, receive, send)
            return
        scope["root_path"] = f"/{head}"
        task = asyncio.current_task()
        if task is not None:
            self._open.add(task)
            task.add_done_callback(self._open.discard)
        await router(scope, receive, send)

    def abandon(self) -> None:
        """Cuts every request that is being answered: nobody waits for latencies at the end."""
        for task in list(self._open):
            task.cancel()

    def close(self) -> None:
        self._gallery.close()
        if self._state is not None:
            self._state.close()

    def _vendor(self, name: str) -> Vendor:
        file = (MODULES | HIDDEN)[name]
        module = importlib.import_module(f"imagepipe.emulator.vendors.{file}")
        kind = next(
            value
            for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, Vendor) and _is_named(value, name)
        )
        settings = self.settings
        if name in HIDDEN:
            settings = replace(settings, latency={name: Uniform(0.02, 0.2)})
        desk = Desk(name, settings, self._clock, self._state, queues=kind.queues)
        return kind(desk, self._gallery)

    def _restore(self, state: StateFile) -> None:
        for entry in state.load():
            vendor = self.vendors.get(entry.provider)
            if vendor is not None:
                price = vendor.price(entry.ask) if isinstance(entry, Accepted) else None
                vendor.desk.restore(entry, price)
        state.open()

    # -- behind the scenes --------------------------------------------------------------------

    def _own_routes(self) -> list[Route]:
        return [
            Route("/health", self._health),
            Route("/stats", self._stats),
            Route("/jobs", self._jobs),
            Route("/reset", self._reset, methods=["POST"]),
        ]

    async def _health(self, request: Request) -> Response:  # noqa: ARG002
        return reply(200, {"ok": True, "providers": list(MODULES)})

    async def _stats(self, request: Request) -> Response:  # noqa: ARG002
        providers: dict[str, Json] = {}
        for name, vendor in self.vendors.items():
            if name in HIDDEN and not vendor.desk.tally.requests:
                continue
            providers[name] = vendor.desk.tally.as_json(vendor.desk.phases())
        return reply(200, {"version": 1, "providers": providers})

    async def _jobs(self, request: Request) -> Response:
        """Every accepted job, in order; `?provider=NAME` for one provider's."""
        wanted = request.query_params.get("provider")
        now = self._clock.seconds()
        jobs: list[Json] = [
            _job_json(job, now)
            for name, vendor in self.vendors.items()
            if wanted in (None, name)
            for job in vendor.desk.book.jobs.values()
        ]
        return reply(200, {"jobs": jobs})

    async def _reset(self, request: Request) -> Response:  # noqa: ARG002
        """Forgets jobs, counts and what quirks have done; settings stay."""
        for vendor in self.vendors.values():
            vendor.desk.reset()
        if self._state is not None:
            self._state.clear()
        return reply(200, {"ok": True})


class _Downloads:
    """Pictures by address: `/_pictures/PROVIDER/JOB/INDEX.FORM`."""

    def __init__(self, vendors: dict[str, Vendor], gallery: Gallery) -> None:
        self._vendors = vendors
        self._gallery = gallery

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        vendor = self._vendors.get(scope["path_params"]["provider"])
        if vendor is None:
            await PlainTextResponse("no such provider\n", 404)(scope, receive, send)
            return
        operation = Operation(
            _tally(vendor), "download", lambda request: self._get(vendor, request)
        )
        await operation(scope, receive, send)

    async def _get(self, vendor: Vendor, request: Request) -> Response:
        job = vendor.desk.book.jobs.get(request.path_params["job"])
        stem, _, form = request.path_params["file"].partition(".")
        number = int(stem) if stem.isascii() and stem.isdigit() and len(stem) < 4 else -1
        if job is None or job.deleted or form != job.ask.form or not 0 <= number < job.ask.count:
            raise Refusal(PlainTextResponse("no such picture\n", 404))
        if vendor.desk.quirks:
            self._refuse(vendor, job, request)
        data = await self._gallery.picture(job, number)
        return _spoil(vendor, job, data)

    def _refuse(self, vendor: Vendor, job: Job, request: Request) -> None:
        desk, headers = vendor.desk, request.headers
        carries = "authorization" in headers or "x-api-key" in headers
        if desk.on("rejects-authorization") and carries:
            # S3 refuses an Authorization header on a presigned address.
            text = "<Error><Code>InvalidArgument</Code></Error>"
            raise Refusal(Response(text, 400, media_type="application/xml"))
        issue = request.query_params.get("issue", "0")
        if issue.isdigit() and desk.lasts("expired-url", job, int(issue[:9])):
            text = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
            raise Refusal(Response(text, 403, media_type="application/xml"))
        if desk.strikes("download-500", job.digest):
            raise Refusal(PlainTextResponse("error\n", 500))
        if desk.strikes("download-html", job.digest):
            raise Refusal(html(200, "Sign in"))


def _spoil(vendor: Vendor, job: Job, data: bytes) -> Response:
    """The picture, or what a quirk makes of it."""
    strikes = vendor.desk.strikes
    kind = f"image/{job.ask.form}"
    if vendor.desk.quirks:
        if strikes("download-truncated", job.digest):
            return Truncated(data, media_type=kind)
        if strikes("download-empty", job.digest):
            return Response(b"", media_type=kind)
        if strikes("download-type", job.digest):
            return Response(data, media_type="application/octet-stream")
    return Response(data, media_type=kind)


def _tally(vendor: Vendor) -> Callable[[], Tally]:
    return lambda: vendor.desk.tally


def _default(vendor: Vendor) -> Operation:
    return Operation(_tally(vendor), "unknown", vendor.unknown)


def _is_named(value: type, name: str) -> bool:
    return cast("str | None", getattr(value, "name", None)) == name


def _job_json(job: Job, now: float) -> Json:
    return {
        "provider": job.provider,
        "id": job.id,
        "request": job.digest,
        "phase": job.phase(now),
        "prompt": job.ask.prompt,
        "model": job.ask.model,
        "size": f"{job.ask.width}x{job.ask.height}",
        "seed": job.seed,
        "accepted_at": round(job.epoch, 3),
        "seconds": round(job.seconds, 3),
        "polls": job.polls,
        "deleted": job.deleted,
    }
