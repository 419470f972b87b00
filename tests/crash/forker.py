"""Runs of the program in forks of one process that has imported it: a kill costs milliseconds.

`python -m tests.crash.forker` reads a line of JSON, `{"folder": ..., "arguments": [...], "after":
seconds or null}`, runs the program there in a child, kills it with SIGKILL after that time unless
it has ended by then, and answers with a line: the exit code, negative for a signal.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from imagepipe.__main__ import main
from tests.e2e.shop import SECRETS

_USED = (
    "httpx2",
    "jsonschema",
    "structlog",
    "PIL.Image",
    "imagepipe.app.running",
    "imagepipe.cli.commands.run",
    "imagepipe.render.plain",
)
_ROOT = Path(__file__).resolve().parents[2]


class Forker:
    """The side of a test: `with Forker() as forker: forker.run(folder, "run", after=0.2)`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.forker"],
            cwd=_ROOT,
            env={**os.environ, **SECRETS, "NO_COLOR": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, folder: Path, *arguments: str, after: float | None = None) -> int:
        """Run `imagepipe` in a folder; the exit code, -9 if it was killed."""
        order = {"folder": str(folder), "arguments": arguments, "after": after}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=60)


def _serve() -> None:
    _import_all()
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _child(Path(order["folder"]), order["arguments"])
        print(_ended(child, order["after"]), flush=True)


def _ended(child: int, after: float | None) -> int:
    """The child's exit code; the moment of its death is chance, so this waits by the clock."""
    until = time.monotonic() + (600.0 if after is None else after)
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= until:
            os.kill(child, signal.SIGKILL)
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        time.sleep(0.0005)


def _child(folder: Path, arguments: list[str]) -> None:
    """The program, as its entry point runs it; never returns."""
    code = 1
    try:
        os.chdir(folder)
        log = os.open("log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for stream in (1, 2):
            os.dup2(log, stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        random.seed()
        sys.argv = ["imagepipe", *arguments]
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _import_all() -> None:
    """What the program would import as it goes; nothing of it is started here."""
    for name in _USED:
        importlib.import_module(name)


if __name__ == "__main__":
    _serve()
