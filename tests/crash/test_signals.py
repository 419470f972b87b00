"""Signals, terminals and streams that end: what was paid for is brought in, and the end is told.

Signals go to the whole group of processes, as a terminal sends them; terminals are real ones. The
emulator and the ledger are the witnesses, and no test waits by the clock.
"""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pytest

from imagepipe.model import State
from imagepipe.store import Layout, Reader, Stamp
from tests.crash.served import ROOT
from tests.crash.tracing import small_shop
from tests.e2e.shop import SECRETS, accepted
from tests.emulator_process import EmulatorProcess

IN_FLIGHT = 2
"""At each of the two providers of a small shop."""

PROGRAM = (sys.executable, "-m", "imagepipe")
FIRST, SECOND = "nothing new is sent", "leaving now"
HOUR = "fixed:3600"
"""A latency that no test waits for."""


class Started:
    """The program in a session of its own: what it says is read from `said`, a pipe or terminal."""

    def __init__(self, folder: Path, *arguments: str, terminal: bool = False) -> None:
        self.text = ""
        self.said, theirs = pty.openpty() if terminal else os.pipe()
        # Whoever opens a terminal first in a new session is controlled by it.
        name = os.ttyname(theirs) if terminal else os.devnull
        given = '"$@" <"$0" >"$0" 2>&1' if terminal else '"$@" <"$0" 2>&1'
        self._process = subprocess.Popen(
            ["sh", "-c", f"exec {given}", name, *PROGRAM, *arguments],
            cwd=folder,
            env={**os.environ, **SECRETS, "TERM": "xterm", "CI": "", "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def until(self, text: str) -> None:
        """Read until something is said."""
        while text not in self.text:
            assert self._read(), f"it ended without {text!r}: {self.text}"

    def signal(self, number: int) -> None:
        """To the whole group, which is led by the program."""
        os.killpg(self._process.pid, number)

    def press(self, keys: bytes) -> None:
        os.write(self.said, keys)

    def hang_up(self) -> int:
        """The terminal is closed, and nobody reads any more."""
        os.close(self.said)
        self.said = -1
        return self._process.wait()

    def end(self) -> int:
        """Read to the end; the exit code."""
        while self._read():
            pass
        return self._process.wait()

    def _read(self) -> bool:
        try:
            data = os.read(self.said, 65_536)
        except OSError:  # how a terminal says that nobody writes to it any more
            return False
        self.text += data.decode(errors="replace")
        return bool(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self.said >= 0:
            os.close(self.said)


@contextmanager
def emulator(*latencies: str) -> Iterator[EmulatorProcess]:
    options = [word for one in latencies for word in ("--latency", one)]
    with EmulatorProcess("--picture", "fixed", "--seed", "1", *options) as process:
        yield process


def counts(store: Path, stamp: Stamp = Stamp.LIVE) -> dict[State, int]:
    with Reader.open(Layout(store), stamp) as reader:
        return reader.counts()


def intents(store: Path) -> set[str]:
    with Reader.open(Layout(store), Stamp.LIVE) as reader:
        return {record.key[:12] for record in reader.by_state([State.INTENT])}


def wait_for(emulator: EmulatorProcess, jobs: int) -> None:
    while accepted(emulator) < jobs:
        os.sched_yield()


def pictures(folder: Path) -> int:
    return len(list(folder.rglob("*.png")))


def drained(folder: Path, emulator: EmulatorProcess) -> None:
    """Everything that was accepted is stored and written, and that was not everything."""
    assert counts(folder / ".imagepipe") == {State.COMMITTED: accepted(emulator)}
    assert pictures(folder / "images") == accepted(emulator) < 2 * 40


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.deep)]
)
def test_the_first_signal_brings_in_what_is_paid_for(tmp_path: Path, number: int) -> None:
    """From the moment that it is heard of, no submit is decided on any more."""
    folder = tmp_path / "shop"
    with emulator("fixed:0.2") as vendor:
        small_shop(folder, vendor, products=40)
        with Started(folder, "run") as run:
            wait_for(vendor, 6)
            run.signal(number)
            run.until(FIRST)
            heard = accepted(vendor)
            assert run.end() == 128 + number, run.text
        assert accepted(vendor) - heard <= 2 * IN_FLIGHT
        drained(folder, vendor)


@pytest.mark.deep
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_second_signal_leaves_tickets_for_the_next_run(tmp_path: Path, number: int) -> None:
    """It does not wait for pictures, but for answers to submits: nothing is in doubt."""
    folder = tmp_path / "shop"
    with emulator(f"rungen:{HOUR}", "runcrate:fixed:0.3") as vendor:
        small_shop(folder, vendor, products=40)
        with Started(folder, "run") as run:
            wait_for(vendor, 2 * IN_FLIGHT)
            for told in (FIRST, SECOND):
                run.signal(number)
                run.until(told)
            assert run.end() == 128 + number, run.text
        assert "Set aside for jobs in flight: " in run.text, "paid for, and not among the spent"
        found = counts(folder / ".imagepipe")
        assert found.pop(State.SUBMITTED) == int(vendor.stats("rungen")["accepted"])
        assert sum(found.values()) == int(vendor.stats("runcrate")["accepted"])
        assert set(found) <= {State.COMMITTED, State.REMOTE_DONE, State.FETCHED}


