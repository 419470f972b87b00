"""The emulator's nouns: what a request asks for and what becomes of a job.

Values only; how a vendor spells them on the wire is in `vendors/`, when they happen is in
`book.py`. The emulator shares no type with the client it is there to test.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"
"""Any JSON value, as `json.loads` gives it."""

Phase: TypeAlias = Literal["waiting", "queued", "running", "succeeded", "failed", "cancelled"]
"""Where a job is. `waiting` is for a place in the account's tier: THROTTLED at Runway."""

FINISHED: frozenset[Phase] = frozenset({"succeeded", "failed", "cancelled"})

Role: TypeAlias = Literal["image", "mask", "control", "reference"]


class Clock(Protocol):
    """The port to time, so that latencies and limits can be tested without waiting."""

    def seconds(self) -> float:
        """Monotonic seconds: what latencies and limits are measured in."""
        ...

    def epoch(self) -> float:
        """Unix time: what vendors write into headers and bodies."""
        ...

    async def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Input:
    """A picture that came with a request: `thumb` is a small JPEG of it, None if unreadable."""

    role: Role
    digest: str
    thumb: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Ask:
    """What one request asks for, freed of the vendor's spelling.

    `extra` keeps what the vendor echoes later (RunGen's request, GoNeural's ratio); it must be
    JSON, because it goes into the state file. `seed` is None where the server is to choose.
    """

    prompt: str
    model: str = ""
    negative: str = ""
    width: int = 1024
    height: int = 1024
    seed: int | None = None
    inputs: tuple[Input, ...] = ()
    count: int = 1
    form: Literal["png", "jpeg", "webp"] = "png"
    extra: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fate:
    """How a job will end, decided when it is accepted. `never` stays running for ever."""

    end: Literal["succeeded", "failed", "cancelled", "never"] = "succeeded"
    code: str | None = None
    billed: bool = True


def chance(*parts: object) -> float:
    """A number in [0, 1) that depends on the parts alone.

    Randomness by request instead of by order: whichever request comes first under concurrency,
    the same ones are hit.
    """
    text = "\x1f".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=7).digest(), "big") / 2**56
