"""Accepted jobs as JSON lines, so that a restarted emulator still knows its tickets.

A line is written, unbuffered, before the vendor's answer: whatever a client was told survives the
process (power loss is nobody's concern here). A torn last line is dropped. Thumbnails of inputs
are written once each. Counters of quirks and polls start anew.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from imagepipe.emulator.values import Ask, Fate, Input
from imagepipe.errors import SetupError


@dataclass(frozen=True, slots=True)
class Accepted:
    """A job as the file knows it: with the time of day, because clocks of processes differ."""

    id: str
    provider: str
    digest: str
    lane: str
    seed: int
    seconds: float
    epoch: float
    fate: Fate
    ask: Ask


@dataclass(frozen=True, slots=True)
class Ended:
    """A job that a client cancelled, or deleted (then it cannot be fetched any more)."""

    id: str
    provider: str
    epoch: float
    deleted: bool
    refunded: bool


class StateFile:
    """The file of one emulator. Only one process may have it at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inputs: dict[str, bytes | None] = {}
        self._file: BinaryIO | None = None

    def load(self) -> Iterator[Accepted | Ended]:
        """What earlier processes wrote, in order.

        Raises:
            SetupError: the file cannot be read or is not a state file.
        """
        try:
            lines = self._path.read_bytes().split(b"\n") if self._path.exists() else [b""]
        except OSError as error:
            raise SetupError(f"{self._path}: cannot read the state: {error.strerror}") from error
        for number, line in enumerate(lines[:-1], start=1):
            try:
                entry = self._read(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise SetupError(
                    f"{self._path}:{number}: not a line of an emulator's state",
                    hint="name another file with --state, or remove this one",
                ) from error
            if entry is not None:
                yield entry

    def open(self) -> None:
        """Makes the file ready to append to; drops a torn last line.

        Raises:
            SetupError: the file cannot be written.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("ab", buffering=0)
            whole = self._path.read_bytes().rfind(b"\n") + 1
            self._file.truncate(whole)
        except OSError as error:
            raise SetupError(f"{self._path}: cannot keep state: {error.strerror}") from error

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def clear(self) -> None:
        """Forgets everything: what `/_emulator/reset` means for the file."""
        self._inputs.clear()
        if self._file is not None:
            self._file.truncate(0)

    def write(self, entry: Accepted | Ended) -> None:
        lines = b""
        if isinstance(entry, Accepted):
            for picture in entry.ask.inputs:
                if picture.digest not in self._inputs:
                    self._inputs[picture.digest] = picture.thumb
                    lines += _line({"input": picture.digest, "thumb": _text(picture.thumb)})
            lines += _line(_accepted(entry))
        else:
            lines += _line(_ended(entry))
        if self._file is not None:
            self._file.write(lines)

    def _read(self, line: dict[str, Any]) -> Accepted | Ended | None:
        if "input" in line:
            thumb = line["thumb"]
            self._inputs[line["input"]] = base64.b64decode(thumb) if thumb else None
            return None
        if "ended" in line:
            names = ("provider", "epoch", "deleted", "refunded")
            return Ended(line["ended"], *(line[name] for name in names))
        ask = dict(line["ask"])
        ask["inputs"] = tuple(
            Input(role, digest, self._inputs.get(digest)) for role, digest in ask["inputs"]
        )
        head = {name: line[name] for name in _HEAD}
        return Accepted(**head, fate=Fate(**line["fate"]), ask=Ask(**ask))


_HEAD = ("id", "provider", "digest", "lane", "seed", "seconds", "epoch")
_ASK = ("prompt", "model", "negative", "width", "height", "seed", "count", "form", "extra")


def _accepted(entry: Accepted) -> dict[str, Any]:
    ask = {name: getattr(entry.ask, name) for name in _ASK}
    ask["inputs"] = [[picture.role, picture.digest] for picture in entry.ask.inputs]
    fate = {"end": entry.fate.end, "code": entry.fate.code, "billed": entry.fate.billed}
    return {**{name: getattr(entry, name) for name in _HEAD}, "fate": fate, "ask": ask}


def _ended(entry: Ended) -> dict[str, Any]:
    names = ("provider", "epoch", "deleted", "refunded")
    return {"ended": entry.id, **{name: getattr(entry, name) for name in names}}


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _text(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()
