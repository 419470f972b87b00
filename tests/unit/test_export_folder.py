"""Of a folder that exports keep, no file of a person is lost, and none of its own is forgotten."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from imagepipe.app.export_folder import INDEX, Copy, ExportFolder
from imagepipe.errors import SetupError


def _copy(tmp_path: Path, path: str, data: bytes) -> Copy:
    digest = hashlib.sha256(data).hexdigest()
    source = tmp_path / "store" / digest
    source.parent.mkdir(exist_ok=True)
    source.write_bytes(data)
    return Copy(path, digest, source)


def _export(folder: Path, *wanted: Copy) -> tuple[int, list[str], list[str]]:
    place = ExportFolder(folder)
    written = place.take(wanted)
    return (written, *place.close(wanted))


def _files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != INDEX)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_a_folder_holds_exactly_what_is_wanted(tmp_path: Path) -> None:
    """A second export writes nothing; what is not wanted any more goes, with its empty folder."""
    folder = tmp_path / "shop"
    one, two = _copy(tmp_path, "a/x.png", b"1"), _copy(tmp_path, "b/x.png", b"2")
    assert _export(folder, one, two) == (2, [], [])
    noted = (folder / INDEX).stat().st_mtime_ns
    assert _export(folder, one, two) == (0, [], [])
    assert (folder / INDEX).stat().st_mtime_ns == noted
    assert _export(folder, _copy(tmp_path, "a/x.png", b"3")) == (1, ["b/x.png"], [])
    assert _files(folder) == {"a/x.png": b"3"}
    assert not (folder / "b").exists()


def test_an_export_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    """A full disk, say: its own files are no strangers to the next one, whatever was decided."""
    folder = tmp_path / "shop"
    one, two, three = (_copy(tmp_path, f"{name}/x.png", name.encode()) for name in "abc")
    _export(folder, _copy(tmp_path, "a/x.png", b"0"))
    for _ in range(2):  # cut off twice, with another picture in between
        two.source.unlink()
        with pytest.raises(FileNotFoundError):
            ExportFolder(folder).take([one, two, three])
        assert _files(folder) == {"a/x.png": one.source.read_bytes()}
        two = _copy(tmp_path, "b/x.png", b"2")
        one = _copy(tmp_path, "a/x.png", b"1")
    assert _export(folder, two, three) == (2, ["a/x.png"], [])
    assert "writing" not in json.loads((folder / INDEX).read_bytes())


def test_what_a_person_put_there_is_told_before_anything_is_written(tmp_path: Path) -> None:
    """A file, a folder, a link to nowhere; and it is as it was."""
    folder, elsewhere = tmp_path / "shop", tmp_path / "elsewhere"
    elsewhere.mkdir()
    _export(folder, _copy(tmp_path, "z/x.png", b"0"))
    one, two = _copy(tmp_path, "a/x.png", b"1"), _copy(tmp_path, "b/x.png", b"2")
    (folder / "b").mkdir()
    target = folder / "b" / "x.png"
    for put in (
        lambda: target.write_bytes(b"mine"),
        target.mkdir,
        lambda: target.symlink_to(elsewhere / "nothing"),
    ):
        put()
        with pytest.raises(SetupError, match=r"x\.png was edited, or is none that an export wrote"):
            ExportFolder(folder).take([one, two])
        assert not (folder / "a").exists()
        target.rmdir() if target.is_dir() else target.unlink()
    target.parent.rmdir()
    target.parent.write_bytes(b"mine")
    with pytest.raises(SetupError, match="b was edited"):
        ExportFolder(folder).take([one, two])


def test_nothing_is_written_or_removed_behind_a_link(tmp_path: Path) -> None:
    """It leads to somebody else's folder."""
    folder, elsewhere = tmp_path / "shop", tmp_path / "elsewhere"
    one = _copy(tmp_path, "a/x.png", b"1")
    _export(folder, one)
    (folder / "a").rename(elsewhere)
    (folder / "a").symlink_to(elsewhere)
    assert _export(folder) == (0, [], ["a/x.png"])
    assert _files(elsewhere) == {"x.png": b"1"}
    with pytest.raises(SetupError, match="a was edited"):
        ExportFolder(folder).take([_copy(tmp_path, "a/x.png", b"2")])


def test_a_damaged_picture_is_not_passed_on(tmp_path: Path) -> None:
    """What was approved is these very bytes."""
    one = _copy(tmp_path, "a/x.png", b"1")
    one.source.write_bytes(b"rotten")
    with pytest.raises(SetupError, match="is damaged"):
        ExportFolder(tmp_path / "shop").take([one])
    assert _files(tmp_path / "shop") == {}


def test_what_was_edited_there_stays(tmp_path: Path) -> None:
    """Told, and written over by no export."""
    folder = tmp_path / "shop"
    _export(folder, _copy(tmp_path, "a/x.png", b"1"))
    (folder / "a" / "x.png").write_bytes(b"mine")
    assert _export(folder) == (0, [], ["a/x.png"])
    assert _files(folder) == {"a/x.png": b"mine"}
