"""Runs of the program in forks of one process that has imported it: a kill costs milliseconds.

`python -m tests.crash.forker` reads a line of JSON, `{"folder": ..., "runs": [{"arguments": [...],
"after": seconds or null, "out": file}]}`, runs the program there in a child for each, all at once,
kills each with SIGKILL after its time unless it has ended by then, and answers with a line: the
exit codes, negative for a signal.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from imagepipe.__main__ import main
from tests.crash.served import Served

_USED = (
    "aiohttp",
    "jsonschema",
    "structlog",
    "PIL.Image",
    "imagepipe.app.running",
    "imagepipe.cli.commands.run",
    "imagepipe.render.plain",
)

LONGEST = 600.0
"""Seconds after which a run that was not to be killed is taken for one that waits for ever."""


@dataclass(frozen=True, slots=True)
class Order:
    """One run of the program, and after how many seconds it is killed, if it is."""

    arguments: tuple[str, ...]
    after: float | None = None
    out: str = "log.txt"


class Forker:
    """The side of a test: `with Forker() as forker: forker.run(folder, "run", after=0.2)`."""

    def __init__(self) -> None:
        self._server = Served("tests.crash.forker")

    def run(self, folder: Path, *arguments: str, after: float | None = None) -> int:
        """Run `imagepipe` in a folder; the exit code, -9 if it was killed."""
        return self.run_all(folder, [Order(arguments, after)])[0]

    def run_all(self, folder: Path, orders: Sequence[Order]) -> list[int]:
        """Run them all at once; the exit codes, in order."""
        order = {"folder": str(folder), "runs": [asdict(one) for one in orders]}
        self._server.write(json.dumps(order))
        codes: list[int] = json.loads(self._server.read())
        return codes

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.process.communicate(timeout=60)


def _serve() -> None:
    _import_all()
    for line in sys.stdin:
        order = json.loads(line)
        children: dict[int, float] = {}
        for run in order["runs"]:
            child = os.fork()
            if child == 0:
                _child(Path(order["folder"]), run)
            after = LONGEST if run["after"] is None else run["after"]
            children[child] = time.monotonic() + after
        print(json.dumps(_ended(children)), flush=True)


def _ended(children: dict[int, float]) -> list[int]:
    """The children's exit codes; the moment of a death is chance, so this waits by the clock."""
    codes = dict[int, int]()
    while len(codes) < len(children):
        for child, until in children.items():
            if child in codes:
                continue
            found, status = os.waitpid(child, os.WNOHANG)
            if not found and time.monotonic() >= until:
                os.kill(child, signal.SIGKILL)
                found, status = os.waitpid(child, 0)
            if found:
                codes[child] = os.waitstatus_to_exitcode(status)
        time.sleep(0.0005)
    return [codes[child] for child in children]


def _child(folder: Path, run: dict[str, Any]) -> None:
    """The program, as its entry point runs it; never returns."""
    code = 1
    try:
        os.chdir(folder)
        for stream, name in ((1, run["out"]), (2, "log.txt")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        random.seed()
        sys.argv = ["imagepipe", *run["arguments"]]
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
