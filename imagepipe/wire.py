"""What goes over the wire, as values, and the port that carries it. Knows no HTTP library.

A transport never raises for what the network does: it answers with a `Reply`, or with one of the
two ways of having none. Whether a request may have left is known to the transport alone (it saw
the connection open and the first byte go), and everything that must not be paid twice hangs on it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeAlias

from imagepipe.model import Digest, Json, Key, Secret


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A picture that was fetched: its bytes are `data`, or (None) lie in the file they were asked
    into, not yet synced.
    """

    digest: Digest
    size: int
    data: bytes | None = None


class Operation(StrEnum):
    """What a request is for; fault rules and retries depend on it."""

    SUBMIT = "submit"
    POLL = "poll"
    RESULT = "result"
    PREFLIGHT = "preflight"
    DOWNLOAD = "download"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart form: a text field, or a file if it has a file name."""

    name: str
    data: bytes
    filename: str | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready to be sent. At most one of `json` and `form` is set.

    A header whose value is a `Secret` is authentication and never leaves the provider's origin.
    `timeout` is the total seconds the answer may take.
    """

    operation: Operation
    method: str
    url: str
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    json: Json = None
    form: tuple[Part, ...] | None = None
    timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer. Header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Json:
        """The body as JSON.

        Raises:
            ValueError: it is not JSON, or nested too deeply to be read.
        """
        try:
            value: Json = json.loads(self.body)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
        return value


@dataclass(frozen=True, slots=True)
class NotSent:
    """No byte of the request left this machine: trying again costs nothing."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The request may have arrived, and no whole reply came back."""

    reason: str


Answer: TypeAlias = Reply | NotSent | Unanswered


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """A request and what came of it, for those who watch the wire; no header, body or query.

    `url` is the address up to its path, of a download its origin alone: the path may be signed,
    too. `status` is the answer's; where there was none, `error` says why. `seconds` is how long it
    took, `waited` how long a submit stood at the gate before it, `size` the bytes of the answer.
    """

    operation: Operation
    provider: str
    key: Key | None
    method: str
    url: str
    status: int | None
    error: str | None
    seconds: float
    size: int = 0
    waited: float = 0.0

    @property
    def ok(self) -> bool:
        return self.error is None and (self.status or 0) < 400


Watch: TypeAlias = Callable[[RoundTrip], None]


class Transport(Protocol):
    """Carries requests to providers. Redirects are never followed, cookies never kept."""

    async def send(self, request: Request) -> Answer: ...
