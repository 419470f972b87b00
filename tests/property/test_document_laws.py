"""Laws of the document: parsing agrees with a YAML emitter, and hostile text only ever refuses."""

from __future__ import annotations

import json

import yaml
from hypothesis import given
from hypothesis import strategies as st

from imagepipe.document import Mapping, Node, Sequence, parse, render
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


def assert_told(problems: tuple[Problem, ...]) -> None:
    assert problems
    for problem in problems:
        assert problem.place is not None
        assert render(problem)
