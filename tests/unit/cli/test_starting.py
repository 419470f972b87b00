"""The first manifest: right for every provider, and never written over anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from imagepipe.app.planning import check_manifest
from imagepipe.app.project import Where, open_project
from imagepipe.app.starting import IGNORED, STARTERS, write_example
from imagepipe.errors import SetupError


@pytest.mark.parametrize("provider", STARTERS)
def test_every_example_is_right(tmp_path: Path, provider: str) -> None:
    """It validates as it was written: without errors, and without notes to puzzle over."""
    folder = tmp_path / "it's a shop: #1"
    write_example(folder, provider=provider)
    project = open_project(Where(folder / "imagepipe.yaml"))
    assert check_manifest(project) == ()
    assert project.manifest.name == "it's a shop: #1"


def test_products_of_ones_own_are_kept(tmp_path: Path) -> None:
    """Who has a list already starts with it."""
    (tmp_path / "products.csv").write_text("sku\nMINE\n", encoding="utf-8")
    started = write_example(tmp_path)
    assert started.kept == ("products.csv",)
    assert (tmp_path / "products.csv").read_text(encoding="utf-8") == "sku\nMINE\n"


def test_a_manifest_is_never_overwritten(tmp_path: Path) -> None:
    """Nothing else is written either."""
    (tmp_path / "imagepipe.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(SetupError, match="is there already"):
        write_example(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["imagepipe.yaml"]


def test_ignore_rules_are_added_once_at_the_end(tmp_path: Path) -> None:
    """What Git ignored before stays as it was."""
    (tmp_path / ".gitignore").write_text("node_modules\n.env", encoding="utf-8")
    write_example(tmp_path)
    lines = (tmp_path / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["node_modules", ".env"]
    assert lines[2:] == [rule for rule in IGNORED if rule != ".env"]
    (tmp_path / "imagepipe.yaml").unlink()
    assert ".gitignore" not in write_example(tmp_path).written


def test_a_provider_without_an_example_is_told(tmp_path: Path) -> None:
    """With those that have one."""
    with pytest.raises(SetupError, match="cometapi-runway") as caught:
        write_example(tmp_path, provider="cometapi-runway")
    assert re.search("runcrate", caught.value.hint or "")
    assert not list(tmp_path.iterdir())
