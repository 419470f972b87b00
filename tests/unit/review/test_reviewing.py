"""Decisions are written whole, against what was seen, and never over somebody else's."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from imagepipe.app.project import read_review
from imagepipe.app.reviewing import Change, Conflict, decide
from imagepipe.errors import InputError, SetupError
from imagepipe.model import Digest
from imagepipe.review import Decision, Entry

APPROVED = Entry(Decision.APPROVED, Digest("a" * 64))
REJECTED = Entry(Decision.REJECTED, Digest("a" * 64), "too dark")


def test_a_decision_is_there_afterwards_and_nothing_else(tmp_path: Path) -> None:
    """No draft is left; the same decision again writes nothing."""
    path = tmp_path / "m.yaml.review.yaml"
    assert decide(path, [Change("a/b", None, APPROVED)]).entries == {"a/b": APPROVED}
    written = path.stat().st_mtime_ns
    decide(path, [Change("a/b", None, APPROVED)])
    assert path.stat().st_mtime_ns == written
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_what_somebody_else_decided_is_told_and_kept(tmp_path: Path) -> None:
    """And nothing of the same request is written."""
    path = tmp_path / "m.yaml.review.yaml"
    decide(path, [Change("a/b", None, REJECTED)])
    with pytest.raises(Conflict) as caught:
        decide(path, [Change("a/b", None, APPROVED), Change("c/d", None, APPROVED)])
    assert caught.value.entries == {"a/b": REJECTED}
    assert read_review(path).entries == {"a/b": REJECTED}
    decide(path, [Change("a/b", REJECTED, APPROVED)])
    assert read_review(path).entries == {"a/b": APPROVED}


def test_a_file_that_is_wrong_is_left_to_a_person(tmp_path: Path) -> None:
    """Written over, their work would be lost."""
    path = tmp_path / "m.yaml.review.yaml"
    path.write_text("version: 1\npictures:\n  a/b: {decision: aproved}\n")
    with pytest.raises(InputError):
        decide(path, [Change("c/d", None, APPROVED)])
    assert "aproved" in path.read_text()


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    """Each decides on a picture of its own at the same time."""
    path = tmp_path / "m.yaml.review.yaml"
    writers = [
        threading.Thread(target=decide, args=(path, [Change(f"p/{n}", None, APPROVED)]))
        for n in range(12)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(read_review(path).entries) == 12


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    """What, where, and what to do."""
    path = tmp_path / "m.yaml.review.yaml"
    path.mkdir()
    with pytest.raises(SetupError) as caught:
        decide(path, [Change("a/b", None, APPROVED)])
    assert "m.yaml.review.yaml" in str(caught.value)
