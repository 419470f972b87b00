"""The garbage collector while many small values are made, which no cycle holds: it finds little.

Planning a hundred thousand jobs makes and drops millions of them, and the usual thresholds look at
all that is alive again and again, which costs about a tenth of the time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 50_000
"""Values made and not dropped until the collector looks at the young ones; usually 700."""


@contextmanager
def few_collections() -> Iterator[None]:
    """Let it look rarely, and not at what is there already. It is never off: errors make cycles."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(YOUNG, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


@contextmanager
def no_collections() -> Iterator[None]:
    """Let it not look at all, while a manifest is read or modules are: what is made of them stays,
    and neither has more than ten megabytes.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.unfreeze()  # both together: all that is there is old, and not the next to be looked at
        if was_on:
            gc.enable()


MIDDLE_AGED, RARELY = 4, 250
"""Collections of the young until one of the middle-aged, too, and of those until one of everything;
usually 10 and 10."""


@contextmanager
def few_full_collections() -> Iterator[None]:
    """Let it seldom look at everything, and never at what is there already.

    A thousand jobs in flight are half a million values that are all needed: a look at each of them
    holds the event loop up for a tenth of a second. What is younger is looked at in smaller lots.
    """
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(usual[0], min(usual[1], MIDDLE_AGED), max(usual[2], RARELY))
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
