"""The file in which others read where a run stands: kept while there is work, ending none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from imagepipe.app.standing_file import NAMED, causes
from imagepipe.engine.tally import Failure
from imagepipe.store.standings import Standings, Watched
from tests.e2e.typed import Desk
from tests.unit.render.values import fault, key


def _files(desk: Desk) -> list[Watched]:
    return Standings(desk.shop.folder / ".imagepipe" / "runs").read()


def test_a_run_leaves_its_last_word_and_a_rerun_none(opened: Callable[[int], Desk]) -> None:
    """Counts, money and exit code are those of `--json`; without work nothing is written."""
    desk = opened(3)
    ran = desk.types("run", "--json", "--limit", "2")
    assert ran.code == 0, ran.err
    (found,) = _files(desk)
    standing, ending = found.standing, found.standing.ending
    assert ending is not None
    assert (standing.run, ending.exit_code) == (ran.json["run"], 0)
    assert {**ending.jobs, "total": ending.total} == ran.json["jobs"]
    assert f"{ending.spent:f}" == ran.json["cost"]["spent"]
    assert standing.manifests == (str((desk.shop.folder / "imagepipe.yaml").resolve()),)
    assert standing.again == ("--limit", "2")
    (lane,) = standing.lanes
    assert (lane.done, lane.in_flight, lane.waiting, lane.spent) == (2, 0, 0, ending.spent)
    assert desk.types("run").code == 0
    before = desk.shop.snapshot()
    assert desk.types("run").code == 0
    assert desk.shop.snapshot() == before
    assert len(_files(desk)) == 2


def test_a_file_that_cannot_be_written_ends_no_run(opened: Callable[[int], Desk]) -> None:
    """It is for whoever watches; the pictures are for whoever pays."""
    desk = opened(1)
    store = desk.shop.folder / ".imagepipe"
    store.mkdir()
    Path(store / "runs").write_text("no folder", encoding="utf-8")
    ran = desk.types("run")
    assert (ran.code, ran.err.count("Error")) == (0, 0), ran.err
    assert _files(desk) == []


def test_failures_of_one_reason_are_kept_once() -> None:
    """With their number and the first of them, the most frequent reason first."""
    failures = [Failure(key(0), "odd", "acme", "failed", fault("odd"))]
    failures += [Failure(key(n), f"p{n}", "acme", "failed", fault()) for n in range(1, 1_000)]
    first, second = causes(failures)
    assert (first.jobs, len(first.named), second.jobs) == (999, NAMED, 1)
    assert first.named[0] == (key(1), "p1")
