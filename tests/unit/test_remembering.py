"""What a plan remembers of the last one: the same answer, found by looking at less."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from imagepipe.app import remembering
from imagepipe.app.inputs import Inputs
from imagepipe.app.lockfile import update
from imagepipe.app.planning import look_again, make_plan
from imagepipe.app.project import Where, open_project
from imagepipe.manifest import fingerprint
from imagepipe.manifest.moulds import Mould
from imagepipe.manifest.recipe import Link, Variant
from imagepipe.model import Output, State
from imagepipe.planner import Summary, Verdict
from imagepipe.store import Ledger, Orphan
from imagepipe.template import Templates
from tests.fakes.files import MemoryFiles, loaded
from tests.fakes.shops import BLOB, NOW, finish, write_shop

manifest_check = sys.modules["imagepipe.manifest.check"]  # its name is that of a function, too
RECIPES = 3
PRODUCTS = 4


@pytest.fixture(autouse=True)
def everything_is_worth_it() -> Iterator[None]:
    with patch.object(remembering, "WORTH", 1):
        yield


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A manifest all of whose pictures are there, and the memo of a plan that saw that."""
    manifest = write_shop(tmp_path, PRODUCTS, recipes=RECIPES)
    include = tmp_path / "style.txt"
    include.write_text("soft light")
    text = manifest.read_text().replace("white", "{% include 'style.txt' %}")
    manifest.write_text(text)
    finish(manifest)
    planned(manifest)
    assert memo(manifest).is_file()
    return manifest


def times(manifest: Path) -> dict[Path, int]:
    """Of all files around a manifest."""
    files = (path for path in manifest.parent.rglob("*") if path.is_file())
    return {path: path.stat().st_mtime_ns for path in files}


def memo(manifest: Path) -> Path:
    (found,) = (manifest.parent / ".imagepipe" / "plans").iterdir()
    return found


def planned(manifest: Path) -> tuple[Summary, tuple[Orphan, ...], int]:
    """A plan, and how many jobs were made for it."""
    made = []
    cast = Mould.cast

    def counted(mould: Mould, *given: object) -> object:
        made.append(given)
        return cast(mould, *given)  # type: ignore[arg-type]  # as it was called

    with patch.object(Mould, "cast", counted), make_plan(open_project(Where(manifest))) as plan:
        return plan.summary, plan.orphans, len(made)


def test_nothing_is_made_again_where_nothing_changed(shop: Path) -> None:
    """No job, no row: the sums and orphans are what they were, and not one byte is written."""
    before = times(shop)
    with patch.object(manifest_check, "products", side_effect=AssertionError("rows are read")):
        summary, orphans, made = planned(shop)
    assert (summary.total, made, orphans) == (PRODUCTS * RECIPES, 0, ())
    assert summary.verdicts == {Verdict.REUSED: PRODUCTS * RECIPES}
    assert times(shop) == before


def test_an_edited_recipe_is_made_again_and_no_other(shop: Path) -> None:
    shop.write_text("# a comment\n" + shop.read_text().replace("A plain", "A very plain"))
    summary, _, made = planned(shop)
    assert made == PRODUCTS
    assert summary.verdicts == {Verdict.REUSED: 2 * PRODUCTS, Verdict.CHANGED: PRODUCTS}


def test_what_is_still_to_be_made_is_written_down_once(shop: Path) -> None:
    """A plan that is looked at again, and not carried out, writes nothing."""
    shop.write_text(shop.read_text().replace("A plain", "A very plain"))
    planned(shop)
    before = times(shop)
    assert planned(shop)[2] == PRODUCTS
    assert times(shop) == before


def test_a_recipe_that_was_edited_and_then_removed_leaves_orphans(shop: Path) -> None:
    """The memo of the plan between has all blocks of the last one, and was not about them alone."""
    shop.write_text(shop.read_text().replace("A plain", "A very plain"))
    planned(shop)
    lines = shop.read_text().splitlines(keepends=True)
    shop.write_text("".join(line for line in lines if not line.startswith("  i1: {prompt")))
    remembered = planned(shop)
    assert len(remembered[1]) == PRODUCTS
    assert planned(shop) == (*remembered[:2], 0)


def edit_manifest(old: str, new: str) -> Callable[[Path], object]:
    return lambda manifest: manifest.write_text(manifest.read_text().replace(old, new))


def edit_file(name: str, old: str, new: str) -> Callable[[Path], object]:
    return lambda manifest: edit_manifest(old, new)(manifest.parent / name)


def first(manifest: Path) -> Path:
    return manifest.parent / "images" / "SKU-0000001" / "i1.png"


def drop_row(manifest: Path) -> None:
    project = open_project(Where(manifest))
    with Ledger.open_or_create(project.layout, project.stamp, NOW) as ledger:
        ledger.drop_output("../images", "SKU-0000001/i1.png")


