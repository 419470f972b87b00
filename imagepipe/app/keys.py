"""A key as people type it: its first characters, as far as they are enough."""

from __future__ import annotations

from collections.abc import Iterable

from imagepipe.errors import InputError, Problem
from imagepipe.model import Key

SHORTEST = 6


def find_key(prefix: str, keys: Iterable[Key]) -> Key:
    """The one key that begins with `prefix`.

    Raises:
        InputError: E720 if none does, E721 if several do.
    """
    wanted = prefix.strip().lower()
    found = sorted(key for key in set(keys) if key.startswith(wanted))
    if len(wanted) < SHORTEST or not found:
        hint = f"give at least {SHORTEST} characters of a key that `imagepipe pending list` shows"
        raise InputError(Problem("E720", f"no such key: {prefix}", hint=hint))
    if len(found) > 1:
        names = ", ".join(key[:12] for key in found[:5])
        hint = f"give more of it: {names}"
        raise InputError(Problem("E721", f"{len(found)} keys begin with {prefix}", hint=hint))
    return found[0]
