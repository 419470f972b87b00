"""Many downloads give way to submits: they begin one in a turn, and none is forgotten."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest

from imagepipe.engine.fetching import AT_ONCE, OneATurn
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


async def test_of_a_hundred_downloads_all_but_a_few_begin_one_in_a_turn() -> None:
    turns, started = Turns(), anyio.current_time()
    await _fetched(turns, MANY)
    assert len({url for _, url in turns.began}) == MANY
    waited = turns.began[AT_ONCE:]
    for turn, _ in waited:
        assert sum(one == turn for one, _ in waited) <= 2  # the counter may come before it
    assert waited[-1][0] >= MANY - AT_ONCE - 1
    assert anyio.current_time() - started == pytest.approx(1)  # they run together


async def test_a_few_wait_for_nothing() -> None:
    turns = Turns()
    await _fetched(turns, AT_ONCE)
    assert len(turns.began) == AT_ONCE
    assert {turn for turn, _ in turns.began} <= {0, 1}


async def test_those_that_are_over_make_room_for_others() -> None:
    turns = Turns()
    fetch = OneATurn(turns).fetch
    for one in range(2 * AT_ONCE):  # one after the other: nobody has to wait for a turn
        await fetch(f"{one}", SINK)
    turns.began.clear()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(turns.count, MANY)
        for one in range(AT_ONCE):
            tasks.start_soon(fetch, f"{one}", SINK)
    assert {turn for turn, _ in turns.began} <= {0, 1}


async def test_a_download_that_is_given_up_in_the_line_lets_the_others_through() -> None:
    turns = Turns()
    fetch = OneATurn(turns).fetch
    async with anyio.create_task_group() as tasks:
        for one in range(AT_ONCE):
            tasks.start_soon(fetch, f"{one}", SINK)
        await anyio.sleep(0.5)  # of virtual time, while they are under way
        with anyio.CancelScope() as scope:
            scope.cancel()
            await fetch("given up", SINK)
        tasks.start_soon(fetch, "next", SINK)
    assert [url for _, url in turns.began[AT_ONCE:]] == ["next"]
