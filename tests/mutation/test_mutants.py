"""The mutants themselves: every operator makes its change, and no excuse outlives its mutant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutation.__main__ import equivalents
from tests.mutation.fresh import ROOT
from tests.mutation.operators import mutants


def made(source: str) -> set[str]:
    return {mutant.name.partition(": ")[2] for mutant in mutants(source, "x.py")}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = a < b", {"comparison: a < b -> a <= b"}),
        ("x = a and b", {"boolean: a and b -> a or b"}),
        ("x = not a", {"boolean: not a -> a"}),
        ("x = a + b", {"arithmetic: a + b -> a - b"}),
        ("x = True", {"constant: True -> False"}),
        ("x = 7", {"constant: 7 -> 8"}),
        ("x = 'word'", {"constant: 'word' -> 'other'"}),
        ("x = 'what people read'", set()),
        ("x = f'{a}word'", set()),
        ("x = {a}", {"set without a"}),
        ("x = {a: b, **c}", {"dict without a", "dict without c"}),
        ("x = a in (b, c)", {
            "comparison: a in (b, c) -> a not in (b, c)",
            "a in (b, c) without b",
            "a in (b, c) without c",
        }),
        ("f(a, b=c)", {"statement: f(a, b=c) -> pass", "f without b"}),
        ("f(hint=c)", {"statement: f(hint=c) -> pass"}),
        ("if a: f()", {"condition: a -> not a", "statement: f() -> pass"}),
        ("with a: f()", {"block: with a: f() -> if True: f()", "statement: f() -> pass"}),
        ("a.b = c", {"statement: a.b = c -> pass"}),
        ("'A docstring.'", set()),
        ("x: int = a", set()),
        ("X: TypeAlias = 'a'", set()),
        ("x = 'SELECT a FROM t WHERE b = ? ORDER BY c'", {
            ("sql: 'SELECT a FROM t WHERE b = ? ORDER BY c'"
            " -> 'SELECT a FROM t WHERE (b = ? OR 1) ORDER BY c'"),
            ("sql: 'SELECT a FROM t WHERE b = ? ORDER BY c'"
            " -> 'SELECT a FROM t WHERE b != ? ORDER BY c'"),
            "sql: 'SELECT a FROM t WHERE b = ? ORDER BY c' -> 'SELECT a FROM t WHERE b = ?'",
        }),
        ("x = 'BEGIN IMMEDIATE'", {"sql: 'BEGIN IMMEDIATE' -> 'BEGIN DEFERRED'"}),
        ("match a:\n case 1 | 2: f()\n case _: assert_never(a)", {
            "match without 1 | 2",
            "case without 1",
            "case without 2",
            "constant: 1 -> 2",
            "constant: 2 -> 3",
            "statement: f() -> pass",
        }),
        ("try: f()\nexcept (A, B): g()", {
            "handler: except (A, B): g() -> except (A, B): raise",
            "except without A",
            "except without B",
            "statement: f() -> pass",
            "statement: g() -> pass",
        }),
        ("def f(a=1):\n return a", {"result: return a -> return None", "constant: 1 -> 2"}),
    ],
)  # fmt: skip
def test_an_operator_makes_its_changes_and_no_others(source: str, expected: set[str]) -> None:
    assert made(source) == expected


def test_a_mutant_is_named_by_its_place_and_not_by_its_line() -> None:
    """So that an excuse for it lasts while the lines above it change."""
    source = "class A:\n def f(self):\n  def g():\n   return 1 + 1\n  return g\n"
    names = [mutant.name for mutant in mutants(source, "x.py")]
    assert names == [mutant.name for mutant in mutants("\n\n" + source, "x.py")]
    assert "A.f.g: constant: 1 -> 2 #2" in names
    functions = {mutant.function for mutant in mutants(source, "x.py")}
    assert functions == {("A.f", 2)}


def test_what_a_function_is_given_by_default_is_the_modules_own() -> None:
    """Its code is not where that is: the module has to be read anew."""
    (default,) = (m for m in mutants("def f(a=1): pass", "x.py") if "constant" in m.name)
    assert default.function is None


@pytest.mark.parametrize("module", equivalents())
def test_an_excuse_is_for_a_mutant_that_there_is_and_has_a_reason(module: str) -> None:
    names = {mutant.name for mutant in mutants((ROOT / module).read_text("utf-8"), module)}
    assert Path(ROOT / module).exists()
    for name, reason in equivalents()[module].items():
        assert name in names
        assert len(reason.split()) > 3
