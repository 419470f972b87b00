"""Carries a plan out: one task group, one gate per account, one event per edge."""

from imagepipe.engine.courier import Terms
from imagepipe.engine.ports import Offload, Ports, inline
from imagepipe.engine.run import Control, count_only, execute
from imagepipe.engine.tally import OUTCOMES, Failure, Tally

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
    "inline",
]
