"""The gates of a run: one per account, with its limits, stated or as earlier runs found them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from imagepipe import events
from imagepipe.admission import Admission, Memory, Rate, Window
from imagepipe.admission.adaptive import FREE
from imagepipe.engine.ports import Ports
from imagepipe.engine.writer import Writer
from imagepipe.events import Listener
from imagepipe.gate import Gate
from imagepipe.model import Fault, Values
from imagepipe.pace import MARGIN
from imagepipe.provider import Provider
from imagepipe.provider.naming import account
from imagepipe.provider.prices import price_text
from imagepipe.store import Limit, OverLimit

_COUNT = re.compile(r"[0-9]{1,4}")

OWN_SERVER = 16
"""Jobs in flight at most at a server of one's own, if no limit is stated: it queues what it cannot
do at once instead of refusing it, and a request that waits too long there is one in doubt."""


def opened(
    providers: Mapping[str, Provider], ports: Ports, given_up: Callable[[str, Fault], None]
) -> dict[str, Gate]:
    """A gate for each provider by name; instances with one key and origin share theirs."""
    accounts: dict[tuple[str, str | None], list[Provider]] = {}
    for provider in providers.values():
        accounts.setdefault((provider.base_url, provider.key_env), []).append(provider)
    gates: dict[str, Gate] = {}
    for instances in accounts.values():
        gate = _gate(instances, ports, given_up)
        gates |= dict.fromkeys((one.name for one in instances), gate)
    return {name: gates[name] for name in providers}


def remember(providers: Mapping[str, Provider], gates: Mapping[str, Gate], memory: Memory) -> None:
    """Keep what was found of accounts that took anything."""
    for name, gate in gates.items():
        admission = gate.admission
        if admission.passed:
            memory.keep(account(providers[name]), admission.rate, admission.window)


def turns(provider: Provider, values: Values) -> int:
    """For how many a submit counts where the vendor limits pictures; 1 where it does not."""
    counts = provider.limits.counts
    number = price_text(values, counts) if counts is not None else None
    return max(1, int(number)) if number is not None and _COUNT.fullmatch(number) else 1


async def beyond_means(
    writer: Writer, run: str, limit: Limit | None, price: Decimal | None
) -> OverLimit | None:
    """Whether there is no money for a job: asked before its turn, so that none waits in vain.

    What a claim says later is what counts.
    """
    if limit is None:
        return None
    return await writer.write(lambda ledger: ledger.over_limit(price, run, limit))


def _gate(instances: list[Provider], ports: Ports, given_up: Callable[[str, Fault], None]) -> Gate:
    first = instances[0]
    names = [one.name for one in instances]

    def closed(seconds: float, reason: str, asked: bool) -> None:  # noqa: FBT001 - the gate's call
        for name in names:
            ports.listener(events.GateClosed(name, seconds, reason, asked))

    def stopped(fault: Fault) -> None:
        for name in names:
            given_up(name, fault)

    rate, window = ports.limits.begin(account(first), *_first(instances))
    limits = Limits(names, ports.listener)
    limits(Admission(rate, window))
    return Gate(
        first.name,
        rate=rate,
        window=window,
        polls_count=any(one.limits.polls for one in instances),
        chance=ports.chance,
        on_closed=closed,
        on_refused=limits,
        on_stopped=stopped,
    )


class Limits:
    """Tells what an account is known to allow: at the beginning, and when a refusal changed it."""

    def __init__(self, names: Sequence[str], listener: Listener) -> None:
        self._names = names
        self._listener = listener
        self._told: tuple[Decimal | None, int | None] | None = None

    def __call__(self, admission: Admission) -> None:
        known = _rpm(admission.rate), _in_flight(admission.window)
        if known != self._told:
            self._told = known
            for name in self._names:
                self._listener(events.Limited(name, *known))


def _rpm(rate: Rate) -> Decimal | None:
    """Submits a minute with the digits that can be believed; None while none was refused."""
    if not rate.bounded or rate.pace >= FREE:
        return None
    per_minute = (rate.ceiling if rate.is_stated else rate.pace) * 60.0
    if rate.is_stated:
        return Decimal(round(per_minute * MARGIN, 3)).quantize(Decimal("0.001")).normalize()
    return Decimal(f"{per_minute:.2g}")


def _in_flight(window: Window) -> int | None:
    return max(window.steady, 1) if window.bounded else None


def _first(instances: list[Provider]) -> tuple[Rate, Window]:
    """Where to begin without a lesson; of several instances, the strictest counts."""
    rates = [float(one.limits.rpm) for one in instances if one.limits.rpm is not None]
    most = [one.limits.in_flight for one in instances if one.limits.in_flight is not None]
    own = any(one.settings.base_url is not None for one in instances)
    unknown = Window(ceiling=OWN_SERVER) if own else Window()
    window = Window.stated(min(most)) if most else unknown
    if rates:
        return Rate.stated(min(rates)), window
    return Rate.free() if most else Rate(), window
