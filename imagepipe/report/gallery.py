"""What a report shows, as values: the pictures of a catalogue and everything known of each.

These are the fields of `report.json` (docs/report.md), by the same names. Knows no files, no pages
and no store. Times are UTC, ISO 8601; money is USD; None is unknown, never nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from imagepipe.model import Json
from imagepipe.review import Decision, Verdict

VERSION = 1
"""Of `report.json`: within a version fields are added, never renamed or removed."""


class Status(StrEnum):
    """How far a picture is; all but `changed` can be written after `--select status:`."""

    DONE = "done"  # its picture is in the store, or at its path
    CHANGED = "changed"  # to be made anew; what is shown is an earlier picture
    NEW = "new"
    PENDING = "pending"  # submitted; a run brings it in
    FAILED = "failed"
    AMBIGUOUS = "ambiguous"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Image:
    """A picture's bytes by their SHA-256. `picture` and `thumbnail` are files of the report's
    folder, None for what could not be put there; `bytes` counts those of the original.
    """

    digest: str
    extension: str
    width: int | None = None
    height: int | None = None
    bytes: int | None = None
    picture: str | None = None
    thumbnail: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no picture. `kind` is one of docs/events.md, `code` the vendor's own word."""

    kind: str
    message: str
    http: int | None = None
    code: str | None = None
    billed: bool | None = None
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """An earlier submit for the same key: how it ended, and why."""

    attempt: int
    state: str
    at: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """A field of a request that differs: its dotted name, and its values, None where absent."""

    name: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Earlier:
    """A picture that was at this place before. `changes` lead from its request to today's."""

    key: str
    provider: str
    image: Image
    prompt: str | None = None
    seed: int | None = None
    cost: Decimal | None = None
    finished_at: str | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """What people decided on a picture (docs/view.md). `held` is what holds of what is there now;
    the other fields are what the review file says. `stale`: it was decided on another picture.

    `picture` is the SHA-256 of what was decided on, `retry` what is asked for in place of the
    manifest; `revision` changes with whatever the file says of it.
    """

    held: Verdict
    stale: bool
    decision: Decision | None
    picture: str | None
    note: str | None
    retry: Mapping[str, Json] | None
    revision: str


@dataclass(frozen=True, slots=True)
class Commands:
    """What a person types: to make the picture again (or at last), and to see what it is made of.

    `retry` submits a failed one once more; it is None for any other.
    """

    run: str
    explain: str
    retry: str | None = None
    settle: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture wanted. `path` is below the outputs folder, with an extension once it is known.

    `number` is its position in the catalogue, from 0; `spot` its place there, which an edited
    prompt does not change. `seconds` is from submit to stored picture, `price` what the manifest
    says it costs, `cost` what it did cost; `attempts` counts submits. `edited` tells that a person
    changed the output file.
    """

    id: str
    catalogue: str
    spot: str
    number: int
    product: str
    recipe: str
    axes: Mapping[str, str]
    index: int
    tags: tuple[str, ...]
    path: str
    status: Status
    reason: str
    key: str
    provider: str
    commands: Commands
    model: str | None = None
    prompt: str | None = None
    negative_prompt: str | None = None
    parameters: Mapping[str, Json] = field(default_factory=dict)
    seed: int | None = None
    price: Decimal | None = None
    cost: Decimal | None = None
    submitted_at: str | None = None
    finished_at: str | None = None
    seconds: float | None = None
    attempts: int | None = None
    ticket: str | None = None
    image: Image | None = None
    edited: bool = False
    failure: Failure | None = None
    history: tuple[Attempt, ...] = ()
    earlier: tuple[Earlier, ...] = ()
    review: Decided | None = None


@dataclass(frozen=True, slots=True)
class Charged:
    """A price that is not what the tables say: USD a picture, as the last run that made any was
    charged. `case` tells for what, such as a model; `estimate` is None if no table says anything.
    """

    provider: str
    case: str
    pictures: int
    each: Decimal
    estimate: Decimal | None


@dataclass(frozen=True, slots=True)
class Gallery:
    """A whole report. `rehearsal` marks the emulator's placeholders; they mix with nothing."""

    title: str
    manifests: tuple[str, ...]
    rehearsal: bool
    made_at: str
    program: str
    pictures: tuple[Entry, ...]
    version: int = VERSION
    charged: tuple[Charged, ...] = ()


def identity(catalogue: str, spot: str) -> str:
    """The name of a picture in a report, the same on every machine: 12 hex digits."""
    return hashlib.sha256(f"{catalogue}\n{spot}".encode()).hexdigest()[:12]
