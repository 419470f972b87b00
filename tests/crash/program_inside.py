"""The process's own side: it stops before each step that reaches a disk or a wire, and waits.

Chance and time are taken out of it; what it does in between is the program, untouched. Whoever
stands on the other side of the line says when to go on, and may kill it instead.
"""

from __future__ import annotations

import hashlib
import os
import random
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self, cast

import anyio._backends._trio  # noqa: F401 - here, so that no process has to import it
import trio
import trio.testing

from imagepipe import net
from imagepipe.app import clock, pending, planning, running, store_care
from imagepipe.errors import ImagepipeError
from imagepipe.exchange import NotFetched
from imagepipe.model import Digest
from imagepipe.net import Downloaded
from imagepipe.store.chronicle import Chronicle
from imagepipe.store.journal import Journal
from imagepipe.wire import Answer, Operation, Request

EPOCH = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Point(StrEnum):
    """Where a process stops; the step that is named has not happened yet."""

    BEGIN = "begin"  # a transaction of the ledger
    COMMIT = "commit"
    COPY = "copy"  # its lines in the chronicle
    HALF = "half"  # the second half of a write
    SYNC = "sync"
    RENAME = "rename"
    REMOVE = "remove"
    SUBMIT = "submit"  # the request leaves
    REPLY = "reply"  # the answer to it is heard
    POLL = "poll"
    DOWNLOAD = "download"


RESTING = (Point.BEGIN, Point.SUBMIT, Point.REPLY, Point.POLL, Point.DOWNLOAD)
"""Where a process can be left while another goes on: it holds nothing that others wait for."""


@dataclass(frozen=True)
class Reached:
    """The process is at a point; `now` is its clock, in seconds."""

    point: Point
    now: float


@dataclass(frozen=True)
class Asked:
    """A request, or the address of a picture, for the vendor. `begun`: when it should have left."""

    what: Request | str
    now: float
    begun: float


@dataclass(frozen=True)
class Ended:
    """The process is over. `said` is its exit code or the error that a person would read."""

    said: str
    bug: str = ""


@dataclass(frozen=True)
class Heard:
    """The vendor's answer and the seconds that it takes; bytes are a picture."""

    answer: Answer | NotFetched | bytes
    seconds: float


@dataclass
class Line:
    """The process's side: where it stops, whom it asks, and what time it is."""

    pipe: Connection
    ahead: float
    seed: int
    steady: Callable[[], float] = lambda: 0.0
    quiet: bool = field(default=False)

    def now(self) -> float:
        return self.ahead + self.steady()

    def utc(self) -> str:
        found = EPOCH + timedelta(seconds=self.now())
        return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def stop(self, point: Point) -> None:
        """Wait to be told to go on, or for the kill."""
        self.pipe.send(Reached(point, self.now()))
        others = cast("float", self.pipe.recv())
        self.ahead += max(0.0, others - self.now())

    def ask(self, what: Request | str, begun: float) -> Heard:
        self.pipe.send(Asked(what, self.now(), begun))
        return cast("Heard", self.pipe.recv())


