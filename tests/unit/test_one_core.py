"""A run's threads stay together on one core, give way every second, and are let go at the end."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from imagepipe.app.one_core import CHOOSING, TOGETHER, OneCore
from imagepipe.app.threads import NAME

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2,
    reason="there is one core, or the system lets no thread choose",
)


class Timers(asyncio.SelectorEventLoop):
    """An event loop whose time passes when a test says so; at most one thing is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[tuple[float, Callable[[], object]]] = []

    def call_later(
        self,
        delay: float,
        callback: Callable[..., object],
        *_args: object,
        **_context: object,
    ) -> asyncio.TimerHandle:
        self.waiting.append((delay, callback))
        return asyncio.TimerHandle(delay, callback, (), self)

    def pass_by(self, seconds: float) -> None:
        ((delay, callback),) = self.waiting
        assert delay == seconds
        self.waiting.clear()
        callback()


@pytest.fixture
def loop() -> Iterator[Timers]:
    loop = Timers()
    yield loop
    loop.close()


@contextmanager
def thread(name: str) -> Iterator[int]:
    """The kernel's number of a thread that waits."""
    end = threading.Event()
    waiting = threading.Thread(target=end.wait, name=name)
    waiting.start()
    try:
        assert waiting.native_id is not None
        yield waiting.native_id
    finally:
        end.set()
        waiting.join()


def test_the_loop_and_the_writing_threads_share_a_core_and_nobody_else_does(loop: Timers) -> None:
    everywhere = os.sched_getaffinity(0)
    with thread(f"{NAME}_0") as writing, thread("somebody's") as other:
        with OneCore(loop):
            here = os.sched_getaffinity(0)
            assert len(here) == 1
            assert here < everywhere
            assert os.sched_getaffinity(writing) == here
            assert os.sched_getaffinity(other) == everywhere
        assert os.sched_getaffinity(0) == os.sched_getaffinity(writing) == everywhere


def test_the_kernel_may_choose_another_core_every_second(loop: Timers) -> None:
    everywhere = os.sched_getaffinity(0)
    with OneCore(loop), thread(f"{NAME}_1") as later:
        for _ in range(3):
            loop.pass_by(TOGETHER)
            assert os.sched_getaffinity(0) == everywhere
            loop.pass_by(CHOOSING)
            assert len(os.sched_getaffinity(0)) == 1
            assert os.sched_getaffinity(later) == os.sched_getaffinity(0)


def test_an_error_lets_the_threads_go(loop: Timers) -> None:
    everywhere = os.sched_getaffinity(0)
    with pytest.raises(ValueError, match="a bug"), OneCore(loop):
        raise ValueError("a bug")
    assert os.sched_getaffinity(0) == everywhere


def test_a_process_that_was_given_one_core_stays_there(loop: Timers) -> None:
    everywhere = os.sched_getaffinity(0)
    one = {min(everywhere)}
    os.sched_setaffinity(0, one)
    try:
        with OneCore(loop):
            assert os.sched_getaffinity(0) == one
            assert loop.waiting == []
        assert os.sched_getaffinity(0) == one
    finally:
        os.sched_setaffinity(0, everywhere)
