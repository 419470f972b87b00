"""`check`: manifest, lock and pictures compared, offline, as a build does it on a fresh clone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.shop import SECRETS
from tests.e2e.typed import Desk


@pytest.fixture
def desk(opened: Callable[[int], Desk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A fresh clone: pictures and lock, and neither store nor key."""
    made = opened(2)
    assert made.types("run", "-q").code == 0
    for name in (".imagepipe", "state"):
        shutil.rmtree(tmp_path / name)
    for name in SECRETS:
        monkeypatch.delenv(name)
    monkeypatch.setattr("socket.socket.connect", _offline)
    return made


def _offline(*_address: object) -> None:
    raise AssertionError("a check asks nobody")


def counts(desk: Desk) -> dict[str, int]:
    """The kinds of which something was found."""
    jobs: dict[str, int] = desk.types("check", "--json").json["jobs"]
    return {kind: n for kind, n in jobs.items() if n and kind not in ("total", "agree")}


def test_a_fresh_clone_agrees_and_nothing_is_written(desk: Desk) -> None:
    before = desk.shop.snapshot()
    checked = desk.types("check")
    assert (checked.code, checked.err) == (0, "")
    assert "2 jobs, all agree with the lock" in checked.out
    assert desk.types("check", "--json").json == {
        "version": 1,
        "manifests": ["imagepipe.yaml"],
        "agrees": True,
        "jobs": {
            "total": 2,
            "agree": 2,
            "new": 0,
            "changed": 0,
            "missing": 0,
            "edited": 0,
            "orphaned": 0,
            "duplicated": 0,
        },
        "findings": [],
        "rehearsal": False,
    }
    assert (desk.types("check", "-q").out, desk.shop.snapshot()) == ("", before)


def test_a_stale_prompt_is_found(desk: Desk) -> None:
    desk.edits("on white", "on slate")
    checked = desk.types("check")
    assert checked.code == 3
    assert "2 outputs in the lock, and made from another request:" in checked.out
    assert "imagepipe plan -v  # says what changed" in checked.out
    assert counts(desk) == {"changed": 2}


def test_every_way_to_disagree_has_its_name(desk: Desk) -> None:
    """One of each: a new product, a missing file, an edited one, a pointer of Git LFS."""
    desk.edits("sku,name,color\n", "sku,name,color\nNEW-1,cup,blue\n", "products.csv")
    first = desk.images / "P00001" / "runcrate.png"
    second = desk.images / "P00002" / "runcrate.png"
    first.unlink()
    second.write_bytes(b"painted over")
    assert counts(desk) == {"new": 1, "missing": 1, "edited": 1}
    second.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")
    assert "git lfs pull" in desk.types("check").out
    assert counts(desk) == {"new": 1, "missing": 2}


def test_a_picture_that_only_moved_is_missing_and_not_new(desk: Desk) -> None:
    """A run puts it there without paying."""
    desk.edits("{prompt: hero, provider", "{path: 'flat/{{ sku }}', prompt: hero, provider")
    assert counts(desk) == {"missing": 2, "orphaned": 2}
    assert "its picture is, at P00001/runcrate.png" in desk.types("check").out


def test_what_no_job_makes_is_told_and_fails_nothing(desk: Desk) -> None:
    """A run leaves it alone, too: a product out of stock breaks no build."""
    desk.edits("P00002,mug 2,red\n", "", "products.csv")
    assert desk.types("check").code == 0
    assert counts(desk) == {"orphaned": 1}


def test_several_manifests_are_one_object(desk: Desk) -> None:
    text = (desk.shop.folder / "imagepipe.yaml").read_text()
    desk.shop.write("other.yaml", text)
    checked = desk.types("check", "imagepipe.yaml", "other.yaml", "--json")
    assert checked.code == 3
    assert checked.json["manifests"] == ["imagepipe.yaml", "other.yaml"]
    assert (checked.json["jobs"]["agree"], checked.json["jobs"]["new"]) == (2, 2)


def test_a_lock_that_cannot_be_read_is_a_mistake(desk: Desk) -> None:
    lines = desk.lock.read_text().splitlines()
    merged = ["<<<<<<< HEAD", lines[0], "=======", lines[1], ">>>>>>> theirs", ""]
    desk.lock.write_text("\n".join(merged))
    checked = desk.types("check")
    assert checked.code == 2
    assert "imagepipe.yaml.lock:1:1" in checked.err
    assert "a merge of this file was left unfinished" in checked.err
