"""Mutants of a module: one small change each, made in its syntax tree. Runs nothing.

Operators: comparison, boolean, arithmetic, constant, condition, result, statement, block, entry (of
a set, a dict or a tuple that is tested for membership), keyword, case, handler, and SQL. Left alone
are docstrings, annotations, decorators and what people read: texts that hold a space and no SQL.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Node = TypeVar("Node", bound=ast.AST)

_SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.Mod: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_NEGATED_BY_SWAP = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)
_PROSE = frozenset({"hint", "help"})
_SQL = re.compile(
    r"^(SELECT|INSERT|UPDATE|DELETE|PRAGMA|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|CREATE)\b"
    r"|^ (WHERE|ORDER BY|DESC)\b"
)
_SQL_CHANGES = (
    (r"(\w+) = \?", r"(\1 = ? OR 1)"),
    (r" = ", " != "),
    (r"\bAND\b", "OR"),
    (r"\bNOT NULL\b", "NULL"),
    (r"\bIS NULL\b", "IS NOT NULL"),
    (r" ORDER BY [\w, ]+", ""),
    (r" DESC\b", ""),
    (r"\bOR (REPLACE|IGNORE)\b", ""),
    (r"\bIMMEDIATE\b", "DEFERRED"),
    (r"=(ON|FULL)\b", "=OFF"),
    (r"=OFF\b", "=ON"),
    (r"\+ 1\b", "+ 2"),
    (r"\b(COMMIT)\b", "ROLLBACK"),
    (r"\bROLLBACK\b(?! TO)", "COMMIT"),
    (r"\bROLLBACK TO\b", "RELEASE"),
)


Function: TypeAlias = "tuple[str, int] | None"


@dataclass(frozen=True, slots=True)
class Mutant:
    """`name` stays when lines move; `function` is the outermost one around it, by name and line.

    `lines` are those of its statement, without the statements inside that.
    """

    name: str
    line: int
    lines: range
    function: Function
    code: CodeType


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where a node hangs, so that another can take its place for a moment."""

    parent: ast.AST
    field: str
    index: int | None
    node: ast.AST
    scope: str
    function: Function
    lines: range

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def mutants(source: str, path: str) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its text."""
    tree = ast.parse(source)
    seen: Counter[str] = Counter()
    for slot in [*_slots(tree, "", None, range(0))]:
        old = _short(slot.node)
        for what, node in [*changes(slot.node, slot.parent, slot.field)]:
            change = what if " without " in what else f"{what}: {old} -> {_short(node)}"
            name = f"{slot.scope or 'module'}: {change}"
            seen[name] += 1
            name += f" #{seen[name]}" if seen[name] > 1 else ""
            slot.put(ast.fix_missing_locations(ast.copy_location(node, slot.node)))
            code = compile(tree, path, "exec", dont_inherit=True)
            slot.put(slot.node)
            line = getattr(slot.node, "lineno", slot.lines.start)
            yield Mutant(name, line, slot.lines, slot.function, code)


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 90 else f"{text[:50]}...{text[-37:]}"


def _slots(node: ast.AST, scope: str, function: Function, lines: range) -> Iterator[_Slot]:
    inside = _inside(node, scope, function)
    for field, value in ast.iter_fields(node):
        if _is_left_alone(node, field):
            continue
        within = inside if field == "body" else (scope, function)
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST):
                at = _lines(child) or lines
                yield _Slot(node, field, index, child, *within, at)
                yield from _slots(child, *within, at)


def _inside(node: ast.AST, scope: str, function: Function) -> tuple[str, Function]:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return scope, function
    name = f"{scope}.{node.name}" if scope else node.name
    if function is None and not isinstance(node, ast.ClassDef):
        return name, (name, min([node.lineno, *(one.lineno for one in node.decorator_list)]))
    return name, function


def _lines(node: ast.AST) -> range | None:
    """The lines of a statement's own, or None if it is no statement."""
    if isinstance(node, ast.ExceptHandler):
        return range(node.lineno, node.lineno + 1)
    if not isinstance(node, ast.stmt):
        return None
    inner = [*getattr(node, "body", []), *getattr(node, "cases", [])][:1]
    end = node.end_lineno or node.lineno
    for one in inner:
        end = (one.pattern if isinstance(one, ast.match_case) else one).lineno - 1
    return range(node.lineno, max(end, node.lineno) + 1)


def _is_left_alone(node: ast.AST, field: str) -> bool:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return field in ("decorator_list", "returns", "bases", "keywords", "type_params")
        case ast.AnnAssign(annotation=ast.Name(id="TypeAlias")):
            return True
        case ast.Assign(value=ast.Call(func=ast.Name(id="TypeVar" | "cast"))):
            return True
        case ast.Raise() | ast.Import() | ast.ImportFrom() | ast.Global() | ast.Nonlocal():
            return not isinstance(node, ast.Raise)
        case ast.arg() | ast.AnnAssign():
            return field == "annotation"
        case ast.Call(func=ast.Name(id="cast")):
            return True
    return False


