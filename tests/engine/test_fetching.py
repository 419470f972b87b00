"""Downloads give way to submits: they begin one in a turn, in order, and none is forgotten."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest

from imagepipe.engine.fetching import OneATurn
from imagepipe.exchange import NotFetched
from imagepipe.wire import Downloaded

MANY, SINK = 100, Path("sink")

pytestmark = pytest.mark.anyio


@dataclass
class Turns:
    """Counts the turns of the event loop, and in which of them each download began."""

    now: int = 0
    began: list[tuple[int, str]] = field(default_factory=list)

    async def count(self, turns: int) -> None:
        for _ in range(turns):  # not for ever: virtual time passes when nobody has anything to do
            self.now += 1
            await anyio.lowlevel.checkpoint()

    async def fetch(self, url: str, sink: Path) -> Downloaded | NotFetched:
        assert sink == SINK
        self.began.append((self.now, url))
        await anyio.sleep(1)  # all of them at once
        return NotFetched(url)


async def _fetched(turns: Turns, number: int) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(turns.count, 10 * MANY)
        async with anyio.create_task_group() as fetching:
            fetch = OneATurn(turns).fetch
            for one in range(number):
                fetching.start_soon(fetch, f"{one}", SINK)


async def test_of_a_hundred_downloads_one_begins_in_a_turn_and_they_run_together() -> None:
    turns, started = Turns(), anyio.current_time()
    await _fetched(turns, MANY)
    assert len({url for _, url in turns.began}) == MANY
    for turn, _ in turns.began:
        assert sum(one == turn for one, _ in turns.began) <= 2  # the counter may come before it
    assert turns.began[-1][0] >= MANY - 1
    assert anyio.current_time() - started == pytest.approx(1)


async def test_one_alone_waits_for_a_turn_at_most() -> None:
    turns = Turns()
    await _fetched(turns, 1)
    assert [url for _, url in turns.began] == ["0"]
    assert turns.began[0][0] <= 2


async def test_a_download_that_is_given_up_in_the_line_lets_the_others_through() -> None:
    turns = Turns()
    fetch = OneATurn(turns).fetch
    async with anyio.create_task_group() as tasks:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await fetch("given up", SINK)
        tasks.start_soon(fetch, "next", SINK)
    assert [url for _, url in turns.began] == ["next"]
