"""A saved plan is carried out as it is, or refused with the reasons, and nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.e2e.shop import SECRETS
from tests.e2e.typed import Desk


@pytest.fixture
def desk(opened: Callable[[int], Desk]) -> Desk:
    """Three products, and a plan for two of them that is saved."""
    made = opened(3)
    assert made.types("plan", "--limit", "2", "--save", "plan.json").code == 0
    return made


def test_what_was_planned_is_run_and_no_more(desk: Desk) -> None:
    """The file is JSON, and has neither a prompt nor a secret; it is told by how it begins."""
    text = (desk.shop.folder / "plan.json").read_text()
    saved = json.loads(text)
    assert [step["verdict"] for step in saved["steps"]] == ["new", "new"]
    assert not [secret for secret in SECRETS.values() if secret in text]
    assert "on white" not in text
    (desk.shop.folder / "plan.json").rename(desk.shop.folder / "approved.txt")
    run = desk.types("run", "approved.txt", "--json").json
    assert (run["jobs"]["generated"], run["jobs"]["skipped"], desk.accepted) == (2, 1, 2)
    again = desk.types("run", "approved.txt")
    assert (again.code, desk.accepted) == (3, 2)
    assert "P00001/runcrate was new, and there is nothing to do now" in again.err


@pytest.mark.parametrize(
    ("name", "old", "new", "reason"),
    [
        ("imagepipe.yaml", "on white", "on slate", "imagepipe.yaml has changed"),
        ("products.csv", "mug 1,red", "mug 1,blue", "products.csv has changed"),
    ],
)
def test_a_changed_file_is_named(desk: Desk, name: str, old: str, new: str, reason: str) -> None:
    desk.edits(old, new, name)
    refused = desk.types("run", "plan.json")
    assert (refused.code, reason in refused.err, desk.accepted) == (3, True, 0), refused.err
    assert "nothing was sent" in refused.err


def test_what_another_run_made_meanwhile_is_named(desk: Desk) -> None:
    assert desk.types("run", "--select", "product:P00002", "-q").code == 0
    refused = desk.types("run", "plan.json")
    assert (refused.code, desk.accepted) == (3, 1)
    assert "P00002/runcrate was new, and there is nothing to do now" in refused.err
    assert "P00003/runcrate is new, and was not to be made" in refused.err


def test_a_changed_revision_of_a_spec_is_named(desk: Desk) -> None:
    """An upgrade may bring one: the keys are others then."""
    path = desk.shop.folder / "plan.json"
    path.write_text(path.read_text().replace("runcrate revision 1", "runcrate revision 0"))
    refused = desk.types("run", "plan.json")
    assert (refused.code, desk.accepted) == (3, 0)
    assert "the spec of provider runcrate has changed" in refused.err


def test_a_plan_that_was_edited_or_cut_off_is_no_plan(desk: Desk) -> None:
    path = desk.shop.folder / "plan.json"
    text = path.read_text()
    for broken in (text[: len(text) // 2], text.replace('"head"', '"hat"'), text[:-20]):
        path.write_text(broken)
        refused = desk.types("run", "plan.json")
        assert (refused.code, desk.accepted) == (2, 0), refused.err
        assert "plan again, with --save" in refused.err
    path.write_text(text.replace('"cost": "0.003"', '"cost": "0.001"'))
    assert desk.types("run", "plan.json").code == 3


def test_a_saved_plan_is_named_alone(desk: Desk) -> None:
    for more in (("imagepipe.yaml",), ("--select", "product:P00001"), ("--emulate",)):
        refused = desk.types("run", "plan.json", *more)
        assert (refused.code, "name it alone" in refused.err) == (2, True), more


def test_a_forced_plan_still_needs_leave(desk: Desk) -> None:
    assert desk.types("run", "-q").code == 0
    assert desk.types("plan", "--force", "--limit", "1", "--save", "again.json").code == 0
    refused = desk.types("run", "again.json")
    assert (refused.code, desk.accepted) == (2, 3)
    assert desk.types("run", "again.json", "--yes", "--json").json["jobs"]["generated"] == 1


def test_a_plan_that_is_refused_leaves_no_file(desk: Desk) -> None:
    refused = desk.types("plan", "--select", "product:NONE", "--save", "none.json")
    assert refused.code == 2
    nowhere = desk.types("plan", "--save", "no-folder/plan.json")
    assert (nowhere.code, "cannot write no-folder/plan.json" in nowhere.err) == (2, True)
    assert [path.name for path in desk.shop.folder.iterdir() if "none" in path.name] == []
