"""Compiling and running with Jinja2: its exceptions end here, as `TemplateError`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from jinja2 import Template as Compiled
from jinja2 import TemplateError as JinjaError
from jinja2 import TemplateNotFound, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.meta import TrackingCodeGenerator
from jinja2.parser import Parser
from jinja2.runtime import Undefined

from imagepipe.template import CAP, Context, TemplateError
from imagepipe.template.bounds import ROUNDS, Blank
from imagepipe.template.filters import available
from imagepipe.template.quick import quick
from imagepipe.template.sandbox import Loader, NoSuchName, Sandbox, verify

_MAX_INCLUDES = 8
_RESULT = "__result"
_MAX_INCLUDED = 64
"""Files that one text may include, each as often as it does."""

_RUNTIME = (
    JinjaError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError,
)  # fmt: skip
_COMPILING = (JinjaError, SyntaxError, ValueError, ArithmeticError, RecursionError)
"""Python's own compiler has limits too, and so have its numbers."""

_FEW = 64
"""Parts of a text that are put together without counting: no part is longer than the cap."""


def shown(value: object) -> object:
    """Data in a text: a list or a map has no text of its own.

    Raises:
        SecurityError: it is a list or a map.
    """
    if isinstance(value, (list, tuple, dict, Iterator)):
        what = "a map" if isinstance(value, dict) else "a list"
        raise SecurityError(f"{what} is put into a text: take a part of it, or use `| join(', ')`")
    if value is None:
        raise SecurityError("`none` is put into a text")
    if isinstance(value, str) and len(value) > CAP:
        raise SecurityError(f"a field of more than {CAP >> 10} KiB is put into a text")
    return value


def flat(value: object) -> object:
    """Data in a path: no slash of its own."""
    value = shown(value)
    return value.replace("/", "-").replace("\\", "-") if isinstance(value, str) else value


class Workshop:
    """One Jinja environment, for texts or for paths."""

    def __init__(self, read: Callable[[str], str] | None, *, path: bool) -> None:
        loader = Loader(read) if read is not None else None
        self._loader = loader
        self._included = 0
        self._path = path
        self._sandbox = Sandbox(loader, flat if path else shown)

    def text(self, source: str) -> tuple[Callable[[Context], str], frozenset[str]]:
        """A renderer of a text, and the names it uses.

        Raises:
            TemplateError: it cannot be compiled.
        """
        try:
            tree = self._sandbox.parse(source)
            self._included = 0
            names = self._names(tree, 0)
            compiled = self._sandbox.from_string(source)
        except _COMPILING as error:
            raise _told(error) from error
        looping = any(True for _ in tree.find_all((nodes.For, nodes.Include)))
        parts = sum(len(output.nodes) for output in tree.find_all(nodes.Output))
        render = _renderer(compiled, looping=looping, counting=looping or parts > _FEW)
        return quick(tree, render, path=self._path), names

    def expression(self, source: str) -> tuple[Callable[[Context], object], frozenset[str]]:
        """An evaluator of an expression, and the names it uses.

        Raises:
            TemplateError: it cannot be compiled.
        """
        try:
            parser = Parser(self._sandbox, source, state="variable")
            expression = parser.parse_expression()
            if not parser.stream.eos:
                _unfinished(parser)
            expression = verify(expression, None)
            expression.set_environment(self._sandbox)
            target = nodes.Name(_RESULT, "store", lineno=1)
            tree = nodes.Template([nodes.Assign(target, expression, lineno=1)], lineno=1)
            names = self._names(nodes.Template([nodes.Output([expression])], lineno=1), 0)
            compiled = self._sandbox.from_string(tree)
        except _COMPILING as error:
            raise _told(error) from error
        return _evaluator(compiled), names

    def _names(self, tree: nodes.Template, depth: int) -> frozenset[str]:
        """The undeclared names of a tree and of what it includes."""
        tree.set_environment(self._sandbox)
        names = _undeclared(self._sandbox, tree)
        for include in tree.find_all(nodes.Include):
            self._included += 1
            if depth >= _MAX_INCLUDES or self._included > _MAX_INCLUDED or self._loader is None:
                raise TemplateSyntaxError("`include` goes too deep, or in a circle", include.lineno)
            file = include.template
            if isinstance(file, nodes.Const):
                source = self._source(self._loader, str(file.value), include.lineno)
                names |= self._names(self._sandbox.parse(source), depth + 1)
        return frozenset(names)

    def _source(self, loader: Loader, file: str, line: int) -> str:
        """The text of an included file; one that cannot be had is a mistake in this line."""
        try:
            return loader.get_source(self._sandbox, file)[0]
        except TemplateNotFound as error:
            raise TemplateSyntaxError(error.message or f"no file {file}", line) from error


