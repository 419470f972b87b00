"""Kept replies: whole or not at all, found again by key and attempt, gone with their reason."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from imagepipe.store.durable import temporary_name
from imagepipe.store.spool import Spool, Spooled
from tests.unit.store.makers import key

MUG, CUP = key("mug"), key("cup")
REPLY = Spooled(201, {"content-type": "application/json", "a": "b"}, b'{"x":\n"y"}\n\xff')


def test_a_reply_is_read_as_it_came(tmp_path: Path) -> None:
    """Its body may hold anything, line breaks too."""
    spool = Spool(tmp_path / "deep" / "spool")
    assert spool.read(MUG, 1) is None
    path = spool.write(MUG, 1, REPLY, "r1")
    assert path == spool.path(MUG, 1) == tmp_path / "deep" / "spool" / f"{MUG}.1.reply"
    assert spool.read(MUG, 1) == REPLY
    assert (spool.read(MUG, 2), spool.read(CUP, 1)) == (None, None)
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_only_its_owner_may_read_a_reply(tmp_path: Path) -> None:
    path = Spool(tmp_path).write(MUG, 1, REPLY, "r1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_later_reply_to_the_same_attempt_takes_its_place(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.write(MUG, 1, REPLY, "r1")
    spool.write(MUG, 1, Spooled(200, {}, b""), "r1")
    assert spool.read(MUG, 1) == Spooled(200, {}, b"")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"201", b"200"),
        (b'"a": "b"', b'"a": "c"'),
        (b"\xff", b"\xfe"),
        (b'"status"', b'"state"'),
        (b'"headers"', b'"header"'),
        (b'"sum"', b'"sun"'),
        (b'{"status"', b'["status"'),
        (b"201", b'"x"'),
        (b"201", b"null"),
    ],
)
def test_a_damaged_reply_is_no_evidence(tmp_path: Path, old: bytes, new: bytes) -> None:
    spool = Spool(tmp_path)
    path = spool.write(MUG, 1, REPLY, "r1")
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    assert spool.read(MUG, 1) is None


def test_a_cut_off_reply_is_no_evidence(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    path = spool.write(MUG, 1, REPLY, "r1")
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert spool.read(MUG, 1) is None


def test_a_reply_is_dropped_once_and_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.write(MUG, 1, REPLY, "r1")
    spool.drop(MUG, 1)
    spool.drop(MUG, 1)
    assert spool.read(MUG, 1) is None


def test_every_reply_is_found_and_nothing_else(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    assert list(spool.replies()) == []
    for one, attempt in ((MUG, 12), (CUP, 1)):
        spool.write(one, attempt, REPLY, "r1")
    for name in ("x.y.reply", "x.1.other", "x.reply", temporary_name("r1")):
        (tmp_path / "spool" / name).touch()
    expected = {(MUG, 12, spool.path(MUG, 12)), (CUP, 1, spool.path(CUP, 1))}
    assert {*spool.replies()} == expected


def test_what_nobody_needs_any_more_is_removed_and_counted(tmp_path: Path) -> None:
    """Temporaries of runs that are over, replies whose picture is stored; never a stranger's."""
    spool = Spool(tmp_path / "spool")
    assert spool.clean(lambda _: True, lambda _: True) == 0
    for one in (MUG, CUP):
        spool.write(one, 1, REPLY, "r1")
    over, lives = temporary_name("over"), temporary_name("lives")
    for name in (over, lives, f"{MUG}.1.other", "note.txt"):
        (tmp_path / "spool" / name).touch()
    assert spool.clean(lambda run: run == "over", lambda found: found == MUG) == 2
    left = {path.name for path in (tmp_path / "spool").iterdir()}
    assert left == {f"{CUP}.1.reply", lives, f"{MUG}.1.other", "note.txt"}
