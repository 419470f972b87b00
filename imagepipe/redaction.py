"""Keeps keys and signed addresses out of what is written: every spelling of a key, every query.

It is the one place that knows how a key may be spelt. Whoever writes what came from outside passes
it through here at the last moment, whatever was cleaned before.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import quote

from imagepipe.model import Secret

HIDDEN = "***"

SHORTEST = 8
"""Characters of a key; what is shorter is no key, and would hide half of every text."""

_QUERY = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s?#\"'<>]*)[?#][^\s\"'<>]*", re.IGNORECASE)
_LOGIN = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@\"'<>]*@", re.IGNORECASE)
_SCHEME = re.compile(r"\b(Bearer|Basic|Key|Token)\s+[^\s,;\"'<>]{8,}", re.IGNORECASE)
_HEADER = re.compile(r"(authorization|api-?key|x-key)(\"?\s*[:=]\s*\"?)[^\s,;\"']+", re.IGNORECASE)


@lru_cache(maxsize=64)
def spellings(*texts: str) -> tuple[bytes, ...]:
    """How the words of these header values may be written: plain, percent-encoded, in base64.

    Longest first, so that `Bearer KEY` goes as a whole.
    """
    words = {w for text in texts for w in (text, text.rpartition(" ")[2]) if len(w) >= SHORTEST}
    raw = {word.encode() for word in words}
    quoted = {quote(word, safe="").encode() for word in words}
    found = raw | quoted | {base64.b64encode(word).rstrip(b"=") for word in raw}
    return tuple(sorted(found, key=len, reverse=True))


class Redaction:
    """Texts and values without these keys, without logins and queries of addresses."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        known = spellings(*(secret.reveal() for secret in secrets))
        self._known = tuple(spelling.decode("utf-8", "replace") for spelling in known)

    def text(self, text: str) -> str:
        for spelling in self._known:
            text = text.replace(spelling, HIDDEN)
        if "://" in text:
            text = _LOGIN.sub(rf"\1{HIDDEN}@", _QUERY.sub(rf"\1?{HIDDEN}", text))
        return _HEADER.sub(rf"\1\2{HIDDEN}", _SCHEME.sub(rf"\1 {HIDDEN}", text))

    def value(self, value: object) -> object:
        """The same for all texts inside a value of lists and maps; a `Secret` prints hidden."""
        match value:
            case str():
                return self.text(value)
            case Mapping():
                return {self.text(str(name)): self.value(inner) for name, inner in value.items()}
            case list() | tuple():
                return [self.value(inner) for inner in value]
            case Secret():
                return HIDDEN
            case _:
                return value
