"""A module of these tests as a process that is spoken to in lines."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.shop import SECRETS

ROOT = Path(__file__).resolve().parents[2]


class Served:
    """`python -m MODULE`, with the keys of a shop; whoever starts it ends it."""

    def __init__(self, module: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env={**os.environ, **SECRETS, "NO_COLOR": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def write(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def read(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the program's process ended"
        return line
