"""What a provider spec says, as values: what is sent, how a reply is read, what is accepted.

Nouns only. They are made by `load` from a document, and every rule about them lives with the code
that uses it. Durations are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, TypeAlias

from imagepipe.model import FaultKind, Json
from imagepipe.price import UNKNOWN, Glob, PriceTable
from imagepipe.provider.expression import Expression
from imagepipe.provider.tree import Text, Tree
from imagepipe.wire import Operation

PLAIN_FIELDS = ("prompt", "negative_prompt", "model", "seed", "steps", "guidance", "strength")
SIZE_FIELDS = ("size", "width", "height", "aspect_ratio")
PICTURE_FIELDS = ("image", "mask", "control_image", "input_images")
FIELDS = (*PLAIN_FIELDS, *SIZE_FIELDS, *PICTURE_FIELDS)
"""The names of recipe values that a request can mention."""

COMPUTED = ("pixels", "ratio")
"""What the core works out of width and height, for constraints."""

PICTURE_FORMS = ("uri", "base64", "mime", "file", "tag")
"""How a picture travels: address or data URI, raw base64, media type, part of a form, tag."""

PICTURE_SIDES = ("width", "height", "pixels", "ratio")
"""What the header of a local picture tells: sides in pixels, their product and quotient."""

PICTURE_FACTS = ("uri", "url", "encoded", "bytes", "mime", "tag", *PICTURE_SIDES)
"""What can be constrained of a picture: its address or data URI, its address alone, the length of
its data URI, the size of a local one in bytes, its media type, its tag, its sides."""


@dataclass(frozen=True, slots=True)
class Var:
    """A setting of the instance. One that identifies is part of the key."""

    required: bool = False
    identity: bool = False
    default: str | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """A header of the reply; its name is lower-case."""

    name: str


Source: TypeAlias = "Expression | Header | tuple[Expression | Header, ...]"
"""Where a fact of a reply is found; of several, the first that has a value."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `given` matters only where a submit has several."""

    operation: Operation
    method: str
    path: Text
    headers: tuple[tuple[str, Text], ...] = ()
    body: Tree | None = None
    form: bool = False
    params_in: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Preflight:
    """Asked once before the first submit: `ok` must hold, `say` is the advice if it does not."""

    call: Call
    ok: Expression
    say: str | None


@dataclass(frozen=True, slots=True)
class Idempotency:
    """The vendor counts requests with one value of `header` once, for `ttl` seconds."""

    header: str
    ttl: float


@dataclass(frozen=True, slots=True)
class Lookup:
    """A list of the vendor's jobs, in which a doubtful submit can be found again.

    Every expression of `match` is read on an item and must give the text beside it. A list of
    `page` items may be cut off; None is one that is never. `settle` seconds after a submit it shows
    the job; None is the usual time.
    """

    call: Call
    items: Expression
    match: tuple[tuple[Expression, Text], ...]
    page: int | None = None
    settle: float | None = None


@dataclass(frozen=True, slots=True)
class CostSource:
    """Where a reply tells the cost; `rate` is USD per unit, None if nobody published it."""

    path: Source
    rate: Decimal | None


@dataclass(frozen=True, slots=True)
class Extraction:
    """How a reply of any operation is read."""

    id: Source | None = None
    keep: Mapping[str, Source] = field(default_factory=lambda: MappingProxyType({}))
    status: Source | None = None
    results: Source | None = None
    code: Source | None = None
    message: Source | None = None
    seed: Source | None = None
    wait: Source | None = None
    cost: CostSource | None = None


