"""What others would write for the same work: `python -m tests.bench.peers NAME URL JOBS FOLDER`.

Each asks an emulator for pictures, fetches them and writes them to files, and keeps no record. They
print the CPU time and the time that the work took, in seconds. A vendor's package does no download:
its pictures are fetched with the HTTP library that it brings along. A last argument says how many
are in flight, 64 if it is left out.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

THREADS = 5
"""As many as vendors' own examples of parallel use have."""

POLL = 0.02


async def _together(jobs: int, in_flight: int, one: Callable[[int], Awaitable[None]]) -> None:
    numbers = itertools.count()

    async def place() -> None:
        while (number := next(numbers)) < jobs:
            await one(number)

    await asyncio.gather(*(place() for _ in range(in_flight)))


async def bare(url: str, jobs: int, folder: Path, in_flight: int, *, kept: bool = False) -> None:
    """aiohttp and nothing else: submit, poll, download; `kept`: submits share connections."""
    import aiohttp

    connector = aiohttp.TCPConnector(limit=0, force_close=not kept)
    async with (
        aiohttp.ClientSession(connector=connector) as submits,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as others,
    ):

        async def one(number: int) -> None:
            body = {"prompt": f"a mug {number}", "seed": number}
            async with submits.post(f"{url}/crash-tasks/jobs", json=body) as reply:
                ticket = (await reply.json())["id"]
            while True:
                await asyncio.sleep(POLL)
                async with others.get(f"{url}/crash-tasks/jobs/{ticket}") as reply:
                    state = await reply.json()
                if state["status"] == "succeeded":
                    break
            async with others.get(state["url"]) as reply:
                (folder / f"{number}.png").write_bytes(await reply.read())

        await _together(jobs, in_flight, one)


async def bare_kept(url: str, jobs: int, folder: Path, in_flight: int) -> None:
    await bare(url, jobs, folder, in_flight, kept=True)


async def bare_by_address(url: str, jobs: int, folder: Path, in_flight: int) -> None:
    """aiohttp and nothing else: one request that is held, then the picture from its address."""
    import aiohttp

    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout()) as submits,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as others,
    ):

        async def one(number: int) -> None:
            body = {"model": "m", "prompt": f"a mug {number}", "response_format": "url"}
            async with submits.post(f"{url}/openai-images/v1/images/generations", json=body) as got:
                address = (await got.json())["data"][0]["url"]
            async with others.get(address) as reply:
                (folder / f"{number}.png").write_bytes(await reply.read())

        await _together(jobs, in_flight, one)


def threads(url: str, jobs: int, folder: Path, _in_flight: int) -> None:
    """A pool of five threads over one synchronous client: submit, poll, download."""
    import httpx2

    with httpx2.Client() as http, ThreadPoolExecutor(THREADS) as pool:

        def one(number: int) -> None:
            body = {"prompt": f"a mug {number}", "seed": number}
            ticket = http.post(f"{url}/crash-tasks/jobs", json=body).json()["id"]
            while True:
                time.sleep(POLL)
                state = http.get(f"{url}/crash-tasks/jobs/{ticket}").json()
                if state["status"] == "succeeded":
                    break
            (folder / f"{number}.png").write_bytes(http.get(state["url"]).content)

        list(pool.map(one, range(jobs)))


async def openai(url: str, jobs: int, folder: Path, in_flight: int) -> None:
    """The released openai package: one request, then the picture from its address."""
    import httpx2
    from openai import AsyncOpenAI

    client = AsyncOpenAI(api_key="k", base_url=f"{url}/openai-images/v1", max_retries=0)
    async with client, httpx2.AsyncClient() as http:

        async def one(number: int) -> None:
            answer = await client.images.generate(
                model="local", prompt=f"a mug {number}", response_format="url"
            )
            assert answer.data is not None
            reply = await http.get(answer.data[0].url or "")
            (folder / f"{number}.png").write_bytes(reply.content)

        await _together(jobs, in_flight, one)


async def openai_in_reply(url: str, jobs: int, folder: Path, in_flight: int) -> None:
    """The released openai package: one request, the picture in its reply."""
    from openai import AsyncOpenAI

    async with AsyncOpenAI(
        api_key="k", base_url=f"{url}/openai-images/v1", max_retries=0
    ) as client:

        async def one(number: int) -> None:
            answer = await client.images.generate(model="local", prompt=f"a mug {number}")
            assert answer.data is not None
            data = base64.b64decode(answer.data[0].b64_json or "")
            (folder / f"{number}.png").write_bytes(data)

        await _together(jobs, in_flight, one)


async def runway(url: str, jobs: int, folder: Path, in_flight: int) -> None:
    """The released runwayml package, with its pause between polls taken down to ours."""
    import httpx
    import runwayml
    import runwayml.lib.polling as polling  # noqa: PLR0402 - its constants are changed

    vars(polling).update(POLL_TIME=POLL, POLL_JITTER=0.0)
    client = runwayml.AsyncRunwayML(api_key="key_test", base_url=f"{url}/runway", max_retries=0)
    async with client, httpx.AsyncClient() as http:

        async def one(number: int) -> None:
            task = await client.text_to_image.create(
                model="gen4_image", prompt_text=f"a mug {number}", ratio="1024:1024"
            )
            done = await task.wait_for_task_output()
            assert done.status == "SUCCEEDED"
            reply = await http.get(done.output[0])
            (folder / f"{number}.png").write_bytes(reply.content)

        await _together(jobs, in_flight, one)


PEERS: dict[str, Callable[[str, int, Path, int], Awaitable[None] | None]] = {
    "bare": bare,
    "bare-kept": bare_kept,
    "threads": threads,
    "openai": openai,
    "openai-in-reply": openai_in_reply,
    "runway": runway,
    "bare_by_address": bare_by_address,
}


async def _awaited(done: Awaitable[None]) -> None:
    await done


def main(name: str, url: str, jobs: str, folder: str, in_flight: str = "64") -> None:
    peer = PEERS[name]
    work, started = time.process_time(), time.perf_counter()
    for number in (int(jobs) // 10, int(jobs)):  # the first pays for imports and warms up
        work, started = time.process_time(), time.perf_counter()
        done = peer(url, number, Path(folder), int(in_flight))
        if done is not None:
            asyncio.run(_awaited(done))
    print(json.dumps([time.process_time() - work, time.perf_counter() - started]))


if __name__ == "__main__":
    main(*sys.argv[1:])
