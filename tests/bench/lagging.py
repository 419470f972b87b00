"""A run of this program with a watch on its event loop: `python -m tests.bench.lagging MANIFEST`.

A task wakes up every few milliseconds and notes by how much it is late, and how much of that time
the loop itself was computing: on a busy machine it may also have waited for a processor. Prints
both, in seconds.
"""

from __future__ import annotations

import json
import sys
import time

import anyio

import imagepipe
from imagepipe.app.loop import new_loop

EVERY = 0.005
"""Seconds between two looks."""


async def _watch(lags: list[float], busy: list[float]) -> None:
    while True:
        begun, worked = time.perf_counter(), time.thread_time()
        await anyio.sleep(EVERY)
        lags.append(time.perf_counter() - begun - EVERY)
        busy.append(min(lags[-1], time.thread_time() - worked))


async def main(manifest: str) -> None:
    lags, busy = list[float](), list[float]()
    with imagepipe.plan(imagepipe.load(manifest)) as planned:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_watch, lags, busy)
            report = await imagepipe.run_async(planned, own_thread=True)
            tasks.cancel_scope.cancel()
    print(json.dumps({"generated": report.jobs["generated"], "lags": lags, "busy": busy}))


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], backend_options={"loop_factory": new_loop})
