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
