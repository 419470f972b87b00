"""When an account is to be given up for this run, and the one message that says why. Pure.

A bad key and missing credits need no counting: their first fault stops the account. Counted here is
what a single job cannot know: that nobody answers, that one refusal after another says the same,
and that pictures are moderated, which vendors charge for and suspend accounts over.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from imagepipe.model import Fault, FaultKind

TRIES = 5
"""Tries in a row, each after the last had failed, at a provider that never answered in this run."""

OUTAGE = 900.0
"""Seconds for which a provider that did answer may take nothing before it is given up."""

MODERATED_RUN = 5
"""Moderated jobs in a row that stop an account."""

MODERATED_SHARE = (4, 20)
"""Moderated jobs among so many that do: a fifth. Runway suspends accounts "if too many requests get
moderated", and bills them (docs.dev.runwayml.com/api-details/moderation)."""

SAME_REJECTIONS = 5
"""Equal rejections, with no picture yet, after which the rest would be rejected too."""

_NO_ROUTE = 404
"""The status of a server that knows no such address."""


@dataclass(slots=True)
class Breaker:
    """What went wrong at one account. `name` is the provider's, for messages."""

    name: str
    _moderated: deque[bool] = field(default_factory=lambda: deque(maxlen=MODERATED_SHARE[1]))
    _rejection: tuple[int | None, str | None, str] | None = None
    _same: int = 0
    _delivered: bool = False
    _answered: bool = False
    _tries: int = 0
    _since: float | None = None
    _failed_at: float = float("-inf")

    def answered(self) -> None:
        """A submit had an answer that was no refusal for now."""
        self._answered, self._tries, self._since = True, 0, None

    def failed(self, fault: Fault, left: float, now: float, *, reached: bool) -> Fault | None:
        """A submit was not taken on, for no limit's sake. Returns why to give up, if it is time.

        Args:
            fault: What was wrong.
            left: When the submit left, in seconds.
            now: When it had failed.
            reached: Whether the provider said so itself.
        """
        self._answered = self._answered or reached
        self._since = left if self._since is None else self._since
        if left >= self._failed_at:
            self._tries += 1
        self._failed_at = now
        if not self._answered and self._tries >= TRIES:
            return self._stop(
                FaultKind.TRANSIENT,
                f"{self.name} could not be reached in {self._tries} tries ({fault.message})",
                "look at the network and at its base_url, then run again",
            )
        if now - self._since >= OUTAGE:
            return self._stop(
                FaultKind.TRANSIENT,
                f"{self.name} took nothing for {OUTAGE / 60:.0f} minutes ({fault.message})",
                "run again when it does; what is done is kept",
            )
        return None

    def parked(self, fault: Fault) -> Fault:
        """Why an account is left alone that asked to wait for longer than a run waits."""
        seconds = fault.wait or 0.0
        wait = f"{seconds / 3600:.0f} h" if seconds >= 5400 else f"{seconds / 60:.0f} min"
        return self._stop(
            FaultKind.THROTTLED,
            f"{self.name} asks to be left alone for {wait} ({fault.message})",
            "its quota seems to be used up; run again after that, and the run goes on",
        )

    def delivered(self) -> None:
        """A job brought a picture."""
        self._delivered = True
        self._moderated.append(False)

    def ended(self, fault: Fault) -> Fault | None:
        """A job ended without a picture. Returns why to stop the account, if it is time."""
        match fault.kind:
            case FaultKind.MODERATED:
                return self._after_moderation(fault)
            case FaultKind.REJECTED:
                return self._after_rejection(fault)
            case _:
                return None

    def _after_moderation(self, fault: Fault) -> Fault | None:
        self._moderated.append(True)
        known, hits = len(self._moderated), sum(self._moderated)
        in_a_row = known >= MODERATED_RUN and all(list(self._moderated)[-MODERATED_RUN:])
        if not in_a_row and (known < MODERATED_SHARE[1] or hits < MODERATED_SHARE[0]):
            return None
        return self._stop(
            FaultKind.MODERATED,
            f"{hits} of the last {known} jobs at {self.name} were moderated ({fault.message})",
            "change these prompts: moderated jobs may be charged, and accounts are suspended",
        )

    def _after_rejection(self, fault: Fault) -> Fault | None:
        rejection = (fault.http, fault.code, fault.message)
        self._same = self._same + 1 if rejection == self._rejection else 1
        self._rejection = rejection
        if self._delivered or self._same < SAME_REJECTIONS:
            return None
        moved = ", and at base_url if that was set" if fault.http == _NO_ROUTE else ""
        return self._stop(
            FaultKind.REJECTED,
            f"{self.name} rejected {self._same} jobs in a row alike ({fault.message})",
            f"nothing was accepted so far: look at the recipe{moved}",
        )

    @staticmethod
    def _stop(kind: FaultKind, what: str, advice: str) -> Fault:
        message = f"{what}; nothing more is sent to it in this run"
        return Fault(kind, message, accepted=False, advice=advice)
