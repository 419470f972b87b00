"""`status --watch`: runs in other processes, before, while and after they are at work."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from imagepipe.cli.following import waiting
from imagepipe.cli.main import run as typed
from imagepipe.cli.options import Places
from imagepipe.standing import Standing, whole
from imagepipe.store import this_process
from imagepipe.store.standings import Standings, Watched
from tests.e2e.shop import Shop
from tests.emulator_process import EmulatorProcess

HOUR = "fixed:3600"
WATCH = ("status", "--watch", "--interval", "0.1")


@pytest.fixture(scope="module")
def vendor() -> Iterator[EmulatorProcess]:
    """One that never answers, and one that is quick and refuses the first prompt."""
    options = ("--latency", f"rungen:{HOUR}", "--quirk", "openai-images:moderated=1")
    with EmulatorProcess("--picture", "fixed", "--latency", "fixed:0", *options) as process:
        yield process


@pytest.fixture
def quick(vendor: EmulatorProcess, tmp_path: Path) -> Shop:
    """A run that ends at once, with one picture that was refused."""
    vendor.reset()
    return Shop.open(tmp_path, vendor, products=4, limits={"openai-images": "{in_flight: 1}"})


@pytest.fixture
def endless(vendor: EmulatorProcess, tmp_path: Path) -> Shop:
    """A run that stands still with two jobs in flight."""
    vendor.reset()
    return Shop.open(tmp_path, vendor, products=4, limits={"rungen": "{in_flight: 2}"})


def until(process: subprocess.Popen[str], text: str) -> str:
    """The line of standard error in which something is said."""
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return line
    raise AssertionError(f"it ended without {text!r}")


@contextmanager
def started(shop: Shop, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The program at work, and gone with the test."""
    with shop.start(*arguments) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def at_work(shop: Shop, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A run that has told others of a job in flight."""
    with started(shop, "run", *options) as run:
        folder = Standings(shop.folder / ".imagepipe" / "runs")
        while not any(in_flight(one) for one in folder.read() if one.process.pid == run.pid):
            time.sleep(0.02)
        yield run


def in_flight(watched: Watched) -> int:
    return whole(watched.standing.lanes).in_flight


def test_a_watch_begins_before_the_run_and_ends_with_it(quick: Shop) -> None:
    """It says that it waits, and then what the run says, with the run's exit code."""
    with started(quick, *WATCH, "--next") as watch:
        until(watch, "no run is at work here yet: waiting for one")
        ran = quick.imagepipe("run")
        out, err = watch.communicate()
    assert ran.code == 1
    assert (watch.returncode, out) == (ran.code, ran.out)
    assert "failed P00001/openai-images (openai-images)" in err
    assert "moderated" in err


def test_a_watch_after_the_end_tells_how_it_ended_and_writes_nothing(
    quick: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same summary and exit code, as often as it is asked, and with a manifest that is broken.

    It opens no ledger: what is not opened is not locked, and no run waits for whoever watches it.
    """

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a database was opened")

    ran = quick.imagepipe("run")
    quick.write("imagepipe.yaml", "version: [")
    before = quick.snapshot()
    monkeypatch.setattr(sqlite3, "connect", refuse)
    monkeypatch.chdir(quick.folder)
    for _ in range(2):
        assert typed(WATCH) == ran.code == 1
        assert capsys.readouterr().out == ran.out
    assert quick.snapshot() == before
    assert typed([*WATCH, "other.yaml"]) == 2
    assert "cannot read other.yaml" in capsys.readouterr().err


def test_a_killed_run_is_told_with_what_to_do(endless: Shop) -> None:
    """SIGKILL leaves no last word: the watch says how it stood, and exits with 69."""
    with at_work(endless) as run, started(endless, *WATCH) as watch:
        line = until(watch, "2 in flight")
        assert "rungen 0/4, 2 waiting: limit: 2 at a time" in line
        run.kill()
        out, _ = watch.communicate()
    assert watch.returncode == 69
    flat = " ".join(out.split())
    assert f"its process {run.pid} on " in flat
    assert "0 of 4 done, 2 in flight" in flat
    lines = out.splitlines()
    assert lines[lines.index("Next:") :] == [
        "Next:",
        "- nothing that was paid for is lost; this goes on where it stopped:",
        "    imagepipe run",
        "- this shows what may be in doubt:",
        "    imagepipe pending list",
    ]
    before = endless.snapshot()
    again = endless.imagepipe(*WATCH)
    assert (again.code, again.out) == (69, out)
    assert endless.snapshot() == before


def test_ctrl_c_ends_the_watch_and_leaves_the_run_alone(endless: Shop) -> None:
    """It is at work as before."""
    with at_work(endless) as run, started(endless, *WATCH) as watch:
        until(watch, "2 in flight")
        watch.send_signal(signal.SIGINT)
        _, err = watch.communicate()
        assert watch.returncode == 130
        assert err.endswith("no longer watching; runs are left alone\n")
        assert run.poll() is None


def test_machines_get_a_line_for_every_change(quick: Shop) -> None:
    """NDJSON with a version; the last line has the exit code."""
    with started(quick, *WATCH, "--next", "--json") as watch:
        assert watch.stdout is not None
        waiting = json.loads(watch.stdout.readline())
        assert waiting["type"] == "waiting"
        ran = quick.imagepipe("run", "--json")
        out, _ = watch.communicate()
    lines = [json.loads(line) for line in out.splitlines()]
    assert {line["version"] for line in [waiting, *lines]} == {1}
    said = next(line for line in lines if line["type"] == "said")
    assert (said["tone"], said["text"][:12]) == ("failure", "failed P0000")
    end = lines[-1]
    assert (end["type"], end["exit_code"], end["run"]) == ("ended", 1, ran.json["run"])
    assert end["manifests"] == ["imagepipe.yaml"]
    jobs = end["jobs"]
    assert (jobs["total"], jobs["done"], jobs["failed"], jobs["in_flight"]) == (4, 3, 1, 0)
    assert end["providers"]["openai-images"]["spent"] == ran.json["cost"]["spent"]


@pytest.mark.deep
def test_several_runs_are_followed_to_the_end_of_the_last(endless: Shop) -> None:
    """Two shards side by side: both are seen, and the death of one does not end the watch."""
    with (
        at_work(endless, "--shard", "1/2") as one,
        at_work(endless, "--shard", "2/2") as two,
        started(endless, *WATCH, "--json") as watch,
    ):
        seen: set[int] = set()
        while seen != {one.pid, two.pid}:
            seen.add(_until(watch, "at_work")["pid"])
        one.kill()
        one.communicate()
        assert _until(watch, "died")["pid"] == one.pid
        assert watch.poll() is None
        two.kill()
        two.communicate()
        assert _until(watch, "died")["pid"] == two.pid
        assert watch.wait() == 69


def _until(watch: subprocess.Popen[str], kind: str) -> dict[str, Any]:
    assert watch.stdout is not None
    for line in watch.stdout:
        found: dict[str, Any] = json.loads(line)
        if found["type"] == kind:
            return found
    raise AssertionError(f"no line was of type {kind}")


def test_whoever_waits_is_told_of_a_rehearsal(quick: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rehearsal has a store of its own; which command looks there is said."""
    monkeypatch.chdir(quick.folder)
    manifest, here = Path("imagepipe.yaml"), Places()
    assert "rehearsal" not in waiting(manifest, here)
    (quick.folder / ".imagepipe" / "emulated").mkdir(parents=True)
    folder = Standings(quick.folder / ".imagepipe" / "emulated" / "runs")
    now = time.time()
    folder.write(Watched(Standing("r", ("imagepipe.yaml",), now, now, 1, ()), this_process()))
    line = waiting(manifest, here)
    assert line.endswith("(a rehearsal is: imagepipe status --emulate --watch)")
