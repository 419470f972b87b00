"""The time at the edge: UTC in ISO 8601. Inside a run, time is the event loop's, and monotonic."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
