"""What a parsed template is changed into before it is compiled, so that nothing in it can grow.

Every `for` and every `~` goes through a filter that counts, and every field that is put into a text
through one that refuses an empty one. The names of these filters hold a blank: no template can
write them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from jinja2 import nodes, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer

from imagepipe.template import CAP

EACH, GLUED, FILLED, ROUNDS = "each ", "glued ", "filled ", "rounds "

MAX_ITEMS = 1_000
"""Items that one `for` may go over."""

MAX_ROUNDS = 20_000
"""Items that all `for`s of one rendering may go over, those of included files too."""

MAX_VALUE = 256 * 1024
"""Characters of a field that a template may use; what it makes of it stays below `CAP`."""

MAX_LIST = 10_000


class Blank(SecurityError):
    """A field that is put into a text has nothing in it."""

    def __init__(self, name: str) -> None:
        super().__init__(f'the field "{name}" is empty')
        self.name = name


class Bounded(NodeTransformer):
    """Wraps what can grow."""

    def __init__(self, tree: nodes.Node) -> None:
        self._defined = {
            name.name for name in tree.find_all(nodes.Name) if name.ctx in ("store", "param")
        }

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - Jinja's way of naming
        self.generic_visit(node)
        node.iter = _filter(cast("nodes.Expr", node.iter), EACH)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - likewise
        self.generic_visit(node)
        return _filter(nodes.List(node.nodes, lineno=node.lineno), GLUED)

    def visit_Output(self, node: nodes.Output) -> nodes.Node:  # noqa: N802 - likewise
        self.generic_visit(node)
        node.nodes = [self._filled(part) for part in node.nodes]
        return node

    def _filled(self, part: nodes.Expr) -> nodes.Expr:
        """A field that is put into the text as it is, or through filters that give no default."""
        inner: nodes.Expr | None = part
        while isinstance(inner, nodes.Filter) and inner.name not in ("d", "default"):
            inner = inner.node
        name = _field(inner)
        if name is None or name.partition(".")[0] in {*self._defined, "loop"}:
            return part
        return _filter(part, FILLED, nodes.Const(name, lineno=part.lineno))


def _filter(node: nodes.Expr, name: str, *arguments: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, [*arguments], [], None, None, lineno=node.lineno)


def _field(node: nodes.Node | None) -> str | None:
    """`product.color`, if the expression is nothing but that."""
    match node:
        case nodes.Name(name=name):
            return str(name)
        case nodes.Getattr(node=inner, attr=attribute):
            before = _field(inner)
            return f"{before}.{attribute}" if before else None
        case nodes.Getitem(node=inner, arg=nodes.Const(value=key)):
            before = _field(inner)
            return f"{before}.{key}" if before else None
        case _:
            return None


@pass_context
def each(context: Context, value: object) -> list[object]:
    """What a `for` goes over: a list, or the keys of a map, of bounded length."""
    if not isinstance(value, (list, tuple, dict, Iterator)):
        raise SecurityError(f"`for` goes over lists and maps, not over {type(value).__name__}")
    rounds: Any = context.parent.get(ROUNDS)
    items: list[object] = []
    for item in value:
        items.append(item)
        if len(items) > MAX_ITEMS:
            raise SecurityError(f"`for` goes over at most {MAX_ITEMS:,} items")
    rounds[0] += len(items)
    if rounds[0] > MAX_ROUNDS:
        raise SecurityError(f"the `for`s of a text go over at most {MAX_ROUNDS:,} items")
    return items


def glued(parts: list[object]) -> str:
    """What `~` makes of its operands."""
    total, texts = 0, []
    for part in parts:
        texts.append(str(part))
        total += len(texts[-1])
        if total > CAP:
            raise SecurityError(f"~ grows over {CAP:,} characters")
    return "".join(texts)


def filled(value: object, name: str) -> object:
    """The value, unless there is nothing in it."""
    if isinstance(value, str) and (not value or value.isspace()):
        raise Blank(name)
    return value


def measured(value: object) -> object:
    """Data that a template takes up, refused where it is too big to be meant for a text."""
    if isinstance(value, str):
        if len(value) > MAX_VALUE:
            raise SecurityError(f"a field has more than {MAX_VALUE >> 10} KiB")
    elif isinstance(value, (list, dict)) and len(value) > MAX_LIST:
        raise SecurityError(f"a list or a map has more than {MAX_LIST:,} items")
    return value


class Measured(Context):
    """A context whose values are measured as they are taken up."""

    def resolve_or_missing(self, key: str) -> Any:  # noqa: ANN401 - Jinja's signature
        value = self.vars[key] if key in self.vars else self.parent.get(key, _NOWHERE)
        return super().resolve_or_missing(key) if value is _NOWHERE else measured(value)


_NOWHERE = object()
