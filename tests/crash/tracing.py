"""The program under strace: every system call of a run by thread, and one of them killed or failed.

A process that has imported the program forks a child for each run, and the thread of interest waits
until strace has hold of it: the calls of imports are over by then, and what strace counts are the
calls of this thread alone. Knows nothing of what a run should do.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import pkgutil
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from tests.crash.served import ROOT, Served
from tests.e2e.shop import Shop
from tests.emulator_process import EmulatorProcess

FILES = (
    *("openat", "write", "pwrite64", "ftruncate", "fsync", "fdatasync", "mkdir", "mkdirat"),
    *("rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat"),
)
SOCKETS = ("connect", "sendto", "sendmsg", "recvfrom", "recvmsg")

EMULATOR = ("--picture", "fixed", "--latency", "fixed:0", "--seed", "1")
"""Its answers are the same each time, and it takes no time."""

LATE = ("anyio._backends._asyncio", "trio", "aiohttp", "jsonschema", "PIL.Image", "structlog")
"""What a run imports late, apart from the program's own modules."""


@dataclass(frozen=True)
class Boundary:
    """The `number`-th call of a name in a thread, both from the start: thread 0 is the main one."""

    thread: int
    name: str
    number: int


@dataclass(frozen=True)
class Call:
    """One system call of a trace."""

    at: Boundary
    text: str
    """Arguments and result, as strace writes them."""

    def touches(self, folder: Path) -> bool:
        """Whether it is about a file in a folder or about a connection."""
        return f"{folder}/" in self.text or "<TCP:" in self.text


@dataclass(frozen=True)
class Traced:
    """How a run ended: `code` is negative for a signal."""

    code: int
    out: str
    err: str
    trace: Path

    def calls(self) -> list[Call]:
        """In the order in which they ended."""
        return list(_calls(self.trace))

    def injected(self) -> bool:
        """Whether the run came to the call that was to fail."""
        return self.trace.exists() and "(INJECTED)" in self.trace.read_text(errors="replace")


class Program:
    """`with Program() as program: program.run(folder, "run", "-q")`; one run at a time."""

    def __init__(self) -> None:
        self._server = Served("tests.crash.tracing")
        self._child = 0
        self._server.read()

    def run(
        self, folder: Path, *arguments: str, strace: Sequence[str] = (), thread: int = 0
    ) -> Traced:
        """Carry out a command in a folder, a thread of it under strace if options are given.

        The options may contain `-f` for this thread and those that it starts. A run that never
        starts the thread is not traced.
        """
        out, err, trace = (folder.with_suffix(end) for end in (".out", ".err", ".trace"))
        order = {"folder": str(folder), "arguments": arguments, "out": str(out), "err": str(err)}
        self._server.write(json.dumps({**order, "thread": thread if strace else 0}))
        self._child = int(self._server.read())
        wanted = int(self._server.read())
        tracer = _attach(wanted, trace, strace) if strace and wanted else None
        self._server.write("go")
        status = os.waitstatus_to_exitcode(int(self._server.read()))
        self._child = 0
        if tracer is not None:
            tracer.communicate()
        return Traced(status, out.read_text(), err.read_text(), trace)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._child:  # a run that did not end
            with suppress(ProcessLookupError):
                os.kill(self._child, signal.SIGKILL)
            self._server.process.kill()
        self._server.process.communicate()


def plain() -> tuple[str, ...]:
    """Options for strace: all calls of interest in all threads, with what each is about."""
    return ("-f", "-yy", "-e", f"trace={','.join((*FILES, *SOCKETS, 'clone', 'clone3'))}")


def injected(at: Boundary, what: str) -> tuple[str, ...]:
    """Options for strace: `signal=KILL` or `error=ENOSPC` at a boundary."""
    return ("-e", f"trace={at.name}", "-e", f"inject={at.name}:{what}:when={at.number}")


def boundaries(calls: Iterable[Call], folder: Path) -> list[Boundary]:
    """Where a call begins that touches the folder or a connection."""
    return [call.at for call in calls if call.touches(folder)]


