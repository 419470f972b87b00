"""Texts as parts of file names: ASCII, the same on every platform, never empty.

Whatever letters are lost on the way are made up for by a hash of the whole text, so that two
products whose names differ only in another script do not become one file.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache

_FOREIGN = re.compile(r"[^A-Za-z0-9._]+")
_LETTERS = str.maketrans(
    {
        "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O",
        "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "TH",
        "\u0131": "i",
    }
)  # fmt: skip


def short_hash(text: str) -> str:
    """Eight hex digits of SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


@lru_cache(maxsize=1024)
def words(text: str) -> str:
    """`text` with only `A-Z a-z 0-9 . _ -`, case kept; `item-<hash>` if nothing is left of it."""
    if text.isascii():
        return _FOREIGN.sub("-", text).strip("-") or f"item-{short_hash(text)}"
    latin = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    bare = "".join(c for c in latin if not unicodedata.combining(c))
    lost = any(c.isalnum() and not c.isascii() for c in bare)
    left = _FOREIGN.sub("-", bare).strip("-.")
    if not left:
        return f"item-{short_hash(text)}"
    return f"{left}-{short_hash(text)}" if lost else left


def slug(text: object) -> str:
    """The `slug` filter: `words` in lower case."""
    return words(str(text)).lower()
