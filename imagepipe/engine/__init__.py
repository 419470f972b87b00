"""Carries a plan out: one task group, one gate per account, one event per edge."""

from imagepipe.engine.counting import hold_back
from imagepipe.engine.ports import Offload, Ports, inline
from imagepipe.engine.run import Control, count_only, execute
from imagepipe.engine.tally import OUTCOMES, Failure, Tally
from imagepipe.engine.terms import Terms

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
