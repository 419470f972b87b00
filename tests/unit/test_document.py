"""Reading YAML: what scalars are, where everything stands, and what hostile input costs."""

from __future__ import annotations

import pytest

from imagepipe.document import Mapping, Plain, Sequence, parse, untyped
from imagepipe.document.builder import MAX_ALIASES, MAX_BYTES, MAX_DEPTH
from imagepipe.errors import InputError, Place, Problem


def refused(text: str | bytes) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        parse(text, "m.yaml")
    return list(caught.value.problems)


@pytest.mark.parametrize(
    "text",
    [
        "16:9",
        "NO",
        "on",
        "0012",
        "1_000",
        "+1",
        ".5",
        "0x10",
        "2027-01-02",
        "~",
        ".nan",
        "=",
        "1:30",
    ],
)
def test_what_yaml_1_1_would_convert_stays_the_text_that_was_typed(text: str) -> None:
    """No scalar becomes a sexagesimal, a date or a boolean by surprise."""
    root = parse(f"a: {text}\n", "m.yaml").root
    assert isinstance(root, Mapping)
    assert type(root["a"]) is str
    assert root["a"] == text
    assert untyped(root) == {"a": text}


@pytest.mark.parametrize("text", ["1", "-1", "1.10", "0", "1e5", "true", "false", "null"])
def test_json_forms_are_marked_as_plain_and_equal_their_text(text: str) -> None:
    """Only JSON's own forms may become numbers later, and only unquoted ones."""
    root = parse(f"a: {text}\nb: '{text}'\n", "m.yaml").root
    assert isinstance(root, Mapping)
    assert type(root["a"]) is Plain
    assert type(root["b"]) is str
    assert root["a"] == root["b"] == text


def test_every_key_value_and_item_knows_its_line_and_column() -> None:
    """Positions count from 1, in characters, and survive nesting."""
    document = parse("a: 1\nbé: [x, {c: d}]\n", "m.yaml")
    assert document.place(["a"]) == Place("m.yaml", 1, 4)
    assert document.place(["bé"], key=True) == Place("m.yaml", 2, 1)
    assert document.place(["bé", 0]) == Place("m.yaml", 2, 6)
    assert document.place(["bé", 1, "c"]) == Place("m.yaml", 2, 13)
    assert document.place(["bé", 1, "missing"]) == Place("m.yaml", 2, 9)


def test_an_alias_is_the_value_of_its_anchor() -> None:
    """Plain anchors and aliases work; only bombs and cycles are refused."""
    root = parse("a: &x [1, 2]\nb: *x\n", "m.yaml").root
    assert isinstance(root, Mapping)
    assert root["a"] is root["b"]
    assert isinstance(root["b"], Sequence)


def test_a_byte_order_mark_and_windows_line_ends_are_no_mistake() -> None:
    """Editors on Windows write both."""
    document = parse(b"\xef\xbb\xbfa: b\r\nc: d\r\n", "m.yaml")
    assert document.root == {"a": "b", "c": "d"}
    assert document.place(["c"]) == Place("m.yaml", 2, 4)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("a: é".encode("latin-1"), "the byte 0xe9 is not UTF-8"),
        ("a: b".encode("utf-16"), "UTF-16"),
        ("a: b".encode("utf-16-le"), "UTF-16"),
        (b"a: b\nc: \0", "U+0000"),
        (b"a: b\n\x1b[2J", "U+001B"),
        ("a: b\ufeff".encode(), "U+FEFF"),
    ],
)
def test_text_that_is_not_clean_utf8_is_refused(data: bytes, message: str) -> None:
    """Mojibake in a prompt would be paid for."""
    (problem,) = refused(data)
    assert problem.code == "E101"
    assert message in problem.message


def test_the_place_of_a_bad_byte_is_its_character() -> None:
    """The position of an undecodable byte counts characters, not bytes."""
    (problem,) = refused("a: ü\nb: ü".encode() + b"\xe9")
    assert (problem.place and (problem.place.line, problem.place.column)) == (2, 5)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "a: [" * 30_000, "- " * 50_000, "".join(" " * i + "a:\n" for i in range(500))],
)
def test_deep_nesting_is_refused_after_its_first_levels(text: str) -> None:
    """100 KB of brackets cost nothing and crash nothing."""
    (problem,) = refused(text)
    assert problem.code == "E102"
    assert f"{MAX_DEPTH} levels" in problem.message


def test_an_alias_bomb_is_refused_before_anything_walks_it() -> None:
    """520 bytes must not stand for 10^10 values."""
    levels = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
    (problem,) = refused("a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + levels)
    assert problem.code == "E102"
    assert "1,000,000" in problem.message


def test_too_many_aliases_are_refused() -> None:
    """Many cheap aliases are a bomb too."""
    (problem,) = refused(f"a: &a b\nc: [{', '.join(['*a'] * (MAX_ALIASES + 1))}]\n")
    assert (problem.code, "aliases" in problem.message) == ("E102", True)


def test_a_value_that_contains_itself_is_refused() -> None:
    """A cycle would make every later walk endless."""
    (problem,) = refused("a: &x [*x]\n")
    assert "refers to itself" in problem.message


def test_a_huge_file_is_refused_by_its_size_alone() -> None:
    """Nothing is parsed of a file over the cap."""
    (problem,) = refused(b"a" * (MAX_BYTES + 1))
    assert (problem.code, "10 MiB" in problem.message) == ("E102", True)


def test_ten_thousand_inline_products_are_no_bomb() -> None:
    """The caps leave room for real catalogues."""
    rows = "".join(f"- {{sku: M-{i}, name: mug, color: blue, stock: {i}}}\n" for i in range(10_000))
    root = parse(rows, "m.yaml").root
    assert len(root) == 10_000


def test_all_duplicate_keys_are_reported_with_the_line_of_the_first() -> None:
    """The last one must not win silently; `1` and "1" are one key."""
    problems = refused('a: 1\nb: 2\na: 3\nb: {"1": x, 1: y}\n')
    assert [problem.code for problem in problems] == ["E103"] * 3
    assert [problem.place and problem.place.line for problem in problems] == [3, 4, 4]
    assert "line 1" in problems[0].message


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n...\n"])
def test_a_file_with_nothing_in_it_says_so(text: str) -> None:
    """An empty file is a mistake with a message, or the empty text where it has a document."""
    if text.startswith("---"):
        assert parse(text, "m.yaml").root == ""
    else:
        assert refused(text)[0].code == "E111"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: !!python/object:os.system x\n", "!!python/object:os.system"),
        ("a: !custom [x]\n", "!custom"),
        ("a: b\n---\nc: d\n", "second document"),
        ("a: &x {b: c}\nd: {<<: *x}\n", "merge keys"),
        ("? [a]\n: b\n", "a key must be a text"),
        ("?\n: b\n", "key is missing"),
    ],
)
def test_features_that_are_not_read_are_named(text: str, words: str) -> None:
    """What YAML has and manifests do not is refused, never guessed at."""
    assert words in refused(text)[0].message
    assert refused(text)[0].code == "E108"


def test_a_part_of_a_document_keeps_its_positions() -> None:
    """`with_root` narrows the tree without losing where things stand."""
    document = parse("a:\n  b: c\n", "m.yaml")
    assert isinstance(document.root, Mapping)
    inner = document.root["a"]
    assert document.with_root(inner).place(["b"]) == Place("m.yaml", 2, 6)
