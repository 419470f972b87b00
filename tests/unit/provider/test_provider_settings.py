"""What a manifest sets for an instance, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from imagepipe.model import Json
from imagepipe.provider import Limits, Provider, settings_from

Shipped = Callable[..., Provider]


@pytest.mark.parametrize(
    ("name", "entry", "field", "says"),
    [
        ("rungen", {}, "vars.app_id", "the id of the deployed app"),
        ("rungen", {"vars": {"app_id": "a", "team": "b"}}, "vars.team", '"team_id"?'),
        ("rungen", {"vars": {"app_id": ".."}}, "vars.app_id", "part of an address"),
        ("rungen", {"vars": {"app_id": "a\nb"}}, "vars.app_id", "cannot carry"),
        ("openai-images", {}, "base_url", "no address of its own"),
        ("openai-images", {"base_url": "localhost:80"}, "base_url", "no http(s) address"),
        ("openai-images", {"base_url": "http://a:b@c/v1"}, "base_url", "name and password"),
        ("runcrate", {"headers": {"x": "a\r\nb"}}, "headers.x", "cannot carry"),
        ("runcrate", {"headers": {"X-Api-Key": "abc"}}, "headers.X-Api-Key", "holds a key"),
        ("runcrate", {"key_env": "rc_live_abcdefgh1"}, "key_env", "looks like the key itself"),
    ],
)
def test_wrong_settings_name_their_field(
    shipped: Shipped, name: str, entry: dict[str, Json], field: str, says: str
) -> None:
    """The manifest knows where the field stands; the message says what to do."""
    (problem,) = shipped(name, **entry).check()
    assert problem.field == field
    assert says in problem.message


@pytest.mark.parametrize(
    "name", ["RUNCRATE_API_KEY", "test_runcrate_key", "acme_catalogue_image_key_2"]
)
def test_a_variable_of_any_style_can_hold_the_key(shipped: Shipped, name: str) -> None:
    """A long name in lower case is no key."""
    assert shipped("runcrate", key_env=name).check() == ()


def test_sound_settings_have_nothing_to_tell(shipped: Shipped) -> None:
    """Including those of a server in the next room."""
    assert shipped("runcrate").check() == ()
    assert (
        shipped("rungen", vars={"app_id": "a b/ü".encode("ascii", "ignore").decode()}).check() == ()
    )
    assert shipped("openai-images", base_url="http://127.0.0.1:8188/v1").check() == ()


def test_a_server_of_ones_own_needs_no_key(shipped: Shipped) -> None:
    """The vendor does; a local server asks for one only if the user says so."""
    assert shipped("runcrate").needs_secret
    assert not shipped("openai-images", base_url="http://127.0.0.1:8188/v1").needs_secret


def test_an_entry_becomes_settings() -> None:
    """Durations, limits and prices in the forms a manifest has them."""
    made = settings_from(
        {
            "uses": "runcrate",
            "limits": {"rpm": Decimal("7.5"), "in_flight": 3},
            "timeouts": {"submit": "90s", "deadline": 600},
            "credit_usd": Decimal("0.015"),
            "price": [{"model": ["a*", "b"], "usd": Decimal("0.1")}],
        }
    )
    assert made.limits == Limits(Decimal("7.5"), 3)
    assert (made.timeouts.submit, made.timeouts.deadline) == (90.0, 600.0)
    assert made.price is not None
    assert made.price.price({"model": "B"}.get) == Decimal("0.1")


@pytest.mark.parametrize(
    "entry",
    [
        {"timeouts": {"submit": "soon"}},
        {"timeouts": {"submit": True}},
        {"price": "free"},
        {"price": -1},
        {"price": [{"model": "a"}]},
        {"price": ["a"]},
    ],
)
def test_what_cannot_be_read_is_said(entry: dict[str, Json]) -> None:
    """Durations and prices have forms; a guess would cost money."""
    with pytest.raises(ValueError, match=r"usd|amount|duration"):
        settings_from(entry)
