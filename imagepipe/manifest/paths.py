"""Where pictures go: relative paths that mean the same file on every platform, and stay inside.

Every segment is ASCII of `A-Z a-z 0-9 . _ -`, begins with neither dot nor dash, is no device name
of Windows and no longer than 100 characters. Extensions are no business of a path.
"""

from __future__ import annotations

import re
from functools import lru_cache

from imagepipe.template import short_hash, words

MAX_SEGMENT = 100
MAX_PATH = 200
EXTENSIONS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif")

_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9]|conin|conout)(?=\.|$)", re.IGNORECASE)


_SAFE = re.compile(r"[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+)*")
"""Names that are safe as they are, if they are short and no device of Windows is called so: nearly
all SKUs.
"""


def segment(text: str) -> str:
    """One folder or file name; never empty."""
    if len(text) <= MAX_SEGMENT and _SAFE.fullmatch(text) and not _DEVICES.match(text):
        return text
    return _made_safe(text)


@lru_cache(maxsize=1024)
def _made_safe(text: str) -> str:
    name = words(text).strip(".-")
    if not name:
        name = f"item-{short_hash(text)}"
    device = _DEVICES.match(name)
    if device:
        name = f"{device.group()}_{name[device.end() :]}"
    if len(name) > MAX_SEGMENT:
        name = f"{name[: MAX_SEGMENT - 9].rstrip('.-')}-{short_hash(text)}"
    return name


def joined(path: str) -> str:
    """A rendered path with every segment made safe; empty segments vanish.

    Raises:
        ValueError: nothing is left, or it has more than 200 characters.
    """
    parts = [segment(part) for part in path.split("/") if part.strip()]
    safe = "/".join(parts)
    if not parts or len(safe) > MAX_PATH:
        why = f"has more than {MAX_PATH} characters" if parts else "is empty"
        raise ValueError(f"the path {why}")
    return safe


def indexed(path: str, index: int) -> str:
    """The path of one of several pictures: the first has no number, so that no count renames it."""
    return path if index == 1 else f"{path}-{index}"


def folded(path: str) -> str:
    """What two paths share that are one file on a case-insensitive disk. Paths are ASCII here."""
    return path.lower()
