"""Replies of providers that answer with the picture itself, kept until the picture is stored.

Such a reply is paid for and cannot be asked for again: it is on the disk before it is parsed, so
that a crash after its last byte loses nothing. Knows nothing of what a reply means.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from imagepipe.model import Key
from imagepipe.store.durable import replace_file


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
        self._root.mkdir(parents=True, exist_ok=True)
        head = json.dumps({"status": reply.status, "headers": dict(reply.headers)})
        path = self.path(key, attempt)
        replace_file(path, head.encode() + b"\n" + reply.body, run, mode=0o600)
        return path

    def read(self, key: Key, attempt: int) -> Spooled | None:
        """A kept reply; None if there is none (a reply is kept whole or not at all)."""
        try:
            head, _, body = self.path(key, attempt).read_bytes().partition(b"\n")
        except OSError:
            return None
        value = json.loads(head)
        return Spooled(value["status"], value["headers"], body)

    def drop(self, key: Key, attempt: int) -> None:
        self.path(key, attempt).unlink(missing_ok=True)

    def path(self, key: Key, attempt: int) -> Path:
        return self._root / f"{key}.{attempt}.reply"