def changes(node: ast.AST, parent: ast.AST, field: str) -> Iterator[tuple[str, ast.AST]]:
    """What may stand in a node's place, and by which operator."""
    if isinstance(node, ast.expr):
        yield from _of_expression(node, parent, field)
    elif isinstance(node, ast.stmt):
        yield from _of_statement(node)
    elif isinstance(node, ast.ExceptHandler):
        if not (len(node.body) == 1 and isinstance(node.body[0], ast.Raise)):
            yield "handler", ast.ExceptHandler(node.type, node.name, [ast.Raise()])
        if isinstance(node.type, ast.Tuple):
            for lost, less in _without_one(node.type.elts):
                fewer = ast.Tuple(less, ast.Load())
                yield f"except without {lost}", ast.ExceptHandler(fewer, node.name, node.body)
    elif isinstance(node, ast.match_case):
        if node.guard is not None:
            yield "condition", ast.match_case(node.pattern, _not(node.guard), node.body)
    elif isinstance(node, ast.MatchOr):
        for lost, others in _without_one(node.patterns):
            yield f"case without {lost}", ast.MatchOr(others) if len(others) > 1 else others[0]


def _of_expression(node: ast.expr, parent: ast.AST, field: str) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Compare(left, ops, rights):
            for index, op in enumerate(ops):
                new = [*ops[:index], _SWAPPED[type(op)](), *ops[index + 1 :]]
                yield "comparison", ast.Compare(left, new, rights)  # type: ignore[arg-type]
            if isinstance(ops[0], ast.In | ast.NotIn) and isinstance(rights[0], ast.Tuple):
                for lost, less in _without_one(rights[0].elts):
                    fewer = ast.Tuple(less, ast.Load())
                    yield f"{_short(node)} without {lost}", ast.Compare(left, ops, [fewer])
        case ast.BoolOp(op, values):
            yield "boolean", ast.BoolOp(_SWAPPED[type(op)](), values)  # type: ignore[arg-type]
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield "boolean" if isinstance(node.op, ast.Not) else "arithmetic", operand
        case ast.BinOp(left, op, right) if type(op) in _SWAPPED:
            yield "arithmetic", ast.BinOp(left, _SWAPPED[type(op)](), right)  # type: ignore[arg-type]
        case ast.Constant():
            yield from _of_constant(node, parent)
        case ast.Set(elts):
            for lost, less in _without_one(elts):
                yield (
                    f"set without {lost}",
                    ast.Set([*less]) if less else ast.Call(ast.Name("set", ast.Load()), [], []),
                )
        case ast.Dict(keys, values):
            for index, key in enumerate(keys):
                rest = ast.Dict(_but(keys, index), _but(values, index))
                yield f"dict without {_short(key or values[index])}", rest
        case ast.Call(func, args, keywords):
            for index, word in enumerate(keywords):
                if word.arg is not None and word.arg not in _PROSE:
                    call = ast.Call(func, args, _but(keywords, index))
                    yield f"{_short(func)} without {word.arg}", call
        case _:
            pass
    if (isinstance(parent, ast.If | ast.While | ast.IfExp) and field == "test") or (
        isinstance(parent, ast.comprehension) and field == "ifs"
    ):
        yield from _of_condition(node)


def _of_condition(node: ast.expr) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.UnaryOp(op=ast.Not()):
            return
        case ast.Compare(ops=[op]) if isinstance(op, _NEGATED_BY_SWAP):
            return
        case _:
            yield "condition", _not(node)


def _of_constant(node: ast.Constant, parent: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    value = node.value
    if isinstance(parent, ast.Expr):
        return
    if isinstance(value, bool):
        yield "constant", ast.Constant(not value)
    elif isinstance(value, int | float):
        yield "constant", ast.Constant(value + 1)
    elif isinstance(value, str) and _SQL.search(value):
        for pattern, new in _SQL_CHANGES:
            for found in re.finditer(pattern, value):
                text = value[: found.start()] + found.expand(new) + value[found.end() :]
                yield "sql", ast.Constant(text)
    elif isinstance(value, str | bytes) and not isinstance(parent, ast.JoinedStr):
        space, other = (" ", "other") if isinstance(value, str) else (b" ", b"other")
        if space not in value:  # type: ignore[operator]  # of its own kind
            yield "constant", ast.Constant(other)


def _of_statement(node: ast.stmt) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Return(value) if value is not None and not _is_none(value):
            yield "result", ast.Return(ast.Constant(None))
        case ast.Expr(ast.Constant()) | ast.Assign(targets=[ast.Name() | ast.Tuple()]):
            return
        case ast.Expr(ast.Call(func=ast.Name(id="assert_never"))):
            return
        case (
            ast.Expr()
            | ast.Assign()
            | ast.AugAssign()
            | ast.Raise()
            | ast.Delete()
            | ast.Break()
            | ast.Continue()
            | ast.Return(value=None)
        ):
            yield "statement", ast.Pass()
        case ast.With(items, body) | ast.AsyncWith(items, body):
            if all(item.optional_vars is None for item in items):
                yield "block", ast.If(ast.Constant(True), body, [])
        case ast.Match(subject, cases):
            for index, case in enumerate(cases):
                if not _is_never(case) and len(cases) > 1:
                    less = ast.Match(subject, _but(cases, index))
                    yield f"match without {_short(case.pattern)}", less
        case _:
            pass


def _is_never(case: ast.match_case) -> bool:
    return "assert_never" in ast.unparse(case)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _not(node: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), node)


def _but(items: list[T], index: int) -> list[T]:
    return [*items[:index], *items[index + 1 :]]


def _without_one(items: Sequence[Node]) -> Iterator[tuple[str, list[Node]]]:
    for index, item in enumerate(items):
        yield _short(item), _but([*items], index)
