"""The classic YAML traps: each gets a message that says what to write instead."""

from __future__ import annotations

import pytest

from imagepipe.document import parse, render
from imagepipe.errors import InputError, Problem


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        parse(text, "m.yaml")
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "column", "words", "hint"),
    [
        ("path: {{ sku }}", 7, "{{ must be quoted", 'path: "{{ sku }}"'),
        ("path: {{ sku }}/x", 7, "{{ must be quoted", 'path: "{{ sku }}/x"'),
        ("- {{ a }}, b", 3, "{{ must be quoted", '"{{ a }}, b"'),
        ("a: {b: {{ x }}}", 8, "{{ must be quoted", "in quotes"),
        ('path: {{ a | d("x") }}', 0, "{{ must be quoted", "'{{ a | d(\"x\") }}'"),
        ("color: #fff", 8, "begins a comment", '"#fff"'),
        ("- #fff", 3, "begins a comment", '"#fff"'),
        ("a: {a:1}", 5, "space after the colon", "{a: 1}"),
        ("text: A mug: blue", 12, "must be quoted", 'text: "A mug: blue"'),
        ("h: [*.bfl.ai]", 5, "* must be quoted", '"*.bfl.ai"'),
        ("match: *x*", 8, "* must be quoted", '"*x*"'),
        ("match: *x", 8, "no anchor", '"*x"'),
        ("a: {a: ${x}}", 8, "${ must be quoted", '"${x}"'),
        ("a: @x", 4, "cannot begin with @", '"@x"'),
        ("a: `x`", 4, "cannot begin with `", '"`x`"'),
        ("a: %x", 4, "cannot begin with %", '"%x"'),
        ('a: "C:\\x"', 9, "begins an escape", "single quotes"),
        ('a: "\\ud800"', 7, "begins an escape", "single quotes"),
        ('a: "abc', 4, "never closed", None),
        ("a: [1, 2\nb: 3", 2, "expected `,` or `]`", "line 1"),
        ("a:\n\tb: 1", 1, "a tab cannot indent", "spaces"),
        ("a:1\nb: 2", 2, "space is missing after the colon", "a: 1"),
        ('a: "x" y', 8, "does not belong", "quote the whole text"),
        ('"a": 1\n"b" 2\n', 1, "colon is missing", None),
        (
            "a:\n<<<<<<< us\n  b: 1\n=======\n  b: 2\n>>>>>>> them\n",
            1,
            "a merge left two",
            "keep one",
        ),
        ("a: 1\n b: 2", 3, "cannot stand here", "indented"),
    ],
)
def test_a_trap_says_what_to_write(text: str, column: int, words: str, hint: str | None) -> None:
    """One problem, at the right column, with the remedy."""
    (problem,) = problems(text + "\n")
    assert words in problem.message
    assert problem.place is not None
    if column:
        assert problem.place.column == column
    assert (hint or "") in (problem.hint or "")


def test_several_traps_in_one_file_are_all_reported() -> None:
    """A person fixes the file once."""
    found = problems("path: {{ a }}\ncolor: #fff\nx: {a:1}\nx: 2\n")
    assert [problem.place and problem.place.line for problem in found] == [1, 2, 3, 4]


def test_a_comment_after_a_key_with_a_nested_block_is_no_trap() -> None:
    """`key: # why` followed by a block is ordinary YAML."""
    assert parse("a: # the reason\n  b: c\n", "m.yaml").root == {"a": {"b": "c"}}


def test_quoted_braces_colons_and_hashes_are_ordinary_text() -> None:
    """What was advised is accepted."""
    text = 'a: "{{ x }}"\nb: "#fff"\nc: {d: "a: b", e: "${x}"}\nf: ["*.bfl.ai"]\ng: {"h:i": ""}\n'
    assert parse(text, "m.yaml").root == {
        "a": "{{ x }}",
        "b": "#fff",
        "c": {"d": "a: b", "e": "${x}"},
        "f": ["*.bfl.ai"],
        "g": {"h:i": ""},
    }


def test_a_rendered_problem_shows_place_line_caret_and_help() -> None:
    """The format that people and editors read."""
    (problem,) = problems("a: b\ncolor: #fff\n")
    assert render(problem) == (
        "m.yaml:2:8: error[E109]: # begins a comment here, so the value is empty\n"
        "    2 | color: #fff\n"
        "      |        ^\n"
        '   help: quote it: "#fff" (a comment has a space after #)'
    )
