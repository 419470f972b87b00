"""The event loop of a run turns to everybody soon, however many sockets have news at once."""

from __future__ import annotations

import asyncio
import socket
import sys
from contextlib import ExitStack

import pytest

from imagepipe.app.loop import AT_ONCE, new_loop

SOCKETS = 100


@pytest.mark.skipif(sys.platform != "linux", reason="only epoll tells of a few at a time")
def test_a_few_sockets_are_looked_after_in_one_turn_and_all_of_them_soon() -> None:
    """Each of them has news again and again, so that the first ones could keep the loop busy."""

    async def main(stack: ExitStack) -> tuple[list[int], set[int]]:
        loop = asyncio.get_running_loop()
        in_turn, heard = [0], set[int]()

        def news(number: int) -> None:
            in_turn[-1] += 1
            heard.add(number)

        for number in range(SOCKETS):
            here, there = (stack.enter_context(one) for one in socket.socketpair())
            there.send(b"news")  # never read
            loop.add_reader(here, news, number)
        for _ in range(2 * SOCKETS // AT_ONCE):
            await asyncio.sleep(0)
            in_turn.append(0)
        return in_turn.copy(), heard  # the loop goes on until it is closed

    with ExitStack() as stack, asyncio.Runner(loop_factory=new_loop) as runner:
        in_turn, heard = runner.run(main(stack))
    assert max(in_turn) <= AT_ONCE
    assert heard == {*range(SOCKETS)}
