"""What of a resolution holds for all rows of a catalogue, so that it is worked out once.

A hundred thousand jobs of a recipe differ in their prompts and seeds alone. Which fields are sent,
the sizes, the price and nearly all checks depend on the rest, and on *whether* such a text is
empty, never on what it says. Who adds a rule that looks at the value of a field has two places for
it: among the checks of that field (`Rules.checks`), which are asked for every job, or, if it looks
at several fields at once, a reason in `pattern_of` why there is no pattern.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from imagepipe.model import Value, Values
from imagepipe.provider.rules import Rules
from imagepipe.provider.takes import Check, Violation

VARYING = ("prompt", "negative_prompt", "seed")
"""The fields that a pattern can leave open: texts and a number that no other rule looks at."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What of a recipe reaches the vendor, what it costs in USD (None: unknown), what is wrong."""

    values: Values
    price: Decimal | None
    violations: tuple[Violation, ...]

    @property
    def is_sound(self) -> bool:
        return all(violation.severity == "note" for violation in self.violations)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A resolution whose `open` fields are to be filled in, with what is checked of each."""

    resolution: Resolution
    open: tuple[str, ...]
    checks: tuple[tuple[str, tuple[Check, ...]], ...]

    def suits(self, values: Values) -> bool:
        """Whether no check of an open field has anything to say about its value."""
        for name, checks in self.checks:
            value = values[name]
            for check in checks:
                if check(value) is not None:  # type: ignore[arg-type]  # a text or a number
                    return False
        return True


def pattern_of(
    rules: Rules, resolution: Resolution, varying: frozenset[str], priced_by: Iterable[str]
) -> Pattern | None:
    """The pattern of a resolution that was made without the checks of `varying` fields.

    None if more of a varying field matters than whether it is empty and what its checks say: it is
    part of an address, decides the price, or is none of `VARYING`.
    """
    if not varying.issubset(VARYING):
        return None
    if not varying.isdisjoint(rules.in_address) or not varying.isdisjoint(priced_by):
        return None
    sent: dict[str, Value] = dict(resolution.values)
    names = tuple(sorted(name for name in varying if name in sent))
    checks = tuple((name, several) for name, several in rules.checks if name in names)
    return Pattern(resolution, names, checks)