def small_shop(folder: Path, emulator: EmulatorProcess, *, products: int = 1) -> Shop:
    """Of each product one picture by an asynchronous provider and one by a synchronous one."""
    folder.mkdir()
    limits = {"rungen": "{in_flight: 2}, uses: ./rungen.yaml", "runcrate": "{in_flight: 2}"}
    spec = (ROOT / "specs/providers/rungen.yaml").read_text(encoding="utf-8")
    poll = "  get: /app/${vars.app_id}/job/${ticket.id}\n"
    assert poll in spec
    (folder / "rungen.yaml").write_text(spec.replace(poll, f"{poll}  every: 20ms\n"))
    return Shop.open(folder, emulator, products=products, limits=limits)


def _attach(thread: int, trace: Path, options: Sequence[str]) -> subprocess.Popen[str]:
    tracer = subprocess.Popen(
        ["strace", "-o", str(trace), *options, "-p", str(thread)],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert tracer.stderr is not None
    line = tracer.stderr.readline()
    if "attached" not in line:
        _, rest = tracer.communicate()
        raise RuntimeError(f"strace cannot trace here: {line}{rest}")
    return tracer


_BEGUN = re.compile(r"(\d+) +(\w+)\((.*)")
_RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)")
_STARTED = re.compile(r"\d+ +(?:clone3?\(|<\.\.\. clone3? resumed>).*= (\d+)$")
_UNFINISHED = " <unfinished ...>"


def _thread(line: str) -> int:
    return int(line.split(" ", 1)[0])


def _calls(trace: Path) -> Iterator[Call]:
    lines = trace.read_text(encoding="utf-8", errors="replace").splitlines()
    started = (int(found[1]) for line in lines if (found := _STARTED.match(line)))
    threads = {number: place for place, number in enumerate((_thread(lines[0]), *started))}
    counts, begun = Counter[tuple[int, str]](), dict[int, Call]()
    for line in lines:
        if _thread(line) not in threads:
            continue  # another program, which the run called
        if found := _BEGUN.match(line):
            thread, name, text = threads[int(found[1])], found[2], found[3]
            counts[thread, name] += 1
            call = Call(Boundary(thread, name, counts[thread, name]), text)
            if text.endswith(_UNFINISHED):
                begun[thread] = call
            else:
                yield call
        elif found := _RESUMED.match(line):
            call = begun.pop(threads[int(found[1])])
            yield Call(call.at, call.text.removesuffix(_UNFINISHED) + found[3])
    yield from begun.values()  # killed inside


def _serve() -> None:
    """The process that has imported the program: orders come in, exit statuses go out."""
    _preload()
    print("ready", flush=True)
    for line in sys.stdin:
        gate, told = os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            _become(json.loads(line), gate, told)
        os.close(gate[0])
        os.close(told[1])
        print(pid, flush=True)
        print(int(os.read(told[0], 32) or 0), flush=True)
        sys.stdin.readline()
        os.close(gate[1])
        print(os.waitpid(pid, 0)[1], flush=True)
        os.close(told[0])


def _preload() -> None:
    import imagepipe

    for module in pkgutil.walk_packages(imagepipe.__path__, "imagepipe."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in LATE:
        importlib.import_module(name)


def _become(order: dict[str, Any], gate: tuple[int, int], told: tuple[int, int]) -> NoReturn:
    """The program; its thread of interest goes on once the gate is closed."""
    from imagepipe.cli.main import run

    os.chdir(order["folder"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for target, name in ((1, order["out"]), (2, order["err"])):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), target)
    anybody = ctypes.c_ulong(-1)
    ctypes.CDLL(None).prctl(0x59616D61, anybody, 0, 0, 0)  # PR_SET_PTRACER, where Yama asks for it
    os.close(gate[1])
    os.close(told[0])
    _hold(order["thread"], gate[0], told[1])
    sys.exit(run(order["arguments"]))


def _hold(wanted: int, gate: int, told: int) -> None:
    """Have one thread, the main one or one that is started later, tell its number and wait."""

    def wait() -> None:
        os.write(told, str(threading.get_native_id()).encode())
        os.close(told)
        os.read(gate, 1)
        os.close(gate)

    begin, started = threading.Thread._bootstrap_inner, count(1)  # type: ignore[attr-defined]  # `run` is overridden

    def first(thread: threading.Thread) -> None:
        if next(started) == wanted:
            wait()
        begin(thread)

    if wanted == 0:
        wait()
    else:
        threading.Thread._bootstrap_inner = first  # type: ignore[attr-defined]


if __name__ == "__main__":
    _serve()
