"""Changes as people read them: fields, words, groups, names, and the time a run takes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagepipe.planner import Alike, Change, Renamed, Verdict
from imagepipe.planner.forecast import Forecast
from imagepipe.planner.judge import Previous
from imagepipe.render.change_text import (
    COLORED,
    MOST,
    ONLY_SPACES,
    change_lines,
    group_lines,
    renamed_lines,
    word_diff,
)
from imagepipe.render.forecast_text import UNKNOWN, forecast_text
from imagepipe.render.plan_text import Forced, forced_lines, step_lines
from tests.unit.render.values import ESCAPE, step

FILLER = " ".join(f"word{number}" for number in range(40))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("a red mug", "a blue mug", "a [-red-]{+blue+} mug"),
        ("a mug", "a mug on slate", "a mug{+ on slate+}"),
        ("a mug on slate", "a mug", "a mug[- on slate-]"),
        ("", "new", "{+new+}"),
        ("a  mug\non slate", "a mug on slate", ONLY_SPACES),
    ],
)
def test_a_text_is_compared_word_by_word(old: str, new: str, said: str) -> None:
    assert word_diff(old, new) == said


def test_what_stayed_is_shortened_around_what_changed() -> None:
    """A prompt may be pages long: the change is seen at once."""
    said = word_diff(f"{FILLER} red {FILLER} end", f"{FILLER} blue {FILLER} end")
    assert "… word34 word35 word36 word37 word38 word39 [-red-]{+blue+} word0 word1" in said
    assert said.endswith("word4 word5 …")
    assert len(said) < 200


def test_colours_are_used_where_a_person_sees_them() -> None:
    said = word_diff("red mug", "blue mug", COLORED)
    assert said == "\x1b[31;9mred\x1b[0m\x1b[32mblue\x1b[0m mug"


def test_two_very_long_texts_are_shown_whole_and_quickly() -> None:
    old, new = "a " * MOST, "b " * MOST
    assert word_diff(old, new).startswith("[-a a ")


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_text_never_brings_a_terminal_to_obey_it(old: str, new: str) -> None:
    assert "\x1b" not in word_diff(old + ESCAPE, new)
    assert "\n" not in word_diff(old, new)


def test_fields_say_what_they_were_and_are() -> None:
    lines = change_lines(
        [
            Change("size", "512x512", "1024x1024"),
            Change("seed", None, 7),
            Change("steps", 4, None),
            Change("input_images", ["sha256:aa"], ["sha256:bb"]),
        ],
        80,
        indent="  ",
    )
    assert lines == [
        "  size: 512x512 -> 1024x1024",
        "  seed: {+7+}",
        "  steps: [-4-]",
        '  input_images: ["sha256:aa"] -> ["sha256:bb"]',
    ]


def test_a_changed_step_is_followed_by_its_changes() -> None:
    changed = step(Verdict.CHANGED, "prompt changed")
    before = Previous(changed.candidate.key, {"fields": {"prompt": "a red mug"}})
    asked = replace(changed.candidate, canonical={"fields": {"prompt": "a blue mug"}})
    now = replace(changed, candidate=asked, before=before)
    first, second = step_lines([now], 80)
    assert first.endswith("prompt changed")
    assert second == "            prompt: a [-red-]{+blue+} mug"


def test_groups_and_names_are_told_and_the_rest_is_counted() -> None:
    changes = (Change("prompt", "a red mug", "a blue mug"),)
    groups = [Alike(f"r{n}", "acme", "prompt changed", "P/r", changes, 9) for n in range(8)]
    page = group_lines(groups, 3, 80)
    assert page[1:3] == [
        "~ r0 (acme): prompt changed: 9 pictures such as P/r",
        "    prompt: a [-red-]{+blue+} mug",
    ]
    assert page[-1] == "21 further changed pictures; -v lists all."
    names = renamed_lines([Renamed("recipe", "hero", "main", 12)], 200)
    assert names[1].startswith("renamed recipe hero -> main: makes 12 new pictures")
    assert renamed_lines([], 80) == []


def test_what_is_paid_for_again_is_named_with_its_price() -> None:
    examples = [("A/hero", Decimal("0.003")), ("B/hero", None)]
    page = forced_lines(Forced(7, Decimal("0.003"), 1, examples), 200)
    cost = "$0.003 and an unknown price for 1 picture"
    assert page == [
        "",
        f"7 pictures are there and would be paid for again by --force, {cost}:",
        "  - A/hero ($0.003)",
        "  - B/hero (price unknown)",
        "  and 5 more",
    ]
    assert forced_lines(None, 80) == []


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (Forecast(90.0, False, True, (), {}), "About 1 min 30 s as earlier runs went."),
        (Forecast(90.0, True, False, (), {}), "At least 1 min 30 s by the declared limits."),
        (
            Forecast(90.0, False, True, ("b", "c"), {}),
            "At least 1 min 30 s as earlier runs went; how long b and c take is unknown.",
        ),
        (Forecast(None, True, False, ("b",), {}), UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_the_time_is_told_as_far_as_it_is_known(told: Forecast | None, said: str) -> None:
    assert forecast_text(told) == said
