"""Several processes on one ledger, and processes that die in the middle: real ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from imagepipe.model import Key, State
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.ledger import Ledger
from imagepipe.store.reader import Reader
from tests.unit.store.makers import LATER, key, look, open_ledger

ROOT = Path(__file__).resolve().parents[3]

CHILD = """
import sys
from pathlib import Path
from tests.unit.store.makers import NOW, claim, key, open_ledger, run
from imagepipe.model import Ticket
from imagepipe.store.claims import Claimed

folder, me, count, tickets = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4:]
ledger = open_ledger(folder, run(me))
print("ready", flush=True)
sys.stdin.readline()
for start in range(0, count, 4):
    names = [f"n{number}" for number in range(start, start + 4)]
    found = ledger.transact([lambda one, n=n: claim(one, n, me) for n in names])
    for name, one in zip(names, found, strict=True):
        if isinstance(one, Claimed):
            print("claimed", key(name), flush=True)
    if tickets:
        ledger.transact([lambda one, n=n: one.ticketed(key(n), Ticket(n), NOW) for n in names])
        print("ticketed", *(key(name) for name in names), flush=True)
ledger.close()
"""


def start(folder: Path, me: str, count: int, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder), me, str(count), *more],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def line(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline()


def rest(child: subprocess.Popen[str]) -> list[str]:
    """What it says until it ends. (`communicate` would skip what `readline` has buffered.)"""
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.close()
    said = child.stdout.read().splitlines()
    child.stdout.close()
    child.wait()
    return said


def go(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    child.stdin.write("go\n")
    child.stdin.flush()


def test_a_key_that_many_processes_want_is_claimed_by_one(tmp_path: Path) -> None:
    """Four processes, two hundred keys, all at once."""
    children = [start(tmp_path, f"p{number}", 200) for number in range(4)]
    assert [line(child) for child in children] == ["ready\n"] * 4
    for child in children:
        go(child)
    claims = [key for child in children for key in rest(child)]
    assert [child.returncode for child in children] == [0] * 4
    assert len(claims) == len(set(claims)) == 200
    with Ledger.open_or_create(Layout(tmp_path), Stamp.LIVE, LATER) as ledger:
        assert ledger.counts() == {State.INTENT: 200}
        assert ledger.reserved().amount == 2
        assert [*ledger.verify()] == []


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
@pytest.mark.parametrize("after", [1, 2, 7, 30, 61])
def test_what_was_said_before_a_kill_is_there_after_it(tmp_path: Path, after: int) -> None:
    """Claims and tickets that a process knew of survive its `kill -9`; the rest is ambiguous."""
    child = start(tmp_path, "victim", 4000, "with tickets")
    line(child)
    go(child)
    said = [line(child).split() for _ in range(after)]
    child.send_signal(signal.SIGKILL)
    said += [text.split() for text in rest(child)]
    with open_ledger(tmp_path) as ledger:
        assert [*ledger.verify()] == []
        found = ledger.recover(LATER, look)
        claimed = {Key(key) for word, *keys in said if word == "claimed" for key in keys}
        ticketed = {Key(key) for word, *keys in said if word == "ticketed" for key in keys}
        states = {key: record.state for key, record in ledger.records(list(claimed)).items()}
        assert states.keys() == claimed
        assert {states[key] for key in ticketed} <= {State.SUBMITTED}
        assert set(states.values()) <= {State.SUBMITTED, State.AMBIGUOUS}
        assert len(found.ambiguous) <= 4
        assert [run.id for run in found.dead] == ["victim"]


def test_two_processes_may_start_a_store_at_once(tmp_path: Path) -> None:
    """One ledger comes of it, and both runs are in it."""
    children = [start(tmp_path / "new", f"p{number}", 4) for number in range(4)]
    for child in children:
        line(child)
        go(child)
        rest(child)
    assert [child.returncode for child in children] == [0] * 4
    with Reader.open(Layout(tmp_path / "new"), Stamp.LIVE) as reader:
        assert {run.id for run in reader.runs()} == {"p0", "p1", "p2", "p3"}
        assert reader.record(key("n0")) is not None
