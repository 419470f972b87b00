"""What vendors are known to do to their clients, by name, each to be switched on alone.

The table says what every quirk does, to whom it applies and what its amount counts; the desk
and the vendors' files carry them out. All come from vendors' documents, released clients or
reports about them; none is on unless asked for.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from imagepipe.emulator.quirk_table import TABLE
from imagepipe.errors import SetupError


@dataclass(frozen=True, slots=True)
class Always:
    """Every time."""


@dataclass(frozen=True, slots=True)
class First:
    """The first `count` times."""

    count: int


@dataclass(frozen=True, slots=True)
class Chance:
    """With `probability`, drawn from the seed and the request."""

    probability: float


@dataclass(frozen=True, slots=True)
class Lasting:
    """During the first `seconds` after acceptance."""

    seconds: float


Amount: TypeAlias = Always | First | Chance | Lasting


class Counts(Enum):
    """What the amount of a quirk counts."""

    REQUESTS = "requests"
    JOBS = "jobs"
    POLLS = "polls of each job"
    SWITCH = "on or off"


@dataclass(frozen=True, slots=True)
class Quirk:
    """One row of the table. `providers` is empty where it applies to all."""

    name: str
    about: str
    counts: Counts
    providers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A quirk that somebody switched on, for one provider or (None) for all it applies to."""

    name: str
    amount: Amount
    provider: str | None = None


QUIRKS: Mapping[str, Quirk] = {
    name: Quirk(name, about, Counts[counts], tuple(providers.split()))
    for counts, providers, rows in TABLE
    for name, about in rows.items()
}

_LASTING = re.compile(r"(\d+(?:\.\d+)?)s")


def parse(text: str, providers: tuple[str, ...]) -> Chosen:
    """Reads `[PROVIDER:]NAME[=AMOUNT]`; an amount is `5` (times), `0.1` (chance), `3s` or `all`.

    Raises:
        SetupError: no such provider, quirk or amount, or the quirk is not one of that provider.
    """
    head, colon, rest = text.partition(":")
    provider = head if colon else None
    name, equals, amount = (rest if colon else text).partition("=")
    if provider is not None and provider not in providers:
        raise SetupError(f"quirk {text!r}: {_unknown('provider', provider, providers)}")
    quirk = QUIRKS.get(name)
    if quirk is None:
        raise SetupError(
            f"quirk {text!r}: {_unknown('quirk', name, tuple(QUIRKS))}",
            hint="--list-quirks lists them",
        )
    if provider is not None and quirk.providers and provider not in quirk.providers:
        raise SetupError(f"quirk {text!r}: it is one of {', '.join(quirk.providers)}")
    return Chosen(name, _amount(text, quirk, amount) if equals else _default(quirk), provider)


def _default(quirk: Quirk) -> Amount:
    return First(1) if quirk.counts is Counts.POLLS else Always()


def _amount(text: str, quirk: Quirk, amount: str) -> Amount:
    if quirk.counts is Counts.SWITCH:
        raise SetupError(f"quirk {text!r}: it is on or off and takes no amount")
    if lasting := _LASTING.fullmatch(amount):
        if quirk.counts is not Counts.POLLS:
            raise SetupError(f"quirk {text!r}: it counts {quirk.counts.value}, not seconds")
        return Lasting(float(lasting[1]))
    if amount == "all":
        return Always()
    if re.fullmatch(r"\d{1,9}", amount):
        return First(int(amount))
    if re.fullmatch(r"[01]?\.\d+", amount) and float(amount) <= 1:
        if quirk.counts is Counts.POLLS:
            raise SetupError(f"quirk {text!r}: it counts {quirk.counts.value}; write a number")
        return Chance(float(amount))
    raise SetupError(
        f"quirk {text!r}: {amount!r} is no amount",
        hint="write 5 (the first five times), 0.1 (one in ten) or all",
    )


def _unknown(kind: str, word: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, known, 1)
    guess = f" (did you mean {near[0]!r}?)" if near else ""
    return f"there is no {kind} {word!r}{guess}"
