"""A fuzzer of seeds and mutations that keeps what is treated in a new way.

Every input is measured: more than a second of processor time, or more than 256 MiB of address
space, is a finding as an uncaught exception is.
"""

from __future__ import annotations

import random
import re
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.corpus import SEEDS, WORDS
from tests.fuzz.targets import TARGETS

SLOW = 1.0
"""Seconds of processor time for one input."""
ROOM = 256 * 2**20
"""Bytes that one input may take."""
LONGEST = 16 * 1024
_KEPT = 2_000
_DIGITS = re.compile(r"\d+")


@dataclass(slots=True)
class Outcome:
    """What came of the inputs of one target, or of a part of them."""

    target: str
    inputs: int = 0
    kinds: int = 0
    slowest: float = 0.0
    seconds: float = 0.0
    findings: list[str] = field(default_factory=list)


def campaign(target: str, inputs: int, seed: int) -> Outcome:
    """Try so many inputs, in this process; the same seed tries the same ones."""
    with _bounded_memory():
        return _tried(target, inputs, random.Random(seed))


def _tried(target: str, inputs: int, chance: random.Random) -> Outcome:
    read, outcome = TARGETS[target], Outcome(target)
    pool = [text.encode("utf-8", "surrogatepass") for text in SEEDS[target]]
    words = [word.encode() for word in WORDS[target]]
    kinds = set[str]()
    for data in _inputs(pool, words, inputs, chance):
        began = time.process_time()
        try:
            kind = _DIGITS.sub("0", read(data))
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            outcome.findings.append(f"{type(error).__name__}: {error!s:.100} for {data!r:.300}")
            kind = type(error).__name__
        took = time.process_time() - began
        if took > SLOW:
            outcome.findings.append(f"{took:.1f} s for {data!r:.300}")
        outcome.slowest = max(outcome.slowest, took)
        outcome.seconds += took
        outcome.inputs += 1
        if kind not in kinds and len(pool) < _KEPT:
            kinds.add(kind)
            pool.append(data)
    outcome.kinds = len(kinds)
    return outcome


def _inputs(
    pool: list[bytes], words: list[bytes], inputs: int, chance: random.Random
) -> Iterator[bytes]:
    """The seeds, then what mutation makes of them and of what was kept."""
    seeds = pool[:inputs]
    yield from seeds
    for _ in range(inputs - len(seeds)):
        data = bytearray(chance.choice(pool))
        for _ in range(chance.choice((1, 1, 2, 3, 6))):
            _mutate(data, pool, words, chance)
        yield bytes(data[:LONGEST])


def _mutate(data: bytearray, pool: list[bytes], words: list[bytes], chance: random.Random) -> None:
    at, end = sorted((chance.randint(0, len(data)), chance.randint(0, len(data))))
    end = min(end, at + chance.choice((1, 2, 8, 64)))
    match chance.randrange(8):
        case 0:
            del data[at:end]
        case 1:
            data[at:at] = data[at:end] * chance.choice((1, 2, 8, 100))
        case 2 | 3 | 4:
            data[at:at] = chance.choice(words)
        case 5:
            other = chance.choice(pool)
            start = chance.randint(0, len(other))
            data[at:end] = other[start : start + chance.choice((4, 32, 256))]
        case 6 if data:
            data[chance.randrange(len(data))] = chance.randrange(256)
        case _:
            data[at:end] = chance.choice(words)


@contextmanager
def _bounded_memory() -> Iterator[None]:
    """No more address space than is taken now, and `ROOM`; only Linux tells how much that is."""
    taken = Path("/proc/self/statm")
    if not taken.exists():
        print("memory is not bounded here: the system does not tell what is taken")
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(taken.read_text(encoding="ascii").split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
