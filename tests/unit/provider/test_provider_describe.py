"""What a listing can say of a provider: what it takes, costs, allows, and what nobody knows."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from imagepipe.provider import Limits, Provider
from imagepipe.provider.describe import describe

Shipped = Callable[..., Provider]


def test_runcrate_shows_its_model_table(shipped: Shipped) -> None:
    """What each family takes, the published price, and that the rest is unknown."""
    facts = describe(shipped("runcrate"))
    assert facts.synchronous
    families = {model.about.partition(":")[0]: model for model in facts.models if model.about}
    wanted = {"FLUX Kontext", "FLUX Canny", "FLUX.2 Pro", "FLUX.1 Dev", "FLUX Krea"}
    assert wanted <= families.keys()
    assert families["FLUX.2 Pro"].fields[0].limits == ("at most 8 pictures",)
    assert families["FLUX Canny"].fields[0].required
    assert [price.usd for price in facts.prices] == [Decimal("0.003")]
    assert any(text.startswith("price") for text in facts.unknown)


def test_limits_are_said_with_their_units(shipped: Shipped) -> None:
    """500 of what? The listing says it."""
    fields = {field.name: field for field in describe(shipped("goneural")).fields}
    assert fields["prompt"].limits == ("1 to 500 characters",)
    assert fields["prompt"].required
    assert fields["seed"].limits == ("the same seed gives the same picture",)
    assert "16:9 landscape 1344x768" in describe(shipped("goneural")).sizes
    assert describe(shipped("goneural")).size_forms == ("size", "aspect_ratio")
    assert describe(shipped("rungen")).size_forms == ("size",)


def test_the_users_settings_show(shipped: Shipped) -> None:
    """Limits and prices of the manifest are what holds for this instance."""
    entry = {"limits": {"rpm": 60, "in_flight": 8}, "price": Decimal("0.01")}
    facts = describe(shipped("runcrate", **entry))
    assert facts.limits == Limits(Decimal(60), 8)
    assert facts.prices[0].usd == Decimal("0.01")


def test_vars_say_what_they_are(shipped: Shipped) -> None:
    """Who has to set one should know what it is."""
    (app_id, team_id) = describe(shipped("rungen")).vars
    assert (app_id.required, app_id.identity) == (True, True)
    assert team_id.about is not None
