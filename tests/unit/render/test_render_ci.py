"""What CI servers read of a run: JUnit XML, GitHub's annotations and its summary page."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagepipe.engine.tally import Failure
from imagepipe.model import FaultKind
from imagepipe.planner import Verdict
from imagepipe.render.github import SUMMARY_BYTES, annotated, summary_page, troubles
from imagepipe.render.junit import junit_text
from imagepipe.render.outcomes import Case, Outcomes
from imagepipe.render.summary import RunView
from tests.unit.render.values import ESCAPE, fault, finished, key, step, stopped

VIEW = RunView(
    jobs={"generated": 1, "failed": 2, "reused": 0},
    total=3,
    spent=Decimal("0.01"),
    unknown=0,
    requests={"submit": 3},
    seconds=4.0,
    exit_code=1,
    outputs="images",
)


def cases(*happened: object, count: int = 9, verdict: Verdict = Verdict.NEW) -> list[Case]:
    outcomes = Outcomes()
    for event in happened:
        outcomes(event)  # type: ignore[arg-type]  # events of the tests' values
    steps = [step(verdict, path=f"MUG-{number}/hero") for number in range(1, count + 1)]
    return [*outcomes.cases("spring", steps)]


def test_a_refused_picture_is_a_failure_and_a_lost_answer_an_error() -> None:
    refused = stopped(2, why=fault("not allowed here", kind=FaultKind.MODERATED))
    doubtful = stopped(3, how="ambiguous", why=fault("no answer", kind=FaultKind.UNCERTAIN))
    root = ET.fromstring(junit_text(cases(finished(1), refused, doubtful, count=4), time="2027"))  # noqa: S314 - our own
    assert root.attrib == {
        "name": "imagepipe",
        "tests": "4",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
        "time": "1.500",
    }
    (suite,) = root
    assert suite.get("name") == "spring/hero"
    made, failure, error, skipped = suite
    assert (made.get("classname"), made.get("name"), len(made)) == ("spring.hero", "MUG-1/hero", 0)
    assert (made.get("file"), made.get("line")) == ("imagepipe.yaml", "12")
    assert failure[0].tag == "failure"
    assert failure[0].get("type") == "moderated"
    assert failure[0].get("message") == "not allowed here"
    assert (error[0].tag, error[0].get("type")) == ("error", "ambiguous")
    assert skipped[0].tag == "skipped"


@pytest.mark.parametrize("how", ["generated", "resumed", "restored", "reused"])
def test_a_picture_that_is_there_passes(how: str) -> None:
    root = ET.fromstring(junit_text(cases(finished(1, how=how), count=1), time="2027"))  # noqa: S314 - our own
    assert (root.get("failures"), root.get("errors"), root.get("skipped")) == ("0", "0", "0")


def test_a_picture_that_was_there_before_passes_without_an_event() -> None:
    root = ET.fromstring(junit_text(cases(count=1, verdict=Verdict.REUSED), time="2027"))  # noqa: S314 - our own
    assert (root.get("tests"), root.get("skipped")) == ("1", "0")


@given(st.text(), st.text())
def test_any_words_of_a_vendor_make_a_document(message: str, code: str) -> None:
    found = cases(stopped(1, why=fault(message, code=code)), count=1)
    found = [replace(found[0], path=message or "x")]
    ET.fromstring(junit_text(found, time="2027").encode())  # noqa: S314 - our own


def test_one_cause_is_annotated_once_and_doubts_come_first() -> None:
    happened = [stopped(number) for number in (1, 2, 3)]
    lines = annotated(troubles(cases(*happened, stopped(4, how="ambiguous"))))
    where, why = "::error file=imagepipe.yaml,line=12,col=3", "the prompt was refused (rejected)"
    assert lines == [
        f"{where},title=ambiguous at acme%3A MUG-4/hero::{why}",
        f"{where},title=failed at acme%3A MUG-1/hero (and 2 more)::{why}",
    ]


def test_github_shows_ten_annotations_so_no_more_are_written() -> None:
    happened = [stopped(number, why=fault(f"reason {number}")) for number in range(1, 30)]
    assert len(annotated(troubles(cases(*happened, count=29)))) == 10


def test_a_vendors_words_are_no_command_and_no_markup() -> None:
    evil = f"{ESCAPE}\n::set-output name=x::y | <img src=x> [a](http://x) `z`"
    found = troubles(cases(stopped(1, why=fault(evil)), count=1))
    assert all("\n" not in line and line.startswith("::error ") for line in annotated(found))
    page = summary_page(VIEW, found, ["spring"])
    (row,) = [line for line in page.splitlines() if line.startswith("| failed")]
    assert r"\| \<img src=x\> \[a\](http://x) \`z\`" in row
    assert "\x1b" not in page


def test_a_summary_says_what_was_made_what_it_cost_and_what_to_do() -> None:
    failures = tuple(Failure(key(n), f"MUG-{n}/hero", "acme", "failed", fault()) for n in (2, 3))
    view = replace(VIEW, failures=failures)
    page = summary_page(view, troubles(cases(stopped(2), stopped(3))), ["spring"])
    assert page == (
        "## imagepipe: spring\n\n"
        "| jobs | generated | failed |\n|---|---|---|\n| 3 | 1 | 2 |\n\n"
        "3 jobs in 4.0 s: 1 generated, 2 failed.\n"
        "Spent $0.01. Requests: 3 submits.\n\n"
        "| what | at | why | jobs |\n|---|---|---|---|\n"
        "| failed | acme | the prompt was refused (rejected) | MUG-2/hero, MUG-3/hero |\n\n"
        "Next:\n\n"
        "* 2 jobs were refused, and the same request would be again: change the prompt "
        "(or what the reason names), then:\n\n"
        "  ```sh\n  imagepipe run\n  ```\n"
    )


def test_a_summary_is_cut_before_github_drops_it() -> None:
    happened = [stopped(n, why=fault(f"{n} " + "é" * 20_000)) for n in range(1, 60)]
    page = summary_page(VIEW, troubles(cases(*happened, count=60)), ["spring"])
    assert SUMMARY_BYTES - 50_000 < len(page.encode()) <= 2**20
    assert page.endswith("Cut here: GitHub shows no summary of more than 1 MiB.\n")
