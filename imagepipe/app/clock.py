"""The time at the edge: UTC in ISO 8601. Inside a run, time is the event loop's, and monotonic."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime


def utc_now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def steady() -> Callable[[], float]:
    """A clock of seconds since the epoch that starts right and never jumps, for what is drawn."""
    offset = time.time() - time.monotonic()
    return lambda: time.monotonic() + offset
