"""Replies of providers that answer with the picture itself, kept until the picture is stored.

Such a reply is paid for and cannot be asked for again: it is on the disk before it is parsed, so
that a crash after its last byte loses nothing. Knows nothing of what a reply means.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from imagepipe.model import Key
from imagepipe.store.durable import make_folder, owner_of, replace_file


@dataclass(frozen=True, slots=True)
class Spooled:
    """A reply as it came. Header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Spool:
    """One file for each attempt: a line of JSON with status and headers, then the body."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, key: Key, attempt: int, reply: Spooled, run: str) -> Path:
        """Keep a reply, durably.

        Raises:
            OSError: It could not be written.
        """
        make_folder(self._root)
        value = {"status": reply.status, "headers": dict(reply.headers), "sum": _sum(reply)}
        head = json.dumps(value)
        path = self.path(key, attempt)
        replace_file(path, head.encode() + b"\n" + reply.body, run, mode=0o600)
        return path

    def read(self, key: Key, attempt: int) -> Spooled | None:
        """A kept reply; None if there is none (a reply is kept whole or not at all)."""
        try:
            head, _, body = self.path(key, attempt).read_bytes().partition(b"\n")
        except OSError:
            return None
        try:
            value = json.loads(head)
            found = Spooled(int(value["status"]), dict(value["headers"]), body)
            return found if value["sum"] == _sum(found) else None
        except (ValueError, KeyError, TypeError):  # damaged: no evidence of anything
            return None

    def drop(self, key: Key, attempt: int) -> None:
        self.path(key, attempt).unlink(missing_ok=True)

    def clean(self, is_over: Callable[[str], bool], is_done: Callable[[Key], bool]) -> int:
        """Remove temporaries of runs that are over, and replies whose picture is stored."""
        stale = [path for path in self._entries() if _is_stale(path.name, is_over, is_done)]
        for path in stale:
            path.unlink(missing_ok=True)
        return len(stale)

    def replies(self) -> Iterator[tuple[Key, int, Path]]:
        """Every kept reply: its key, its attempt and its file."""
        for path in self._entries():
            key, _, rest = path.name.partition(".")
            attempt = rest.removesuffix(".reply")
            if rest.endswith(".reply") and attempt.isdecimal():
                yield Key(key), int(attempt), path

    def _entries(self) -> list[Path]:
        try:
            return sorted(self._root.iterdir())
        except OSError:
            return []

    def path(self, key: Key, attempt: int) -> Path:
        return self._root / f"{key}.{attempt}.reply"


def _sum(reply: Spooled) -> str:
    head = json.dumps([reply.status, sorted(reply.headers.items())]).encode()
    return blake2b(head + reply.body, digest_size=16).hexdigest()


def _is_stale(name: str, is_over: Callable[[str], bool], is_done: Callable[[Key], bool]) -> bool:
    owner = owner_of(name)
    if owner is not None:
        return is_over(owner)
    key, _, rest = name.partition(".")
    return rest.endswith(".reply") and is_done(Key(key))
