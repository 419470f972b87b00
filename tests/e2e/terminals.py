"""Terminals: the program in one of tmux's, which wraps, scrolls and resizes as people's do."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self
from uuid import uuid4

from tests.e2e.shop import SECRETS

ROOT = Path(__file__).resolve().parents[2]
LOOK = 0.05
"""Seconds between two looks at a screen."""


class Tmux:
    """A server of its own with one pane, in which a shell carries out a command."""

    def __init__(self, folder: Path, *arguments: str, width: int = 80, height: int = 24) -> None:
        self._name = f"imagepipe-{uuid4().hex[:12]}"
        program = shlex.join([sys.executable, "-m", "imagepipe", *arguments])
        # tmux ends with its last command; the exit code stays on the screen until the test ends.
        line = f"{program}; echo exit=$?; exec cat"
        environment = {**os.environ, **SECRETS, "CI": "", "PYTHONPATH": str(ROOT), "TMUX": ""}
        environment = {name: text for name, text in environment.items() if name != "COLUMNS"}
        subprocess.run(
            [
                *("tmux", "-L", self._name, "-f", os.devnull, "new-session", "-d", "-s", "one"),
                *("-x", str(width), "-y", str(height), "-c", str(folder), line),
            ],
            env={**environment, "TERM": "xterm-256color"},
            check=True,
        )

    def screen(self) -> list[str]:
        """What is to be seen, without the empty lines below it."""
        return self._tmux("capture-pane", "-p", "-t", "one").rstrip("\n").splitlines()

    def history(self) -> str:
        """What is to be seen and what has scrolled away, long lines as they were written."""
        return self._tmux("capture-pane", "-p", "-J", "-S", "-", "-t", "one")

    def until(self, seen: Callable[[list[str]], bool]) -> list[str]:
        """The screen, once it shows that."""
        while not seen(lines := self.screen()):
            time.sleep(LOOK)
        return lines

    def resize(self, width: int, height: int) -> None:
        self._tmux("resize-window", "-t", "one", "-x", str(width), "-y", str(height))

    def press(self, key: str) -> None:
        """A key by tmux's name, such as `C-c`."""
        self._tmux("send-keys", "-t", "one", key)

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._name, *arguments], capture_output=True, text=True, check=True
        )
        return done.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shell = int(self._tmux("display-message", "-p", "-t", "one", "#{pane_pid}"))
        os.killpg(shell, signal.SIGKILL)  # a run would drain when its terminal hangs up
        with suppress(subprocess.CalledProcessError):  # it may have ended with its last pane
            self._tmux("kill-server")
