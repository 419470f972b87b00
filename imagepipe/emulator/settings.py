"""What an emulator is asked to be: frozen settings, and the texts of a command line as settings.

`OPTIONS` is the one table of the command line's options; `parse` reads what they were given. It
opens nothing and starts nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from imagepipe.emulator import latency as latencies
from imagepipe.emulator import quirks
from imagepipe.emulator.latency import AT_ONCE, LIFELIKE, Latency
from imagepipe.emulator.quirks import QUIRKS, Amount, Chosen
from imagepipe.emulator.vendors import PROVIDERS
from imagepipe.errors import SetupError


@dataclass(frozen=True, slots=True)
class Limits:
    """What one account is allowed. None is no limit."""

    rpm: int | None = None
    in_flight: int | None = None
    daily: int | None = None


@dataclass(frozen=True, slots=True)
class Pictures:
    """`drawn` from the prompt, or `fixed`: one small constant picture per size, `size` bytes."""

    kind: Literal["drawn", "fixed"] = "drawn"
    size: int = 8_192


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides how an emulator behaves; two with equal settings behave alike."""

    host: str = "127.0.0.1"
    port: int = 0
    latency: Mapping[str, Latency] = field(default_factory=dict)
    limits: Mapping[str, Limits] = field(default_factory=dict)
    quirks: tuple[Chosen, ...] = ()
    picture: Pictures = Pictures()
    seed: int = 0
    state: Path | None = None

    def latency_of(self, provider: str) -> Latency:
        return self.latency.get(provider, AT_ONCE)

    def limits_of(self, provider: str) -> Limits:
        return self.limits.get(provider, Limits())

    def quirks_of(self, provider: str) -> dict[str, Amount]:
        """What is switched on for one provider; its own entry wins over the one for all."""
        applies = [
            chosen
            for chosen in self.quirks
            if chosen.provider in (None, provider)
            and (not QUIRKS[chosen.name].providers or provider in QUIRKS[chosen.name].providers)
        ]
        applies.sort(key=lambda chosen: chosen.provider is not None)
        return {chosen.name: chosen.amount for chosen in applies}


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command line: its name is `--name`."""

    name: str
    about: str
    repeated: bool = False
    metavar: str = "TEXT"


OPTIONS: tuple[Option, ...] = (
    Option("host", "loopback address to listen on", metavar="ADDRESS"),
    Option("port", "port to listen on; 0 takes any free one", metavar="N"),
    Option(
        "latency",
        "how long jobs take: fixed:2, uniform:1:3, lognormal:8:0.4 (median, sigma) or lifelike; "
        "for one provider as runway:fixed:2",
        repeated=True,
        metavar="[PROVIDER:]TIME",
    ),
    Option("rpm", "submits a minute", repeated=True, metavar="[PROVIDER:]N"),
    Option("in-flight", "jobs at a time", repeated=True, metavar="[PROVIDER:]N"),
    Option("daily", "jobs in 24 hours", repeated=True, metavar="[PROVIDER:]N"),
    Option(
        "quirk",
        "switch a quirk on, such as runway:throttled=3 or drop-after-accept=0.1",
        repeated=True,
        metavar="[PROVIDER:]NAME[=AMOUNT]",
    ),
    Option("picture", "drawn, fixed or fixed:BYTES", metavar="KIND"),
    Option("seed", "seed of everything random", metavar="N"),
    Option("state", "file that keeps accepted jobs over a restart", metavar="FILE"),
)


def parse(options: Mapping[str, str | Iterable[str] | None]) -> Settings:
    """Settings from the texts of a command line, by the names of `OPTIONS`.

    Raises:
        SetupError: a text is not understood; the message names it and what is.
    """
    known = {option.name for option in OPTIONS}
    unknown = sorted(set(options) - known)
    if unknown:
        raise SetupError(f"there is no option --{unknown[0]}")
    state = _one(options, "state", "")
    return Settings(
        host=parse_host(_one(options, "host", "127.0.0.1")),
        port=_number("port", _one(options, "port", "0"), 65_535, least=0),
        latency=_latency(_all(options, "latency")),
        limits=_limits(options),
        quirks=tuple(quirks.parse(text, PROVIDERS) for text in _all(options, "quirk")),
        picture=parse_picture(_one(options, "picture", "drawn")),
        seed=_number("seed", _one(options, "seed", "0"), 2**63, least=0),
        state=Path(state) if state else None,
    )


def parse_host(text: str) -> str:
    """A loopback address: the emulator takes any key and must not be reachable from outside.

    Raises:
        SetupError: the address is not on the loopback interface.
    """
    if text == "localhost":
        return "127.0.0.1"
    try:
        loopback = ipaddress.ip_address(text).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise SetupError(
            f"the emulator listens on loopback only, not on {text!r}",
            hint="leave --host out, or write 127.0.0.1 or ::1",
        )
    return text


def parse_picture(text: str) -> Pictures:
    kind, colon, size = text.partition(":")
    if kind == "fixed":
        return Pictures("fixed", _number("picture", size, 2**30, least=1_024) if colon else 8_192)
    if text == "drawn":
        return Pictures()
    raise SetupError(f"picture {text!r} is not understood", hint="write drawn, fixed or fixed:8192")


def _latency(texts: list[str]) -> dict[str, Latency]:
    chosen: dict[str, Latency] = {}
    for text in sorted(texts, key=lambda text: text.partition(":")[0] in PROVIDERS):
        provider, rest = _of(text)
        for name in [provider] if provider else PROVIDERS:
            chosen[name] = LIFELIKE[name] if rest == "lifelike" else latencies.parse(rest)
    return chosen


def _limits(options: Mapping[str, str | Iterable[str] | None]) -> dict[str, Limits]:
    chosen: dict[str, dict[str, int]] = {name: {} for name in PROVIDERS}
    for option in ("rpm", "in-flight", "daily"):
        for text in sorted(_all(options, option), key=lambda text: ":" in text):
            provider, rest = _of(text)
            for name in [provider] if provider else PROVIDERS:
                chosen[name][option.replace("-", "_")] = _number(option, rest, 10**9, least=1)
    return {name: Limits(**limits) for name, limits in chosen.items() if limits}


def _of(text: str) -> tuple[str | None, str]:
    head, _, rest = text.partition(":")
    return (head, rest) if head in PROVIDERS else (None, text)


def _number(option: str, text: str, most: int, *, least: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 19 or not least <= int(text) <= most:
        raise SetupError(f"--{option} {text!r}: write a whole number from {least} to {most}")
    return int(text)


def _one(options: Mapping[str, str | Iterable[str] | None], name: str, default: str) -> str:
    value = options.get(name)
    return default if value is None else str(value)


def _all(options: Mapping[str, str | Iterable[str] | None], name: str) -> list[str]:
    value = options.get(name)
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)
