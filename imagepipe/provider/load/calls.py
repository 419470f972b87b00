"""The requests of a spec: methods, addresses, headers, bodies, and the names they use."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal, cast

from imagepipe.document import Mapping, Sequence, suggestion, untyped
from imagepipe.provider import tree
from imagepipe.provider.load.cursor import (
    BAD_ADDRESS,
    MISPLACED,
    MISSING_KEY,
    UNKNOWN_NAME,
    WRONG_VALUE,
    Cursor,
)
from imagepipe.provider.settings import HEADER_NAME, HEADER_VALUE
from imagepipe.provider.spec import (
    FIELDS,
    PICTURE_FIELDS,
    PICTURE_FORMS,
    Call,
)
from imagepipe.provider.tree import Each, Fields, Fixed, Items, Slot, Text, Tree
from imagepipe.wire import Operation

METHODS = ("get", "post", "put", "delete")
BODIES = ("json", "form")
CALL_KEYS = (*METHODS, *BODIES, "params_in", "given", "headers", "every", "grace", "deadline")
_SAMPLE_PATH = re.compile(r"[!-~]*")


class Names:
    """The names that a place may use, with the declared ones of this spec.

    `used` collects what some request mentions, for the lint of what nothing uses.
    """

    def __init__(self, variables: Collection[str], kept: Collection[str]) -> None:
        self.variables = tuple(variables)
        self.kept = tuple(kept)
        self.used: set[str] = set()

    def known(self, operation: Operation, *, header: bool, item: bool) -> list[str]:
        """Every name that can stand there."""
        names = [f"vars.{name}" for name in self.variables]
        if header:
            names.append("secret")
        if operation in (Operation.POLL, Operation.RESULT):
            names += ["ticket.id", *(f"ticket.{name}" for name in self.kept)]
        if operation is Operation.SUBMIT:
            names += [name for name in FIELDS if name not in PICTURE_FIELDS]
            names += [f"{one}.{form}" for one in PICTURE_FIELDS[:-1] for form in PICTURE_FORMS]
            names += ["job.key", "job.nonce"]
        if item:
            names += [f"item.{form}" for form in PICTURE_FORMS]
        return names


def call(at: Cursor, operation: Operation, names: Names) -> Call | None:
    """One request; None if it cannot be told which."""
    known = CALL_KEYS if operation is not Operation.PREFLIGHT else (*CALL_KEYS, "ok", "say")
    if not at.fields(known):
        return None
    methods = [method for method in METHODS if at.get(method) is not None]
    if len(methods) != 1:
        message = f"{at.name} needs one of get, post, put, delete with a path"
        at.bad(MISSING_KEY if not methods else WRONG_VALUE, message)
        return None
    body, is_form = _body(at, operation, names)
    return Call(
        operation,
        methods[0].upper(),
        path(at.at(methods[0]), operation, names),
        headers(at.get("headers"), operation, names),
        body,
        is_form,
        _params_in(at, body),
        _given(at),
        at.seconds("deadline") if operation is Operation.SUBMIT else None,
    )


def _params_in(at: Cursor, body: Tree | None) -> tuple[str, ...]:
    found = at.text("params_in")
    if found is None:
        return ()
    keys = tuple(found.split("."))
    node: Tree | None = body
    for key in keys:
        node = dict(node.items).get(key) if isinstance(node, Fields) else None
    if not isinstance(node, Fields):
        at.at("params_in").bad(WRONG_VALUE, f'the body has no map "{found}" to put params into')
    return keys


def _given(at: Cursor) -> tuple[str, ...]:
    here = at.get("given")
    if here is None:
        return ()
    return tuple(word for item in here.items() if (word := item.as_word(FIELDS)) is not None)


def path(at: Cursor, operation: Operation, names: Names) -> Text:
    source = at.as_text() or ""
    template = text(at, source, operation, names)
    literals = "".join("x" if isinstance(part, Slot) else part for part in template.parts)
    if len(template.parts) == 1 and template.names and template.names[0].startswith("ticket."):
        return template
    route = literals.partition("?")[0]
    if not source.startswith("/") or not _SAMPLE_PATH.fullmatch(literals):
        at.bad(BAD_ADDRESS, f'"{source}" is no path: it begins with / and has no spaces')
    elif any(part in ("", ".", "..") for part in route[1:].split("/") if route != "/"):
        at.bad(BAD_ADDRESS, f'"{source}" has an empty, "." or ".." segment')
    return template


def headers(at: Cursor | None, operation: Operation, names: Names) -> tuple[tuple[str, Text], ...]:
    """Header templates; only here may the secret be used."""
    if at is None:
        return ()
    found = []
    for name, here in at.entries():
        if not HEADER_NAME.fullmatch(name):
            here.bad(WRONG_VALUE, f'"{name}" is no header name', key=True)
        source = here.as_text() or ""
        if not HEADER_VALUE.fullmatch(source):
            here.bad(WRONG_VALUE, "a header's value must be one line of Latin letters")
        found.append((name, text(here, source, operation, names, header=True)))
    return tuple(found)


def _body(at: Cursor, operation: Operation, names: Names) -> tuple[Tree | None, bool]:
    given = [kind for kind in BODIES if at.get(kind) is not None]
    if len(given) > 1:
        at.at("form").bad(WRONG_VALUE, "a request has json or form, not both", key=True)
    if not given:
        return None, False
    kind = cast('Literal["json", "form"]', given[0])
    here = at.at(kind)
    if not isinstance(here.node, Mapping):
        here.bad(WRONG_VALUE, f"{here.name} must be a map of `field: value`")
        return None, kind == "form"
    return body_tree(here, operation, names, form=kind == "form"), kind == "form"


def body_tree(
    at: Cursor, operation: Operation, names: Names, *, form: bool = False, item: bool = False
) -> Tree:
    """The template of a part of a body."""
    if isinstance(at.node, Mapping):
        if "each" in at.node:
            return _each(at, operation, names, form=form)
        pairs = (
            (key, body_tree(here, operation, names, form=form, item=item))
            for key, here in at.entries()
        )
        return Fields(tuple(pairs))
    if isinstance(at.node, Sequence):
        trees = (body_tree(one, operation, names, form=form, item=item) for one in at.items())
        return Items(tuple(trees))
    if "${" not in at.node:
        return Fixed(untyped(at.node))
    template = text(at, str(at.node), operation, names, item=item)
    _check_forms(at, template, form=form)
    return template


def _each(at: Cursor, operation: Operation, names: Names, *, form: bool) -> Tree:
    at.fields(("each", "item"), ("each", "item"))
    over = at.word("each", PICTURE_FIELDS)
    if operation is not Operation.SUBMIT:
        at.bad(MISPLACED, "pictures can be sent with submit alone")
    if over is not None:
        names.used.add(over)
    return Each(over or "", body_tree(at.at("item"), operation, names, form=form, item=True))


def text(
    at: Cursor,
    source: str,
    operation: Operation,
    names: Names,
    *,
    header: bool = False,
    item: bool = False,
) -> Text:
    """A template whose names are all known at this place."""
    template = tree.text(source)
    if "${" in source and source.count("${") != len(tree.NAME.findall(source)):
        at.bad(WRONG_VALUE, f'"{source}" has a ${{ without its }}')
    known = names.known(operation, header=header, item=item)
    for name in template.names:
        names.used.add(name)
        if name not in known:
            _unknown(at, name, known, names, header=header)
    return template


def _unknown(at: Cursor, name: str, known: list[str], names: Names, *, header: bool) -> None:
    if name == "secret" and not header:
        at.bad(MISPLACED, "the secret belongs into a header, nowhere else")
    elif name == "input_images" or name.startswith("input_images."):
        hint = "write {each: input_images, item: ${item.uri}}"
        at.bad(MISPLACED, "input_images is a list: it is sent with each", hint=hint)
    elif name in PICTURE_FIELDS:
        hint = f"write ${{{name}.uri}}, .base64, .mime, .file or .tag"
        at.bad(UNKNOWN_NAME, f"${{{name}}} does not say how the picture travels", hint=hint)
    elif name.startswith("ticket.") and name[7:] not in ("id", *names.kept):
        hint = "declare it in reply.keep"
        near = suggestion(name, known)
        at.bad(UNKNOWN_NAME, f"nothing keeps {name} with the ticket{near}", hint=hint)
    else:
        message = f'unknown name "{name}"{suggestion(name, known)}'
        at.bad(UNKNOWN_NAME, message, hint=f"known here: {', '.join(sorted(known))}")


def _check_forms(at: Cursor, template: Text, *, form: bool) -> None:
    for name in template.names:
        if not name.endswith(".file"):
            continue
        if not form:
            hint = "use .uri or .base64, or send a form"
            at.bad(MISPLACED, f"${{{name}}} is a part of a form, and this body is JSON", hint=hint)
        elif len(template.parts) > 1:
            at.bad(MISPLACED, f"${{{name}}} must be the whole value")
