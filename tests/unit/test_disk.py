"""Files that a manifest includes: those of its folder, reached through no link."""

from __future__ import annotations

from pathlib import Path

import pytest

from imagepipe.app.disk import Disk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A shop's folder beside a secret."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.txt").write_text("canary", encoding="utf-8")
    shop = tmp_path / "shop"
    (shop / "prompts").mkdir(parents=True)
    (shop / "prompts" / "style.txt").write_text("in oil", encoding="utf-8")
    return shop


def test_a_file_of_the_folder_is_read(folder: Path) -> None:
    """By its path from there."""
    assert Disk(folder).inside("prompts/style.txt") == b"in oil"


@pytest.mark.parametrize(
    "path",
    ["../secret/key.txt", "prompts/../../secret/key.txt", "/etc/hostname", "./prompts/x.txt", ""],
)
def test_a_name_that_leads_out_is_refused(path: str, folder: Path) -> None:
    """Whatever it leads to."""
    with pytest.raises(OSError, match="out of the folder"):
        Disk(folder).inside(path)


def test_a_link_is_refused_wherever_it_leads(folder: Path) -> None:
    """As the file, and as a folder on the way."""
    (folder / "link.txt").symlink_to(folder.parent / "secret" / "key.txt")
    (folder / "near.txt").symlink_to(folder / "prompts" / "style.txt")
    (folder / "far").symlink_to(folder.parent / "secret", target_is_directory=True)
    for path in ("link.txt", "near.txt", "far/key.txt"):
        with pytest.raises(OSError, match="is a link"):
            Disk(folder).inside(path)


def test_what_is_no_file_is_refused(folder: Path) -> None:
    """A pipe would never end."""
    with pytest.raises(OSError, match="no file"):
        Disk(folder).inside("prompts")
    with pytest.raises(FileNotFoundError):
        Disk(folder).inside("none.txt")
