"""What a spec declares for submits whose answer is lost: a nonce that counts once, a list of jobs.

A declaration that does not hold pays twice, so everything that can be checked of it is: that the
vendor was given what it is asked for, and that a list which may be cut off is known to be one.
"""

from __future__ import annotations

from collections.abc import Iterator

from imagepipe.provider import tree
from imagepipe.provider.expression import Expression
from imagepipe.provider.load.calls import Names, path, text
from imagepipe.provider.load.cursor import MISPLACED, MISSING_KEY, UNUSED, WRONG_VALUE, Cursor
from imagepipe.provider.load.replies import expression
from imagepipe.provider.settings import HEADER_NAME
from imagepipe.provider.spec import Call, Idempotency, Lookup, Spec
from imagepipe.provider.tree import Text
from imagepipe.wire import Operation

NONCE = "job.nonce"


def idempotency(at: Cursor | None) -> Idempotency | None:
    if at is None or not at.fields(("header", "ttl"), ("header", "ttl")):
        return None
    header, ttl = at.text("header"), at.seconds("ttl")
    if header is not None and not HEADER_NAME.fullmatch(header):
        at.at("header").bad(WRONG_VALUE, f'"{header}" is no header name')
    return Idempotency(header, ttl) if header is not None and ttl is not None else None


def lookup(at: Cursor | None, names: Names) -> Lookup | None:
    known = ("get", "items", "match", "page", "settle")
    if at is None or not at.fields(known, ("get", "items", "match")):
        return None
    items = at.get("items")
    listed = expression(items) if items is not None else None
    match = tuple(_match(at.get("match"), names))
    # The names of a submit may stand in its path: they say which job is looked for.
    address = path(at.at("get"), Operation.SUBMIT, names)
    call = Call(Operation.POLL, "GET", address)
    if listed is None or not match:
        return None
    return Lookup(call, listed, match, at.whole("page"), at.seconds("settle"))


def _match(at: Cursor | None, names: Names) -> Iterator[tuple[Expression, Text]]:
    for key, here in at.entries() if at is not None else ():
        found = expression(Cursor(here.findings, key, here.path))
        template = text(here, here.as_text() or "", Operation.SUBMIT, names)
        if found is not None:
            yield found, template


def lint_recourse(root: Cursor, spec: Spec) -> None:
    """What is declared must fit what is sent."""
    told = _tells(spec)
    if spec.idempotency is not None:
        _no_clash(root, spec, spec.idempotency.header)
    if spec.lookup is not None:
        _lookup(root.at("lookup"), spec, spec.lookup, told=told)
    elif told and spec.idempotency is None:
        hint = "declare idempotency or lookup, or leave it out"
        root.at("submit").bad(UNUSED, "job.nonce is sent, and nothing asks for it", hint=hint)


def _tells(spec: Spec) -> bool:
    """Whether every submit carries the nonce."""
    if spec.idempotency is not None or any(NONCE in text.names for _, text in spec.headers):
        return True
    return all(
        any(NONCE in text.names for _, text in (*call.headers, ("", call.path)))
        or (call.body is not None and NONCE in tree.names(call.body))
        for call in spec.submit
    )


def _no_clash(root: Cursor, spec: Spec, header: str) -> None:
    written = [name for name, _ in (*spec.headers, *(h for c in spec.submit for h in c.headers))]
    if header.lower() in (name.lower() for name in written):
        message = f"{header} is written as a header too; idempotency sets it"
        root.at("idempotency").at("header").bad(WRONG_VALUE, message)


def _lookup(at: Cursor, spec: Spec, found: Lookup, *, told: bool) -> None:
    names = {name for _, template in found.match for name in template.names}
    asked = names | set(found.call.path.names)
    if spec.poll is None:
        at.bad(MISPLACED, "a lookup finds a ticket to poll, and there is no poll", key=True)
    if NONCE in asked and not told:
        at.bad(MISSING_KEY, "no request sends job.nonce, so no job can be found by it")
    if NONCE not in asked and not {"seed", "prompt"} <= names:
        hint = "match what is echoed: ${job.nonce}, or ${seed} and ${prompt}"
        at.at("match").bad(WRONG_VALUE, "two jobs may look alike by this", key=True, hint=hint)
    if found.page is None and NONCE not in found.call.path.names:
        hint = "a list this long may be cut off, and what it does not show is then no proof"
        at.bad(MISSING_KEY, 'lookup has no "page", the most jobs that the list shows', hint=hint)