@dataclass(frozen=True)
class Wire:
    """`Transport` and `Fetch` of the process: the vendor lives on the other side of the line."""

    line: Line

    async def send(self, request: Request) -> Answer:
        submits, begun = request.operation is Operation.SUBMIT, self.line.now()
        self.line.stop(Point.SUBMIT if submits else Point.POLL)
        heard = self.line.ask(request, begun)
        await trio.sleep(heard.seconds)
        if submits:
            self.line.stop(Point.REPLY)
        assert not isinstance(heard.answer, NotFetched | bytes)
        return heard.answer

    async def fetch(self, url: str, sink: Path) -> Downloaded | NotFetched:
        begun = self.line.now()
        self.line.stop(Point.DOWNLOAD)
        heard = self.line.ask(url, begun)
        await trio.sleep(heard.seconds)
        if isinstance(heard.answer, NotFetched):
            return heard.answer
        assert isinstance(heard.answer, bytes)
        digest, size = _digest(heard.answer), len(heard.answer)
        with sink.open("wb") as file:
            file.write(heard.answer[: size // 2])
            file.flush()
            self.line.stop(Point.HALF)
            file.write(heard.answer[size // 2 :])
        return Downloaded(digest, size)

    async def aclose(self) -> None:
        """Nothing is open."""


class Inline:
    """Blocking work on the loop itself: a process does one thing at a time, and can be followed."""

    async def __call__(self, work: Callable[..., object], *args: object) -> object:
        await trio.lowlevel.checkpoint()
        return work(*args)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""


def in_virtual_time(line: Line, job: Callable[[], Awaitable[None]]) -> None:
    """Run an async function; its clock jumps to the next deadline when all are waiting."""
    line.steady = trio.current_time  # asked inside the loop only
    began = line.ahead

    async def begin() -> None:
        line.ahead = began - trio.current_time()
        try:
            await job()
        finally:
            line.ahead, line.steady = line.now(), lambda: 0.0

    trio.run(begin, clock=trio.testing.MockClock(autojump_threshold=0))


def live(line: Line, body: Callable[[Line], str]) -> None:
    """The whole life of a process; never returns, also when the test is gone."""
    try:
        line.pipe.send(_end(line, body))
    finally:
        os._exit(0)


def _end(line: Line, body: Callable[[Line], str]) -> Ended:
    try:
        _follow(line)
        return Ended(body(line))
    except ImagepipeError as error:
        return Ended(type(error).__name__ + ": " + str(error))
    except BaseException:  # noqa: BLE001 - whatever it is, the test tells it
        return Ended("bug", traceback.format_exc())


def _follow(line: Line) -> None:
    """Put stops into everything that reaches a disk or a wire, and take chance out of it."""
    chance = random.Random(line.seed)
    replaced: list[tuple[object, str, object]] = [
        (os, "urandom", chance.randbytes),
        (os, "fsync", _stopping(line, Point.SYNC, os.fsync)),
        (os, "replace", _stopping(line, Point.RENAME, os.replace)),
        (os, "unlink", _stopping(line, Point.REMOVE, os.unlink)),
        (os, "write", _halved(line, os.write)),
        (Journal, "writing", _transactions(line)),
        (Chronicle, "commit", _stopping(line, Point.COPY, Chronicle.commit)),
        (net, "HttpTransport", lambda **_: Wire(line)),
        (net, "Downloader", lambda **_: Wire(line)),
        (running, "Threads", Inline),
        (trio._core._run, "_ALLOW_DETERMINISTIC_SCHEDULING", True),
        (trio._core._run, "_r", chance),
        *((module, "utc_now", line.utc) for module in _TELLING_TIME),
    ]
    for place, name, value in replaced:
        assert hasattr(place, name)
        setattr(place, name, value)
    random.seed(line.seed)


_TELLING_TIME = (clock, running, planning, pending, store_care)


def _stopping(line: Line, point: Point, real: Callable[..., object]) -> Callable[..., object]:
    def stop_and_do(*args: object, **named: object) -> object:
        line.stop(point)
        return real(*args, **named)

    return stop_and_do


def _halved(line: Line, real: Callable[[int, bytes], int]) -> Callable[[int, bytes], int]:
    """A write that a kill may cut: the system may take a part, and says how much."""

    def write(file: int, data: bytes) -> int:
        first = real(file, data[: len(data) // 2])
        line.stop(Point.HALF)
        return first + real(file, data[first:])

    return write


def _transactions(line: Line) -> Callable[[Journal], object]:
    real = Journal.writing

    @contextmanager
    def writing(journal: Journal) -> Iterator[None]:
        inner = journal.database.in_transaction
        if not inner:
            line.stop(Point.BEGIN)
        with real(journal):
            yield
            if not inner:
                line.stop(Point.COMMIT)

    return writing


def _digest(data: bytes) -> Digest:
    return Digest(hashlib.sha256(data).hexdigest())
