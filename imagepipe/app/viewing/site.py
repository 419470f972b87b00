"""The application: the page, its data, what changes, its pictures, and decisions.

GET changes nothing. Everything that reads or writes files does so in threads, so that one browser
does not wait for another.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from typing import TypeVar

import anyio.to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from imagepipe.app.reviewing import Conflict
from imagepipe.app.viewing.access import TooLong, bounded
from imagepipe.app.viewing.choices import Unfit, carry_out, problem_lines, wishes
from imagepipe.app.viewing.pictures import MEDIA, PICTURES, THUMBS, Thumbnails, original
from imagepipe.app.viewing.scene import EVERY, Scene, told, update
from imagepipe.errors import ImagepipeError, InputError
from imagepipe.model import Json
from imagepipe.report.page import page_html, served_policy

T = TypeVar("T")

MOST = 8 * 2**20
"""Bytes of a request with decisions."""

_ALIVE = 15.0
"""Seconds between two signs of life to a page to which nothing is to be told."""

_FOR_EVER = {"cache-control": "private, max-age=31536000, immutable"}


class Site:
    """Serves one scene under one room."""

    def __init__(self, scene: Scene, desk: Json, ending: asyncio.Event) -> None:
        """Make it.

        Args:
            scene: What is shown.
            desk: What the page has to know to take decisions.
            ending: Set when the server is to end, so that pages are let go.
        """
        self._scene, self._desk, self._ending = scene, desk, ending
        self._thumbnails = Thumbnails()

    def app(self, room: str) -> Starlette:
        """The application, below `/<room>/`."""
        routes = [
            Route("/", self._page),
            Route("/data", self._data),
            Route("/events", self._events),
            Route("/decisions", self._decisions, methods=["POST"]),
            Route(f"/{PICTURES}/{{head}}/{{tail}}", self._picture),
            Route(f"/{THUMBS}/{{head}}/{{tail}}", self._thumbnail),
        ]
        return Starlette(routes=[Mount(f"/{room}", routes=routes)])

    async def _page(self, _request: Request) -> Response:
        seen = await in_thread(partial(self._scene.look, now=True))
        desk = {**self._desk, "version": seen.version} if isinstance(self._desk, dict) else None
        text = await in_thread(page_html, seen.gallery, desk)
        return Response(
            text.encode("utf-8", "replace"),
            media_type="text/html; charset=utf-8",
            headers={"content-security-policy": served_policy()},
        )

    async def _data(self, request: Request) -> Response:
        """All pictures, or those that changed since the version that is named."""
        seen = await in_thread(partial(self._scene.look, now=True))
        since = request.query_params.get("since", "")
        number = int(since) if since.isascii() and since.isdigit() and len(since) < 16 else None
        if number is not None:
            return _json(await in_thread(update, seen, number))
        whole = ",".join(seen.told.values())
        return _json(f'{update(seen, seen.version)[:-1]},"all":[{whole}]}}')

    async def _events(self, request: Request) -> Response:
        since = request.headers.get("last-event-id") or request.query_params.get("since", "0")
        number = int(since) if since.isascii() and since.isdigit() and len(since) < 16 else 0
        return StreamingResponse(self._told(number), media_type="text/event-stream")

    async def _told(self, since: int) -> AsyncIterator[str]:
        yield "retry: 1000\n\n"
        quiet = 0.0
        while not self._ending.is_set():
            seen = await in_thread(self._scene.look)
            if seen.version != since:
                text = await in_thread(update, seen, since)
                yield f"id: {seen.version}\ndata: {_line(text)}\n\n"
                since, quiet = seen.version, 0.0
            elif quiet >= _ALIVE:
                yield ": still here\n\n"
                quiet = 0.0
            quiet += EVERY
            try:
                await asyncio.wait_for(self._ending.wait(), EVERY)
            except TimeoutError:
                continue

    async def _decisions(self, request: Request) -> Response:
        try:
            found = wishes(json.loads(await bounded(request, MOST)))
            await in_thread(self._scene.look)
            made = await in_thread(self._scene.alone, partial(carry_out, found))
        except TooLong:
            return _refusal(413, "more than anybody decides at once")
        except Conflict as conflict:
            seen = await in_thread(partial(self._scene.look, now=True))
            told_ = [json.loads(seen.told[one]) for one in conflict.entries if one in seen.told]
            return JSONResponse({"conflict": told_}, 409)
        except InputError as error:
            return _refusal(422, *problem_lines(error))
        except ImagepipeError as error:
            return _refusal(503, told(error))
        except (Unfit, ValueError, RecursionError) as error:
            return _refusal(400, str(error)[:300])
        after = await in_thread(partial(self._scene.look, now=True))
        changed = [json.loads(after.told[one]) for one in made.before if one in after.told]
        return JSONResponse({"pictures": changed, "undo": made.to_json()})

    async def _picture(self, request: Request) -> Response:
        digest, extension = _digest(request)
        path = await in_thread(original, self._scene.seen.sources, digest, extension)
        if path is None:
            return _refusal(404, "no such picture")
        return FileResponse(path, media_type=MEDIA[extension], headers=_FOR_EVER)

    async def _thumbnail(self, request: Request) -> Response:
        digest, extension = _digest(request)
        made = await in_thread(self._thumbnails.of, self._scene.seen.sources, digest)
        if made is None or extension != "webp":
            return _refusal(404, "no such picture")
        return Response(made, media_type="image/webp", headers=_FOR_EVER)


in_thread = anyio.to_thread.run_sync


def _digest(request: Request) -> tuple[str, str]:
    rest, _, extension = request.path_params["tail"].partition(".")
    return f"{request.path_params['head']}{rest}", extension


def _json(text: str) -> Response:
    return Response(text.encode("utf-8", "replace"), media_type="application/json")


def _line(text: str) -> str:
    """JSON has no line break outside of texts, and in texts none that is not escaped."""
    return text.encode("utf-8", "replace").decode()


def _refusal(status: int, *lines: str) -> Response:
    return JSONResponse({"error": "\n".join(lines)}, status)