@pytest.mark.parametrize(
    "terminal", [True, pytest.param(False, marks=pytest.mark.deep)], ids=["terminal", "pipe"]
)
def test_the_third_signal_leaves_at_once_and_names_what_is_in_doubt(
    tmp_path: Path, *, terminal: bool
) -> None:
    """Each submit without an answer, as the ledger has it, and the command that tells more."""
    folder = tmp_path / "shop"
    with emulator(HOUR) as vendor:
        small_shop(folder, vendor, products=40)
        with Started(folder, "run", terminal=terminal) as run:
            wait_for(vendor, 2 * IN_FLIGHT)
            for told in (FIRST, SECOND, ""):
                run.press(b"\x03") if terminal else run.signal(signal.SIGTERM)
                run.until(told)
            assert run.end() == 128 + (signal.SIGINT if terminal else signal.SIGTERM), run.text
        listed = set(re.findall(r"^  ([0-9a-f]{12})  P\d+/runcrate at", run.text, re.MULTILINE))
        assert len(listed) == IN_FLIGHT, run.text
        assert listed == intents(folder / ".imagepipe")
        assert "`imagepipe pending list`" in run.text
        if terminal:
            assert "\x1b[?25l" not in run.text, "a cursor that is hidden would stay so"
        with Started(folder, "pending", "list") as pending:
            assert pending.end() == 0
        assert set(re.findall(r"^([0-9a-f]{12})  ", pending.text, re.MULTILINE)) == listed


@pytest.mark.deep
def test_a_rehearsal_in_a_terminal_drains_at_ctrl_c(tmp_path: Path) -> None:
    """Its emulator hears no Ctrl-C: it would take the jobs away that are to be brought in."""
    rows = "\n".join(f"  - {{sku: P{n:03}}}" for n in range(120))
    (tmp_path / "imagepipe.yaml").write_text(
        f"version: 1\nname: shop\nproducts:\n{rows}\nimages:\n"
        '  hero: {prompt: "a {{ sku }}", provider: runcrate,'
        " model: black-forest-labs/FLUX.1-schnell}\n"
    )
    with Started(tmp_path, "run", "--emulate", "-v", terminal=True) as run:
        run.until("generated P")
        run.press(b"\x03")
        assert run.end() == 130, run.text
    store = next(path.parent for path in tmp_path.rglob("ledger.sqlite"))
    found = counts(store, Stamp.EMULATED)
    assert set(found) == {State.COMMITTED}
    assert pictures(tmp_path / "images-emulated") == found[State.COMMITTED] < 120
    assert "ambiguous" not in run.text


@pytest.mark.deep
def test_a_terminal_that_hangs_up_drains(tmp_path: Path) -> None:
    """A window is closed, a connection breaks: nobody reads, and what was paid for comes in."""
    folder = tmp_path / "shop"
    with emulator("fixed:0.2") as vendor:
        small_shop(folder, vendor, products=40)
        with Started(folder, "run", terminal=True) as run:
            wait_for(vendor, 6)
            assert run.hang_up() == 128 + signal.SIGHUP
        drained(folder, vendor)


def redirected(folder: Path, command: str, *arguments: str) -> int:
    """The program's exit code where a shell has led its streams elsewhere; `"$@"` is it."""
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}", "bash", *PROGRAM, *arguments],
        cwd=folder,
        env={**os.environ, **SECRETS, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    ).returncode


FULL = ('"$@" >/dev/full 2>/dev/full', ("--json",), 2)
REDIRECTED: Sequence[tuple[str, tuple[str, ...], int]] = (
    ('"$@" >/dev/full', (), 2),
    ('"$@" >&-', ("--json",), 0),
    ('"$@" >&- 2>&- <&-', (), 0),
    ('"$@" 2>/dev/full', ("-v",), 0),
    ('"$@" | head -1', ("--events", "-"), 0),
    ('"$@" 2>&1 | head -1', ("-v", "--json"), 0),
    ('mkfifo log; head -1 log & "$@"', ("--events", "log"), 0),
)


@pytest.mark.parametrize(
    ("command", "options", "code"),
    [FULL, *(pytest.param(*one, marks=pytest.mark.deep) for one in REDIRECTED)],
)
def test_streams_that_take_nothing_end_no_run(
    tmp_path: Path, command: str, options: tuple[str, ...], code: int
) -> None:
    """All is paid once and brought in; a result that somebody wants and cannot get is an error."""
    folder = tmp_path / "shop"
    with emulator("fixed:0.1") as vendor:
        small_shop(folder, vendor, products=4)
        assert redirected(folder, command, "run", *options) == code
        assert accepted(vendor) == pictures(folder / "images") == 8
        assert counts(folder / ".imagepipe") == {State.COMMITTED: 8}


@pytest.mark.deep
def test_a_full_stream_hides_no_signal(tmp_path: Path) -> None:
    """Of a result that could not be written and a signal, the exit code tells the signal."""
    folder = tmp_path / "shop"
    with emulator("fixed:0.2") as vendor:
        small_shop(folder, vendor, products=40)
        given = '"$@" >/dev/full 2>/dev/full & echo $! >pid; wait $!'
        with subprocess.Popen(
            ["bash", "-c", given, "bash", *PROGRAM, "run", "--json"],
            cwd=folder,
            env={**os.environ, **SECRETS, "PYTHONPATH": str(ROOT)},
        ) as shell:
            wait_for(vendor, 6)
            os.kill(int((folder / "pid").read_text()), signal.SIGTERM)
            assert shell.wait() == 128 + signal.SIGTERM
        drained(folder, vendor)
