"""What may settle a submit whose answer nobody knows, without a person and without paying twice.

A kept reply is read; else a provider that declares it is asked again under the same nonce, or asked
for its list of jobs. Where none of these is safe the answer is None, and the submit is held. Pure:
it compares times that are handed in, and sends nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import TypeAlias

from imagepipe.model import Fault, FaultKind, Json, Secret, Ticket
from imagepipe.provider.reply import Pending, Reading, body_of, text_of
from imagepipe.provider.request import Material
from imagepipe.provider.spec import Lookup, Spec
from imagepipe.provider.texts import is_sound
from imagepipe.provider.tree import Dropped, as_text, render_text
from imagepipe.wire import Reply


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is stored of a doubtful submit. Times are UTC, ISO 8601.

    `since` is the earliest time at which it may have left; `reply` what came back, if it was kept.
    """

    nonce: str
    since: str
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class Reread:
    """The reply was kept, and says what became of the submit."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Resend:
    """The same request under the same nonce: the provider declares that it counts once."""


@dataclass(frozen=True, slots=True)
class Search:
    """The provider's list of jobs tells, `settle` seconds after the doubt arose."""

    settle: float


Recourse: TypeAlias = Reread | Resend | Search


def mark(base_url: str, secret: Secret | None) -> str:
    """Which account a nonce was sent to; another one knows nothing of it."""
    text = f"{base_url}\n{secret.reveal() if secret else ''}"
    return blake2b(text.encode(), digest_size=4).hexdigest()


def is_marked(nonce: str) -> bool:
    return nonce[8:9] == "-"


def recourse(spec: Spec, doubt: Doubt, reading: Reading | None, now: str) -> Recourse | None:
    """What settles the doubt, if anything does.

    Args:
        spec: What the provider declares.
        doubt: What is known of the submit.
        reading: What the kept reply means.
        now: UTC, ISO 8601.
    """
    if doubt.reply is not None and reading is not None and is_telling(reading):
        return Reread(doubt.reply)
    if not is_marked(doubt.nonce):  # the nonce stayed here: nothing at the provider bears it
        return None
    if spec.idempotency is not None:
        age = seconds_between(doubt.since, now)
        if 0 <= age <= spec.idempotency.ttl - _longest(spec):
            return Resend()
    if spec.lookup is not None:
        return Search(settle(spec, spec.lookup))
    return None


def settle(spec: Spec, lookup: Lookup) -> float:
    """Seconds after which a list of jobs shows every one that it will ever show."""
    return lookup.settle if lookup.settle is not None else max(30.0, 2 * _longest(spec))


def _longest(spec: Spec) -> float:
    """Seconds that a submit may be under way."""
    usual = spec.schedule.submit_timeout
    return max(usual, *(call.timeout or usual for call in spec.submit))


def is_telling(reading: Reading) -> bool:
    """Whether a reply to a submit says what became of it."""
    match reading:
        case Fault(kind=FaultKind.UNCERTAIN | FaultKind.GARBLED):
            return False
        case Fault(kind=FaultKind.TRANSIENT | FaultKind.THROTTLED, accepted=accepted):
            return accepted is False
        case Pending(ticket=ticket):
            return ticket is not None
        case _:
            return True


def seconds_between(earlier: str, later: str) -> float:
    """Seconds from one time to another; negative if a clock was set back."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def found(spec: Spec, material: Material, reply: Reply) -> tuple[Ticket, ...] | None:
    """The tickets of the listed jobs that match; None if the list proves nothing.

    A list proves nothing if it cannot be read, if a value to match is unset, or if it is as long as
    a page may be and may therefore have been cut off before the job.
    """
    lookup = spec.lookup
    if lookup is None or not reply.ok:
        return None
    listed = lookup.items.search(body_of(reply))
    wanted = [(path, render_text(template, material.look)) for path, template in lookup.match]
    if not isinstance(listed, list) or any(isinstance(one, Dropped) for _, one in wanted):
        return None
    texts = [(path, as_text(one)) for path, one in wanted if not isinstance(one, Dropped)]
    fitting = [
        item for item in listed if all(_text(path.search(item)) == text for path, text in texts)
    ]
    tickets = [_ticket(spec, item) for item in fitting]
    cut_off = lookup.page is not None and len(listed) >= lookup.page
    if None in tickets or (cut_off and not tickets):
        return None
    return tuple(ticket for ticket in tickets if ticket is not None)


def _ticket(spec: Spec, item: Json) -> Ticket | None:
    """The ticket of a listed job, read as a reply of its own: one block serves all operations."""
    number = text_of(spec.reply.id, {}, item)
    if number is None or number in (".", "..") or not is_sound(number):
        return None
    kept = {name: text_of(source, {}, item) for name, source in spec.reply.keep.items()}
    return Ticket(number, {name: one for name, one in kept.items() if one and is_sound(one)})


def _text(value: Json) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip()
