"""`status --watch`: follows runs of other processes until they are over, and leaves them alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from imagepipe.app.clock import steady
from imagepipe.app.following import DIED, Followed, Follower
from imagepipe.app.project import layout_of
from imagepipe.cli.options import Places
from imagepipe.cli.reports import worst
from imagepipe.cli.screens import Screen, screen
from imagepipe.cli.terminal import data, shown, tell, tint, width
from imagepipe.cli.views import ended_view
from imagepipe.render.following_text import Sight, died_text, news
from imagepipe.render.summary import summary_text
from imagepipe.standing import Said
from imagepipe.store import Life
from imagepipe.store.standings import Standings

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Watching:
    """A look every `interval` seconds; `upcoming`: at the next run, instead of the last."""

    interval: float = 1.0
    upcoming: bool = False
    as_json: bool = False


def watch(manifest: Path, places: Places, how: Watching) -> int:
    """Follow the runs of a manifest's store until they are over; the exit code is theirs.

    Raises:
        SetupError: there is no such manifest.
    """
    follower = _follower(manifest, places, upcoming=how.upcoming)
    drawn = screen(as_json=how.as_json)
    try:
        runs = _follow(follower, drawn, how.interval, manifest, places)
    except KeyboardInterrupt:
        drawn.clear()
        tell("no longer watching; runs are left alone")
        return INTERRUPTED
    drawn.clear()
    if not how.as_json:  # whose last lines have said it
        data(tint("\n\n".join(_end(one, places) for one in runs)))
    return worst(_code(one) for one in runs)


def _follower(manifest: Path, places: Places, *, upcoming: bool = False) -> Follower:
    folder = Standings(layout_of(places.where(manifest)).runs)
    return Follower(folder, steady(), upcoming=upcoming)


def _follow(
    follower: Follower, drawn: Screen, interval: float, manifest: Path, places: Places
) -> list[Followed]:
    known: dict[str, int] = {}
    waits = False
    while True:
        runs = follower.look()
        if runs:
            drawn.show([_sight(one) for one in runs], _said(runs, known))
        elif not waits:
            waits = True
            drawn.wait(waiting(manifest, places))
        if follower.is_over(runs):
            return runs
        time.sleep(interval)


def _said(runs: Sequence[Followed], known: dict[str, int]) -> list[Said]:
    """Lines that are new, with the run that said them where there are several."""
    lines: list[Said] = []
    for one in runs:
        standing = one.standing
        head = f"{standing.run}: " if len(runs) > 1 else ""
        new = news(standing, known.get(standing.run))
        lines += [replace(line, text=f"{head}{line.text}") for line in new]
        known[standing.run] = standing.spoken
    return lines


def _sight(one: Followed) -> Sight:
    """A run with its manifests as people here would type them."""
    names = tuple(shown(Path(name)) for name in one.standing.manifests)
    process, hidden = one.process, one.life is Life.UNPROVABLE
    standing = replace(one.standing, manifests=names)
    return Sight(standing, process.host, process.pid, at_work=one.at_work, hidden=hidden)


def waiting(manifest: Path, places: Places) -> str:
    """What is said while there is nothing to see."""
    text = "no run is at work here yet: waiting for one; Ctrl-C ends this"
    other = Places(emulate=not places.rehearsing, store=places.store)
    if any(one.at_work for one in _follower(manifest, other).look()):
        kind = "a live run" if places.rehearsing else "a rehearsal"
        return f"{text} ({kind} is: {other.again('status', manifest)} --watch)"
    return text


def _end(one: Followed, places: Places) -> str:
    """How a run ended, with what to do next from here."""
    sight = _sight(one)
    manifest = Path(sight.standing.manifests[0])
    again = " ".join([places.again("run", manifest), *sight.standing.again])
    pending = places.again("pending list", manifest)
    if sight.standing.ending is None:
        return died_text(sight, again, pending, width())
    view = ended_view(sight.standing.ending, sight.standing, again=again, pending=pending)
    return summary_text(view, width())


def _code(one: Followed) -> int:
    ending = one.standing.ending
    return DIED if ending is None else ending.exit_code
