"""Carries a plan out: one task group, one gate per account, one event per edge.

The names are resolved when they are first used: a run without work counts, and needs no more.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imagepipe.engine.counting import count_only, hold_back
    from imagepipe.engine.ports import Offload, Ports, inline
    from imagepipe.engine.run import Control, execute
    from imagepipe.engine.tally import OUTCOMES, Failure, Tally
    from imagepipe.engine.terms import Terms

_HOMES = {
    "OUTCOMES": "tally",
    "Control": "run",
    "Failure": "tally",
    "Offload": "ports",
    "Ports": "ports",
    "Tally": "tally",
    "Terms": "terms",
    "count_only": "counting",
    "execute": "run",
    "hold_back": "counting",
    "inline": "ports",
}

__all__ = [
    "OUTCOMES",
    "Control",
    "Failure",
    "Offload",
    "Ports",
    "Tally",
    "Terms",
    "count_only",
    "execute",
    "hold_back",
    "inline",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found
