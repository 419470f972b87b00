"""Pictures for jobs: drawn off the event loop and remembered, or one small constant per size.

The same request gives the same bytes. Drawing happens in threads (Pillow lets go of the
interpreter in its heavy parts); results are kept up to a bound of bytes, oldest out first.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

from imagepipe.emulator.book import Job
from imagepipe.emulator.picture import Brief, draw, thumbnail
from imagepipe.emulator.picture.png import plain_png
from imagepipe.emulator.settings import Pictures
from imagepipe.emulator.values import Input, Json, Role

_KEPT = 128 * 2**20  # bytes of drawn pictures
_MAX_INPUT = 64 * 2**20  # characters of a data URI that are looked at


class Gallery:
    """Where pictures come from. Belongs to one event loop."""

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures
        self._drawn: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._under_way: dict[str, asyncio.Task[bytes]] = {}
        self._plain: dict[tuple[str, int, int], tuple[bytes, str]] = {}
        self._thumbs: OrderedDict[str, bytes | None] = OrderedDict()
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="picture")

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def picture(self, job: Job, index: int) -> bytes:
        """The bytes of a job's picture; `index` counts from 0 where a job has several."""
        if self._pictures.kind == "fixed":
            return self._constant(job)[0]
        brief = _brief(job, index)
        kept = self._drawn.get(brief.digest)
        if kept is not None:
            self._drawn.move_to_end(brief.digest)
            return kept
        task = self._under_way.get(brief.digest)
        if task is None:
            task = asyncio.ensure_future(self._draw(brief))
            self._under_way[brief.digest] = task
        return await asyncio.shield(task)

    async def base64(self, job: Job, index: int) -> str:
        if self._pictures.kind == "fixed":
            return self._constant(job)[1]
        return base64.b64encode(await self.picture(job, index)).decode()

    async def input(self, role: Role, source: Json) -> Input:
        """A picture that came as a data URI or as base64; an address is never fetched."""
        text = str(source)
        digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
        if self._pictures.kind == "fixed" or text.startswith(("http:", "https:", "runway:")):
            return Input(role, digest)
        if digest not in self._thumbs:
            loop = asyncio.get_running_loop()
            thumb = await loop.run_in_executor(self._threads, thumbnail, text[:_MAX_INPUT])
            self._thumbs[digest] = thumb
            while len(self._thumbs) > 256:
                self._thumbs.popitem(last=False)
        return Input(role, digest, self._thumbs.get(digest))

    async def _draw(self, brief: Brief) -> bytes:
        loop = asyncio.get_running_loop()
        try:
            drawn = await loop.run_in_executor(self._threads, draw, brief)
        finally:
            del self._under_way[brief.digest]
        self._drawn[brief.digest] = drawn
        self._size += len(drawn)
        while self._size > _KEPT:
            self._size -= len(self._drawn.popitem(last=False)[1])
        return drawn

    def _constant(self, job: Job) -> tuple[bytes, str]:
        key = (job.provider, job.ask.width, job.ask.height)
        if key not in self._plain:
            data = plain_png(*key, size=self._pictures.size)
            self._plain[key] = data, base64.b64encode(data).decode()
        return self._plain[key]


def _brief(job: Job, index: int) -> Brief:
    ask = job.ask
    return Brief(
        provider=job.provider,
        model=ask.model,
        prompt=ask.prompt,
        negative=ask.negative,
        width=ask.width,
        height=ask.height,
        seed=job.seed + index,
        form=ask.form,
        inputs=tuple((picture.role, picture.digest, picture.thumb) for picture in ask.inputs),
    )
