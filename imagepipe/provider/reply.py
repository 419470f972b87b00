"""What a reply means: pending, ready, or a fault. One reading for all operations.

The order is fixed: the spec's fault rules, the status of HTTP, the vendor's own status word, and
only where there is none what else is in the reply. A filled-in example output of a queued task is
therefore no picture. Never raises, whatever a server sends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias, assert_never

from imagepipe.model import Fault, FaultKind, Json, Secret, Ticket
from imagepipe.provider import faults, waits
from imagepipe.provider.expression import Expression, expression, is_empty
from imagepipe.provider.results import Inline, Result, results
from imagepipe.provider.spec import FaultRule, Header, Phase, Source, Spec
from imagepipe.provider.texts import amount, clean, compact, is_sound
from imagepipe.wire import Operation, Reply

_LARGEST_SEED = 2**63 - 1
_DEFAULT_MESSAGE = expression(
    "failure || error.message || error || message || detail || msg || errors[0]"
)


@dataclass(frozen=True, slots=True)
class Pending:
    """Accepted and not done. `running` tells work from waiting; `note` is worth telling once."""

    ticket: Ticket | None
    status: str
    running: bool = False
    wait: float | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """Done. No `results` where the spec has a second request that fetches them."""

    results: tuple[Result, ...]
    ticket: Ticket | None = None
    cost: Decimal | None = None
    seed: int | None = None


Reading: TypeAlias = Pending | Ready | Fault


@dataclass(frozen=True, slots=True)
class Reader:
    """A spec and what its readings need of the instance. `credit_usd` prices a credit."""

    spec: Spec
    secret: Secret | None = None
    credit_usd: Decimal | None = None

    def read(self, operation: Operation, reply: Reply) -> Reading:
        body = body_of(reply)
        if operation is Operation.PREFLIGHT:
            return self._preflight(reply, body)
        code = self._text(self.spec.reply.code, reply, body)
        number = faults.matching(self.spec, operation, reply, code, body)
        if number >= 0:
            rule = self.spec.faults[number]
            return self._fault(rule.kind, operation, reply, body, rule)
        if not reply.ok:
            kind = faults.by_status(operation, reply.status)
            return self._fault(kind, operation, reply, body)
        return self._state(operation, reply, body)

    def _state(self, operation: Operation, reply: Reply, body: Json) -> Reading:
        """The vendor's status word decides; without one results mean done, an id means pending."""
        status = self._text(self.spec.reply.status, reply, body)
        if status is None or operation is Operation.RESULT:
            ready = self._ready(operation, reply, body)
            if ready.results:
                return ready
            if ready.ticket is None or operation is Operation.RESULT:
                return self._garbled(operation, reply, body)
            return self._pending(reply, body, ready.ticket, "", None)
        phase = self.spec.states.get(status.casefold())
        match phase:
            case "succeeded":
                ready = self._ready(operation, reply, body)
                needs_no_more = ready.results or self.spec.result is not None
                return ready if needs_no_more else self._garbled(operation, reply, body)
            case "failed" | "cancelled":
                return self._ended(phase, reply, body)
            case "queued" | "running" | None:
                ticket = self._ticket(reply, body)
                return self._pending(reply, body, ticket, status, phase)
            case _:
                assert_never(phase)

    def _pending(
        self, reply: Reply, body: Json, ticket: Ticket | None, status: str, phase: Phase | None
    ) -> Pending:
        note = None
        if status and phase is None:
            note = f'{self.spec.name} says "{clean(status, self.secret)[:60]}", a status that is '
            note += "not in its spec; taken as not done yet"
        shown = clean(status, self.secret)[:60]
        return Pending(ticket, shown, phase == "running", self._wait(reply, body, None), note)

    def _ready(self, operation: Operation, reply: Reply, body: Json) -> Ready:
        found: tuple[Result, ...]
        if reply.media_type.startswith("image/") and reply.body:
            found = (Inline(reply.body, reply.media_type),)
        else:
            found = results(self._value(self.spec.reply.results, reply, body))
        usd = self._usd(self._units(reply, body))
        ticket = None if operation is Operation.RESULT else self._ticket(reply, body)
        return Ready(found, ticket, usd, self._seed(reply, body))

    def _ended(self, phase: Phase, reply: Reply, body: Json) -> Fault:
        fallback = f"{self.spec.name} ended the job as {phase} and gave no reason"
        units = self._units(reply, body)
        return Fault(
            FaultKind.FAILED,
            self._message(reply, body) or fallback,
            http=reply.status,
            code=self._code(reply, body),
            accepted=True,
            billed=None if units is None else units != 0,
            cost=self._usd(units),
        )

    def _garbled(self, operation: Operation, reply: Reply, body: Json) -> Fault:
        """A 2xx that says nothing: on a submit it may have been paid for."""
        kind = FaultKind.UNCERTAIN if operation is Operation.SUBMIT else FaultKind.GARBLED
        what = "no JSON" if body is None else "neither a picture nor an id"
        said = f"{self.spec.name} answered {reply.status} with {what}"
        told = self._message(reply, body)
        units = self._units(reply, body)
        return Fault(
            kind,
            f"{said}: {told}" if told else said,
            http=reply.status,
            code=self._code(reply, body),
            accepted=None if operation is Operation.SUBMIT else True,
            billed=None if units is None else units != 0,
            cost=self._usd(units),
        )

    def _fault(
        self,
        kind: FaultKind,
        operation: Operation,
        reply: Reply,
        body: Json,
        rule: FaultRule | None = None,
    ) -> Fault:
        units = self._units(reply, body)
        billed = rule.billed if rule is not None else None
        return Fault(
            kind,
            self._message(reply, body) or self._bare(reply),
            http=reply.status,
            code=self._code(reply, body),
            accepted=faults.accepted(kind, operation, reply, rule),
            billed=billed if units is None else units != 0,
            wait=self._wait(reply, body, rule) if kind in _WAITING else None,
            advice=self._advice(kind, reply, rule),
            cost=self._usd(units),
        )

    def _preflight(self, reply: Reply, body: Json) -> Reading:
        """What is no proper answer stops nobody; only a predicate that fails does."""
        preflight = self.spec.preflight
        if preflight is None or not reply.ok or body is None:
            message = self._message(reply, body) or self._bare(reply)
            return Fault(FaultKind.GARBLED, message, http=reply.status, accepted=False)
        if faults.holds(preflight.ok.search(body)):
            return Ready(())
        message = preflight.say or f"{preflight.ok.text} does not hold"
        return Fault(FaultKind.DENIED, message, http=reply.status, accepted=False, billed=False)

    def _advice(self, kind: FaultKind, reply: Reply, rule: FaultRule | None) -> str | None:
        if rule is not None:
            return rule.say
        if kind is FaultKind.DENIED and reply.status == 402:
            return f"{self.spec.name} wants payment: look at the account's credits"
        if kind is FaultKind.DENIED and self.spec.key_env:
            return f"look at the key in {self.spec.key_env}"
        return None

    def _bare(self, reply: Reply) -> str:
        kind = reply.media_type or "an empty body"
        return f"{self.spec.name} answered {reply.status} ({kind})"

    def _wait(self, reply: Reply, body: Json, rule: FaultRule | None) -> float | None:
        found = waits.from_headers(reply)
        if found is None:
            said = self._value(self.spec.reply.wait, reply, body)
            found = waits.seconds(said, reply.headers.get("date"))
        return found if found is not None or rule is None else rule.wait

    def _message(self, reply: Reply, body: Json) -> str | None:
        value = self._value(self.spec.reply.message or _DEFAULT_MESSAGE, reply, body)
        if is_empty(value):
            return None
        if not isinstance(value, str):
            value = compact(value)
        return clean(value, self.secret) or None

    def _ticket(self, reply: Reply, body: Json) -> Ticket | None:
        number = self._text(self.spec.reply.id, reply, body)
        if number is None or number in (".", "..") or not is_sound(number):
            return None
        kept = {
            name: found
            for name, source in self.spec.reply.keep.items()
            if (found := self._text(source, reply, body)) is not None and is_sound(found)
        }
        return Ticket(number, kept)

    def _seed(self, reply: Reply, body: Json) -> int | None:
        found = self._text(self.spec.reply.seed, reply, body)
        if found is None or not re.fullmatch(r"-?[0-9]{1,19}", found):
            return None
        return number if abs(number := int(found)) <= _LARGEST_SEED else None

    def _units(self, reply: Reply, body: Json) -> Decimal | None:
        """The reported cost in the vendor's units."""
        cost = self.spec.reply.cost
        return amount(self._value(cost.path, reply, body)) if cost is not None else None

    def _usd(self, units: Decimal | None) -> Decimal | None:
        cost = self.spec.reply.cost
        if units is None or cost is None:
            return None
        rate = self.credit_usd if self.credit_usd is not None else cost.rate
        if rate is None:
            return Decimal(0) if units == 0 else None
        return units * rate

    def _code(self, reply: Reply, body: Json) -> str | None:
        code = self._text(self.spec.reply.code, reply, body)
        return clean(code, self.secret)[:100] if code is not None else None

    def _text(self, source: Source | None, reply: Reply, body: Json) -> str | None:
        return text_of(source, reply.headers, body)

    @staticmethod
    def _value(source: Source | None, reply: Reply, body: Json) -> Json:
        return value_of(source, reply.headers, body)


_WAITING = frozenset(
    {FaultKind.THROTTLED, FaultKind.TRANSIENT, FaultKind.MISSING, FaultKind.DENIED}
)


def value_of(source: Source | None, headers: Mapping[str, str], body: Json) -> Json:
    """What a source finds; of several, the first value that is not empty."""
    match source:
        case None:
            return None
        case Header(name):
            return headers.get(name)
        case Expression():
            return source.search(body)
        case tuple():
            found = (value_of(one, headers, body) for one in source)
            return next((value for value in found if not is_empty(value)), None)
        case _:
            assert_never(source)


def text_of(source: Source | None, headers: Mapping[str, str], body: Json) -> str | None:
    """A text or number that a source finds, as text; None for anything else."""
    value = value_of(source, headers, body)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def body_of(reply: Reply) -> Json:
    """The body as JSON, None if it is none."""
    if not reply.body or reply.media_type.startswith("image/"):
        return None
    try:
        return reply.json()
    except ValueError:
        return None