def _undeclared(sandbox: Sandbox, tree: nodes.Template) -> set[str]:
    """The names that are looked up; as `jinja2.meta` does it, which would fold constants too."""
    walk = TrackingCodeGenerator(sandbox)
    walk.optimizer = None
    walk.visit(tree)
    return walk.undeclared_identifiers


def _unfinished(parser: Parser) -> None:
    token = parser.stream.current
    raise TemplateSyntaxError(f'unexpected "{token.value}" after the expression', token.lineno)


def _renderer(compiled: Compiled, *, looping: bool, counting: bool) -> Callable[[Context], str]:
    root, gather = compiled.root_render_func, _gathered if counting else "".join
    scope = _scopes(compiled)

    def render(context: Context) -> str:
        if looping:
            context = {**context, ROUNDS: [0]}
        try:
            text = gather(root(scope(context)))
        except _RUNTIME as error:
            raise _told(error) from error
        if len(text) > CAP:
            raise TemplateError(f"the text has more than {CAP >> 10} KiB")
        return text

    return render


def _scopes(compiled: Compiled) -> Callable[[Context], Any]:
    """Makes Jinja contexts from a pattern: making each from scratch costs as much as rendering.

    Each is new, since several threads may render one template.
    """
    pattern = compiled.new_context({}, True)
    facts, kind = dict(vars(pattern)), type(pattern)

    def scope(context: Context) -> Any:  # noqa: ANN401 - Jinja's own, with attributes set here
        fresh: Any = object.__new__(kind)
        fresh.__dict__.update(facts)
        fresh.parent, fresh.vars = context, {}
        return fresh

    return scope


def _gathered(parts: Iterable[str]) -> str:
    """The parts of a text, as long as it stays below the cap."""
    total, kept = 0, []
    for part in parts:
        kept.append(part)
        total += len(part)
        if total > CAP:
            break
    return "".join(kept)


def _evaluator(compiled: Compiled) -> Callable[[Context], object]:
    root = compiled.root_render_func
    scope = _scopes(compiled)

    def evaluate(context: Context) -> object:
        try:
            fresh = scope(context)
            for _ in root(fresh):
                pass
            result = fresh.vars[_RESULT]
            return str(result) if isinstance(result, Undefined) else result
        except _RUNTIME as error:
            raise _told(error) from error

    return evaluate


def _told(error: BaseException) -> TemplateError:
    match error:
        case NoSuchName():
            return _no_such(error)
        case Blank():
            return TemplateError(str(error), line=_line(error), name=error.name, empty=True)
        case TemplateSyntaxError():
            return TemplateError(_syntax(error), line=error.lineno, hint=_like(error.message or ""))
        case TemplateNotFound():
            return TemplateError(error.message or f"no file {error.name}")
        case RecursionError() | SyntaxError():
            return TemplateError("the template is nested too deeply")
        case TypeError() if "not supported between" in str(error):
            hint = "fields are text: convert with `| int` or `| float` first"
            message = "a text is compared with a number"
            return TemplateError(message, line=_line(error), hint=hint)
        case _:
            return TemplateError(f"{error}" or type(error).__name__, line=_line(error))


def _like(said: str) -> str | None:
    """What a filter that there is not was probably meant to be."""
    found = re.match(r"No filter named '(.*)'", said)
    if found is None:
        return None
    near = get_close_matches(found[1], [name for name in available() if " " not in name], 1)
    return f"did you mean {near[0]}?" if near else "docs/templates.md lists those that there are"


def _line(error: BaseException) -> int:
    """The line of the text that was being rendered; 1 if it is not known."""
    found, step = 1, error.__traceback__
    while step is not None:
        compiled = step.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(compiled, Compiled) and compiled.name is None:
            found = compiled.get_corresponding_lineno(step.tb_lineno)
        step = step.tb_next
    return found


def _no_such(error: NoSuchName) -> TemplateError:
    what = f"{error.kind} has no" if error.member else "undefined name"
    message, line = f'{what} "{error.name}"', _line(error)
    return TemplateError(
        message, line=line, name=error.name, member=error.member, known=error.known
    )


def _syntax(error: TemplateSyntaxError) -> str:
    said = error.message or "it cannot be read"
    return said[0].lower() + said[1:].rstrip(".")
