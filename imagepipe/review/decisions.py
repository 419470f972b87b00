"""Decisions as values: what was decided on which picture, and whether that still holds.

A decision is about the bytes that were looked at. What a retry asks for holds for the place, until
somebody takes it back: it is part of the request, whoever makes the picture and when.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import lru_cache

from imagepipe.document import Document, parse
from imagepipe.document.nodes import Path
from imagepipe.errors import InputError, Place, Problem
from imagepipe.model import Digest


class Decision(StrEnum):
    """What a person said of a picture."""

    APPROVED = "approved"
    REJECTED = "rejected"
    RETRY = "retry"


class Verdict(StrEnum):
    """What holds of a place now. `pending`: nobody has decided on the picture that is there."""

    APPROVED = "approved"
    REJECTED = "rejected"
    RETRY = "retry"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Retry:
    """What is asked for in place of what the manifest says; None is as the manifest has it.

    `take` is which take of the same request this is, where no seed is taken, from 2.
    """

    seed: int | None = None
    take: int | None = None
    prompt: str | None = None
    negative_prompt: str | None = None
    provider: str | None = None
    model: str | None = None

    @property
    def names(self) -> frozenset[str]:
        """What it says something about."""
        return frozenset(one.name for one in fields(self) if getattr(self, one.name) is not None)

    def __str__(self) -> str:
        """`new seed 123, edited prompt`: what is asked for, for people."""
        words = {
            "seed": f"new seed {self.seed}",
            "take": f"take {self.take}",
            "prompt": "edited prompt",
            "negative_prompt": "edited negative prompt",
            "provider": f"provider {self.provider}",
            "model": f"model {self.model}",
        }
        return ", ".join(text for name, text in words.items() if name in self.names)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the file says of one picture. `picture` is the digest of what was decided on."""

    decision: Decision | None = None
    picture: Digest | None = None
    note: str | None = None
    retry: Retry | None = None

    def is_about(self, blob: Digest | None) -> bool:
        """Whether the decision was made on the picture of this digest."""
        return blob is not None and blob == self.picture


@dataclass(frozen=True, slots=True)
class Review:
    """A whole file: entries by the job's path. `text` is None where there is no file."""

    file: str = ""
    entries: Mapping[str, Entry] = field(default_factory=dict)
    text: str | None = field(default=None, repr=False, compare=False)

    @property
    def document(self) -> Document | None:
        """The file with its places, for what is to be said of it.

        None if there is none, or it is longer than YAML is read: a hundred thousand decisions.
        """
        return None if self.text is None else _document(self.text, self.file)

    def problem(self, code: str, message: str, path: Path, hint: str | None = None) -> Problem:
        """A problem at a place of the file, as far as places of it are known."""
        document = self.document
        if document is None:
            return Problem(code, message, Place(self.file, 1, 1), hint)
        return document.problem(code, message, path, hint=hint)

    def retries(self) -> Iterator[tuple[str, Retry]]:
        """What is asked for in place of the manifest, by path."""
        for path, entry in self.entries.items():
            if entry.retry is not None:
                yield path, entry.retry

    @property
    def providers(self) -> frozenset[str]:
        """The providers that retries name."""
        return frozenset(one.provider for _, one in self.retries() if one.provider is not None)

    @property
    def mark(self) -> str:
        """A digest of all that decides requests: decisions and notes are no part of it."""
        told = sorted((path, repr(retry)) for path, retry in self.retries())
        return hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()[:32]


@lru_cache(maxsize=8)
def _document(text: str, file: str) -> Document | None:
    try:
        return parse(text.encode("utf-8", "surrogatepass"), file)
    except InputError:
        return None


NOTHING = Review()


def verdict(entry: Entry | None, blob: Digest | None) -> Verdict:
    """What holds of a place.

    Args:
        entry: What the file says of it.
        blob: The digest of the picture that was made for what is asked for now; None if there is
            none yet.
    """
    if entry is None or entry.decision is None:
        return Verdict.PENDING
    if entry.decision is Decision.RETRY:
        return Verdict.RETRY if blob is None else Verdict.PENDING
    return Verdict(entry.decision.value) if entry.is_about(blob) else Verdict.PENDING


def name_of(manifest: str, *, rehearsal: bool) -> str:
    """The name of the file beside a manifest; a rehearsal has one of its own."""
    return f"{manifest}.emulated.review.yaml" if rehearsal else f"{manifest}.review.yaml"
