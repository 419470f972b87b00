"""The garbage collector is as it was when whoever let it rest is done."""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

import pytest

from imagepipe.app.collector import few_collections, few_full_collections, no_collections


@pytest.mark.parametrize("rest", [few_collections, few_full_collections, no_collections])
def test_the_collector_goes_on_as_before_whatever_happens(
    rest: Callable[[], AbstractContextManager[None]],
) -> None:
    """With the usual thresholds, and nothing left out of its sight; errors are no way around."""
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    with suppress(ValueError), rest(), rest():
        raise ValueError
    assert gc.isenabled()
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, frozen)


def test_it_is_off_while_nothing_is_to_be_collected_and_stays_off_for_whom_it_was() -> None:
    """Within another rest, too."""
    with no_collections():
        assert not gc.isenabled()
        with no_collections():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
