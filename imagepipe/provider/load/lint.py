"""What a spec declares and nothing uses, and what can never happen: an author's slips, at load.

Each looks at the finished spec as a whole. What only a real reply could show is left to the
transcripts.
"""

from __future__ import annotations

from collections.abc import Iterable

from imagepipe.provider.load.calls import Names
from imagepipe.provider.load.cursor import (
    BAD_ADDRESS,
    MISPLACED,
    MISSING_KEY,
    UNUSED,
    WRONG_VALUE,
    Cursor,
)
from imagepipe.provider.rules import mentioned_fields
from imagepipe.provider.settings import is_base_url
from imagepipe.provider.spec import COMPUTED, SIZE_FIELDS, Call, Spec
from imagepipe.provider.trust import kept_address


def lint(root: Cursor, spec: Spec, names: Names) -> None:
    """Report what is wrong with the whole, at the place where it was written."""
    _unused_declarations(root, spec, names)
    _unused_constraints(root.get("takes"), spec, spec.takes)
    for index, entry in enumerate(spec.models):
        _unused_constraints(root.at("models").at(index).get("takes"), spec, entry.takes)
    _addresses(root, spec)
    _submits(root, spec)
    _states(root, spec)


def _unused_declarations(root: Cursor, spec: Spec, names: Names) -> None:
    for name in spec.vars:
        if f"vars.{name}" not in names.used:
            message = f"no request uses the setting {name}"
            root.at("vars").at(name).bad(UNUSED, message, key=True)
    for name in spec.reply.keep:
        if f"ticket.{name}" not in names.used:
            message = f"no request uses the kept field {name}"
            root.at("reply").at("keep").at(name).bad(UNUSED, message, key=True)
    if spec.key_env and "secret" not in names.used:
        hint = "add a header such as `Authorization: Bearer ${secret}`"
        root.at("key_env").bad(UNUSED, "no header uses the secret", key=True, hint=hint)
    if not spec.key_env and "secret" in names.used:
        root.bad(MISSING_KEY, "a header uses the secret, and key_env does not say where it is")


def _unused_constraints(at: Cursor | None, spec: Spec, names: Iterable[str]) -> None:
    """A constraint on what no request mentions would never be looked at."""
    mentioned = frozenset[str]().union(*(mentioned_fields(call) for call in spec.submit))
    has_size = not mentioned.isdisjoint(SIZE_FIELDS)
    for name in names if at is not None else ():
        head = name.partition(".")[0]
        if head == "params" or head in mentioned or (head == "size" and has_size):
            continue
        if head in COMPUTED and "width" in mentioned:
            continue
        if at is not None:
            at.at(name).bad(UNUSED, f"no request mentions {head}", key=True)


def _addresses(root: Cursor, spec: Spec) -> None:
    if spec.base_url is not None and not is_base_url(spec.base_url):
        message = f'"{spec.base_url}" is no http(s) address without user, query and fragment'
        root.at("base_url").bad(BAD_ADDRESS, message)
    kept = (kept_address(call) for call in spec.calls)
    if spec.hosts and not any(kept):
        root.at("hosts").bad(UNUSED, "no request goes to an address of a reply", key=True)
    for key in ("submit", "preflight"):
        calls: tuple[Call, ...] = spec.submit if key == "submit" else ()
        for call in calls:
            if any(name.startswith("ticket.") for name in call.path.names):
                root.at(key).bad(MISPLACED, "there is no ticket yet")


def _submits(root: Cursor, spec: Spec) -> None:
    """Of several requests the last one is for whoever gives none of the others' fields."""
    last = len(spec.submit) - 1
    for index, call in enumerate(spec.submit):
        here = root.at("submit") if last == 0 else root.at("submit").at(index)
        if index < last and not call.given:
            here.bad(MISSING_KEY, "without `given` the requests after this one are never made")
        if index == last and call.given:
            here.bad(WRONG_VALUE, "the last request is the one without `given`")


def _states(root: Cursor, spec: Spec) -> None:
    if spec.reply.status is not None and "succeeded" not in spec.states.values():
        root.bad(MISSING_KEY, "reply.status is read, and states.succeeded says nothing is done")
    if spec.states and spec.reply.status is None:
        root.at("states").bad(UNUSED, "reply.status does not say where the word stands", key=True)
    if spec.poll is not None and spec.reply.id is None:
        root.at("poll").bad(MISSING_KEY, "reply.id does not say which job to ask after", key=True)
    if spec.reply.id is not None and spec.poll is None:
        root.at("reply").at("id").bad(UNUSED, "there is no poll that asks after the job", key=True)
    if spec.result is not None and spec.poll is None:
        root.at("result").bad(MISPLACED, "result follows a poll, and there is none", key=True)
