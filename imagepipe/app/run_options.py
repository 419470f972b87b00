"""What a person allows a run, and how it reaches the network."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a run may cost, in USD, and how it reaches the network.

    `frozen`: it makes no picture and asks no provider, and says what it would have to; outputs are
    made again from pictures of the store. `prune`: a run that ended well removes the outputs that
    no job makes any more. `emulator` are further options of the emulator, for a rehearsal;
    `trust_env` lets proxies and CA bundles of the environment take effect. `again` are the words of
    a command line that selects and allows the same, for whoever tells how to go on.
    """

    max_cost: Decimal | None = None
    allow_unknown_cost: bool = False
    emulator: tuple[str, ...] = ()
    trust_env: bool = False
    frozen: bool = False
    prune: bool = False
    again: tuple[str, ...] = ()
