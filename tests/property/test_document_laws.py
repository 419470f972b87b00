"""Laws of the document: parsing agrees with a YAML emitter, and hostile text only ever refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from unittest.mock import patch

import yaml
from hypothesis import given
from hypothesis import strategies as st

from imagepipe.document import Mapping, Node, Sequence, builder, parse, render
from imagepipe.document.pairs import Event, Rest
from imagepipe.errors import InputError, Problem

texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff\u2028\u2029")
)
trees = st.recursive(
    texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def plain(node: Node) -> object:
    if isinstance(node, Mapping):
        return {key: plain(value) for key, value in node.items()}
    return [plain(item) for item in node] if isinstance(node, Sequence) else str(node)


@given(trees)
def test_json_text_reads_as_itself(tree: object) -> None:
    """JSON is YAML: every tree of texts survives the way through JSON text."""
    assert plain(parse(json.dumps({"root": tree}, ensure_ascii=False), "m.yaml").root) == {
        "root": tree
    }


@given(trees)
def test_what_an_emitter_writes_in_block_style_reads_as_itself(tree: object) -> None:
    """The same through block style, with every text quoted by the emitter."""
    text = yaml.dump({"root": tree}, default_style='"', allow_unicode=True, width=10_000)
    if "!!" in text or "&id" in text:
        return
    assert plain(parse(text, "m.yaml").root) == {"root": tree}


@given(st.binary(max_size=200) | st.text(max_size=200) | st.text("{}[]:,-*&!?|>%@`\"'#ab \n\t"))
def test_any_bytes_either_parse_or_are_refused_with_a_place(data: bytes | str) -> None:
    """No input makes the reader fail in any other way, and every problem can be rendered."""
    try:
        assert parse(data, "m.yaml").place().line >= 1
    except InputError as error:
        assert_told(error.problems)


keys = st.sampled_from(
    ["a", "b", "'c'", '"<<"', "<<", "7", '""', "? [x]", "*x", '"\\0"', "&x d", "e:f"]
)
values = st.sampled_from(
    ["x", "7", "1e3", "'7'", "''", "", "~", "true", "#fff", "&x y", "*x", "!t z", "[1, p]",
     "{{ q }}", "{a: 1, a: 2}", "{a: b, c:d}", '"line\\\nbreak"', "|\n   block",
     "{7: 1.50, 'k': no}"]
)  # fmt: skip
pairs = st.lists(st.tuples(keys, values), min_size=1, max_size=6)


def told_of(text: str) -> object:
    """The tree of a text with its places and kinds, or what is wrong with it."""
    try:
        root = parse(text, "m.yaml").root
    except InputError as error:
        return error.problems
    return described(root)


def described(node: Node) -> object:
    if isinstance(node, Mapping):
        return node.flow, node.marks, {key: described(value) for key, value in node.items()}
    if isinstance(node, Sequence):
        return node.marks, [described(item) for item in node]
    return type(node), node


def one_by_one(_top: Mapping, events: Iterator[Event], _room: int) -> Rest:
    return next(events, None), None, (1, 1), 0


@given(st.lists(pairs, min_size=1, max_size=3), st.integers(1, 20))
def test_pairs_read_in_one_loop_are_those_that_are_read_one_by_one(
    maps: list[list[tuple[str, str]]], most: int
) -> None:
    """With the same places, and the same mistakes in the same order; so are too many values."""
    text = "".join(
        f"{'- ' if not number else '  '}{key}: {value}\n"
        for one in maps
        for number, (key, value) in enumerate(one)
    )
    for limit in (builder.MAX_NODES, most):
        with patch.object(builder, "MAX_NODES", limit):
            found = told_of(text)
            with patch.object(builder, "read_pairs", one_by_one):
                assert told_of(text) == found


def assert_told(problems: tuple[Problem, ...]) -> None:
    assert problems
    for problem in problems:
        assert problem.place is not None
        assert render(problem)
