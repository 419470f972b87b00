"""Is that process alive? Only what can be proven is said."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from imagepipe.store import liveness
from imagepipe.store.liveness import Life, Process, life, this_process

ME = Process("host", "boot", "space", 100, "5000")
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


def test_this_process_is_alive() -> None:
    """However little its system tells."""
    me = this_process()
    assert life(me, me) is Life.ALIVE
    assert me.pid == os.getpid()


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (replace(ME, host="elsewhere"), Life.UNPROVABLE),
        (replace(ME, host="elsewhere", boot="another"), Life.UNPROVABLE),
        (replace(ME, boot="another"), Life.DEAD),
        (replace(ME, space="another container"), Life.UNPROVABLE),
    ],
)
def test_what_cannot_be_seen_from_here_is_not_guessed(other: Process, expected: Life) -> None:
    """Another host or container may live; an earlier boot of this host does not."""
    assert life(other, ME) is expected


@linux
def test_a_child_is_alive_until_it_ends() -> None:
    """By its own start time, so that a reused number is another process."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        me = this_process()
        born = liveness._born(child.pid)
        other = replace(me, pid=child.pid, born=born)
        assert born
        assert life(other, me) is Life.ALIVE
        assert life(replace(other, born="1"), me) is Life.DEAD
        child.kill()
        child.wait()
        assert life(other, me) is Life.DEAD


@linux
def test_a_process_that_ended_and_was_not_collected_is_dead() -> None:
    """A zombie will submit nothing."""
    with subprocess.Popen([sys.executable, "-c", "print()"], stdout=subprocess.PIPE) as child:
        me = this_process()
        other = replace(me, pid=child.pid, born=liveness._born(child.pid))
        assert child.stdout is not None
        child.stdout.read()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert life(other, me) is Life.DEAD


def test_without_start_times_a_living_number_proves_nothing() -> None:
    """As on systems without /proc: gone is dead, there is unprovable."""
    me = replace(this_process(), born="")
    parent = replace(me, pid=os.getppid())
    assert life(parent, me) is Life.UNPROVABLE


STAT = "77 (a) (b c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20 21"


def pretend(monkeypatch: pytest.MonkeyPatch, stat: str = STAT, *, there: bool = True) -> None:
    """A machine on which process 77 has this line in /proc, or is not there."""

    def text(path: Path) -> str:
        return stat if path == Path("/proc/77/stat") else ""

    def kill(pid: int, number: int) -> None:
        assert (pid, number) == (77, 0)
        if not there:
            raise ProcessLookupError

    monkeypatch.setattr(liveness, "_text", text)
    monkeypatch.setattr(liveness, "os", SimpleNamespace(kill=kill, name="posix", getpid=os.getpid))


OTHER = replace(ME, pid=77, born="4242")


@pytest.mark.parametrize(
    ("other", "stat", "expected"),
    [
        (OTHER, STAT, Life.ALIVE),
        (replace(OTHER, born="4241"), STAT, Life.DEAD),
        (OTHER, STAT.replace(") S", ") Z"), Life.DEAD),
        (OTHER, STAT.replace(") S", ") X"), Life.DEAD),
        (OTHER, STAT.replace(") S", ") D"), Life.ALIVE),
        (OTHER, "", Life.UNPROVABLE),
        (OTHER, "77 (a) S 1 2 3", Life.UNPROVABLE),
        (OTHER, "77 (a) " + " ".join(["S", *"x" * 18]), Life.UNPROVABLE),
        (OTHER, "77 (a) " + " ".join(["S", *"x" * 18, "4242"]), Life.ALIVE),
        (replace(OTHER, born=""), STAT, Life.UNPROVABLE),
    ],
)
def test_a_process_is_known_by_its_number_and_its_start(
    monkeypatch: pytest.MonkeyPatch, other: Process, stat: str, expected: Life
) -> None:
    """`starttime` of proc_pid_stat(5), after a name that may hold spaces and brackets."""
    pretend(monkeypatch, stat)
    assert life(other, ME) is expected


def test_a_number_that_is_gone_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, there=False)
    assert life(OTHER, ME) is Life.DEAD


@pytest.mark.parametrize(
    ("theirs", "mine", "expected"),
    [
        ("", "boot", Life.ALIVE),
        ("boot", "", Life.ALIVE),
        ("", "", Life.ALIVE),
        ("other", "boot", Life.DEAD),
    ],
)
def test_a_boot_that_is_not_known_proves_nothing(
    monkeypatch: pytest.MonkeyPatch, theirs: str, mine: str, expected: Life
) -> None:
    pretend(monkeypatch)
    assert life(replace(OTHER, boot=theirs), replace(ME, boot=mine)) is expected


@pytest.mark.parametrize("error", [PermissionError, OverflowError])
def test_a_process_that_may_not_be_asked_may_be_alive(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """Another user's, or a number that this system cannot have."""

    def kill(_pid: int, _number: int) -> None:
        raise error

    monkeypatch.setattr(liveness, "_text", lambda _path: "")
    monkeypatch.setattr(liveness, "os", SimpleNamespace(kill=kill, name="posix"))
    assert life(OTHER, ME) is Life.UNPROVABLE


def test_on_windows_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signal 0 would end it there."""
    monkeypatch.setattr(liveness, "_text", lambda _path: "")
    monkeypatch.setattr(liveness, "os", SimpleNamespace(name="nt"))
    assert life(OTHER, ME) is Life.UNPROVABLE


@linux
def test_this_process_is_named_as_the_system_names_it() -> None:
    me = this_process()
    stat = Path("/proc/self/stat").read_text(encoding="utf-8")
    assert me == Process(
        host=socket.gethostname(),
        boot=Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip(),
        space=str(Path("/proc/self/ns/pid").readlink()),
        pid=os.getpid(),
        born=stat.rpartition(")")[2].split()[19],
    )
    assert all((me.host, me.boot, me.space, me.born))


def test_what_the_system_does_not_tell_is_empty(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b" caf\xff\n")
    assert liveness._text(file) == "caf\N{REPLACEMENT CHARACTER}"
    assert liveness._text(tmp_path / "absent") == ""
    assert liveness._link(tmp_path / "absent") == ""
