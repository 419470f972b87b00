"""Two branches of a shop, merged by Git as documented: nothing is lost and nothing paid twice."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.typed import Desk
from tests.emulator_process import EmulatorProcess

pytestmark = pytest.mark.needs("git")

ATTRIBUTES = "*.yaml.lock text eol=lf merge=union\n"

NOBODY = {
    "GIT_AUTHOR_NAME": "shop",
    "GIT_AUTHOR_EMAIL": "shop@example.com",
    "GIT_COMMITTER_NAME": "shop",
    "GIT_COMMITTER_EMAIL": "shop@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


@pytest.fixture(scope="module")
def vendor() -> Iterator[EmulatorProcess]:
    """Its pictures differ: a branch has one of its own."""
    with EmulatorProcess("--latency", "fixed:0") as process:
        yield process


@pytest.fixture
def desk(opened: Callable[[int], Desk]) -> Desk:
    """A repository whose first commit has pictures and lock."""
    made = opened(2)
    made.shop.write(".gitattributes", ATTRIBUTES)
    made.shop.write(".gitignore", ".imagepipe/\nstate/\n")
    git(made, "init", "-q", "-b", "main")
    draw(made, "first pictures")
    return made


def git(desk: Desk, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "-c", "commit.gpgsign=false", *arguments],
        cwd=desk.shop.folder,
        env={**os.environ, **NOBODY},
        capture_output=True,
        text=True,
        check=False,
    )


def draw(desk: Desk, message: str) -> None:
    assert desk.types("run", "-q").code == 0
    git(desk, "add", "-A")
    assert git(desk, "commit", "-qm", message).returncode == 0


def fresh(desk: Desk) -> None:
    """As another machine sees it: without the store."""
    for name in (".imagepipe", "state"):
        shutil.rmtree(desk.shop.folder / name, ignore_errors=True)


def paths(desk: Desk) -> list[str]:
    return [json.loads(line)["path"] for line in desk.lock.read_text().splitlines()]


def test_products_added_on_two_branches_are_all_in_the_merged_lock(desk: Desk) -> None:
    """And a clone without a store finds every picture there, and pays for none."""
    git(desk, "switch", "-qc", "cups")
    desk.edits("sku,name,color\n", "sku,name,color\nCUP-1,cup,blue\n", "products.csv")
    draw(desk, "a cup")
    git(desk, "switch", "-q", "main")
    rows = (desk.shop.folder / "products.csv").read_text()
    desk.shop.write("products.csv", f"{rows}ZAP-1,lamp,brass\n")
    draw(desk, "a lamp")
    merged = git(desk, "merge", "-q", "--no-edit", "cups")
    assert merged.returncode == 0, merged.stdout
    fresh(desk)
    paid = desk.accepted
    assert desk.types("check").code == 0
    assert desk.types("run", "--json").json["jobs"]["reused"] == 4
    assert desk.accepted == paid
    skus = ("CUP-1", "P00001", "P00002", "ZAP-1")
    assert sorted(paths(desk)) == [f"{sku}/runcrate.png" for sku in skus]


def test_one_prompt_changed_on_two_branches_leaves_one_line_of_each_path(desk: Desk) -> None:
    """A union keeps both lines; which counts is decided by the manifest that was merged."""
    git(desk, "switch", "-qc", "slate")
    desk.edits("on white", "on slate")
    draw(desk, "on slate")
    git(desk, "switch", "-q", "main")
    desk.edits("on white", "on marble")
    draw(desk, "on marble")
    paid = desk.accepted
    conflict = git(desk, "merge", "slate")
    assert conflict.returncode == 1
    assert "imagepipe.yaml.lock" not in git(desk, "diff", "--name-only", "--diff-filter=U").stdout
    git(desk, "checkout", "--theirs", "imagepipe.yaml", "images")
    git(desk, "add", "-A")
    assert git(desk, "commit", "-qm", "merged").returncode == 0
    assert sorted(paths(desk)) == ["P00001/runcrate.png"] * 2 + ["P00002/runcrate.png"] * 2
    fresh(desk)
    checked = desk.types("check", "--json")
    assert (checked.code, checked.json["jobs"]["duplicated"]) == (0, 2)
    assert desk.types("run", "--json").json["jobs"]["reused"] == 2
    assert paths(desk) == ["P00001/runcrate.png", "P00002/runcrate.png"]
    assert (desk.types("check").code, desk.accepted) == (0, paid)
    settled = desk.shop.snapshot()
    assert desk.types("run", "-q").code == 0
    assert desk.shop.snapshot() == settled


def test_pictures_of_the_other_branch_are_told_from_edited_ones(desk: Desk) -> None:
    """The manifest of one side with the pictures of the other: stale, ours, and replaced."""
    git(desk, "switch", "-qc", "slate")
    desk.edits("on white", "on slate")
    draw(desk, "on slate")
    git(desk, "switch", "-q", "main")
    desk.edits("on white", "on marble")
    draw(desk, "on marble")
    git(desk, "merge", "slate")
    git(desk, "checkout", "--theirs", "images")
    git(desk, "checkout", "--ours", "imagepipe.yaml")
    git(desk, "add", "-A")
    git(desk, "commit", "-qm", "merged")
    paid = desk.accepted
    assert desk.types("check", "--json").json["jobs"]["edited"] == 0
    run = desk.types("run", "--json").json
    assert (run["jobs"]["restored"], run["kept"], desk.accepted) == (2, [], paid)
    assert desk.types("check").code == 0


def test_a_prune_and_a_new_picture_merge_too(desk: Desk) -> None:
    git(desk, "switch", "-qc", "less")
    desk.edits("P00002,mug 2,red\n", "", "products.csv")
    assert desk.types("run", "--prune", "-q").code == 0
    git(desk, "add", "-A")
    git(desk, "commit", "-qm", "without the second mug")
    git(desk, "switch", "-q", "main")
    desk.edits("sku,name,color\n", "sku,name,color\nCUP-1,cup,blue\n", "products.csv")
    draw(desk, "a cup")
    assert git(desk, "merge", "-q", "--no-edit", "less").returncode == 0
    fresh(desk)
    assert desk.types("check").code == 0
    assert paths(desk) == ["CUP-1/runcrate.png", "P00001/runcrate.png"]


def test_a_partial_run_never_shrinks_the_lock(desk: Desk) -> None:
    before = desk.lock.read_text()
    desk.edits("sku,name,color\n", "sku,name,color\nCUP-1,cup,blue\n", "products.csv")
    for arguments in (("--select", "product:CUP-1"), ("--limit", "1"), ("--sample", "1")):
        assert desk.types("run", "-q", *arguments).code == 0
        assert set(before.splitlines()) <= set(desk.lock.read_text().splitlines())
