"""Decisions are written whole, against what was seen, and never over somebody else's."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from imagepipe.app import reviewing
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


_DECIDES = """
import sys
from pathlib import Path
from imagepipe.app.reviewing import Change, decide
from imagepipe.errors import SetupError
from imagepipe.review import Decision, Entry
left = [Change(f"{sys.argv[2]}/{n}", None, Entry(Decision.APPROVED, "a" * 64)) for n in range(60)]
while left:
    try:
        decide(Path(sys.argv[1]), left[-1:])
        left.pop()
    except SetupError as error:  # the others were quicker twenty times: told, and not written
        assert "all the time" in str(error)
"""


def test_the_last_look_is_had_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another process wrote while this one waited for its turn is not written over."""
    path = tmp_path / "m.yaml.review.yaml"
    alone, waited = reviewing._alone, list[Path]()

    @contextmanager
    def later(folder: Path) -> Iterator[None]:
        if not waited:
            waited.append(folder)
            decide(path, [Change("c/d", None, REJECTED)])
        with alone(folder):
            yield

    monkeypatch.setattr(reviewing, "_alone", later)
    monkeypatch.setattr(reviewing, "_writing", nullcontext())
    decide(path, [Change("a/b", None, APPROVED)])
    assert read_review(path).entries == {"a/b": APPROVED, "c/d": REJECTED}


@pytest.mark.deep
def test_servers_of_several_processes_lose_nothing(tmp_path: Path) -> None:
    """Between a last look at the file and its replacement, no other one gets in."""
    path = tmp_path / "m.yaml.review.yaml"
    found = [
        subprocess.Popen([sys.executable, "-c", _DECIDES, str(path), name])
        for name in ("a", "b", "c")
    ]
    assert [one.wait(60) for one in found] == [0, 0, 0]
    assert len(read_review(path).entries) == 180
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_a_link_stays_one_and_rights_stay_what_they_are(tmp_path: Path) -> None:
    """The file may lie elsewhere, and be shared with a group."""
    path, real = tmp_path / "m.yaml.review.yaml", tmp_path / "shared" / "decisions.yaml"
    real.parent.mkdir()
    real.write_text("version: 1\n")
    real.chmod(0o664)
    path.symlink_to(real)
    decide(path, [Change("a/b", None, APPROVED)])
    assert path.is_symlink()
    assert read_review(real).entries == {"a/b": APPROVED}
    assert real.stat().st_mode & 0o777 == 0o664


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    """What, where, and what to do."""
    path = tmp_path / "m.yaml.review.yaml"
    path.mkdir()
    with pytest.raises(SetupError) as caught:
        decide(path, [Change("a/b", None, APPROVED)])
    assert "m.yaml.review.yaml" in str(caught.value)
