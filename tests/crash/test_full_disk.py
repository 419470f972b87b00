"""A disk that is full, or refuses to write: spending stops with a word, and nothing paid is lost.

The store is on a small file system of its own (tmpfs in a mount namespace that ends with its
process), or under a limit on the size of files; the emulator is the witness of what was accepted.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from imagepipe.store.room import FLOOR
from tests.e2e.shop import SECRETS, Ran, Shop, accepted
from tests.emulator_process import EmulatorProcess

AT_ONCE = {"runcrate": "{in_flight: 4}"}
BY_TICKET = {"goneural": "{in_flight: 4}"}
EMULATOR = ("--picture", "fixed", "--latency", "uniform:0.01:0.05", "--seed", "5")
PYTHON = f"{sys.executable} -m imagepipe"


def in_namespace(shop: Shop, script: str) -> Ran:
    """A shell in a mount namespace of its own, which needs no privilege where users have them."""
    return shell(shop, script, "unshare", "--user", "--map-root-user", "--mount")


def shell(shop: Shop, script: str, *before: str) -> Ran:
    done = subprocess.run(
        [*before, "bash", "-c", f'set -u\nsay() {{ echo "$1 $?"; }}\n{script}'],
        cwd=shop.folder,
        env={**os.environ, **SECRETS, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def mounts() -> bool:
    """Whether a small file system can be had here."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return False
    enter = ["unshare", "--user", "--map-root-user", "--mount"]
    probe = [*enter, "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


needs_mount = pytest.mark.skipif(not mounts(), reason="no user and mount namespaces here")


@needs_mount
def test_spending_stops_before_the_disk_is_full_and_goes_on_with_space(tmp_path: Path) -> None:
    """What is in flight when the floor is reached still finds its place: nothing is in doubt."""
    with EmulatorProcess(*EMULATOR) as emulator:
        shop = Shop.open(tmp_path, emulator, products=20, limits=AT_ONCE)
        (tmp_path / "store").mkdir()
        ran = in_namespace(
            shop,
            f"""
            mount -t tmpfs -o size={FLOOR + 350_000} none store
            {PYTHON} run -q --store store; say first
            {PYTHON} store verify --read-data --store store; say sound
            {PYTHON} pending list --store store
            mount -o remount,size={2 * FLOOR} store
            {PYTHON} run -q --store store; say second
            """,
        )
        assert "first 2" in ran.out, ran
        assert "no space left" in ran.err
        assert "free some space" in ran.err
        assert "sound 0" in ran.out, ran
        assert "Nothing is in doubt" in ran.out
        assert "second 0" in ran.out, ran
        assert "reused" in ran.out
        assert accepted(emulator) == 20
        assert len([*(tmp_path / "images").rglob("*.png")]) == 20


@needs_mount
def test_a_store_that_is_full_from_the_start_sends_nothing(tmp_path: Path) -> None:
    with EmulatorProcess(*EMULATOR) as emulator:
        shop = Shop.open(tmp_path, emulator, products=2, limits=AT_ONCE)
        (tmp_path / "store").mkdir()
        ran = in_namespace(
            shop,
            f"""
            mount -t tmpfs -o size=1m none store
            {PYTHON} run -q --store store; say first
            """,
        )
        assert "first 2" in ran.out, ran
        assert "no space left" in ran.err
        assert accepted(emulator) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_a_disk_that_refuses_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    """A quota is met without warning: what could not be written down is in doubt, not paid again.

    The limit is on the size of any one file, so that the ledger's log meets it first.
    """
    with EmulatorProcess(*EMULATOR) as emulator:
        shop = Shop.open(tmp_path, emulator, products=10, limits={**AT_ONCE, **BY_TICKET})
        ran = shell(
            shop,
            f"""
            (ulimit -f 180; {PYTHON} run -q; say first)
            {PYTHON} run -q; say second
            {PYTHON} store verify --read-data; say sound
            """,
        )
        assert "first 2" in ran.out, ran
        assert "check the disk" in ran.err
        assert "sound 0" in ran.out, ran
        after = shop.imagepipe("plan", "--json").json["jobs"]
        assert after["ambiguous"] <= 8
        assert after["reused"] + after["ambiguous"] == 20
        assert 20 - after["ambiguous"] <= accepted(emulator) <= 20
        assert sum(int(one["duplicates"]) for one in emulator.stats().values()) == 0
