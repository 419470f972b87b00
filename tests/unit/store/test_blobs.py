"""Blobs: whole or not there, durable, named by what they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from imagepipe.errors import StoreError
from imagepipe.model import Digest
from imagepipe.store.blobs import Blobs
from imagepipe.store.spool import Spool, Spooled
from tests.unit.store.makers import digest, key


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


def test_bytes_are_kept_under_their_sha256(blobs: Blobs, tmp_path: Path) -> None:
    """`blobs/ab/cdef...`, so that `sha256sum` can check it."""
    name, size = blobs.put(b"picture", "r1")
    assert (name, size) == (digest(b"picture"), 7)
    assert blobs.path(name) == tmp_path / "blobs" / name[:2] / name[2:]
    assert blobs.read(name) == b"picture"
    assert blobs.has(name, 7)
    assert not blobs.has(name, 8)
    assert list(blobs) == [name]


def test_storing_twice_is_storing_once(blobs: Blobs) -> None:
    """And mends what was damaged."""
    name, _ = blobs.put(b"picture", "r1")
    blobs.path(name).write_bytes(b"damaged")
    assert not blobs.intact(name)
    with pytest.raises(StoreError, match="damaged"):
        blobs.read(name)
    assert blobs.put(b"picture", "r2")[0] == name
    assert blobs.intact(name)
    assert list(blobs) == [name]


@pytest.mark.parametrize("known", [True, False])
def test_a_download_is_adopted(blobs: Blobs, known: bool) -> None:
    """With the digest that its writer computed, or by reading it once."""
    temporary = blobs.temporary("r1")
    temporary.write_bytes(b"picture")
    given = digest(b"picture") if known else None
    assert blobs.adopt(temporary, digest=given, size=7) == (digest(b"picture"), 7)
    assert not temporary.exists()
    assert blobs.intact(digest(b"picture"))


def test_a_download_of_another_size_is_refused(blobs: Blobs) -> None:
    """A disk that lost the end of it."""
    temporary = blobs.temporary("r1")
    temporary.write_bytes(b"pict")
    with pytest.raises(StoreError, match="7 bytes were written"):
        blobs.adopt(temporary, size=7)
    assert list(blobs) == []


def test_bytes_are_on_the_disk_before_their_name_is(
    blobs: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order that a power cut needs: file, rename, folder."""
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def sync(descriptor: int) -> None:
        steps.append("sync")
        fsync(descriptor)

    def rename(path: str, target: str) -> None:
        steps.append("rename")
        replace(path, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "replace", rename)
    blobs.put(b"first", "r1")
    assert steps[0] == "sync"
    assert steps[-2:] == ["rename", "sync"]


def test_temporaries_of_runs_that_are_over_are_removed(blobs: Blobs) -> None:
    """Those of live runs stay, and so does everything else."""
    name, _ = blobs.put(b"picture", "r1")
    stale, live = blobs.temporary("dead"), blobs.temporary("alive")
    for path in (stale, live):
        path.write_bytes(b"part")
    assert blobs.clean(lambda run: run == "dead") == 1
    assert not stale.exists()
    assert live.exists()
    assert blobs.intact(name)


def test_a_failed_write_leaves_nothing(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is an error and no half file."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    blobs.put(b"other", "r1")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        blobs.put(b"picture", "r1")
    assert list(blobs) == [digest(b"other")]
    assert blobs.clean(lambda _: True) == 0


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "ab", "A" * 64, "g" * 64])
def test_only_a_digest_names_a_blob(blobs: Blobs, name: str) -> None:
    """A name from a damaged row or a lock file is no path."""
    with pytest.raises(ValueError, match="no SHA-256"):
        blobs.path(Digest(name))


def test_a_reply_is_kept_until_its_picture_is(tmp_path: Path) -> None:
    """Status, headers and body come back as they were; each attempt has its own."""
    spool = Spool(tmp_path / "spool")
    reply = Spooled(200, {"content-type": "application/json"}, b'{"b64_json": "\n\x00"}')
    spool.write(key("mug"), 1, reply, "r1")
    assert spool.read(key("mug"), 1) == reply
    assert spool.read(key("mug"), 2) is None
    spool.drop(key("mug"), 1)
    assert spool.read(key("mug"), 1) is None
