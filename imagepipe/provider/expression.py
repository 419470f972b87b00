"""JMESPath as specs use it: compiled once, evaluated with its own idea of emptiness, and linted.

A type error (`starts_with` of null) is "no value", since replies come in more shapes than a spec
knows. What can be seen without a reply - unknown functions, wrong numbers of arguments, two
comparisons that are silently false - is found at load; the library itself tells only when it runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions
from jmespath.lexer import Lexer
from jmespath.parser import ParsedResult
from jmespath.visitor import Options, TreeInterpreter

from imagepipe.document import suggestion
from imagepipe.model import Json

_Ast: TypeAlias = "dict[str, Any]"
"""A node of jmespath's parse tree, which has no types of its own."""

_COMPARISONS = frozenset({"eq", "ne", "lt", "lte", "gt", "gte"})
_LITERALS = frozenset({"true", "false", "null"})


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled JMESPath; two of the same text are equal."""

    text: str
    _compiled: ParsedResult = field(repr=False, compare=False)
    _names: tuple[str, ...] | None = field(default=None, repr=False, compare=False)
    """The fields of a plain path (`error.code`), which most are: looked up without jmespath."""

    def search(self, body: Json) -> Json:
        """What the expression finds in `body`; None if nothing, or if types do not fit."""
        if self._names is not None:
            return _looked_up(self._names, body)
        try:
            return cast(Json, _INTERPRETER.visit(cast("Any", self._tree), body))
        except (JMESPathError, RecursionError, ArithmeticError):
            return None

    def branches(self) -> list[str]:
        """The names of all `||` alternatives in it, in the order they are written."""
        return [name for _, name in _alternatives(self.text, self._tree)]

    def branch_taken(self, body: Json) -> set[str]:
        """The names of those alternatives that gave their `||` its value, for this body."""
        recorder = _Recorder()
        try:
            recorder.visit(cast("Any", self._tree), body)
        except (JMESPathError, RecursionError, ArithmeticError):
            return set()
        named = _alternatives(self.text, self._tree)
        return {name for node, name in named if id(node) in recorder.gave}

    @property
    def _tree(self) -> _Ast:
        return cast(_Ast, self._compiled.parsed)


def expression(text: str) -> Expression:
    """The compiled expression.

    Raises:
        ValueError: `text` is no JMESPath; the message says why, on one line.
    """
    try:
        compiled = jmespath.compile(text)
        return Expression(text, compiled, _plain(cast(_Ast, compiled.parsed)))
    except JMESPathError as error:
        raise ValueError(str(error).partition("\n")[0].rstrip(": ")) from error


_INTERPRETER = TreeInterpreter(Options())
"""It keeps nothing of what it visits; making one for each value costs more than most visits."""


def _plain(node: _Ast) -> tuple[str, ...] | None:
    """The names of a path that consists of nothing else."""
    match node:
        case {"type": "field", "value": str(name)}:
            return (name,)
        case {"type": "subexpression", "children": [*children]}:
            found = [_plain(child) for child in children]
            return None if None in found else tuple(name for one in found for name in one or ())
        case _:
            return None


def _looked_up(names: tuple[str, ...], value: Json) -> Json:
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def is_empty(value: Json) -> bool:
    """JMESPath's own emptiness: null, false, "", [] and {}. A 0 is a value (a refund is a cost)."""
    return value is None or value is False or value in ("", [], {})


def lint(expr: Expression) -> Iterator[str]:
    """What is surely a mistake in an expression, each in one sentence."""
    yield from _calls(expr._tree)  # noqa: SLF001 - the parse tree is this module's business only
    yield from _silent_comparisons(expr.text)


def _calls(node: _Ast) -> Iterator[str]:
    if node["type"] == "function_expression":
        yield from _call(node["value"], len(node["children"]))
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _calls(child)


def _call(name: str, given: int) -> Iterator[str]:
    known = Functions.FUNCTION_TABLE.get(name)
    if known is None:
        yield f"JMESPath has no function {name}(){suggestion(name, Functions.FUNCTION_TABLE)}"
        return
    signature = known["signature"]
    wanted = len(signature)
    if signature and signature[-1].get("variadic"):
        if given < wanted:
            yield f"{name}() takes at least {wanted} arguments, not {given}"
    elif given != wanted:
        yield f"{name}() takes {wanted} argument{'' if wanted == 1 else 's'}, not {given}"


def _silent_comparisons(text: str) -> Iterator[str]:
    """`status == "RUNNING"` compares two fields, and so does `x == false`: both never hold."""
    tokens = list(Lexer().tokenize(text))
    for left, middle, right in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if middle["type"] not in _COMPARISONS:
            continue
        if right["type"] == "quoted_identifier":
            word = right["value"]
            yield f"\"{word}\" in double quotes is a field's name; a text is written '{word}'"
        for side in (left, right):
            if side["type"] == "unquoted_identifier" and side["value"] in _LITERALS:
                word = side["value"]
                yield f"a bare {word} is a field's name; the value is written `{word}` in backticks"


class _Recorder(TreeInterpreter):
    """Evaluates as jmespath does, and notes which side each `||` took its value from."""

    def __init__(self) -> None:
        super().__init__(Options())
        self.gave: set[int] = set()

    def visit_or_expression(self, node: Any, value: Json) -> Json:  # noqa: ANN401 - jmespath's
        found: Json = None
        for side in node["children"]:
            found = cast(Json, self.visit(side, value))
            if not is_empty(found):
                self.gave.add(id(side))
                break
        return found


def _alternatives(text: str, tree: _Ast) -> list[tuple[_Ast, str]]:
    """Every alternative of every `||` with a name: its text where that can be told."""
    found = list(_leaves(tree))
    texts = _split(text) if tree["type"] == "or_expression" else []
    if len(texts) == len(found):
        return list(zip(found, texts, strict=True))
    return [(node, f"alternative {number} of {text}") for number, node in enumerate(found, 1)]


def _leaves(node: _Ast) -> Iterator[_Ast]:
    for child in node["children"]:
        if not isinstance(child, dict):
            continue
        if node["type"] == "or_expression" and child["type"] != "or_expression":
            yield child
        yield from _leaves(child)


def _split(text: str) -> list[str]:
    """The text between `||`s that stand in no brackets."""
    depth, start, parts = 0, 0, []
    for token in Lexer().tokenize(text):
        kind = token["type"]
        if kind in ("lparen", "lbracket", "filter", "lbrace"):
            depth += 1
        elif kind in ("rparen", "rbracket", "rbrace"):
            depth -= 1
        elif kind == "or" and depth == 0:
            parts.append(text[start : token["start"]].strip())
            start = token["start"] + len("||")
    return [*parts, text[start:].strip()]
