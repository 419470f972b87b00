"""The emulator as a child process: started for a rehearsal, and gone when the run is.

It is told to end when its standard input closes, so that a killed run leaves no orphan behind.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from imagepipe.engine.ports import Fetch
from imagepipe.errors import SetupError
from imagepipe.exchange import NotFetched
from imagepipe.wire import Downloaded

STARTING = 30.0
"""Seconds within which the emulator must announce itself."""


_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Rebased:
    """Downloads from this run's emulator what an earlier run's had named: its port was another.

    The emulator remembers its jobs and pictures, so that an interrupted rehearsal loses none. With
    a vendor addresses do not move, and nothing is rewritten.
    """

    downloader: Fetch
    origin: str

    async def fetch(self, url: str, sink: Path) -> Downloaded | NotFetched:
        return await self.downloader.fetch(rebased(url, self.origin), sink)


def rebased(url: str, origin: str) -> str:
    """`url` at the emulator's origin, if it is one of this machine's own."""
    parts, home = urlsplit(url), urlsplit(origin)
    if parts.hostname not in _LOOPBACK:
        return url
    return parts._replace(scheme=home.scheme, netloc=home.netloc).geturl()


@contextmanager
def emulator(options: Sequence[str], log: Path) -> Iterator[str]:
    """Run the emulator on a free port of the loopback interface; yields its base URL.

    Raises:
        SetupError: it did not start.
    """
    command = [sys.executable, "-m", "imagepipe.emulator", "--port", "0"]
    command += ["--announce", "--exit-with-stdin", *options]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as errors:
        # In a session of its own: a terminal's Ctrl-C goes to every process of the group, and an
        # emulator that stops at it takes the jobs away that the run is about to bring in.
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    try:
        yield _announced(process, log)
    finally:
        _end(process)


def _announced(process: subprocess.Popen[bytes], log: Path) -> str:
    line = process.stdout.readline() if process.stdout else b""
    try:
        return str(json.loads(line)["url"])
    except (ValueError, KeyError, TypeError) as error:
        raise SetupError("the emulator did not start", hint=f"its messages are in {log}") from error


def _end(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    try:
        process.wait(timeout=STARTING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
