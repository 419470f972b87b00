"""What one request of a spec takes for one model: the spec's constraints, merged and compiled.

A provider takes the names that its request mentions; there is no second list. Made once for each
model and kept, because it is asked for every job. Knows no job.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from imagepipe.model import Value
from imagepipe.provider import tree
from imagepipe.provider.checks import compile_checks
from imagepipe.provider.fitting import Bounds, bounds, nearest
from imagepipe.provider.spec import (
    FIELDS,
    PICTURE_FIELDS,
    SIZE_FIELDS,
    Call,
    Constraint,
    SizeRow,
    Spec,
)
from imagepipe.provider.takes import NOT_TAKEN, Check, Subject, Violation


@dataclass(frozen=True, slots=True)
class Rules:
    """A request's names and constraints for a model.

    `takes` are the plain and picture fields that may be sent; `paths` says where in `params` a
    field would be overridden; `checks` are by what they look at.
    """

    call: Call
    provider: str
    see: str | None
    takes: frozenset[str]
    sizes: tuple[SizeRow, ...] | None
    size_names: frozenset[str]
    constraints: Mapping[str, Constraint]
    defaults: tuple[tuple[str, str | int], ...]
    required: tuple[tuple[str, Constraint], ...]
    checks: tuple[tuple[str, tuple[Check, ...]], ...]
    picture_checks: tuple[tuple[str, str, tuple[Check, ...]], ...]
    param_checks: tuple[tuple[tuple[str, ...], Constraint, tuple[Check, ...]], ...]
    paths: tuple[tuple[tuple[str, ...], frozenset[str]], ...]
    needs_bytes: frozenset[str]
    in_address: frozenset[str]
    doubtful: tuple[tuple[str, Constraint], ...]
    unique: tuple[tuple[str, str, Constraint], ...]
    bounds: Bounds | None
    by_model: bool
    size_cache: dict[tuple[str, str, str], dict[str, Value] | Violation] = field(
        default_factory=dict, compare=False, repr=False
    )
    """Looked-up sizes: a catalogue asks for the same few again and again."""
    near_cache: dict[tuple[int, int], tuple[int, int] | None] = field(
        default_factory=dict, compare=False, repr=False
    )

    def nearest(self, width: int, height: int) -> tuple[int, int] | None:
        """The pixels nearest to these that are allowed; None if none are."""
        asked = (width, height)
        if self.bounds is None or not width or not height:
            return None
        if asked not in self.near_cache:
            self.near_cache[asked] = nearest(self.bounds, *asked)
        return self.near_cache[asked]

    def subject(self, name: str) -> Subject:
        constraint = self.constraints.get(name)
        if constraint is None and name == "aspect_ratio":
            constraint = self.constraints.get("size")  # the one is asked for by the other
        subject = Subject(name, self.provider, self.see)
        return subject.under(constraint) if constraint is not None else subject


def compile_rules(
    spec: Spec, provider: str, call: Call, model: str | None, applying: frozenset[int] = frozenset()
) -> Rules:
    """The rules of `call` for `model`; `provider` is what messages call the instance.

    `applying` are the entries of `models` with conditions whose conditions hold, by number.
    """
    constraints, sizes = _merged(spec, model, applying)
    mentioned = mentioned_fields(call)
    refused = {name for name, one in constraints.items() if one.refuses}
    taken = frozenset(name for name in mentioned if name not in refused)
    size_names = frozenset() if "size" in refused else taken & frozenset(SIZE_FIELDS)
    compiled = {
        name: checks
        for name, one in constraints.items()
        if (checks := compile_checks(Subject(name, provider, spec.docs), one))
    }
    return Rules(
        call,
        provider,
        spec.docs,
        takes=taken - frozenset(SIZE_FIELDS),
        sizes=sizes,
        size_names=size_names,
        constraints=constraints,
        defaults=_defaults(constraints, taken),
        required=_required(call, constraints, taken),
        checks=tuple((name, one) for name, one in compiled.items() if "." not in name),
        picture_checks=tuple(
            (*name.split(".", 1), one)  # type: ignore[misc]  # "a.b" has two parts
            for name, one in compiled.items()
            if name.partition(".")[0] in PICTURE_FIELDS and "." in name
        ),
        param_checks=tuple(
            (tuple(name.split(".")[1:]), one, compiled.get(name, ()))
            for name, one in constraints.items()
            if name.startswith("params.")
        ),
        paths=_paths(call),
        needs_bytes=_needing_bytes(call),
        in_address=frozenset(call.path.names) & frozenset(FIELDS),
        doubtful=tuple(
            (name, one)
            for name, one in constraints.items()
            if not one.taken and not one.refuses and name in FIELDS
        ),
        unique=tuple(
            (*name.split(".", 1), one)  # type: ignore[misc]  # "a.b" has two parts
            for name, one in constraints.items()
            if one.unique and "." in name
        ),
        bounds=bounds(constraints) if "width" in size_names else None,
        by_model=bool(spec.models),
    )


def mentioned_fields(call: Call) -> frozenset[str]:
    """The recipe fields that a request names anywhere."""
    texts = (call.path, *(text for _, text in call.headers))
    found = {name for text in texts for name in text.names}
    if call.body is not None:
        found.update(tree.names(call.body))
    return frozenset(head for name in found if (head := name.partition(".")[0]) in FIELDS)


def _merged(
    spec: Spec, model: str | None, applying: frozenset[int]
) -> tuple[dict[str, Constraint], tuple[SizeRow, ...] | None]:
    """All fitting entries apply; a later one replaces an earlier one, name by name."""
    constraints, sizes = dict(spec.takes), spec.sizes
    for number, entry in enumerate(spec.models):
        if entry.depends and number not in applying:
            continue
        if model is not None and entry.fits(model):
            constraints.update(entry.takes)
            sizes = entry.sizes if entry.sizes is not None else sizes
    return constraints, sizes


def _defaults(
    constraints: Mapping[str, Constraint], taken: frozenset[str]
) -> tuple[tuple[str, str | int], ...]:
    return tuple(
        (name, one.default)
        for name, one in constraints.items()
        if isinstance(one.default, str | int) and name in taken
    )


def _required(
    call: Call, constraints: Mapping[str, Constraint], taken: frozenset[str]
) -> tuple[tuple[str, Constraint], ...]:
    """What must be given: said so, or part of an address, which has no gaps."""
    said = {name: one for name, one in constraints.items() if one.required and one.taken}
    for name in call.path.names:
        if name in taken and name not in said:
            said[name] = constraints.get(name, Constraint())
    return tuple(said.items())


def _paths(call: Call) -> tuple[tuple[tuple[str, ...], frozenset[str]], ...]:
    """Where, seen from the place of `params`, which fields stand."""
    found: dict[tuple[str, ...], set[str]] = {}
    depth = len(call.params_in)
    for path, name in tree.placed_names(call.body) if call.body is not None else ():
        head = name.partition(".")[0]
        if path[:depth] == call.params_in and head in FIELDS and len(path) > depth:
            found.setdefault(path[depth:], set()).add(head)
    return tuple((path, frozenset(names)) for path, names in found.items())


def _needing_bytes(call: Call) -> frozenset[str]:
    """The pictures that travel as bytes, for which an address is not enough."""
    named = tree.names(call.body) if call.body is not None else iter(())
    return frozenset(
        head for name in named for head, _, form in [name.partition(".")] if form in _AS_BYTES
    )


_AS_BYTES = frozenset({"base64", "file"})


def elsewhere(spec: Spec, provider: str, violation: Violation, chosen: int) -> Violation:
    """A field that only another request of the spec takes: say what would choose that one."""
    if violation.code != NOT_TAKEN or violation.severity == "note":
        return violation
    for number, call in enumerate(spec.submit):
        if number != chosen and call.given and violation.field in mentioned_fields(call):
            wanted = " or ".join(call.given)
            message = f"{provider} takes {violation.field} only with {wanted}"
            return replace(violation, message=message, hint=f"give {wanted}, or remove it")
    return violation
