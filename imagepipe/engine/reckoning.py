"""What a reply says of money, against what was planned: counted, and a drift is told at once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from imagepipe import events
from imagepipe.engine.ports import Ports
from imagepipe.exchange import Done, Fetching, State
from imagepipe.model import Candidate
from imagepipe.provider import Provider
from imagepipe.store import Limit


def reconcile(
    candidate: Candidate, provider: Provider, charged: Decimal | None, ports: Ports
) -> None:
    """Count what a picture was charged with; None is what no reply told, and counts nowhere."""
    if charged is None:
        return
    case, price = provider.prices.case(candidate.values), candidate.price
    if not ports.charges.add(provider.name, case, price, charged):
        return
    message = (
        f"the price has drifted: {provider.name} charged {charged:f} USD for a picture that was "
        f"estimated at {price:f} USD; further ones are reckoned with at that price"
    )
    ports.listener(events.Note(message, provider.name, candidate.key))


def tell(state: State, candidate: Candidate, provider: Provider, ports: Ports) -> None:
    """Count the bill of a picture as soon as a reply brings it: before the next one is claimed."""
    match state:
        case Fetching(tries=0, refreshes=0) | Done():
            reconcile(candidate, provider, state.bill.cost, ports)
        case _:
            pass


def reckoned(candidate: Candidate, provider: Provider, ports: Ports) -> Candidate:
    """A candidate with the price to set aside for it: more than its own where more was charged."""
    if not ports.charges.knows:
        return candidate
    case = provider.prices.case(candidate.values)
    price = ports.charges.reserve(provider.name, case, candidate.price)
    return candidate if price == candidate.price else replace(candidate, price=price)


def set_aside(candidate: Candidate, provider: Provider, ports: Ports) -> None:
    """A job is in flight, with its price set aside."""
    case = provider.prices.case(candidate.values)
    ports.charges.set_aside(candidate.key, provider.name, case, candidate.price)


def tightened(limit: Limit | None, ports: Ports) -> Limit | None:
    """The limit, less what jobs in flight will surely cost beyond what is set aside for them."""
    short = ports.charges.shortfall if limit is not None and ports.charges.knows else None
    return replace(limit, max_cost=limit.max_cost - short) if limit and short else limit