Phase: TypeAlias = Literal["queued", "running", "succeeded", "failed", "cancelled"]
PHASES: tuple[Phase, ...] = ("queued", "running", "succeeded", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class FaultRule:
    """One ordered rule; it fits if all it names fit. `statuses` holds 429 and 5 for 5xx."""

    kind: FaultKind
    on: frozenset[Operation] = frozenset()
    statuses: frozenset[int] = frozenset()
    code: tuple[Glob, ...] = ()
    when: Expression | None = None
    accepted: bool | None = None
    billed: bool | None = None
    wait: float | None = None
    say: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Constraint:
    """What must hold of a value that is sent. With a `note` a violation is a note, no error.

    `least` and `most` bound the value of a number, the length of a text (in `unit`), the count of
    a list. `unique` is about a fact of pictures: no two may share it. `free` is about sizes: others
    than the listed ones are taken too. `repeats` says what an equal seed gives: the exact picture,
    a similar one, or nothing. `notes` are by key, where only some of the keys are in doubt; `say`
    is what to do about a violation.
    """

    taken: bool = True
    required: bool = False
    default: Json = None
    least: Decimal | None = None
    most: Decimal | None = None
    unit: Literal["characters", "utf16", "bytes"] = "characters"
    one_of: tuple[Json, ...] = ()
    multiple_of: Decimal | None = None
    pattern: str | None = None
    unique: bool = False
    free: bool = False
    repeats: Literal["exact", "similar", "none"] | None = None
    note: str | None = None
    notes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    say: str | None = None
    source: str | None = None

    def doubt(self, key: str) -> str | None:
        """Why a violation of `key` (`max`, `required`) is a note; None if it is an error."""
        return self.notes.get(key, self.note)

    @property
    def refuses(self) -> bool:
        """Whether the value is surely not taken."""
        return not self.taken and self.doubt("taken") is None


@dataclass(frozen=True, slots=True)
class SizeRow:
    """One size as the vendor writes it. `pixels` and `aspect` are read out of its text."""

    text: str
    tokens: frozenset[str]
    pixels: tuple[int, int] | None
    aspect: tuple[Decimal, Decimal] | None


@dataclass(frozen=True, slots=True)
class ModelRule:
    """What holds for the models that fit; of several entries all apply, and later ones win.

    With `given` or `lacking` it applies only where all of these fields are set, or none of them.
    """

    match: tuple[Glob, ...]
    given: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    about: str | None = None
    takes: Mapping[str, Constraint] = field(default_factory=lambda: MappingProxyType({}))
    sizes: tuple[SizeRow, ...] | None = None

    def fits(self, model: str) -> bool:
        return any(glob.matches(model) for glob in self.match)

    @property
    def depends(self) -> bool:
        """Whether it applies to some requests of its models only."""
        return bool(self.given or self.lacking)


@dataclass(frozen=True, slots=True)
class Limits:
    """What an account may do: requests a minute, jobs in flight. None is unknown.

    With `polls` a poll counts for `rpm` as a submit does. `counts` names the recipe value that says
    for how many a submit counts, where a vendor limits pictures (`params.n`).
    """

    rpm: Decimal | None = None
    in_flight: int | None = None
    polls: bool = False
    counts: str | None = None


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Schedule:
    """When to look, and for how long, in seconds.

    `every` is the vendor's least interval between polls of one job, `grace` how long an unknown
    ticket is normal after its submit, `deadline` how long a job may take in all.
    """

    every: float = 2.0
    grace: float = 30.0
    deadline: float = 600.0
    submit_timeout: float = 60.0
    poll_timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Spec:
    """One provider."""

    name: str
    revision: int
    submit: tuple[Call, ...]
    reply: Extraction
    about: str | None = None
    docs: str | None = None
    base_url: str | None = None
    hosts: tuple[Glob, ...] = ()
    key_env: str | None = None
    vars: Mapping[str, Var] = field(default_factory=lambda: MappingProxyType({}))
    headers: tuple[tuple[str, Text], ...] = ()
    poll: Call | None = None
    result: Call | None = None
    preflight: Preflight | None = None
    idempotency: Idempotency | None = None
    lookup: Lookup | None = None
    states: Mapping[str, Phase] = field(default_factory=lambda: MappingProxyType({}))
    faults: tuple[FaultRule, ...] = ()
    takes: Mapping[str, Constraint] = field(default_factory=lambda: MappingProxyType({}))
    sizes: tuple[SizeRow, ...] | None = None
    models: tuple[ModelRule, ...] = ()
    price: PriceTable = UNKNOWN
    limits: Limits = NO_LIMITS
    schedule: Schedule = field(default_factory=Schedule)
    unknown: tuple[str, ...] = ()

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every request it can make."""
        preflight = self.preflight.call if self.preflight else None
        return (*self.submit, *(call for call in (self.poll, self.result, preflight) if call))

    @property
    def secret_headers(self) -> tuple[str, ...]:
        """The headers that carry the secret: these are the authentication."""
        own = ((name, text) for name, text in self.headers)
        extra = (pair for call in self.calls for pair in call.headers)
        return tuple(dict.fromkeys(n for n, t in (*own, *extra) if "secret" in t.names))
