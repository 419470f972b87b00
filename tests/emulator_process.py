"""An emulator as a child process, for suites that test a client against it.

It listens on a free loopback port and ends with the test, also when the test is killed: the child
reads its standard input and goes when that closes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

_ROOT = Path(__file__).resolve().parents[1]


class EmulatorProcess:
    """`with EmulatorProcess("--picture", "fixed") as emulator: ... emulator.url`.

    The arguments are those of `python -m imagepipe.emulator`.
    """

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "imagepipe.emulator", "--announce", "--exit-with-stdin"]
        self._process = subprocess.Popen(
            [*command, *arguments],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            _, errors = self._process.communicate()
            raise RuntimeError(f"the emulator did not start: {errors}")
        self.url: str = json.loads(line)["url"]
        self.pid = self._process.pid

    def stats(self, provider: str | None = None) -> dict[str, Any]:
        """The counts of all providers, or of one."""
        providers: dict[str, Any] = self._call("stats")["providers"]
        return providers if provider is None else providers[provider]

    def jobs(self) -> list[dict[str, Any]]:
        """Every accepted job, in order per provider."""
        jobs: list[dict[str, Any]] = self._call("jobs")["jobs"]
        return jobs

    def reset(self) -> None:
        """Forgets jobs and counts; settings stay."""
        self._call("reset", "POST")

    def stop(self) -> tuple[int, str]:
        """Ends the emulator: its exit code and what it wrote to standard error."""
        _, errors = self._process.communicate(timeout=20)
        return self._process.returncode, errors

    def signal(self, number: int) -> None:
        """Sends a signal, such as SIGKILL for a crash."""
        self._process.send_signal(number)

    def _call(self, what: str, method: str = "GET") -> dict[str, Any]:
        reply = httpx2.request(method, f"{self.url}/_emulator/{what}", timeout=20)
        answer: dict[str, Any] = reply.raise_for_status().json()
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.returncode is None:
            self.stop()
