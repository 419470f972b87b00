"""Who is this process, and is that one still alive? Answers "unprovable" rather than guess.

A claim on a paid job is taken over only from an owner that is provably dead, never by time. A
process is known by host, boot, PID namespace, PID and its own start time: a PID alone is reused,
and one in another container's namespace cannot be seen from here.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Life(StrEnum):
    ALIVE = "alive"
    DEAD = "dead"
    UNPROVABLE = "unprovable"


@dataclass(frozen=True, slots=True)
class Process:
    """A process, as far as its system can name it; empty text is what it cannot tell.

    `born` is the start time in clock ticks since boot (`starttime` of proc_pid_stat(5)), `space`
    the PID namespace.
    """

    host: str
    boot: str
    space: str
    pid: int
    born: str


def this_process() -> Process:
    return Process(
        host=socket.gethostname(),
        boot=_text(Path("/proc/sys/kernel/random/boot_id")),
        space=_link(Path("/proc/self/ns/pid")),
        pid=os.getpid(),
        born=_born(os.getpid()),
    )


def life(process: Process, me: Process) -> Life:
    """Whether `process` lives, as seen from `me`."""
    if process == me:
        return Life.ALIVE
    if process.host != me.host:
        return Life.UNPROVABLE
    if process.boot and me.boot and process.boot != me.boot:
        return Life.DEAD
    if process.space != me.space:
        return Life.UNPROVABLE
    if not _exists(process.pid):
        return Life.DEAD
    born = _born(process.pid)
    if not born or not process.born:
        return Life.UNPROVABLE
    return Life.ALIVE if born == process.born and not _zombie(process.pid) else Life.DEAD


def _exists(pid: int) -> bool:
    if os.name == "nt":
        return True  # signal 0 would end it there; the answer becomes "unprovable"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _stat(pid: int) -> list[str]:
    """The fields after the command's name, which may itself hold spaces and brackets."""
    return _text(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()


def _born(pid: int) -> str:
    fields = _stat(pid)
    return fields[19] if len(fields) > 19 else ""


def _zombie(pid: int) -> bool:
    return _stat(pid)[:1] in (["Z"], ["X"])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""
