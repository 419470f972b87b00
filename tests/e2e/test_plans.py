"""Plans as people know them: new, changed, renamed, orphaned, sampled, forced; and pruning."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable

import pytest

from tests.e2e.typed import Desk


@pytest.fixture
def desk(opened: Callable[[int], Desk]) -> Desk:
    """Two products whose pictures are made."""
    made = opened(2)
    assert made.types("run", "-q").code == 0
    return made


def test_a_changed_prompt_is_shown_word_by_word(desk: Desk) -> None:
    """An example on the page, every job with -v, and both values in JSON."""
    desk.edits("on white", "on grey slate")
    page = desk.types("plan").out
    assert "~ runcrate (runcrate): prompt changed: 2 pictures such as P00001/runcrate" in page
    assert "prompt: a red mug 1 on [-white-]{+grey slate+}" in page
    steps = desk.types("plan", "-v").out
    assert "prompt: a red mug 2 on [-white-]{+grey slate+}" in steps
    plan = desk.types("plan", "--json", "-v").json
    change = {"field": "prompt", "old": "a red mug 1 on white", "new": "a red mug 1 on grey slate"}
    assert plan["steps"][0]["changes"] == [change]
    assert (plan["changed"][0]["jobs"], plan["changed"][0]["changes"]) == (2, [change])
    assert plan["steps"][0]["cost"] == "0.003"


def test_a_renamed_recipe_says_what_its_new_name_costs(desk: Desk) -> None:
    desk.edits("images:\n  runcrate:", "images:\n  main:")
    page = desk.types("plan").out
    assert "renamed recipe runcrate -> main: makes 2 new pictures" in page
    assert "2 outputs no job makes any more" in page
    plan = desk.types("plan", "--json").json
    assert plan["renamed"] == [{"kind": "recipe", "old": "runcrate", "new": "main", "jobs": 2}]
    assert (plan["jobs"]["new"], plan["jobs"]["orphaned"]) == (2, 2)


def test_a_renamed_product_is_told_too(desk: Desk) -> None:
    desk.edits("P00002", "P-2", "products.csv")
    assert "renamed product P00002 -> P-2: makes 1 new picture" in desk.types("plan").out


def test_pruning_removes_what_no_job_makes_and_only_when_asked(desk: Desk) -> None:
    """With its line of the lock and its empty folder; a product that comes back is not paid for."""
    desk.edits("P00002,mug 2,red\n", "", "products.csv")
    gone = desk.images / "P00002" / "runcrate.png"
    assert desk.types("run", "-q").code == 0
    assert gone.exists()
    run = desk.types("run", "--prune", "--json").json
    assert run["pruned"] == ["P00002/runcrate.png"]
    assert not gone.parent.exists()
    assert "P00002" not in desk.lock.read_text()
    before = desk.shop.snapshot()
    assert desk.types("run", "--prune", "--json").json["pruned"] == []
    assert desk.shop.snapshot() == before
    desk.edits("sku,name,color\n", "sku,name,color\nP00002,mug 2,red\n", "products.csv")
    back = desk.types("run", "--json").json
    assert (back["jobs"]["restored"], desk.accepted) == (1, 2)


def test_pruning_keeps_an_edited_file_and_says_so(desk: Desk) -> None:
    desk.edits("P00002,mug 2,red\n", "", "products.csv")
    painted = desk.images / "P00002" / "runcrate.png"
    painted.write_bytes(b"painted over")
    run = desk.types("run", "--prune", "--json").json
    assert (run["pruned"], [one["path"] for one in run["kept"]]) == ([], ["P00002/runcrate.png"])
    assert painted.read_bytes() == b"painted over"
    assert desk.types("plan", "--json").json["jobs"]["orphaned"] == 1


def test_pruning_a_fresh_clone_forgets_nothing_that_was_paid_for(desk: Desk) -> None:
    """The lock alone knew of the picture; the store knows it from then on."""
    shutil.rmtree(desk.shop.folder / ".imagepipe")
    shutil.rmtree(desk.shop.folder / "state")
    desk.edits("P00002,mug 2,red\n", "", "products.csv")
    assert desk.types("run", "--prune", "--json").json["pruned"] == ["P00002/runcrate.png"]
    desk.edits("sku,name,color\n", "sku,name,color\nP00002,mug 2,red\n", "products.csv")
    back = desk.types("run", "--json").json
    assert (back["jobs"]["restored"], back["requests"]["submit"], desk.accepted) == (1, 0, 2)
    assert desk.types("store", "verify").code == 0


def test_orphans_of_one_manifest_are_not_those_of_its_neighbour(desk: Desk) -> None:
    """Two manifests that share a folder of outputs, and its store."""
    text = (desk.shop.folder / "imagepipe.yaml").read_text()
    desk.shop.write("other.yaml", text.replace("\n  runcrate: {prompt", "\n  other: {prompt"))
    assert desk.types("run", "other.yaml", "-q").code == 0
    for manifest in ("imagepipe.yaml", "other.yaml"):
        assert desk.types("plan", manifest, "--json").json["jobs"]["orphaned"] == 0
        assert desk.types("run", manifest, "--prune", "--json").json["pruned"] == []
    assert len(list(desk.images.rglob("*.png"))) == 4
    (desk.shop.folder / "other.yaml.lock").unlink()
    (desk.shop.folder / "imagepipe.yaml.lock").unlink()
    assert desk.types("plan", "--json").json["jobs"]["orphaned"] == 0


def test_a_picture_of_another_kind_leaves_an_orphan(desk: Desk) -> None:
    """Another provider's JPEG beside the PNG of before: the next plan names the one that lost."""
    old = desk.images / "P00001" / "runcrate.png"
    lines = [json.loads(line) for line in desk.lock.read_text().splitlines()]
    stale = {**lines[0], "path": "P00001/runcrate.webp", "key": "ab" * 32}
    desk.lock.write_text("".join(f"{json.dumps(line)}\n" for line in [*lines, stale]))
    (desk.images / "P00001" / "runcrate.webp").write_bytes(old.read_bytes())
    assert desk.types("plan", "--json").json["orphans"] == ["P00001/runcrate.webp"]
    assert desk.types("run", "--prune", "--json").json["pruned"] == ["P00001/runcrate.webp"]
    assert old.exists()