def record_another(manifest: Path) -> None:
    project = open_project(Where(manifest))
    with Ledger.open_or_create(project.layout, project.stamp, NOW) as ledger:
        key = ledger.by_state([State.COMMITTED])[0].key
        output = Output("gone/i9.png", "i9|gone|1", key, BLOB, BLOB, 7, 7)
        ledger.put_output("../images", output)


def in_place(manifest: Path) -> None:
    """Edited without a change of size, as some programs do, and with no new entry in its folder."""
    with first(manifest).open("r+b") as file:
        file.write(b"PICTURE")
    os.utime(first(manifest), ns=(5, 5))


EDITS: dict[str, Callable[[Path], object]] = {
    "a comment": edit_manifest("prompts:", "# hello\nprompts:"),
    "a prompt": edit_manifest("A plain", "A very plain"),
    "a model": edit_manifest("FLUX.1-schnell}\n  i1", "FLUX.1-dev}\n  i1"),
    "one more recipe": edit_manifest(
        "images:", "images:\n  i8: {prompt: a mug, provider: runcrate}"
    ),
    "one recipe less": edit_manifest("  i2: {prompt: i2", "  i9: {prompt: i2"),
    "a path that another recipe has": edit_manifest(
        "  i1: {prompt", "  i1: {path: '{{ sku }}/I0', prompt"
    ),
    "a filter": edit_manifest("| int > 0", "| int > 1"),
    "the key": edit_manifest("key: sku", "key: name"),
    "a setting of a provider": edit_manifest(
        "prompts:", "providers: {runcrate: {identity: other}}\nprompts:"
    ),
    "another root": edit_manifest("images:", "outputs: {root: pictures}\nimages:"),
    "fewer jobs allowed": edit_manifest("max_jobs: 10000000", "max_jobs: 3"),
    "a row": edit_file("products.csv", "Mug 2", "Cup 2"),
    "a row less": edit_file("products.csv", "SKU-0000003,Mug 3,red 3,stoneware,4\n", ""),
    "a row twice": edit_file("products.csv", "SKU-0000003", "SKU-0000002"),
    "an included text": edit_file("style.txt", "soft", "hard"),
    "an output is gone": lambda manifest: first(manifest).unlink(),
    "an output is edited": lambda manifest: first(manifest).write_bytes(b"something else"),
    "an output is edited in place": in_place,
    "an output is touched": lambda manifest: os.utime(first(manifest), ns=(5, 5)),
    "the ledger forgot an output": drop_row,
    "the ledger knows another": record_another,
    "the lock lost its lines": lambda manifest: manifest.with_name(
        f"{manifest.name}.lock"
    ).unlink(),
    "the lock has an orphan": edit_file("imagepipe.yaml.lock", "SKU-0000003/i2", "SKU-0000009/i2"),
    "the memo is damaged": lambda manifest: memo(manifest).write_bytes(b"imagepipe plan 1\nnot"),
}


def told(shop: Path) -> object:
    try:
        return planned(shop)[:2]
    except Exception as error:  # noqa: BLE001 - compared, whatever it is
        return type(error), str(error)


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_a_plan_says_the_same_with_and_without_its_memo(
    shop: Path, edit: Callable[[Path], object]
) -> None:
    """Whatever changed since: the same sums, the same orphans, or the same problems."""
    edit(shop)
    remembered = told(shop)
    again = told(shop)
    for path in (shop.parent / ".imagepipe" / "plans").iterdir():
        path.unlink()
    assert told(shop) == remembered == again


@pytest.mark.parametrize(
    ("name", "orphans"),
    [
        ("a comment", []),
        ("a prompt", []),
        ("the ledger knows another", ["gone/i9.png"]),
        ("the lock has an orphan", ["SKU-0000009/i2.png"]),
        ("a row less", ["SKU-0000003/i0.png", "SKU-0000003/i1.png", "SKU-0000003/i2.png"]),
    ],
)
def test_what_no_job_makes_is_told(shop: Path, name: str, orphans: list[str]) -> None:
    """Of the ledger, of the lock, or of both: remembered, worked out, and worked out again."""
    EDITS[name](shop)
    for _ in range(2):
        assert sorted(orphan.path for orphan in planned(shop)[1]) == orphans
        memo(shop).unlink()
        assert sorted(orphan.path for orphan in planned(shop)[1]) == orphans


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
@pytest.mark.parametrize("first_edit", ["a prompt", "one recipe less", "one more recipe"])
def test_so_it_does_after_a_plan_that_was_not_carried_out(
    shop: Path, first_edit: str, edit: Callable[[Path], object]
) -> None:
    """The memo is then of a plan that left something open, or of a manifest before that."""
    EDITS[first_edit](shop)
    told(shop)
    test_a_plan_says_the_same_with_and_without_its_memo(shop, edit)


