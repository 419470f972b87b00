"""Keys: exactly what decides a picture, the same on every machine."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from imagepipe.key import auto_seed, canonical, canonical_json, differences, explain, key_of
from imagepipe.model import ImageInput, Json

HEAD: dict[str, Json] = {"spec": "runcrate", "revision": 1, "identity": "runcrate"}

json_values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=8), json_values, max_size=6), st.randoms())
def test_the_order_of_fields_never_changes_a_key(fields: dict[str, Json], rng: object) -> None:
    names = list(fields)
    rng.shuffle(names)  # type: ignore[attr-defined]  # hypothesis types it as Any
    assert key_of({name: fields[name] for name in names}) == key_of(fields)


def test_a_key_is_the_same_in_every_process() -> None:
    """PYTHONHASHSEED and locale have no part in it."""
    code = (
        "from imagepipe.key import key_of; "
        "print(key_of({'b': 'Gr\\xfcn', 'a': [1, {'y': None, 'x': True}]}))"
    )
    keys = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "42")
    }
    assert len(keys) == 1


def test_composed_and_decomposed_text_have_one_key() -> None:
    assert key_of({"prompt": "café"}) == key_of({"prompt": "café"})


def test_decimals_count_by_value_not_by_spelling() -> None:
    assert canonical_json({"g": Decimal("3.50")}) == canonical_json({"g": Decimal("3.5")})
    assert canonical_json({"g": Decimal("3.5")}) != canonical_json({"g": Decimal("3.51")})


def test_a_local_picture_counts_by_its_bytes_and_an_address_by_its_text() -> None:
    here = ImageInput("a.png", "file", sha256="ab" * 32)
    moved = ImageInput("b/c.png", "file", sha256="ab" * 32)
    assert canonical(HEAD, {"image": here}, 1) == canonical(HEAD, {"image": moved}, 1)
    one = ImageInput("https://shop.example/a.png", "url")
    other = ImageInput("https://shop.example/b.png", "url")
    assert canonical(HEAD, {"image": one}, 1) != canonical(HEAD, {"image": other}, 1)


def test_the_sample_index_is_part_of_the_key() -> None:
    first, second = (canonical(HEAD, {"prompt": "mug"}, index) for index in (1, 2))
    assert key_of(first) != key_of(second)


@given(st.dictionaries(st.text(max_size=6), json_values, max_size=4), json_values)
def test_what_explain_prints_decides_the_key(fields: dict[str, Json], extra: Json) -> None:
    """The walk and the hash cannot drift: equal walks have equal keys, and the other way round."""
    one = {"fields": fields}
    two = {"fields": {**fields, "extra": extra}}
    same_walk = list(explain(one)) == list(explain(two))
    assert same_walk == (key_of(one) == key_of(two))


def test_differences_name_the_field_with_its_old_and_new_value() -> None:
    old = canonical(HEAD, {"prompt": "a red mug", "seed": 7}, 1)
    new = canonical(HEAD, {"prompt": "a blue mug", "width": 512, "seed": 7}, 1)
    assert differences(old, new) == [
        ("fields.prompt", '"a red mug"', '"a blue mug"'),
        ("fields.width", None, "512"),
    ]


@given(st.text())
def test_automatic_seeds_fit_every_vendor(spot: str) -> None:
    assert 1 <= auto_seed(spot) <= 2**31 - 1


names = st.text("abc", min_size=1, max_size=3)  # no dots, which separate names
requests = st.dictionaries(
    names, st.recursive(
        st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "1", "é", "e\u0301"])
        | st.just(Decimal("1.0")),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=3),
        max_leaves=6,
    ), max_size=4,
)  # fmt: skip


@given(requests, requests)
def test_differences_are_those_of_the_two_walks(old: dict[str, Json], new: dict[str, Json]) -> None:
    """What is equal is passed over, and nothing that is not: 1, "1", true and 1.0 are four."""
    before, after = dict(explain(old)), dict(explain(new))
    pairs = ((name, before.get(name), after.get(name)) for name in sorted(before | after))
    assert differences(old, new) == [(name, was, now) for name, was, now in pairs if was != now]
    assert differences(old, old) == []
