"""From a document to a spec, with every mistake in it found at once and placed.

The documents are handed in; nothing is opened. `specs/provider.schema.json` says the same to an
editor, but is not asked here: these messages know more, and the start of a command costs less.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from imagepipe.document import Document, Mapping, Sequence
from imagepipe.errors import InputError, Problem
from imagepipe.price import Glob
from imagepipe.provider.load.calls import Names, call, headers
from imagepipe.provider.load.cursor import MISSING_KEY, WRONG_VALUE, Cursor, Findings
from imagepipe.provider.load.limits import constraints, limits, models, prices, size_rows
from imagepipe.provider.load.lint import lint
from imagepipe.provider.load.recourse import idempotency, lint_recourse, lookup
from imagepipe.provider.load.replies import expression, extraction, fault_rules, states
from imagepipe.provider.spec import Call, Preflight, Schedule, Spec, Var
from imagepipe.wire import Operation

__all__ = ["load_spec"]

_KEYS = (
    *("name", "revision", "about", "docs", "base_url", "hosts", "key_env", "vars", "headers"),
    *("submit", "poll", "result", "preflight", "idempotency", "lookup", "reply", "states"),
    *("faults", "takes", "sizes", "models", "price", "limits", "unknown"),
)
_NAME = r"[a-z0-9][a-z0-9_-]*"
_ENV_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_VAR_KEYS = ("required", "identity", "default", "about")


def load_spec(document: Document) -> Spec:
    """The spec in a document.

    Raises:
        InputError: all that is wrong with it (E501 to E511), in the order of the text.
    """
    findings = Findings(document)
    root = findings.root()
    spec = _spec(root) if root.fields(_KEYS, ("name", "revision", "submit", "reply")) else None
    if findings.problems or spec is None:
        raise InputError(*_in_order(findings.problems))
    return spec


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    def position(problem: Problem) -> tuple[int, int]:
        return (problem.place.line, problem.place.column) if problem.place else (0, 0)

    return sorted(problems, key=position)


def _spec(root: Cursor) -> Spec:
    reply = extraction(_child(root, "reply"))
    names = Names(_keys(root, "vars"), reply.keep)
    submit = _submits(_child(root, "submit"), names)
    poll = _call(root, "poll", Operation.POLL, names)
    spec = Spec(
        name=root.matches("name", _NAME, "name: use a-z, 0-9, - and _") or "",
        revision=root.whole("revision") or 1,
        submit=submit,
        reply=reply,
        about=root.text("about"),
        docs=root.text("docs"),
        base_url=root.text("base_url"),
        hosts=tuple(Glob(text) for text in root.texts("hosts")),
        key_env=root.matches("key_env", _ENV_NAME, "name of an environment variable"),
        vars=_vars(root.get("vars")),
        headers=headers(root.get("headers"), Operation.SUBMIT, names),
        poll=poll,
        result=_call(root, "result", Operation.RESULT, names),
        preflight=_preflight(root.get("preflight"), names),
        idempotency=idempotency(root.get("idempotency")),
        lookup=lookup(root.get("lookup"), names),
        states=states(root.get("states")),
        faults=fault_rules(root.get("faults")),
        takes=constraints(root.get("takes")),
        sizes=size_rows(root.get("sizes")),
        models=models(root.get("models")),
        price=prices(root.get("price")),
        limits=limits(root.get("limits")),
        schedule=_schedule(root),
        unknown=root.texts("unknown"),
    )
    if submit:
        lint(root, spec, names)
        lint_recourse(root, spec)
    return spec


def _child(root: Cursor, key: str) -> Cursor:
    return root.get(key) or root.at(key)


def _keys(root: Cursor, key: str) -> list[str]:
    here = root.get(key)
    return list(here.node) if here is not None and isinstance(here.node, Mapping) else []


def _submits(at: Cursor, names: Names) -> tuple[Call, ...]:
    """One request, or a list of them to choose from."""
    if isinstance(at.node, str):
        if at.node:
            at.bad(WRONG_VALUE, "submit must be a map with post and json, or a list of such maps")
        return ()
    if isinstance(at.node, Sequence) and not at.node:
        at.bad(MISSING_KEY, "submit lists no request")
    found = (call(one, Operation.SUBMIT, names) for one in at.items())
    return tuple(one for one in found if one is not None)


def _call(root: Cursor, key: str, operation: Operation, names: Names) -> Call | None:
    here = root.get(key)
    return call(here, operation, names) if here is not None else None


def _preflight(at: Cursor | None, names: Names) -> Preflight | None:
    if at is None:
        return None
    request = call(at, Operation.PREFLIGHT, names)
    holds = at.get("ok")
    if holds is None:
        at.bad(MISSING_KEY, "preflight has no `ok`, the predicate that must hold")
        return None
    predicate = expression(holds)
    if request is None or predicate is None:
        return None
    return Preflight(request, predicate, at.text("say"))


def _vars(at: Cursor | None) -> MappingProxyType[str, Var]:
    found = {}
    for name, here in at.entries() if at is not None else ():
        if here.fields(_VAR_KEYS):
            found[name] = Var(
                here.flag("required") is True,
                here.flag("identity") is True,
                here.text("default"),
                here.text("about"),
            )
    return MappingProxyType(found)


def _schedule(root: Cursor) -> Schedule:
    """Durations stand with the operations they are about."""
    submit, poll = root.get("submit"), root.get("poll")
    usual = Schedule()
    if poll is None or not isinstance(poll.node, Mapping):
        every = grace = deadline = None
    else:
        every, grace = poll.seconds("every"), poll.seconds("grace")
        deadline = poll.seconds("deadline")
    first = next(submit.items(), None) if submit is not None else None
    answer = first.seconds("deadline") if first and isinstance(first.node, Mapping) else None
    return Schedule(
        every=_or(every, usual.every),
        grace=_or(grace, usual.grace),
        deadline=_or(deadline, usual.deadline),
        submit_timeout=_or(answer, usual.submit_timeout),
    )


def _or(value: float | None, usual: float) -> float:
    return usual if value is None else value
