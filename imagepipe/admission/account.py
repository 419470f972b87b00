"""When the next submit to an account may leave, and what is learnt when one is refused.

Pure: moments come in as numbers, in seconds, and nothing waits. A refusal tells that *a* limit was
reached. Which one is told by the vendor's word, or by what was being tried: only one of the two
limits is raised at a time, and where both might be to blame, the next submits decide.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace

from imagepipe.admission.adaptive import ENOUGH, Rate, Window
from imagepipe.admission.refusals import Burst, Cause, Suspicion, Turn, blame, suspect
from imagepipe.pace import Pace

LONGEST_PAUSE = 10.0
"""Seconds that an account without hints is left alone at most, before one submit tries again: what
the end of an outage costs, against six refused requests a minute while it lasts."""

PAUSES = (0.1, 2.0)
"""Bounds of the first pause after a refusal, in seconds; it is the present interval."""

FIRST_OUTAGE_PAUSE = 1.0
"""Seconds of the first pause where the trouble is no limit."""

TAKEN_ON = 1.0
"""Seconds after which a submit that is not refused counts as passed, at a vendor that answers only
with the picture. It follows how quickly refusals come: three times as long, within `QUICKEST`."""

QUICKEST = (0.25, 5.0)

SILENCE = (4, 5.0)
"""Refusals in a row, and seconds, beyond which it was an outage or a used-up quota."""

STUBBORN = 3
"""Refusals in a row, ever further apart, with as many jobs in flight: then it is their number."""

STRAY = 64
"""A refusal at a stated limit changes nothing if so many submits passed since the last such one."""

LATELY = 16
"""Passed submits over which the real rate is measured."""


@dataclass(slots=True)
class Admission:
    """The state of one account. Whoever asks holds the clock, which never goes back."""

    rate: Rate = field(default_factory=Rate)
    window: Window = field(default_factory=Window)
    closed_until: float = 0.0
    in_flight: int = 0
    _pace: Pace = field(default_factory=Pace)
    _out: dict[int, Turn] = field(default_factory=dict)
    _open: dict[int, Turn] = field(default_factory=dict)
    _issued: int = 0
    _passed: int = 0
    _times: deque[float] = field(default_factory=lambda: deque(maxlen=LATELY))
    _burst: Burst | None = None
    _suspicion: Suspicion | None = None
    _silence: tuple[float, int] | None = None
    _stray_at: int = -STRAY
    _taken_on: float = TAKEN_ON

    @property
    def passed(self) -> int:
        """Submits that were taken on."""
        return self._passed

    def __post_init__(self) -> None:
        self._pace = Pace(self.rate.interval)

    def wait(self, now: float, size: int = 1) -> float:
        """Seconds until a submit may leave unless something happens before; inf: something must.

        One that is larger than the window goes alone.
        """
        self._settle(now)
        later = max(self.closed_until - now, self._pace.wait(now), self._trial(now), 0.0)
        full = self.in_flight and self.in_flight + size > self.window.size
        probing = self._burst is not None and self._burst.count > 1 and self._open
        if not (full or probing):
            return later
        if not self._open:
            return math.inf
        return max(later, next(iter(self._open.values())).at + self._taken_on - now)

    def take(self, now: float, size: int = 1) -> Turn:
        """The submit leaves; only after `wait` said 0."""
        self._issued += 1
        late = now - max(self._pace.due, self.closed_until)
        prompt = late <= 0.1 * self._pace.interval
        turn = Turn(self._issued, now, size, self.in_flight, prompt, self._pace)
        self._out[turn.number] = self._open[turn.number] = turn
        self.in_flight += size
        self._pace = self._pace.taken(now, size)
        return turn

    def poll(self, now: float) -> float:
        """Seconds until a poll may leave that the vendor counts as a submit; 0: it has left."""
        later = max(self.closed_until - now, self._pace.wait(now))
        if later <= 0:
            self._pace = self._pace.taken(now)
        return later

    def give_back(self, turn: Turn) -> None:
        """Nothing was sent after all."""
        self._remove(turn)
        if turn.number == self._issued:
            self._pace = turn.before

    def accepted(self, turn: Turn) -> None:
        """The vendor took the submit on."""
        if turn.passed:
            return
        turn.passed = True
        self._open.pop(turn.number, None)
        if self._burst is not None and turn.number > self._burst.upto:
            self._end(self._burst, turn)
            self._burst = None
        self._passed += 1
        self._times.append(turn.at)
        if self._silence is not None:
            self._silence = (self._silence[0], self._silence[1] + 1)
        self._learn(turn)

    def ended(self, turn: Turn) -> None:
        """The job is no longer in flight."""
        if turn.number in self._out:
            self.accepted(turn)
            self._remove(turn)

    def refused(
        self, turn: Turn, now: float, *, hint: float | None, chance: float, cause: Cause | None
    ) -> float:
        """The vendor took the submit not on. Returns the seconds for which nobody may send.

        Args:
            turn: The submit.
            now: When the answer came.
            hint: The seconds that the vendor asked to wait, if it did.
            chance: From [0, 1): what is waited beyond, so that several processes do not come back
                at one instant.
            cause: What it was about, as far as the vendor's words tell.
        """
        self._settle(now)
        self._remove(turn)
        self._expect(now - turn.at)
        others = sum(other.size for other in self._out.values() if other.number < turn.number)
        if self._burst is None:
            self._begin(turn, others, cause)
        elif turn.number > self._burst.upto:
            self._go_on(self._burst, turn, others, cause)
        pause = self._pause(others, chance) if hint is None else hint * (1.0 + 0.1 * chance)
        self._pace = self._pace.at(self.rate.interval)
        self.closed_until = max(self.closed_until, now + pause)
        return pause

    def _learn(self, turn: Turn) -> None:
        if turn.prompt:
            alone = not (self.window.bounded and self.window.trying)
            lately = self._lately()
            self.rate = self.rate.accepted(turn.at, lately, turns=turn.size, may_grow=alone)
        else:
            self.rate = self.rate.idle(turn.at)
        self.window = self.window.accepted(turn.others + turn.size)
        self._pace = self._pace.at(self.rate.interval)

    def _settle(self, now: float) -> None:
        """What is out for long enough without being refused was taken on."""
        while self._open:
            oldest = next(iter(self._open.values()))
            if oldest.at + self._taken_on > now:
                return
            self.accepted(oldest)

    def _expect(self, latency: float) -> None:
        wanted = min(max(3.0 * latency, QUICKEST[0]), QUICKEST[1])
        self._taken_on = max(wanted, (self._taken_on + wanted) / 2)

    def _remove(self, turn: Turn) -> None:
        self._open.pop(turn.number, None)
        if self._out.pop(turn.number, None) is not None:
            self.in_flight -= turn.size

    def _trial(self, now: float) -> float:
        """Seconds until more than a window holds may be tried.

        It leaves well after the last submit, and further apart each time, so that its refusal can
        only be about the number.
        """
        window = self.window
        if not (window.bounded and window.trying) or window.full or self.in_flight < window.steady:
            return 0.0
        known = self.rate.hold > 0 or self.rate.is_stated
        apart = 0.5 + window.hold / 32 if known else window.hold / 8
        return self._pace.due + (apart - 1.0) * self._pace.interval - now

    def _begin(self, turn: Turn, others: int, cause: Cause | None) -> None:
        gap = turn.at - self._times[-1] if self._times else math.inf
        rate, window, suspicion = self.rate, self.window, self._suspicion
        if cause is None:
            cause = blame(turn, others, gap, rate=rate, window=window, suspicion=suspicion)
        counts = (self._issued, 1, others, others)
        self._burst = Burst(cause, turn.at, *counts, gap, rate, window)
        if self._is_stray(cause):
            self._stray_at = self._passed
            self.rate = self.rate.forgiven(turn.at)
            return
        if cause in (Cause.WINDOW, Cause.EITHER):
            self.window = self.window.refused(others, surely=cause is Cause.WINDOW)
        if cause in (Cause.RATE, Cause.EITHER, Cause.UNKNOWN):
            self.rate = self.rate.refused(turn.at, self._lately())

    def _is_stray(self, cause: Cause) -> bool:
        """A stated limit is believed until it is refused again and again."""
        match cause:
            case Cause.WINDOW:
                stated = self.window.is_stated and self.window.at_ceiling
            case Cause.NONE:
                return False
            case _:
                stated = self.rate.is_stated and self.rate.at_ceiling
        return stated and self._passed - self._stray_at >= STRAY

    def _go_on(self, burst: Burst, turn: Turn, others: int, cause: Cause | None) -> None:
        burst = replace(burst, upto=self._issued, count=burst.count + 1, last=others)
        match burst.cause:
            case _ if cause is not None:
                pass
            case Cause.UNKNOWN if others >= burst.others and burst.count >= STUBBORN:
                burst = replace(burst, cause=Cause.WINDOW)
                self.rate, self.window = burst.rate, self.window.refused(others)
            case Cause.WINDOW if others < self.window.size:
                burst = replace(burst, cause=Cause.RATE)
                self.window = burst.window
                self.rate = burst.rate.refused(turn.at, self._lately())
            case _:
                pass
        self._burst = burst

    def _end(self, burst: Burst, turn: Turn) -> None:
        """Something passed again: what does that say of the refusals before it?"""
        if burst.count >= SILENCE[0] and turn.at - burst.at > SILENCE[1]:
            self._silent(burst)
        else:
            self._suspicion = suspect(self._suspicion, burst, turn.others)

    def _silent(self, burst: Burst) -> None:
        """Long refusals are no measure of a limit, unless they come again at once, or regularly."""
        since, passed = self._silence or (burst.at, ENOUGH)
        at_once = passed < ENOUGH and burst.last > 0 and burst.cause is not Cause.NONE
        self.window = burst.window.refused(burst.last) if at_once else burst.window
        if burst.cause is Cause.NONE:
            self.rate = replace(burst.rate, since=None, count=0)
            return
        self.rate = burst.rate.resumed(passed, burst.at - since)
        self._suspicion = None
        self._silence = (burst.at, 0)

    def _pause(self, others: int, chance: float) -> float:
        burst = self._burst
        if burst is None:
            return 0.0
        if burst.cause is Cause.WINDOW and others >= self.window.size:
            return 0.0
        first = min(max(self.rate.interval, PAUSES[0]), PAUSES[1])
        first = FIRST_OUTAGE_PAUSE if burst.cause is Cause.NONE else first
        return min(first * 2.0 ** min(burst.count - 1, 16), LONGEST_PAUSE) * (1.0 + 0.2 * chance)

    def _lately(self) -> float:
        """Submits a second that passed of late; infinite while there are too few to tell."""
        times = self._times
        if len(times) < 3 or times[-1] <= times[0]:
            return math.inf
        return (len(times) - 1) / (times[-1] - times[0])
