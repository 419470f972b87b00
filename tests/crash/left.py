"""What runs left in a store, as a test looks at it."""

from __future__ import annotations

from pathlib import Path

from imagepipe.model import State
from imagepipe.store import Layout, Reader, Stamp


def held(shop: Path, *states: State) -> set[str]:
    """The paths, without extension, of a shop's jobs in these states."""
    with Reader.open(Layout(shop / ".imagepipe"), Stamp.LIVE) as reader:
        found = (reader.wanted(one.key) for one in reader.by_state(states))
        return {wanted.path for wanted in found if wanted is not None}
