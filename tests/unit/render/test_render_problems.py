"""All problems at once."""

from __future__ import annotations

from imagepipe.errors import Place, Problem
from imagepipe.render.problems import problems_text

TITLE = Problem(
    "E104",
    'unknown key "titel" (did you mean "title"?)',
    Place("catalog.yaml", 73, 5),
    hint="known keys are name, title",
    source="    titel: Stoneware Mug",
    length=5,
)
NOTE = Problem("E401", "goneural takes no steps", severity="note")


def test_problems_keep_their_order_and_are_counted() -> None:
    """Place, source, caret, help; and a last line that says how much there is to mend."""
    assert problems_text([TITLE, NOTE]).splitlines() == [
        'catalog.yaml:73:5: error[E104]: unknown key "titel" (did you mean "title"?)',
        "   73 |     titel: Stoneware Mug",
        "      |     ^^^^^",
        "   help: known keys are name, title",
        "note[E401]: goneural takes no steps",
        "1 error, 1 note",
    ]


def test_one_problem_needs_no_counting() -> None:
    """A single mistake is what it is."""
    assert problems_text([NOTE]) == "note[E401]: goneural takes no steps"


def test_colours_only_where_they_are_asked_for() -> None:
    """NO_COLOR and files get none."""
    assert "\x1b" not in problems_text([TITLE])
    assert "\x1b[31m" in problems_text([TITLE], color=True)