def test_run_and_plan_draw_the_same_sample(desk: Desk) -> None:
    rows = "".join(f"Q{number},cup {number},blue\n" for number in range(30))
    desk.edits("sku,name,color\n", f"sku,name,color\n{rows}", "products.csv")
    drawn = {
        step["path"] for step in desk.types("plan", "--sample", "4", "--json", "-v").json["steps"]
    }
    assert len(drawn) == 4
    assert desk.types("run", "--sample", "4", "-q").code == 0
    made = {path.parent.name for path in desk.images.rglob("*.png")} - {"P00001", "P00002"}
    assert {path.partition("/")[0] for path in drawn} - {"P00001", "P00002"} == made
    assert desk.types("plan", "--sample", "4", "--detailed-exitcode").code == 0
    assert "imagepipe run --sample 9" in desk.types("plan", "--sample", "9").out


def test_selecting_nothing_is_an_error(desk: Desk) -> None:
    for arguments in (("--select", "product:NONE"), ("--failed",)):
        for command in ("plan", "run"):
            refused = desk.types(command, *arguments)
            assert (refused.code, "E712" in refused.err) == (2, True), arguments


def test_force_names_what_is_paid_again_and_needs_leave(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal `--yes`; on one a question. What is in the store stays there."""
    one = ("--select", "product:P00001")
    refused = desk.types("run", "--force", *one)
    assert refused.code == 2
    assert "1 picture is there and would be paid for again by --force, $0.003" in refused.err
    assert "P00001/runcrate ($0.003)" in refused.err
    assert "add --yes" in refused.err
    assert desk.accepted == 2
    planned = desk.types("plan", "--force", *one)
    assert "imagepipe run --select product:P00001 --force" in planned.out
    forced = desk.types("run", "--force", "--yes", "--json", *one).json
    assert (forced["jobs"]["generated"], forced["cost"]["spent"]) == (1, "0.003")
    assert (forced["cost"]["risked"], desk.accepted) == ("0", 3)
    again = desk.types("run", "--json").json
    assert (again["jobs"]["reused"], desk.accepted) == (2, 3)
    monkeypatch.setattr("imagepipe.cli.consent.is_terminal", lambda _stream: True)
    monkeypatch.setattr("click.confirm", lambda *_text, **_options: False)
    said_no = desk.types("run", "--force", *one)
    assert (said_no.code, "nothing was sent" in said_no.err, desk.accepted) == (2, True, 3)
    monkeypatch.setattr("click.confirm", lambda *_text, **_options: True)
    assert desk.types("run", "--force", "-q", *one).code == 0
    assert desk.accepted == 4


def test_force_makes_what_the_lock_knows_to_be_lost(desk: Desk) -> None:
    """A fresh clone without the pictures holds them and exits with 4, until a person pays again."""
    for name in (".imagepipe", "state", "images"):
        shutil.rmtree(desk.shop.folder / name)
    lost = desk.types("run", "--json")
    assert (lost.code, lost.json["jobs"]["lost"], desk.accepted) == (4, 2, 2)
    assert desk.types("run", "--force", "--yes", "--json").json["jobs"]["generated"] == 2
    assert (desk.accepted, desk.types("check").code) == (4, 0)


def test_a_rehearsal_asks_for_no_leave(desk: Desk) -> None:
    text = (desk.shop.folder / "imagepipe.yaml").read_text()
    [address] = re.findall(r"base_url: '[^']*', ", text)
    desk.edits(address, "")
    assert desk.types("run", "--emulate", "-q").code == 0
    assert desk.types("run", "--emulate", "--force", "--json").json["jobs"]["generated"] == 2


def test_frozen_makes_nothing_and_says_what_it_would(desk: Desk) -> None:
    """But what the store has is put back, without a request."""
    (desk.images / "P00001" / "runcrate.png").unlink()
    restored = desk.types("run", "--frozen", "--json")
    assert (restored.code, restored.json["jobs"]["restored"]) == (0, 1)
    desk.edits("on white", "on slate")
    frozen = desk.types("run", "--frozen")
    assert (frozen.code, desk.accepted) == (3, 2)
    assert "2 blocked at runcrate: not made, because of --frozen: prompt changed" in frozen.out
    assert (
        desk.types("run", "--frozen", "--select", "product:P00001", "--json")
        .json["faults"][0]["message"]
        .endswith("prompt changed")
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--prune", "--select", "image:hero"), "--prune is about all outputs"),
        (("run", "--frozen", "--force"), "exclude each other"),
        (("plan", "--sample", "0"), "0 is not in the range"),
    ],
)
def test_what_contradicts_itself_is_refused(
    desk: Desk, arguments: tuple[str, ...], said: str
) -> None:
    refused = desk.types(*arguments)
    assert (refused.code, said in refused.err) == (2, True), refused.err


def test_the_time_a_run_takes_is_told_from_limits_and_from_what_was_learnt(desk: Desk) -> None:
    desk.edits("limits: {}", "limits: {rpm: 2}")
    desk.edits("on white", "on slate")
    assert "At least 30 s by the declared limits." in desk.types("plan").out
    time = desk.types("plan", "--json").json["time"]
    assert (time["seconds"], time["least"], time["unknown"]) == (30.0, True, [])
