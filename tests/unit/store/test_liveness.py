"""Is that process alive? Only what can be proven is said."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

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
