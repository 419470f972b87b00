"""Where runs that are watched are shown: drawn in place, as lines, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Protocol

from imagepipe.app.clock import steady, utc_now
from imagepipe.cli.terminal import console, data, tell, terminal
from imagepipe.render.following_text import VERSION, Sight, standing_json, watched_lines
from imagepipe.render.lines import Tone
from imagepipe.render.live import INKS
from imagepipe.render.plain import EVERY, colored, pause, progress
from imagepipe.render.region import Region, piece
from imagepipe.standing import Said


class Screen(Protocol):
    """Where watched runs are shown."""

    def wait(self, text: str) -> None:
        """There is nothing to be seen yet."""

    def show(self, sights: Sequence[Sight], said: Sequence[Said]) -> None:
        """How the runs stand now, after what was said since."""

    def clear(self) -> None:
        """Nothing more is shown."""


def screen(*, as_json: bool) -> Screen:
    """As standard error is: a terminal, or not."""
    if as_json:
        return JsonLines()
    seen = terminal()
    return Drawn(Region(console(seen))) if seen.live else Lines(color=seen.color)


class Drawn:
    """On a terminal, in place."""

    def __init__(self, region: Region) -> None:
        self._region = region

    def wait(self, text: str) -> None:
        self._region.draw([piece(text)])

    def show(self, sights: Sequence[Sight], said: Sequence[Said]) -> None:
        region = self._region
        above = [piece(one.text, INKS[Tone(one.tone)]) for one in said]
        region.draw(watched_lines(sights, region.width, region.height), above)

    def clear(self) -> None:
        self._region.clear()


class Lines:
    """In a log: what is said at once, and a line of progress every few seconds."""

    def __init__(self, *, color: bool) -> None:
        self._color = color
        self._clock = steady()
        self._due: dict[str, float] = {}

    def wait(self, text: str) -> None:
        tell(text)

    def show(self, sights: Sequence[Sight], said: Sequence[Said]) -> None:
        for one in said:
            tell(colored(one.text, Tone(one.tone)) if self._color else one.text)
        for sight in sights:
            standing, now = sight.standing, self._clock()
            if sight.at_work and now >= self._due.get(standing.run, 0.0):
                head = f"{standing.run}: " if len(sights) > 1 else ""
                tell(f"{head}{progress(standing)}")
                self._due[standing.run] = now + pause(now - standing.started, EVERY)

    def clear(self) -> None:
        """There is nothing to take away."""


class JsonLines:
    """For machines: a line for each run when it has changed."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}

    def wait(self, text: str) -> None:
        data(json.dumps({"version": VERSION, "type": "waiting", "time": utc_now(), "text": text}))

    def show(self, sights: Sequence[Sight], said: Sequence[Said]) -> None:
        for one in said:
            line = {"type": "said", "time": utc_now(), "text": one.text, "tone": one.tone}
            data(json.dumps({"version": VERSION, **line}, ensure_ascii=False))
        for sight in sights:
            found = standing_json(sight)
            told = json.dumps({**found, "time": ""})
            if told != self._told.get(sight.standing.run):
                self._told[sight.standing.run] = told
                data(json.dumps(found, ensure_ascii=False))

    def clear(self) -> None:
        """There is nothing to take away."""
