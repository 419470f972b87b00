"""Children that do one thing and say what came of it; one that says nothing for long is killed.

Each has a temporary folder of its own, in memory where there is such a file system: a durable write
costs nothing there.
"""

from __future__ import annotations

import os
import pickle
import resource
import select
import shutil
import signal
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeAlias

MEMORY = 4 << 30
"""Bytes of address space: a mutant that collects for ever ends soon."""

Beat: TypeAlias = Callable[[], None]
"""Says that something is done, and that more is to come."""


class Forks:
    def __enter__(self) -> Self:
        memory = Path("/dev/shm")  # noqa: S108 - a folder of a name of its own is made in it
        self.folder = tempfile.mkdtemp(dir=memory if memory.is_dir() else None)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def fork(self, work: Callable[[Beat], object], cpu: int, silence: float) -> object:
        """What `work` returned in a child; None if that did not end well.

        Args:
            work: What to do.
            cpu: Seconds of computing that it may take.
            silence: Seconds after which a child that does not say anything is killed.
        """
        own = tempfile.mkdtemp(dir=self.folder)
        mine, yours = os.pipe()
        child = os.fork()
        if child == 0:
            _work(work, yours, own, cpu)
        os.close(yours)
        said = _heard(mine, silence)
        os.close(mine)
        for end in (os.killpg, os.kill):
            with suppress(ProcessLookupError):
                end(child, signal.SIGKILL)
        os.waitpid(child, 0)
        shutil.rmtree(own, ignore_errors=True)
        return said


def _work(work: Callable[[Beat], object], pipe: int, folder: str, cpu: int) -> None:
    """In the child; does not return."""
    try:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        data = b"=" + pickle.dumps(work(lambda: _say(pipe)))
        while data:
            data = data[os.write(pipe, data) :]
    finally:
        os._exit(0)


def _say(pipe: int) -> None:
    os.write(pipe, b".")


def _heard(pipe: int, silence: float) -> object:
    said = b""
    while select.select([pipe], [], [], silence)[0]:
        part = os.read(pipe, 1 << 20)
        if not part:
            answer = said.lstrip(b".")
            return pickle.loads(answer[1:]) if answer else None  # noqa: S301 - of our own child
        said += part
    return None
