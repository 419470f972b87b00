"""Schemas over documents: values where they are asked for, and errors in words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from imagepipe.document import check, closest, parse, render, typed
from imagepipe.errors import Place, Problem
from imagepipe.model import Json

SCHEMA: Json = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "count": {"type": "integer", "minimum": 1},
        "guidance": {"type": "number"},
        "seed": {"anyOf": [{"type": "integer"}, {"enum": ["auto", "none"]}]},
        "hold": {"type": "boolean"},
        "mode": {"enum": ["hold", "resubmit"]},
        "params": {"type": "object"},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
        "prompt": {"oneOf": [{"type": "string"}, {"$ref": "#/definitions/prompt"}]},
        "many": {"type": "object", "additionalProperties": {"$ref": "#/definitions/prompt"}},
        "derive": {"not": {}, "errorMessage": "`derive` is reserved"},
    },
    "definitions": {
        "prompt": {
            "type": "object",
            "required": ["text"],
            "additionalProperties": False,
            "properties": {"text": {"type": "string"}, "weight": {"type": "number"}},
        }
    },
}


def found(text: str) -> list[Problem]:
    return check(parse(text, "m.yaml"), SCHEMA)


def value(text: str) -> Json:
    return typed(parse(text, "m.yaml").root, SCHEMA)


def test_numbers_are_read_only_where_the_schema_asks_for_them() -> None:
    """The same characters are a text in one place and a number in another."""
    assert value("name: 12\ncount: 12\nguidance: 3.50\nseed: 7\nhold: true\n") == {
        "name": "12",
        "count": 12,
        "guidance": Decimal("3.50"),
        "seed": 7,
        "hold": True,
    }


def test_a_union_keeps_words_and_reads_numbers() -> None:
    """`seed: auto` stays a word; quoted digits stay text."""
    assert value("seed: auto\n") == {"seed": "auto"}
    assert value('seed: "7"\n') == {"seed": "7"}


def test_where_the_schema_is_silent_any_json_is_meant() -> None:
    """`params` are passed on with their types."""
    assert value("params: {a: 1, b: [1.50, true, null, no, '1'], c: {d: 0x1}}\n") == {
        "params": {"a": 1, "b": [Decimal("1.50"), True, None, "no", "1"], "c": {"d": "0x1"}}
    }


def test_references_and_alternatives_are_followed() -> None:
    """`$ref` under `oneOf` and under additionalProperties types its members."""
    assert value("prompt: {text: 1, weight: 1}\n") == {"prompt": {"text": "1", "weight": 1}}
    assert value("many: {a: {text: 1, weight: 2}}\n") == {"many": {"a": {"text": "1", "weight": 2}}}


def test_a_sound_document_has_no_problems() -> None:
    """Nothing is made up."""
    assert found("name: x\ncount: 2\nmode: hold\nprompt: {text: y}\ntags: [a]\n") == []


@pytest.mark.parametrize(
    ("text", "code", "message", "hint"),
    [
        ("nmae: x", "E104", 'unknown key "nmae" (did you mean "name"?)', None),
        ("zzz: x", "E104", 'unknown key "zzz"', "known here: count, guidance"),
        ("count: many", "E105", '`count` must be a whole number, not "many"', None),
        ('count: "2"', "E105", '`count` must be a whole number, not "2"', "without quotes"),
        ("count: 1_000", "E105", '`count` must be a whole number, not "1_000"', "1000, not 1_000"),
        ("count: 1.5", "E105", '`count` must be a whole number, not "1.5"', None),
        ("count: 0", "E107", "`count` must be at least 1", None),
        ("hold: yes", "E105", '`hold` must be true or false, not "yes"', "write true or false"),
        ("mode: hodl", "E107", '`mode` cannot be "hodl" (did you mean "hold"?)', "hold, resubmit"),
        ("seed: atuo", "E107", '`seed` cannot be "atuo" (did you mean "auto"?)', None),
        ("seed: [1]", "E105", "`seed` must be", None),
        ("tags: [a, b, c]", "E107", "`tags` has more than 2 entries", None),
        ("tags: a", "E105", '`tags` must be a list, not "a"', None),
        ("prompt: [a]", "E105", "`prompt` must be a text or a map, not a list", None),
        ("prompt: {txt: a}", "E104", 'unknown key "txt" in `prompt` (did you mean "text"?)', None),
        ("prompt: {weight: 1}", "E106", "`prompt` lacks `text`", None),
        ("many: {a: {}}", "E106", "`many.a` lacks `text`", None),
        ("many: a:b", "E105", '`many` must be a map, not "a:b"', "space is missing"),
        ("derive: 1", "E110", "`derive` is reserved", None),
        ("name:", "E107", "`name` must not be empty", None),
        ("params: 3", "E105", '`params` must be a map, not "3"', None),
    ],
)
def test_an_error_is_worded(text: str, code: str, message: str, hint: str | None) -> None:
    """What, and what to do; the code is stable."""
    problems = found(text + ("" if text.startswith("name") else "\nname: x") + "\n")
    match = [p for p in problems if message in p.message]
    assert match, [p.message for p in problems]
    assert match[0].code == code
    assert (hint or "") in (match[0].hint or "")


def test_all_errors_come_at_once_in_the_order_of_the_file() -> None:
    """Unknown keys point at the key, wrong values at the value."""
    problems = found("count: x\nhodl: true\nmode: q\n")
    assert [(p.code, str(p.place)) for p in problems] == [
        ("E106", "m.yaml:1:1"),
        ("E105", "m.yaml:1:8"),
        ("E104", "m.yaml:2:1"),
        ("E107", "m.yaml:3:7"),
    ]


def test_closest_suggests_only_what_is_near() -> None:
    """A suggestion that is no likely slip would mislead."""
    assert closest("titel", ["title", "name"]) == "title"
    assert closest("Title", ["title"]) == "title"
    assert closest("form", ["format", "from"]) == "from"
    assert closest("colour", ["title", "name"]) is None


def test_rendering_cleans_what_a_terminal_would_obey() -> None:
    """No file writes escape sequences or turns the text direction through a message."""
    problem = Problem("E1", "\x1b[31mx\u202e", Place("a\x07b", 1, 1), "h\x9b", "a\x1b[2Jb")
    text = render(problem)
    assert not set(text) & set("\x1b\x07\x9b\u202e")


def test_carets_stand_under_wide_characters_and_in_long_lines() -> None:
    """A CJK character takes two columns; a long line is cut around the caret."""
    wide = render(Problem("E1", "m", Place("f", 1, 3), None, "漢字x", 1)).splitlines()
    assert wide[2].index("^") - wide[1].index("漢") == 4
    far = render(Problem("E1", "m", Place("f", 1, 5001), None, "a" * 5000 + "X" + "b" * 5000))
    lines = far.splitlines()
    assert lines[1][lines[2].index("^")] == "X"
    assert len(lines[1]) < 130


def test_colour_is_only_added_when_asked_for() -> None:
    """Plain output holds no escape sequences."""
    problem = Problem("E1", "m", Place("f", 1, 1), "h", "x")
    assert "\x1b" not in render(problem)
    assert "\x1b[31m" in render(problem, color=True)