@pytest.mark.parametrize("echoed", [True, False])
def test_after_a_run_the_next_plan_has_nothing_to_work_out(shop: Path, echoed: bool) -> None:
    """So that a rerun of what was just made is as quick as any later one."""
    memo(shop).unlink()
    with make_plan(open_project(Where(shop))) as plan:
        memo(shop).unlink()
        look_again(plan, echoed=echoed)
    assert planned(shop)[2] == 0


def test_a_lock_that_has_more_than_the_ledger_is_no_echo(shop: Path) -> None:
    """A colleague's picture, which the lock alone tells of, must be looked up there."""
    project = open_project(Where(shop))
    with (
        make_plan(project) as plan,
        Ledger.open_or_create(project.layout, project.stamp, NOW) as ledger,
    ):
        assert update(plan, ledger, "r")
        line = project.lock.read_text().splitlines()[0]
        project.lock.write_text(f"{line.replace('i0.png', 'a.png')}\n{project.lock.read_text()}")
        assert not update(plan, ledger, "r")


def test_another_program_believes_nothing(shop: Path) -> None:
    """It might make other jobs of the same manifest."""
    with patch.object(remembering, "_program", lambda: "another"):
        assert planned(shop)[2] == PRODUCTS * RECIPES


def test_a_file_that_changes_while_it_is_read_is_not_remembered(shop: Path) -> None:
    memo(shop).unlink()
    project = open_project(Where(shop))
    read = Inputs.open

    def changing(inputs: Inputs, path: str) -> object:
        edit_file("products.csv", "Mug", "Cup")(shop)
        return read(inputs, path)

    with patch.object(Inputs, "open", changing), make_plan(project):
        pass
    assert not list((shop.parent / ".imagepipe" / "plans").iterdir())


def test_a_selection_is_worked_out_and_not_remembered(shop: Path) -> None:
    memo(shop).unlink()
    with make_plan(open_project(Where(shop)), select="image:i1") as plan:
        assert plan.summary.total == PRODUCTS
    assert not list((shop.parent / ".imagepipe" / "plans").iterdir())


def test_steps_are_made_anew_whatever_is_remembered(shop: Path) -> None:
    """A memo cannot make a request, nor keep one from being made."""
    with make_plan(open_project(Where(shop))) as plan:
        steps = list(plan.plan.steps())
    assert len(steps) == PRODUCTS * RECIPES
    assert all(step.candidate.canonical for step in steps)


def test_small_plans_are_not_remembered(shop: Path) -> None:
    memo(shop).unlink()
    with patch.object(remembering, "WORTH", PRODUCTS * RECIPES + 1):
        planned(shop)
    assert not list((shop.parent / ".imagepipe" / "plans").iterdir())


TEXT = """\
version: 1
providers: {house: {uses: openai-images, base_url: "http://127.0.0.1:1/v1"}}
products: [{sku: MUG-1}]
images:
  hero: {prompt: a mug, provider: runcrate, model: x/y, where: sku != "", path: "{{ sku }}"}
"""


def test_a_fingerprint_covers_every_field() -> None:
    """One that is added to a variant or a link must be added to the fingerprint, too."""
    manifest = loaded(TEXT)
    variant = manifest.recipes["hero"].variants[0]
    (link,) = variant.chain
    other = Templates().prompt("{{ other }}")
    changes: dict[str, object] = {
        "recipe": "other", "axes": (("a", "b"),), "chain": (), "fixed": {"steps": 4},
        "written": frozenset({"steps"}), "texts": {"prompt": other}, "pictures": {"image": ()},
        "seed": 5, "count": 2, "path": other, "suffix": "-x", "where": None, "tags": ("t",),
    }  # fmt: skip
    names = {field.name for field in dataclasses.fields(Variant)}
    assert names == changes.keys() | fingerprint.DECIDES_NOTHING
    for name, value in changes.items():
        altered = replace(variant, **{name: value})  # type: ignore[arg-type]  # by name
        assert fingerprint._variant(altered) != fingerprint._variant(variant), name
    parts: dict[str, object] = {
        "provider": replace(link.provider, name="other"), "changes": {"steps": 4},
        "head": {"revision": 9}, "takes_seed": not link.takes_seed,
    }  # fmt: skip
    assert {field.name for field in dataclasses.fields(Link)} == parts.keys()
    for name, value in parts.items():
        altered_link = replace(link, **{name: value})  # type: ignore[arg-type]  # by name
        assert fingerprint._link(altered_link) != fingerprint._link(link), name


def test_inputs_are_listed_with_what_they_said() -> None:
    files = MemoryFiles({"a.csv": "sku\n1", "b.txt": "b"})
    inputs = Inputs(files)
    inputs.read("a.csv")
    inputs.glob("*.txt")
    listed = inputs.listed()
    assert listed is not None
    assert inputs.are_still(listed)
    files.files["c.txt"] = b"new"
    assert not inputs.are_still(listed)
    assert inputs.listed() is None
