"""The files in which others read where a run stands."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from imagepipe.charges import Charge
from imagepipe.model import Fault, FaultKind, Key
from imagepipe.standing import Cause, Ending, Hold, Lane, Said, Standing, Why
from imagepipe.store import Life, this_process
from imagepipe.store.liveness import Process
from imagepipe.store.standings import KEPT, Standings, Watched

FAULT = Fault(FaultKind.REJECTED, "no", 400, "BAD", accepted=False, cost=Decimal("0.1"))
ENDING = Ending(
    1,
    2.5,
    3,
    {"generated": 2, "failed": 1},
    {"submit": 3},
    Decimal("0.080"),
    0,
    (Decimal(0), 0),
    (Decimal("1.5"), 2),
    (Cause("failed", "acme", FAULT, 1, ((Key("a" * 64), "MUG-1/hero"),)),),
    {"acme": FAULT},
    ("x.png",),
    (),
    (Charge("acme", (("model", "m"),), Decimal("0.1"), 2, Decimal("0.3"), Decimal("0.2")),),
)
LANE = Lane(
    "acme", 9, 1, 2, 1, 0, 2, 1, Decimal("0.04"), 1, Decimal("0.08"), 0, 12.5, None,
    Hold(Why.CLOSED, "slow down", 12.0, True, None),
)  # fmt: skip
GONE = replace(this_process(), pid=2**22 + 1, born="1")


def watched(run: str = "abc", begun: float = 1.0, process: Process | None = None) -> Watched:
    said = (Said("failed MUG-1/hero", "failure"),)
    standing = Standing(
        run, ("m.yaml",), begun, 2.0, 9, (LANE,), True, Decimal(5), "SIGINT", said, 7, ENDING
    )
    return Watched(standing, process or this_process())


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Every field, by whoever opens the folder."""
    Standings(tmp_path / "runs").write(watched())
    assert Standings(tmp_path / "runs").read() == [watched()]
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["abc.json"]


def test_a_reader_sees_the_newest_and_reads_no_file_twice(tmp_path: Path) -> None:
    """In the order in which the runs began; one that is gone is forgotten."""
    folder, reader = Standings(tmp_path), Standings(tmp_path)
    folder.write(watched("late", 9.0))
    folder.write(watched("early", 3.0))
    assert [one.standing.run for one in reader.read()] == ["early", "late"]
    first = reader.read()[0]
    assert reader.read()[0] is first
    folder.write(replace(watched("early", 3.0), process=GONE))
    assert reader.read()[0].process == GONE
    (tmp_path / "late.json").unlink()
    assert [one.standing.run for one in reader.read()] == ["early"]


def test_a_look_writes_nothing(tmp_path: Path) -> None:
    """Not even a folder where there is none."""
    assert Standings(tmp_path / "runs").read() == []
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"version":1', '"version":2'),
        lambda text: text.replace('"total":9', '"total":"nine"'),
        lambda text: text.replace('"0.04"', '"NaN"'),
        lambda text: text.replace('"closed"', '"shut"'),
        lambda _text: "[" * 100_000,
        lambda _text: "null",
        lambda _text: "",
    ],
)
def test_a_file_that_is_none_is_as_none(tmp_path: Path, change: object) -> None:
    """Cut off, of another program, or made by somebody."""
    folder = Standings(tmp_path)
    folder.write(watched())
    path = tmp_path / "abc.json"
    assert callable(change)
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert Standings(tmp_path).read() == []


def test_programs_of_other_ages_are_read(tmp_path: Path) -> None:
    """A field that is not known is skipped, one that is missing has its default."""
    folder = Standings(tmp_path)
    folder.write(watched())
    path = tmp_path / "abc.json"
    document = json.loads(path.read_bytes())
    document["standing"]["mood"] = "good"
    del document["standing"]["signal"]
    path.write_text(json.dumps(document), encoding="utf-8")
    (found,) = Standings(tmp_path).read()
    assert found.standing == replace(watched().standing, signal=None)


def test_life_is_that_of_the_process_until_the_run_has_ended() -> None:
    """A run that ended is over, whoever has its process's number now."""
    me, open_ = this_process(), replace(watched().standing, ending=None)
    assert watched().life(me) is Life.DEAD
    assert Watched(open_, me).life(me) is Life.ALIVE
    assert Watched(open_, GONE).life(me) is Life.DEAD
    assert Watched(open_, replace(me, host="elsewhere")).life(me) is Life.UNPROVABLE


def test_old_files_are_removed_and_those_of_living_runs_are_not(tmp_path: Path) -> None:
    """Half a file that a killed run left goes as well."""
    folder = Standings(tmp_path)
    alive = Watched(replace(watched("alive", 0.0).standing, ending=None), this_process())
    folder.write(alive)
    for number in range(KEPT + 5):
        folder.write(watched(f"r{number:02}", float(number)))
    (tmp_path / ".tmp.r03.0123456789ab").write_text("{", encoding="utf-8")
    folder.prune(this_process())
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["alive.json", *(f"r{number:02}.json" for number in range(5, KEPT + 5))]


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    """The caller decides that it does not matter; and a store is never made by this."""
    with pytest.raises(OSError, match="No such file"):
        Standings(tmp_path / "no store" / "runs").write(watched())
