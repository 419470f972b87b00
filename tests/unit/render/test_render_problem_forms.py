"""Problems for programs: a line each, one object, annotations; and causes that many share."""

from __future__ import annotations

import json
from dataclasses import replace

from imagepipe.errors import Place, Problem, Shared, Sharer
from imagepipe.render.problems import Format, github_annotations, problems_text

WRONG = Problem(
    "E302",
    'undefined name "nmae"',
    Place("m.yaml", 5, 12),
    hint="there are: name",
    source='  p: "a {{ nmae }}"',
    length=4,
    shared=Shared(2, 6, tuple(Sharer("p.csv", row, f"M-{row}", "x") for row in (2, 3))),
)


def copies(count: int) -> list[Problem]:
    """One mistake in many places; what they name differs."""
    return [
        Problem("E104", f'unknown key "promt" in `images.x{i}`', Place("m.yaml", i, 3), "prompt?")
        for i in range(1, count + 1)
    ]


def test_a_line_each_has_place_code_and_reach() -> None:
    """As editors and grep want it."""
    said = problems_text([WRONG, *copies(1)], Format.CONCISE)
    assert said.splitlines() == [
        'm.yaml:5:12: error[E302]: undefined name "nmae" (6 jobs)',
        'm.yaml:1:3: error[E104]: unknown key "promt" in `images.x1`',
        "2 errors",
    ]


def test_json_has_everything_that_is_known() -> None:
    """And null for what is not."""
    found = json.loads(problems_text([WRONG, Problem("", "no key", severity="note")], Format.JSON))
    assert (found["version"], found["errors"], found["notes"]) == (1, 1, 1)
    wrong, note = found["problems"]
    assert wrong["shared_by"][1] == {"file": "p.csv", "line": 3, "product": "M-3", "job": "x"}
    assert (wrong["rows"], wrong["jobs"], wrong["column"], wrong["length"]) == (2, 6, 12, 4)
    assert (note["code"], note["file"], note["shared_by"]) == (None, None, [])


def test_an_annotation_is_escaped_as_the_runner_reads_it() -> None:
    """A line break, a percent sign, and in properties a colon and a comma."""
    odd = replace(WRONG, message="50%\nof it", place=Place("a,b:c.yaml", 1, 2), shared=None)
    assert problems_text([odd], Format.GITHUB) == (
        "::error file=a%2Cb%3Ac.yaml,line=1,col=2,endColumn=6,title=imagepipe E302::"
        "50%25 of it%0Ahelp: there are: name"
    )


def test_what_github_would_not_show_is_a_line_in_the_log() -> None:
    """It shows ten of a kind; one mistake in many places is one of them."""
    several = [replace(WRONG, message=f"wrong {i}") for i in range(12)]
    lines = problems_text([*several, *copies(500)], Format.GITHUB).splitlines()
    assert sum(line.startswith("::error") for line in lines) == 10
    assert sum(line.startswith("m.yaml:") for line in lines) == 2 + 500
    assert lines[-1] == "512 errors"
    assert github_annotations(several) == "\n".join(lines[:10])
    assert github_annotations([]) == ""


def test_one_mistake_in_many_places_is_shown_once() -> None:
    """With the first places; three are shown one by one, since each is worth a look."""
    said = problems_text(copies(5_000))
    assert said.splitlines() == [
        'm.yaml:1:3: error[E104]: unknown key "promt" in `images.x1`',
        "   also: m.yaml:2:3, m.yaml:3:3, m.yaml:4:3 and 4,996 more",
        "   help: prompt?",
        "5,000 errors",
    ]
    assert len(problems_text(copies(3)).splitlines()) == 3 * 2 + 1
    assert len(json.loads(problems_text(copies(5_000), Format.JSON))["problems"]) == 5_000


def test_who_shares_a_cause_is_counted_and_the_first_rows_are_named() -> None:
    """Jobs of one row are one of the first; the count is of all."""
    jobs = tuple(Sharer("p.csv", 2 + i // 2, "M", f"x #{i % 2 + 1}") for i in range(10))
    said = problems_text([replace(WRONG, shared=Shared(5, 10, jobs))]).splitlines()
    assert said[3] == (
        "   jobs: 10 of 5 rows: p.csv:2 (M/x #1), p.csv:3 (M/x #1), p.csv:4 (M/x #1) and 7 more"
    )
    unnamed = replace(WRONG, shared=Shared(0, 1_200))
    assert problems_text([unnamed]).splitlines()[3] == "   jobs: 1,200"


def test_what_says_nothing_of_a_remedy_says_where_to_read_on() -> None:
    """A suggestion is a remedy, and a note asks for nothing."""
    bare = Problem("E103", "the key is given twice")
    assert problems_text([bare]).splitlines()[1] == "   help: `imagepipe explain E103` says more"
    for fine in (replace(bare, message='(did you mean "x"?)'), replace(bare, severity="note")):
        assert len(problems_text([fine]).splitlines()) == 1


def test_a_table_has_no_caret() -> None:
    """Its columns are fields, so only the row is shown."""
    row = Problem("E205", "the row has 1 field", Place("p.csv", 3, 2), "fill in", "B", 0)
    assert problems_text([row]).splitlines()[1:] == ["    3 | B", "   help: fill in"]
