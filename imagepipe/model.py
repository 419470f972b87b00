"""The nouns everybody shares. Frozen values: no I/O, no clock, only facts about themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal, NewType, TypeAlias

from imagepipe.errors import Place

Json: TypeAlias = "None | bool | int | float | Decimal | str | list[Json] | dict[str, Json]"
"""Any JSON value. Decimals people write stay `Decimal`; a `float` comes only from a reply."""

Key = NewType("Key", str)
"""SHA-256, in lower-case hex, of what decides one picture."""

Digest = NewType("Digest", str)
"""SHA-256, in lower-case hex, of bytes."""


class Secret:
    """A text that must reach the wire and nothing else: it prints as `***`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


@dataclass(frozen=True, slots=True)
class ImageInput:
    """A picture that a request takes, as the recipe named it.

    `source` is a path (relative to the manifest's folder), an address, or a data URI. For files and
    data URIs `sha256`, `media_type`, `size` (bytes) and mostly `width` and `height` (pixels) are
    known at plan time; for an address only what the manifest said.
    """

    source: str
    kind: Literal["file", "url", "data"]
    tag: str | None = None
    sha256: str | None = None
    media_type: str | None = None
    size: int | None = None
    width: int | None = None
    height: int | None = None


Value: TypeAlias = "str | int | Decimal | ImageInput | tuple[ImageInput, ...] | dict[str, Json]"
"""The value of one recipe field: text, a number, pictures, or `params`."""

Values: TypeAlias = Mapping[str, Value]
"""Recipe fields by name: prompt, negative_prompt, model, aspect_ratio, size, width, height, seed,
steps, guidance, strength, image, mask, control_image, input_images, params."""


class State(StrEnum):
    """Where a key stands in the ledger (docs/design.md, section 6)."""

    PLANNED = "planned"
    INTENT = "intent"
    SUBMITTED = "submitted"
    REMOTE_DONE = "remote_done"
    FETCHED = "fetched"
    COMMITTED = "committed"
    FAILED = "failed"
    AMBIGUOUS = "ambiguous"
    BLOCKED = "blocked"
    LOST = "lost"


class FaultKind(StrEnum):
    """What a failure means for the job (docs/design.md, section 7)."""

    TRANSIENT = "transient"
    THROTTLED = "throttled"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    REJECTED = "rejected"
    MODERATED = "moderated"
    MISSING = "missing"
    DENIED = "denied"
    GARBLED = "garbled"


@dataclass(frozen=True, slots=True)
class Fault:
    """A classified failure: a value, never raised.

    `accepted` and `billed` are None where nobody knows. `wait` is the vendor's hint in seconds,
    `code` the vendor's own word, `advice` what the spec says to do about it, `cost` the USD that
    were charged all the same. `message` is cleaned of control characters and holds no secret and
    no query string.
    """

    kind: FaultKind
    message: str
    http: int | None = None
    code: str | None = None
    accepted: bool | None = None
    billed: bool | None = None
    wait: float | None = None
    advice: str | None = None
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """The provider's own id of a submitted job, and the fields its spec keeps with it."""

    id: str
    kept: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)  # of `Final` fields: `frozen` would cost a tenth of a plan
class Candidate:
    """One provider's way to make a job's picture: the first of a job, or one of its fallbacks.

    `values` are exactly the canonical values that reach the vendor (after sizes are matched and
    untaken defaults dropped); `canonical` is what the key hashes; `price` is USD, None if unknown.
    """

    provider: Final[str]
    values: Final[Values]
    canonical: Final[Mapping[str, Json]]
    key: Final[Key]
    price: Final[Decimal | None] = None


@dataclass(slots=True)  # of `Final` fields: `frozen` would cost a tenth of a plan
class Job:
    """One picture wanted: the request for it, and where its file goes.

    `path` is relative to the outputs' root, slugged, `/`-separated and without extension, which
    comes from the bytes. `candidates` holds the provider of the recipe, then its fallbacks. `retry`
    says what a person asked for in place of what the manifest says.
    """

    recipe: Final[str]
    product: Final[str]
    axes: Final[tuple[tuple[str, str], ...]]
    index: Final[int]
    path: Final[str]
    candidates: Final[tuple[Candidate, ...]]
    place: Final[Place]
    tags: Final[tuple[str, ...]] = ()
    retry: Final[str | None] = None

    @property
    def key(self) -> Key:
        return self.candidates[0].key

    @property
    def provider(self) -> str:
        return self.candidates[0].provider

    @property
    def spot(self) -> str:
        """The job's place in the catalogue, which an edited prompt does not change."""
        if not self.axes:  # mostly; and a plan asks each job several times
            return f"{self.recipe}|{self.product}|{self.index}"
        axes = "".join(f"|{name}={value}" for name, value in self.axes)
        return f"{self.recipe}|{self.product}{axes}|{self.index}"


@dataclass(frozen=True, slots=True)
class Picture:
    """What a look into the bytes proved: media type, extension (no dot) and pixels."""

    media_type: str
    extension: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """Provenance of a stored picture. Times are UTC, ISO 8601; `cost` is USD, None if unknown."""

    key: Key
    provider: str
    canonical: Mapping[str, Json]
    blob: Digest
    size: int
    picture: Picture
    ticket: Ticket | None
    cost: Decimal | None
    seed: int | None
    submitted_at: str
    finished_at: str


@dataclass(frozen=True, slots=True)
class Record:
    """What the ledger, or the lock, says about one key.

    `source` tells which of the two; a record from the lock is always `committed` and knows no
    canonical request. `claim` is the run that holds an intent; `attempt` counts submits, from 1;
    of the earlier ones, `unbilled` failed without being billed and `risked` ended in doubt.
    """

    key: Key
    state: State
    provider: str
    ticket: Ticket | None = None
    blob: Digest | None = None
    extension: str | None = None
    fault: Fault | None = None
    cost: Decimal | None = None
    seed: int | None = None
    claim: str | None = None
    attempt: int = 1
    unbilled: int = 0
    risked: int = 0
    updated_at: str | None = None
    source: Literal["ledger", "lock"] = "ledger"


@dataclass(frozen=True, slots=True)
class Output:
    """A file in the user's tree that a run wrote: `path` with extension, relative to the root."""

    path: str
    spot: str
    key: Key
    blob: Digest
    digest: Digest
    size: int
    mtime_ns: int
