"""Reports of shards as one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from imagepipe.errors import SetupError
from imagepipe.report.gallery import Status
from imagepipe.report.merging import merged
from imagepipe.report.totals import by_provider, totals
from tests.unit.report.values import entry, full, gallery, image


def test_shards_join_in_the_order_of_the_catalogue() -> None:
    """Each has its part of every product."""
    one, other = gallery(entry(0), entry(3)), gallery(entry(1), entry(2))
    assert [found.number for found in merged([other, one]).pictures] == [0, 1, 2, 3]


def test_what_only_one_shard_has_made_is_taken_from_it() -> None:
    """A whole report of one host knows nothing of what another made."""
    unmade = replace(entry(0), status=Status.NEW, image=None, cost=None)
    for order in ([unmade, entry(0)], [entry(0), unmade]):
        (found,) = merged([gallery(one) for one in order]).pictures
        assert found == entry(0)


def test_of_two_failures_the_later_one_counts() -> None:
    """With the earlier pictures of both."""
    early = replace(full(0), status=Status.FAILED, image=None)
    late = replace(early, finished_at="2026-11-02T00:00:00.000Z", earlier=())
    (found,) = merged([gallery(early), gallery(late)]).pictures
    assert found.finished_at == late.finished_at
    assert found.earlier == early.earlier


def test_an_earlier_picture_that_is_shown_now_is_no_earlier_one() -> None:
    """One host is a version behind."""
    old = replace(full(0), image=image("new"), earlier=())
    (past,) = full(0).earlier
    behind = replace(full(0), status=Status.CHANGED, image=None, earlier=(past,))
    shown_before = replace(past, image=image("new"), key="b" * 64)
    ahead = replace(behind, earlier=(shown_before, past))
    (found,) = merged([gallery(old), gallery(ahead)]).pictures
    assert found.earlier == (past,)


def test_catalogues_stay_together() -> None:
    """And their names make the title."""
    spring = gallery(entry(0), entry(1), title="spring")
    summer = gallery(
        *(replace(entry(n), id=f"{n}", catalogue="summer") for n in (0, 1)),
        title="summer",
        manifests=("summer.yaml",),
    )
    joined = merged([spring, summer])
    assert joined.title == "spring, summer"
    assert joined.manifests == ("imagepipe.yaml", "summer.yaml")
    assert [one.catalogue for one in joined.pictures] == ["shop", "shop", "summer", "summer"]


def test_rehearsals_and_live_reports_do_not_mix() -> None:
    """A placeholder must not pass for a picture."""
    with pytest.raises(SetupError, match="do not merge"):
        merged([gallery(entry(0)), gallery(entry(1), rehearsal=True)])


def test_a_key_is_paid_for_once() -> None:
    """Two outputs may show one picture; a cost that nobody knows is counted, and is not 0."""
    twice = replace(entry(1), key=entry(0).key)
    sums = totals([entry(0), twice, entry(2, cost=None), full(3)])
    assert (sums.cost, sums.unknown, sums.earlier) == (Decimal("0.08"), 1, Decimal("0.03"))
    assert (sums.pictures, sums.done, sums.median) == (4, 4, 2.5)
    assert totals([]).median is None


def test_sums_are_by_provider() -> None:
    """In the order of their names."""
    found = by_provider([entry(0), entry(1, provider="acme", seconds=9.0)])
    assert [(name, sums.slowest) for name, sums in found.items()] == [("acme", 9.0), ("house", 2.5)]
