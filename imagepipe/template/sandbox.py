"""The Jinja2 environment that templates run in: data in, text out, and nothing else in reach.

Three walls. What a template may be made of is a list of syntax nodes, checked when it is parsed;
what a name or a dot may reach is items of data, never an attribute of a Python object; and what
can grow is capped (`filters`). Jinja's own sandbox is underneath, for what these overlook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any, TypeVar, cast

from jinja2 import Environment, StrictUndefined, TemplateNotFound, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.loaders import BaseLoader
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from imagepipe.template import MAX_SOURCE
from imagepipe.template.bounds import Bounded, Measured, measured
from imagepipe.template.filters import available, bounded

_LOOP = frozenset(
    {"index", "index0", "revindex", "revindex0", "first", "last", "length", "depth", "previtem",
     "nextitem"}
)  # fmt: skip
_MAX_LOOPS = 2
"""`for`s within each other, in one file."""

_MAX_NODES = 2_000
"""Names, filters, operators and texts in one file."""

_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Filter,
    nodes.Test, nodes.If, nodes.For, nodes.CondExpr, nodes.BinExpr, nodes.UnaryExpr, nodes.Compare,
    nodes.Operand, nodes.Concat, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.List, nodes.Tuple,
    nodes.Dict, nodes.Pair, nodes.Keyword, nodes.Include,
)  # fmt: skip
_SAYINGS: dict[type[nodes.Node], str] = {
    nodes.Call: "calls and methods are not available: use a filter, such as {{ name | upper }}",
    nodes.Assign: "`set` is not available",
    nodes.AssignBlock: "`set` is not available",
    nodes.Macro: "`macro` is not available",
    nodes.Import: "`import` is not available: use `include`",
    nodes.FromImport: "`import` is not available: use `include`",
    nodes.Extends: "`extends` is not available: use `include`",
}


_KINDS = {"dict": "the map", "list": "the list", "str": "the text"}

Parsed = TypeVar("Parsed", bound=nodes.Node)


class NoSuchName(UndefinedError):
    """A template used a name, or a member of a map, that is not there."""

    def __init__(self, message: str | None, name: str, *, of: Any = missing) -> None:  # noqa: ANN401 - any data
        super().__init__(message)
        self.name = name
        self.member = of is not missing
        self.known = tuple(map(str, of)) if isinstance(of, dict) else ()
        self.kind = _KINDS.get(type(of).__name__, "the data")


class _Missing(StrictUndefined):
    """Jinja's strict undefined, except that its error knows the name."""

    __slots__ = ()

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,  # noqa: ANN401 - as Jinja calls it
        name: str | None = None,
        exc: type[UndefinedError] = UndefinedError,
    ) -> None:
        def error(message: str | None = None) -> NoSuchName:
            return NoSuchName(message, str(name), of=obj)

        super().__init__(hint, obj, name, exc)
        self._undefined_exception = error  # type: ignore[assignment]  # called, never caught by type


class Loader(BaseLoader):
    """`include` by the port that reads files of the manifest's folder."""

    def __init__(self, read: Callable[[str], str]) -> None:
        self._read = read

    def get_source(self, environment: Environment, template: str) -> tuple[str, None, None]:
        """The text of an included file.

        Raises:
            TemplateNotFound: it is not there, or not inside the manifest's folder.
        """
        del environment
        parts = template.replace("\\", "/").split("/")
        if ".." in parts or not parts[0] or ":" in parts[0]:
            raise TemplateNotFound(template, "include reads only files in the manifest's folder")
        try:
            text = self._read(template)
        except (OSError, UnicodeDecodeError) as error:
            said = (isinstance(error, OSError) and error.strerror) or "it is not UTF-8"
            raise TemplateNotFound(template, f"cannot include {template}: {said}") from error
        if len(text) > MAX_SOURCE:
            message = f"cannot include {template}: it has more than {MAX_SOURCE >> 10} KiB"
            raise TemplateNotFound(template, message)
        return text, None, None


class Sandbox(ImmutableSandboxedEnvironment):
    """Where prompts, paths and conditions are compiled and run."""

    context_class = Measured
    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(self, loader: Loader | None, finalize: Callable[[Any], Any] | None = None) -> None:
        super().__init__(
            undefined=_Missing,
            loader=loader,
            finalize=finalize,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            optimized=False,  # folding constants takes the square of a long chain of filters
            cache_size=256,
        )
        self.globals = {}
        self.filters = available()

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 - Jinja's signature
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:  # noqa: ANN401 - Jinja's signature
        if isinstance(obj, (dict, list, tuple, str, Undefined)):
            try:
                return measured(obj[argument])
            except (LookupError, TypeError):
                pass
        return self.undefined(obj=obj, name=argument)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - Jinja's signature
        del context
        return bounded(operator, left, right)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        return verify(super()._parse(source, name, filename), name)


def verify(tree: Parsed, name: str | None) -> Parsed:
    """Refuse what templates are not made of, and bound what may grow.

    Raises:
        TemplateSyntaxError: with the line of what is refused.
    """
    for number, (node, depth) in enumerate(_walk(tree, 0)):
        said = _refusal(node, depth)
        if number > _MAX_NODES:
            said = f"it has more than {_MAX_NODES:,} parts"
        if said:
            raise TemplateSyntaxError(said, node.lineno or 1, name)
    return cast("Parsed", Bounded(tree).visit(tree))


def _walk(node: nodes.Node, loops: int) -> Iterator[tuple[nodes.Node, int]]:
    loops += isinstance(node, nodes.For)
    yield node, loops
    for child in node.iter_child_nodes():
        yield from _walk(child, loops)


def _refusal(node: nodes.Node, loops: int) -> str | None:
    if not isinstance(node, _ALLOWED):
        return _SAYINGS.get(type(node), f"`{type(node).__name__.lower()}` is not available")
    if isinstance(node, nodes.For):
        if node.recursive:
            return "`for ... recursive` is not available"
        if loops > _MAX_LOOPS:
            return f"more than {_MAX_LOOPS} `for`s within each other"
    if isinstance(node, nodes.Include) and not isinstance(node.template, nodes.Const):
        return "`include` takes the name of a file in quotes"
    if isinstance(node, nodes.Const) and isinstance(node.value, float):
        return None if isfinite(node.value) else "a number is too large"
    if isinstance(node, nodes.Name) and node.name in ("self", "super", "caller"):
        return f"`{node.name}` is not available"
    if isinstance(node, (nodes.Filter, nodes.Test)) and (node.dyn_args or node.dyn_kwargs):
        return "* and ** before arguments are not available"
    return None


__all__ = ["Loader", "NoSuchName", "Sandbox", "SecurityError", "verify"]
