"""How a doubt about an instance's submit settles itself, as a plan is told. Knows no providers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from imagepipe.store.reader import Attempt
from imagepipe.store.spool import Spooled

Settles: TypeAlias = Callable[[str, Attempt, Spooled | None], "str | None"]
"""How an instance's doubtful submit settles itself, in words; None where nothing settles it."""


def held(_provider: str, _attempt: Attempt, _reply: Spooled | None) -> None:
    """Nothing is known to settle it."""
