"""The one writer: many tasks, few transactions, and nobody told before it is durable."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import anyio
import pytest

from imagepipe.engine.ports import inline
from imagepipe.engine.writer import Writer
from imagepipe.errors import StoreError
from imagepipe.store import Ledger

pytestmark = pytest.mark.anyio


class Book:
    """A ledger that notes what is written in one transaction, or refuses all of it."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.refusal: Exception | None = None

    def transact(self, operations: Sequence[Callable[[Ledger], object]]) -> list[object]:
        self.batches.append(len(operations))
        if self.refusal is not None:
            raise self.refusal
        return [self._one(operation) for operation in operations]

    def _one(self, operation: Callable[[Ledger], object]) -> object:
        try:
            return operation(cast("Ledger", self))
        except ValueError as error:
            return error


@asynccontextmanager
async def serving(book: Book, *, seconds: float = 1.0) -> AsyncIterator[Writer]:
    """A writer whose disk takes a while to sync; it must end when it is closed."""

    async def slow(work: Callable[..., Any], *given: Any) -> Any:
        await anyio.sleep(seconds)
        return await inline(work, *given)

    writer = Writer(cast("Ledger", book), slow)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(writer.serve)
        yield writer
        writer.close()


async def test_a_write_returns_what_it_gave_once_it_is_durable() -> None:
    async with serving(Book()) as writer:
        start = anyio.current_time()
        assert await writer.write(lambda _: "given") == "given"
        assert anyio.current_time() == start + 1.0


async def test_what_arrives_while_a_transaction_syncs_goes_into_the_next() -> None:
    """Together, in the order in which it came."""
    book, order = Book(), list[int]()

    async def write(number: int) -> None:
        def operation(_: Ledger) -> int:
            order.append(number)
            return number

        await anyio.sleep(number / 10)
        assert await writer.write(operation) == number

    async with serving(book) as writer, anyio.create_task_group() as tasks:
        for number in range(6):
            tasks.start_soon(write, number)
    assert book.batches == [1, 5]
    assert order == [0, 1, 2, 3, 4, 5]


async def test_one_write_that_fails_is_its_own_writers_trouble() -> None:
    def bad(_: Ledger) -> None:
        raise ValueError("on purpose")

    told: list[str] = []

    async def write(operation: Callable[[Ledger], object]) -> None:
        try:
            await writer.write(operation, after=lambda _: told.append("after"))
        except ValueError as error:
            told.append(str(error))

    async with serving(Book()) as writer, anyio.create_task_group() as tasks:
        tasks.start_soon(write, bad)
        tasks.start_soon(write, lambda _: None)
    assert sorted(told) == ["after", "on purpose"]


async def test_a_transaction_that_did_not_happen_is_told_to_everybody() -> None:
    """Whatever depends on it must not happen; the next may."""
    book = Book()
    book.refusal = StoreError("no space left")
    told: list[str] = []

    async def write() -> None:
        try:
            await writer.write(lambda _: None, after=lambda _: told.append("after"))
        except StoreError as error:
            told.append(str(error))

    async with serving(book) as writer:
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(write)
        assert told == ["no space left"] * 3
        book.refusal = None
        assert await writer.write(lambda _: 7) == 7


async def test_what_follows_a_write_has_its_result_and_its_trouble_is_told() -> None:
    """The write itself stays."""
    seen: list[object] = []

    def trouble(_: object) -> None:
        raise OSError("no folder")

    async with serving(Book()) as writer:
        assert await writer.write(lambda _: "row", after=seen.append) == "row"
        with pytest.raises(OSError, match="no folder"):
            await writer.write(lambda _: seen.append("written"), after=trouble)
    assert seen == ["row", "written"]


async def test_a_cancelled_caller_does_not_cancel_its_write() -> None:
    """What was begun is in the ledger, and nobody has to wonder."""
    done: list[str] = []
    async with serving(Book()) as writer:
        with anyio.move_on_after(0.5) as scope:
            await writer.write(lambda _: done.append("written"))
            done.append("told")
        assert scope.cancelled_caught is False
    assert done == ["written", "told"]


async def test_a_closed_writer_writes_what_waits_and_ends() -> None:
    book = Book()
    writer = Writer(cast("Ledger", book), inline)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(writer.write, lambda _: None)
        tasks.start_soon(writer.write, lambda _: None)
        await anyio.wait_all_tasks_blocked()
        writer.close()
        await writer.serve()
    assert book.batches == [2]


async def test_a_writer_without_work_ends_when_it_is_closed() -> None:
    book = Book()
    async with serving(book):
        await anyio.sleep(3.0)
    assert book.batches == []
