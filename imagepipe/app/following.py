"""Follows the runs of a store from another process: looks at their files, and writes nothing.

It opens no ledger and takes no lock, so that no run waits for whoever watches it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

from imagepipe.standing import Lane, Standing, Why
from imagepipe.store import Life, this_process
from imagepipe.store.liveness import Process
from imagepipe.store.standings import Standings, Watched

DIED = 69
"""The exit code where a run is gone without a last word (EX_UNAVAILABLE of sysexits.h)."""

GRACE = 2.0
"""Seconds after an end in which the same command may begin with its next manifest."""

STALE = 3_600.0
"""Seconds after its last word from which on a run elsewhere, that nobody here can see, is no more
taken for one at work."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A run as it stands now, and whether it is at work, as far as can be seen from here."""

    standing: Standing
    process: Process
    life: Life

    @property
    def at_work(self) -> bool:
        return self.life is not Life.DEAD


class Follower:
    """The runs that are at work when it begins, and those that begin while it looks.

    Where none is, the last one that was; with `upcoming`, the next one that will be.
    """

    def __init__(
        self, folder: Standings, clock: Callable[[], float], *, upcoming: bool = False
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._upcoming = upcoming
        self._me = this_process()
        self._begun = clock()
        self._looks = count()
        self._names: set[str] = set()
        self._over: float | None = None

    def look(self) -> list[Followed]:
        """The runs that are followed, in the order in which they began."""
        now, first = self._clock(), next(self._looks) == 0
        runs = [self._followed(watched, now) for watched in self._folder.read()]
        self._names |= {one.standing.run for one in runs if self._is_new(one, now)}
        if first and runs and not self._names and not self._upcoming:
            self._names = {runs[-1].standing.run}
        return [one for one in runs if one.standing.run in self._names]

    def is_over(self, runs: list[Followed]) -> bool:
        """Whether there is nothing more to wait for."""
        if not runs or any(one.at_work for one in runs):
            self._over = None
            return False
        now = self._clock()
        self._over = now if self._over is None else self._over
        alive = any(Watched(_open(one), one.process).life(self._me) is Life.ALIVE for one in runs)
        return not alive or now - self._over >= GRACE

    def _is_new(self, one: Followed, now: float) -> bool:
        if one.standing.started >= self._begun:
            return True
        heard = one.life is Life.ALIVE or now - one.standing.at < STALE
        return one.at_work and heard

    def _followed(self, watched: Watched, now: float) -> Followed:
        life = watched.life(self._me)
        standing = _as_of(watched.standing, now) if life is Life.ALIVE else watched.standing
        return Followed(standing, watched.process, life)


def _open(one: Followed) -> Standing:
    """As if it had not ended: what counts is the process."""
    return replace(one.standing, ending=None)


def _as_of(standing: Standing, now: float) -> Standing:
    """A run that is silent goes on: its clock does, and a time that has come holds nobody up."""
    lanes = tuple(_reopened(lane, now) for lane in standing.lanes)
    return replace(standing, at=max(now, standing.at), lanes=lanes)


def _reopened(lane: Lane, now: float) -> Lane:
    hold = lane.hold
    if hold is None or hold.why is not Why.CLOSED or (hold.until or 0.0) > now:
        return lane
    return replace(lane, hold=None)
