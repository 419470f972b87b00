"""One rehearsed shop and one server for the tests of a module; each begins undecided."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.view.viewed import Shop, View


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    shop = Shop.rehearsed(tmp_path_factory.mktemp("shop"))
    with View(shop) as running:
        yield running


@pytest.fixture
def undecided(view: View) -> View:
    """The server, of a shop in which nobody has decided anything."""
    view.shop.decisions.unlink(missing_ok=True)
    return view
