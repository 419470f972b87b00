"""What is written holds no key in any usual spelling, and no signed part of an address."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagepipe.model import Secret
from imagepipe.redaction import Redaction, spellings

KEY = 'sk-live/+"1234567'

HIDING = Redaction([Secret(KEY)])


@pytest.mark.parametrize(
    "said",
    [
        f"refused: {KEY}",
        f"Authorization: Bearer {KEY}",
        quote(KEY, safe=""),
        base64.b64encode(KEY.encode()).decode(),
    ],
)
def test_a_known_key_goes_in_every_spelling(said: str) -> None:
    hidden = HIDING.text(said)
    assert "***" in hidden
    assert not [one for one in spellings(KEY) if one in hidden.encode()]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("see https://cdn.example/a.png?X-Amz-Signature=abc&E=9 now", "cdn.example/a.png?*** now"),
        ("https://cdn.example/a.png#token=abc", "https://cdn.example/a.png?***"),
        ("HTTPS://user:pass@host.example/v1", "HTTPS://***@host.example/v1"),
        ("Bearer abcdefghijkl is wrong", "Bearer *** is wrong"),
        ('{"x-api-key": "abcdefghijkl"}', '{"x-api-key": "***"}'),
    ],
)
def test_what_looks_like_a_key_goes_though_nobody_knows_it(said: str, left: str) -> None:
    assert Redaction().text(said).endswith(left)
    assert "abc" not in Redaction().text(said)


def test_nested_values_are_reached() -> None:
    value = {"a": [f"x {KEY}", {"b": (KEY, 1, None)}], "c": Secret(KEY)}
    assert HIDING.value(value) == {"a": ["x ***", {"b": ["***", 1, None]}], "c": "***"}


@given(st.text(alphabet=st.characters(exclude_characters="/:=@?#", codec="utf-8")))
def test_other_text_is_left_as_it_is(text: str) -> None:
    """What is no address, no header and no key is what people look for in a log."""
    words = (" bearer", " basic", " key", " token")
    if not any(word in f" {text.lower()}" for word in words):
        assert Redaction([Secret("never-in-there-9")]).text(text) == text
