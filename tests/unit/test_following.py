"""Which runs a watch follows, and until when."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from imagepipe.app.following import GRACE, STALE, Followed, Follower
from imagepipe.render.following_text import (
    LATEST,
    Sight,
    died_text,
    news,
    standing_json,
    watched_lines,
)
from imagepipe.render.grid import text_of
from imagepipe.standing import Ending, Hold, Lane, Said, Standing, Why
from imagepipe.store import Life, this_process
from imagepipe.store.liveness import Process
from imagepipe.store.standings import Standings, Watched
from tests.screens.scenes import NOW, SCENES, time

ME = this_process()
GONE = replace(ME, pid=2**22 + 1, born="1")
ELSEWHERE = replace(ME, host="elsewhere")
ENDED = Ending(0, 1.0, 1, {}, {}, Decimal(0), 0, (Decimal(0), 0), (Decimal(0), 0), (), {})


class Store:
    """A folder of runs, and the time."""

    def __init__(self, folder: Path) -> None:
        self.folder = Standings(folder / "runs")
        folder.joinpath("runs").mkdir()
        self.now = 1_000.0

    def run(
        self,
        name: str,
        begun: float,
        process: Process = ME,
        ending: Ending | None = None,
        lanes: tuple[Lane, ...] = (),
    ) -> None:
        standing = Standing(name, ("m.yaml",), begun, begun, 1, lanes, ending=ending)
        self.folder.write(Watched(standing, process))

    def follower(self, *, upcoming: bool = False) -> Follower:
        return Follower(self.folder, lambda: self.now, upcoming=upcoming)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def names(runs: list[Followed]) -> list[str]:
    return [one.standing.run for one in runs]


def test_runs_at_work_are_followed_and_those_that_join_them(store: Store) -> None:
    """What was over before anybody looked is left out."""
    store.run("old", 10.0, ending=ENDED)
    store.run("now", 990.0)
    follower = store.follower()
    assert names(follower.look()) == ["now"]
    store.run("joins", 1_001.0)
    store.run("short", 1_002.0, ending=ENDED)
    assert names(follower.look()) == ["now", "joins", "short"]
    assert not follower.is_over(follower.look())


def test_where_nothing_is_at_work_the_last_run_is_told_of(store: Store) -> None:
    """Or, if that is wanted, the next one is waited for."""
    store.run("older", 10.0, ending=ENDED)
    store.run("last", 20.0, GONE)
    follower, patient = store.follower(), store.follower(upcoming=True)
    found = follower.look()
    assert names(found) == ["last"]
    assert not found[0].at_work
    assert follower.is_over(found)
    assert patient.look() == []
    assert not patient.is_over([])
    store.run("next", 1_003.0)
    assert names(patient.look()) == ["next"]


def test_a_command_with_several_manifests_is_followed_through_all(store: Store) -> None:
    """Its process lives on after the first run: for a moment the next may begin."""
    store.run("first", 990.0)
    follower = store.follower()
    follower.look()
    store.run("first", 990.0, ending=ENDED)
    assert not follower.is_over(follower.look())
    store.run("second", 1_001.0)
    assert names(follower.look()) == ["first", "second"]
    store.run("second", 1_001.0, ending=ENDED)
    assert not follower.is_over(follower.look())
    store.now += GRACE
    assert follower.is_over(follower.look())


def test_an_ended_run_whose_process_is_gone_is_over_at_once(store: Store) -> None:
    """Nobody is left who could begin another."""
    store.run("r", 990.0)
    follower = store.follower()
    follower.look()
    store.run("r", 990.0, GONE, ENDED)
    assert follower.is_over(follower.look())


def test_a_run_that_cannot_be_seen_from_here_is_believed_for_an_hour(store: Store) -> None:
    """Of another host nobody knows whether it lives: it is shown, and said so."""
    store.run("far", 990.0, ELSEWHERE)
    store.run("forgotten", 990.0 - STALE, ELSEWHERE)
    found = store.follower().look()
    assert names(found) == ["far"]
    assert found[0].life is Life.UNPROVABLE
    assert found[0].at_work


def test_a_silent_run_goes_on(store: Store) -> None:
    """Its clock does, and an account that has opened again holds nobody up."""
    lanes = (
        Lane("a", 5, hold=Hold(Why.CLOSED, "", 995.0)),
        Lane("b", 5, hold=Hold(Why.CLOSED, "", 1_200.0)),
    )
    store.run("r", 990.0, lanes=lanes)
    (found,) = store.follower().look()
    assert found.standing.at == 1_000.0
    assert [lane.hold for lane in found.standing.lanes] == [None, lanes[1].hold]


def sight(name: str, *, at_work: bool = True, hidden: bool = False) -> Sight:
    return Sight(SCENES[name](), "vm", 77, at_work, hidden)


def test_several_boards_share_the_screen() -> None:
    """One below the other, each with its run; those that are over are gone."""
    sights = [sight("early"), sight("busy", at_work=False), sight("draining", hidden=True)]
    lines = [text_of(line) for line in watched_lines(sights, 79, 30, time)]
    assert sum(line.startswith("run ") for line in lines) == 2
    assert "SIGINT: 3 in flight to bring in, nothing new is sent" in lines
    assert "last heard of at 14:02:21: process 77 on vm cannot be seen from here" in lines
    assert len(watched_lines(sights * 5, 79, 24, time)) < 24


def test_a_death_says_what_is_in_doubt_and_what_to_do() -> None:
    """In sentences, and with commands that can be pasted."""
    text = died_text(
        sight("busy", at_work=False), "imagepipe run", "imagepipe pending list", 80, time
    )
    assert text.splitlines() == [
        "run 7ca5ea6a146f is over without a last word: its process 77 on vm is gone",
        "(killed, or ended by an error).",
        "When last heard of, at 14:03:20: 78 of 1,356 done, 6 in flight, 1 failed, spent",
        "$2.80 + 8 of unknown price, reserved $0.16 + 2 of unknown price, limit $25.00.",
        "6 submits had no answer yet, and may have been paid for: never sent again by",
        "itself.",
        "",
        "Next:",
        "- nothing that was paid for is lost; this goes on where it stopped:",
        "    imagepipe run",
        "- this shows what may be in doubt:",
        "    imagepipe pending list",
    ]


def test_what_was_said_before_is_told_in_short() -> None:
    """The latest lines, and how many there were; later none is told twice or left out."""
    said = tuple(Said(f"failed {number}", "failure") for number in range(100))
    standing = replace(SCENES["idle"](), said=said, spoken=250)
    first = news(standing, None)
    assert [one.text for one in first[:2]] == ["(240 earlier lines not shown)", "failed 90"]
    assert len(first) == 1 + LATEST
    assert news(standing, 250) == []
    assert [one.text for one in news(standing, 249)] == ["failed 99"]
    assert news(standing, 100)[0].text == "(50 earlier lines not shown)"


def test_a_line_for_machines_has_utc_and_text_for_money() -> None:
    """Every number of the board, and null where nothing is known."""
    line = standing_json(sight("busy"))
    assert line["time"] == "2027-01-02T14:03:20Z"
    providers = line["providers"]
    assert isinstance(providers, dict)
    assert providers["runway"]["why"] == {  # type: ignore[index,call-overload]  # JSON of any kind
        "why": "closed",
        "text": "Too many requests, slow down",
        "until": "2027-01-02T14:05:00Z",
        "asked": True,
        "most": None,
    }
    jobs = line["jobs"]
    assert isinstance(jobs, dict)
    assert (jobs["spent"], jobs["unknown"], jobs["seconds_left"]) == ("2.80", 8, None)
    assert (line["type"], line["exit_code"], line["max_cost"]) == ("at_work", None, "25.00")
    assert SCENES["busy"]().at == NOW
