"""Which failure a reply is: the spec's ordered rules, then what the statuses mean by default.

Whoever knows, classifies: a spec's rules are tried on every reply, also a 2xx one, before its state
is looked at. The defaults are for non-2xx replies alone. An `accepted` or `billed` that nobody
knows stays None, because money hangs on it.
"""

from __future__ import annotations

from imagepipe.model import FaultKind, Json
from imagepipe.provider.spec import FaultRule, Spec
from imagepipe.wire import Operation, Reply

CONFLICTING = frozenset({408, 409, 425})
"""Timed out, clashed or too early: on a submit nobody knows what became of the request."""


def matching(spec: Spec, operation: Operation, reply: Reply, code: str | None, body: Json) -> int:
    """The number of the first rule that fits, -1 if none does."""
    for number, rule in enumerate(spec.faults):
        if fits(rule, operation, reply.status, code, body):
            return number
    return -1


def fits(rule: FaultRule, operation: Operation, status: int, code: str | None, body: Json) -> bool:
    if rule.on and operation not in rule.on:
        return False
    if rule.statuses and status not in rule.statuses and status // 100 not in rule.statuses:
        return False
    if rule.code and (code is None or not any(glob.matches(code) for glob in rule.code)):
        return False
    return rule.when is None or holds(rule.when.search(body))


def holds(value: Json) -> bool:
    """Whether a predicate holds: JMESPath's truth, in which 0 is true."""
    return not (value is None or value is False or value in ("", [], {}))


def by_status(operation: Operation, status: int) -> FaultKind:
    """What a status that is not 2xx means where the spec does not say otherwise."""
    if status in (401, 402, 403):
        return FaultKind.DENIED
    if status == 429:
        return FaultKind.THROTTLED
    if operation is Operation.SUBMIT:
        unsure = status in CONFLICTING or status >= 500 or status < 300
        return FaultKind.UNCERTAIN if unsure else FaultKind.REJECTED
    if status in (404, 410):
        return FaultKind.MISSING
    if status in CONFLICTING or status >= 500:
        return FaultKind.TRANSIENT
    return FaultKind.GARBLED


_REFUSALS = frozenset({FaultKind.THROTTLED, FaultKind.REJECTED, FaultKind.DENIED})


def accepted(
    kind: FaultKind, operation: Operation, reply: Reply, rule: FaultRule | None
) -> bool | None:
    """Whether the provider took the job on; None where that is not known."""
    if rule is not None and rule.accepted is not None:
        return rule.accepted
    match operation:
        case Operation.SUBMIT:
            is_refusal = kind in _REFUSALS and not reply.ok
            return False if is_refusal or reply.status == 429 else None
        case Operation.PREFLIGHT:
            return False
        case _:
            return None if kind is FaultKind.MISSING else True
