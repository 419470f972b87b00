"""What is told of single jobs: changed fields, groups of alike changes, new names, the time."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from imagepipe.errors import Place
from imagepipe.key import canonical, key_of
from imagepipe.model import Candidate, Job, Json, Values
from imagepipe.planner import Change, Highlights, Previous, Renamed, Step, Verdict, changes_of
from imagepipe.planner.changes import changes, describe_change
from imagepipe.planner.forecast import Lane, forecast
from imagepipe.planner.highlights import EXAMPLES, GROUPS, NEWCOMERS

HEAD: dict[str, Json] = {"spec": "rungen", "revision": 1}


def request(values: Values, revision: int = 1) -> dict[str, Json]:
    return canonical({**HEAD, "revision": revision}, values, 1)


def step(
    values: Values,
    verdict: Verdict = Verdict.NEW,
    *,
    before: Mapping[str, Json] | None = None,
    recipe: str = "hero",
    product: str = "MUG-1",
    price: Decimal | None = Decimal("0.01"),
) -> Step:
    asked = request(values)
    one = Candidate("rungen", values, asked, key_of(asked), price)
    place = Place("m.yaml", 1, 1)
    job = Job(recipe, product, (), 1, f"{product}/{recipe}", (one,), place)
    earlier = None if before is None else Previous(key_of(before), before)
    return Step(job, one, verdict, "prompt changed", before=earlier)


def test_every_field_is_told_with_what_it_was_and_is() -> None:
    """In the words of the manifest; what came or went is told from what is empty."""
    old = request({"prompt": "a red mug", "seed": 7, "guidance": Decimal("3.50")})
    new = request({"prompt": "a blue mug", "steps": 4, "guidance": Decimal(4)}, revision=2)
    assert changes(old, new) == (
        Change("guidance", "3.5", "4"),
        Change("prompt", "a red mug", "a blue mug"),
        Change("seed", 7, None),
        Change("steps", None, 4),
        Change("provider revision", 1, 2),
    )
    assert describe_change(old, new).startswith("guidance, prompt, seed, steps, provider revision")
    assert changes(old, old) == ()


def test_what_only_the_lock_knows_has_no_fields_to_tell() -> None:
    changed = step({"prompt": "a"}, Verdict.CHANGED)
    assert changes_of(changed) == ()
    assert "since the lock was written" in describe_change(None, request({}))


def test_alike_changes_are_one_group_with_its_first_as_the_example() -> None:
    """However many pictures: two groups, and what they have in common."""
    seen, old = Highlights(), request({"prompt": "red"})
    for number in range(50):
        seen.see(step({"prompt": "blue"}, Verdict.CHANGED, before=old, product=f"P{number}"))
    seen.see(step({"prompt": "green"}, Verdict.CHANGED, before=old, recipe="wide"))
    first, second = seen.alike
    assert (first.recipe, first.count, first.path) == ("hero", 50, "P0/hero")
    assert first.changes == (Change("prompt", "red", "blue"),)
    assert (second.recipe, second.count) == ("wide", 1)


def test_what_is_kept_of_a_plan_is_bounded() -> None:
    seen, old = Highlights(), request({"prompt": "red"})
    for number in range(GROUPS + 3):
        seen.see(step({"prompt": "x"}, Verdict.CHANGED, before=old, recipe=f"r{number}"))
    for number in range(EXAMPLES + 2):
        seen.see(step({"prompt": "y"}, Verdict.FORCED, product=f"P{number}"))
    for number in range(NEWCOMERS + 10):
        seen.see(step({"prompt": f"z{number}"}))
    assert (len(seen.alike), seen.ungrouped) == (GROUPS, 3)
    assert (len(seen.again.examples), seen.again.count) == (EXAMPLES, EXAMPLES + 2)
    assert len(seen._newcomers) <= 2 * NEWCOMERS
    assert seen.again.cost == (EXAMPLES + 2) * Decimal("0.01")


def test_a_new_name_is_told_from_new_pictures() -> None:
    """The same request but for the seed that the name draws; anything else is just new."""
    seen = Highlights()
    for number in (1, 2, 3):
        values: Values = {"prompt": f"mug {number}", "seed": number}
        seen.see(step(values, recipe="main", product=f"P{number}"))
    seen.see(step({"prompt": "a cup", "seed": 5}, product="CUP-01"))
    orphans = [
        ("hero", "P1", request({"prompt": "mug 1", "seed": 91})),
        ("hero", "P2", request({"prompt": "mug 2", "seed": 92})),
        ("hero", "P3", request({"prompt": "another mug", "seed": 93})),
        ("hero", "CUP-1", request({"prompt": "a cup", "seed": 94})),
        ("hero", "BAG-1", request({"prompt": "a bag", "seed": 95})),
    ]
    assert set(seen.renamed(orphans)) == {
        Renamed("recipe", "hero", "main", 2),
        Renamed("product", "CUP-1", "CUP-01", 1),
    }


@pytest.mark.parametrize(
    ("lane", "seconds", "whole"),
    [
        (Lane(61, per_second=1.0), 60.0, False),
        (Lane(61, work=610.0, per_second=1.0), 70.0, True),
        (Lane(100, work=1_000.0, in_flight=4), 250.0, True),
        (Lane(2, work=20.0, in_flight=4), 10.0, True),
        (Lane(100, work=1_000.0, in_flight=4, per_second=10.0), 250.0, True),
        (Lane(100, in_flight=4), None, False),
        (Lane(100, work=1_000.0), None, False),
    ],
)
def test_the_slower_of_pace_and_places_decides(
    lane: Lane, seconds: float | None, whole: bool
) -> None:
    assert (lane.seconds(), lane.is_whole) == (seconds, whole)


def test_a_run_takes_as_long_as_its_slowest_provider_and_says_what_is_unknown() -> None:
    told = forecast(
        {
            "a": Lane(61, work=610.0, per_second=1.0, learnt=True),
            "b": Lane(10, per_second=10.0),
            "c": Lane(5),
            "idle": Lane(0),
        }
    )
    assert (told.seconds, told.least, told.learnt, told.unknown) == (70.0, True, True, ("c",))
    assert forecast({"c": Lane(5)}).seconds is None
    assert forecast({}).unknown == ()
