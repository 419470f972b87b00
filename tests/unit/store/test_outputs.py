"""Outputs: made from blobs, kept where a person edited them, never outside, never through links."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from imagepipe.model import Output
from imagepipe.store.confine import Outside, refusal
from imagepipe.store.outputs import Kept, Outputs, Unchanged, Wish, Written, root_name
from imagepipe.store.tree import Tree
from tests.unit.store.makers import digest, key

PATH = "mug/hero.png"
needs_links = pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "images"


def wish(data: bytes = b"picture", path: str = PATH) -> Wish:
    return Wish(path, "hero|mug|1", key("mug"), digest(data), digest(data))


def write(
    root: Path,
    data: bytes = b"picture",
    *,
    path: str = PATH,
    recorded: Output | None = None,
    force: bool = False,
) -> Written | Unchanged | Kept:
    source = root.parent / "blob"
    source.write_bytes(data)
    return Outputs(root).write(wish(data, path), source, "r1", recorded=recorded, force=force)


def made(root: Path, data: bytes = b"picture") -> Output:
    outcome = write(root, data)
    assert isinstance(outcome, Written)
    return outcome.output


def test_a_picture_is_written_with_its_folders(root: Path) -> None:
    """And what is recorded of it is what is there."""
    output = made(root)
    found = (root / PATH).stat()
    assert (root / PATH).read_bytes() == b"picture"
    assert (output.size, output.mtime_ns) == (found.st_size, found.st_mtime_ns)
    assert Outputs(root).untouched(output)
    assert [path.name for path in (root / "mug").iterdir()] == ["hero.png"]


def test_a_right_file_is_not_touched(root: Path) -> None:
    """Recorded or not: its time stays."""
    output = made(root)
    os.utime(root / PATH, ns=(1, 1))
    for recorded in (output, None):
        outcome = write(root, recorded=recorded)
        assert isinstance(outcome, Unchanged)
        assert outcome.output.mtime_ns == 1


def test_a_new_picture_replaces_the_one_that_a_run_wrote(root: Path) -> None:
    """That is what an edited prompt is for."""
    output = made(root)
    assert isinstance(write(root, b"new picture", recorded=output), Written)
    assert (root / PATH).read_bytes() == b"new picture"


def test_an_edited_file_is_kept_and_reported(root: Path) -> None:
    """Unless a person forces it."""
    output = made(root)
    (root / PATH).write_bytes(b"retouched by hand")
    found = digest(b"retouched by hand")
    assert write(root, b"new", recorded=output) == Kept(PATH, "it was edited", found)
    assert write(root, b"new") == Kept(PATH, "it was not made by a run", found)
    assert (root / PATH).read_bytes() == b"retouched by hand"
    assert isinstance(write(root, b"new", force=True), Written)


def test_what_the_lock_file_names_may_be_replaced(root: Path) -> None:
    """In a fresh clone the lock says what a run wrote there."""
    made(root)
    source = root.parent / "blob"
    source.write_bytes(b"new")
    trusted = [digest(b"picture")]
    assert isinstance(Outputs(root).write(wish(b"new"), source, "r1", trusted=trusted), Written)


def test_an_edited_file_is_not_removed(root: Path) -> None:
    """Pruning takes away only what a run made."""
    output = made(root)
    (root / PATH).write_bytes(b"edited!")
    assert not Outputs(root).remove(output)
    (root / PATH).write_bytes(b"picture")
    assert Outputs(root).remove(output)
    assert not (root / PATH).exists()
    assert Outputs(root).remove(output)


@needs_links
def test_nothing_is_written_through_a_linked_folder(root: Path, tmp_path: Path) -> None:
    """Wherever it points."""
    outside = tmp_path / "outside"
    outside.mkdir()
    root.mkdir()
    (root / "mug").symlink_to(outside)
    with pytest.raises(Outside, match="a link or no folder"):
        write(root)
    assert list(outside.iterdir()) == []
    assert Outputs(root).look(PATH) is None


@needs_links
def test_nothing_is_written_through_a_linked_file(root: Path, tmp_path: Path) -> None:
    """The link is kept; if forced, the link itself is replaced and not what it points to."""
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    (root / "mug").mkdir(parents=True)
    (root / PATH).symlink_to(precious)
    assert write(root) == Kept(PATH, "what is there is a link")
    assert isinstance(write(root, force=True), Written)
    assert precious.read_bytes() == b"precious"
    assert not (root / PATH).is_symlink()


def test_a_folder_in_the_way_is_kept(root: Path) -> None:
    """Even if forced."""
    (root / PATH).mkdir(parents=True)
    for force in (False, True):
        assert write(root, force=force) == Kept(PATH, "a folder of that name is there")


def test_what_is_no_file_blocks_a_path(root: Path) -> None:
    """A folder is never replaced, so that nothing is restored there again and again."""
    (root / PATH).mkdir(parents=True)
    assert Outputs(root).is_blocked(PATH)
    assert not Outputs(root).is_blocked("mug/other.png")
    assert not Outputs(root).is_blocked(f"{PATH}/inner.png")


def test_a_failed_copy_leaves_the_old_file_and_no_other(root: Path) -> None:
    """The source is gone: what was there is still there."""
    output = made(root)
    with pytest.raises(FileNotFoundError):
        Outputs(root).write(wish(b"new"), root / "no such blob", "r1", recorded=output)
    assert [path.name for path in (root / "mug").iterdir()] == ["hero.png"]
    assert (root / PATH).read_bytes() == b"picture"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/x",
        "../x",
        "a/../x",
        "a//x",
        "./x",
        "C:/x",
        "a\\x",
        "a\x00b",
        "a/b.",
        "a /x",
        "con",
        "a/COM1.png",
        "nul.tar.gz",
        "conin$",
        "COM¹.png",
        "a:b",
        "x" * 256,
        "what?",
    ],
)
def test_a_path_that_leaves_the_root_or_fails_on_windows_is_refused(root: Path, path: str) -> None:
    """Paths come from manifests and from lock files that others committed."""
    assert refusal(path) is not None
    with pytest.raises(Outside):
        write(root, path=path)
    assert not root.exists()


@pytest.mark.parametrize("path", ["a.png", "ä/ß-1.webp", "console/hero.png", ".hidden/x", "a b"])
def test_ordinary_paths_are_taken(root: Path, path: str) -> None:
    """Letters of any script, and names that only look like devices."""
    assert isinstance(write(root, path=path), Written)


def test_a_folder_is_looked_at_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred files in it cost one listing; folders and links are no files."""
    for number in range(100):
        write(root, path=f"mug/{number}.png")
    (root / "mug" / "folder.png").mkdir()
    looks: list[Path] = []
    scandir = os.scandir

    def look(path: Path) -> object:
        looks.append(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", look)
    tree = Tree(root)
    assert all(tree.has(f"mug/{number}.png") for number in range(100))
    assert not tree.has("mug/folder.png")
    assert not tree.has("cup/1.png")
    assert tree.with_stem("mug/7", ("png", "webp")) == ["mug/7.png"]
    assert tree.with_stem("mug/7", ("png", "webp"), {"mug/7.png"}) == []
    assert len(looks) == 2
    (root / "mug" / "new.png").write_bytes(b"x")
    assert Tree(root).has("mug/new.png")


def test_a_root_is_named_relative_to_its_store(tmp_path: Path) -> None:
    """So that a project can be moved with both."""
    assert root_name(tmp_path / "images", tmp_path / ".imagepipe") == "../images"


def test_half_written_copies_of_dead_runs_are_removed_and_nothing_else(tmp_path: Path) -> None:
    """A kill in the middle of a copy leaves a temporary beside its target, in the user's tree."""
    folder = tmp_path / "images" / "mug"
    folder.mkdir(parents=True)
    for name in (".tmp.dead.0123456789ab", ".tmp.live.0123456789ab", ".tmp.mine", "hero.png"):
        (folder / name).write_bytes(b"x")
    (tmp_path / "images" / "link").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / ".tmp.dead.aaaaaaaaaaaa").write_bytes(b"x")
    assert Outputs(tmp_path / "images").clean(lambda run: run == "dead") == 1
    left = sorted(path.name for path in folder.iterdir())
    assert left == [".tmp.live.0123456789ab", ".tmp.mine", "hero.png"]
    assert (tmp_path / ".tmp.dead.aaaaaaaaaaaa").exists()


def test_a_folder_of_very_many_files_is_known_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their names are not kept, and none is found that is not there."""
    monkeypatch.setattr("imagepipe.store.tree.MANY", 3)
    for number in range(7):
        (tmp_path / f"{number}.png").touch()
    (tmp_path / "folder.png").mkdir()
    files = Tree(tmp_path)
    assert [number for number in range(20) if files.has(f"{number}.png")] == [*range(7)]
    assert not files.has("folder.png")
    assert files.with_stem("5", ("png", "jpg")) == ["5.png"]
