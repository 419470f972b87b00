"""The program in a process of its own that stops before each step, to go on or to be killed there.

The process is a fork, and the kill is SIGKILL: whatever the program would still have done in a
`finally` does not happen, and whether it lives is asked of the system. Nothing here knows jobs.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import Pipe

from tests.crash.program_inside import RESTING, Asked, Ended, Heard, Line, Point, Reached, live


@dataclass
class Clock:
    """The one time of all processes and of the vendor, in seconds; it is never set back."""

    now: float = 0.0


class Process:
    """The side of a test. It rests at its first point until it is told to go on."""

    def __init__(
        self,
        name: str,
        body: Callable[[Line], str],
        vendor: Callable[[Asked], Heard],
        time: Clock,
        seed: int,
    ) -> None:
        self.name = name
        self.ended: Ended | None = None
        self.at: Point | None = None
        self._vendor, self._time = vendor, time
        ours, theirs = Pipe()
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            live(Line(theirs, time.now, seed), body)
        theirs.close()
        self._line = ours
        self._hear()

    def go(self, until: Point | None = None, times: int = 1, *, most: int = 2000) -> bool:
        """Go on until it comes to a point for the n-th time; False if it never came there.

        After `most` steps it is left at the next point where it can rest.
        """
        while self.ended is None:
            times -= self.at is until
            if times == 0 or (most <= 0 and self.at in RESTING):
                return times == 0
            most -= 1
            self._line.send(self._time.now)
            self._hear()
        return False

    def step(self) -> None:
        """Do what the process stands before, and stop at the next point."""
        if self.ended is None:
            self._line.send(self._time.now)
            self._hear()

    def kill(self) -> None:
        if self.ended is None:
            os.kill(self.pid, signal.SIGKILL)
            self._bury(Ended("killed"))

    def _hear(self) -> None:
        while True:
            try:
                message = self._line.recv()
            except EOFError:
                message = Ended("gone", "the process ended without a word")
            match message:
                case Asked(now=now):
                    self._time.now = max(self._time.now, now)
                    self._line.send(self._vendor(message))
                case Reached(point, now):
                    self._time.now = max(self._time.now, now)
                    self.at = point
                    return
                case Ended():
                    self._bury(message)
                    return

    def _bury(self, how: Ended) -> None:
        self._line.close()
        os.waitpid(self.pid, 0)
        self.ended, self.at = how, None
