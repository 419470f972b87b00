"""Decisions from a file to the shop: tries that are paid for once, exports that keep to them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagepipe.app.reviewing import Change, decide
from imagepipe.model import Digest
from imagepipe.review import Decision, Entry, Retry, edited, read
from tests.e2e import typed
from tests.e2e.typed import Desk
from tests.emulator_process import EmulatorProcess

ONE, TWO = "P00001/runcrate", "P00002/runcrate"


@pytest.fixture(scope="module")
def vendor() -> Iterator[EmulatorProcess]:
    """Its pictures differ."""
    with EmulatorProcess("--latency", "fixed:0") as process:
        yield process


@pytest.fixture
def desk(
    vendor: EmulatorProcess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Desk:
    """Two products whose pictures are made."""
    made = typed.desk(vendor, tmp_path, monkeypatch, capsys)
    assert made.types("run", "-q").code == 0
    return made


def _digest(desk: Desk, path: str) -> Digest:
    return Digest(hashlib.sha256((desk.images / f"{path}.png").read_bytes()).hexdigest())


def _decide(desk: Desk, path: str, entry: Entry | None) -> None:
    file = desk.shop.folder / "imagepipe.yaml.review.yaml"
    was = read(file.read_bytes(), "x").entries.get(path) if file.exists() else None
    decide(file, [Change(path, was, entry)])


def test_a_retry_is_paid_for_once_and_stays(desk: Desk) -> None:
    """Planned with its reason, made, and exact afterwards; taken back, the first is there again."""
    first = _digest(desk, ONE)
    _decide(desk, ONE, Entry(Decision.RETRY, first, "too dark", Retry(seed=123)))
    told = desk.types("plan", "-v").out
    assert "retry asked: new seed 123" in told
    assert desk.types("check").code == 3
    before = desk.accepted
    made = desk.types("run", "--select", "review:retry", "--json").json
    assert (made["jobs"]["total"], made["jobs"]["generated"]) == (1, 1)
    assert desk.accepted == before + 1
    second = _digest(desk, ONE)
    assert second != first
    for words in (("--select", "review:retry"), ()):
        again = desk.types("run", *words, "--json")
        assert (again.code, again.json["requests"]["submit"]) == (0, 0)
    assert desk.types("check").code == 0
    assert desk.accepted == before + 1
    _decide(desk, ONE, None)
    back = desk.types("run", "--json").json
    assert (back["jobs"]["restored"], back["requests"]["submit"]) == (1, 0)
    assert _digest(desk, ONE) == first


def test_a_saved_plan_does_not_outlive_a_retry(desk: Desk) -> None:
    """It would make another picture than was looked at."""
    desk.edits("on white", "on slate")
    assert desk.types("plan", "--save", "plan.json").code == 0
    _decide(desk, ONE, Entry(Decision.RETRY, None, None, Retry(seed=5)))
    refused = desk.types("run", "plan.json")
    assert refused.code == 3
    assert ONE in refused.err


def test_an_export_keeps_to_decisions(desk: Desk) -> None:
    """Rejected ones are left out, and taken out; stale approvals do not count."""
    out = desk.shop.folder / "to-the-shop"

    def there() -> list[str]:
        return sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png"))

    assert desk.types("export", "to-the-shop").code == 0
    assert there() == [f"{ONE}.png", f"{TWO}.png"]
    _decide(desk, ONE, Entry(Decision.REJECTED, _digest(desk, ONE)))
    _decide(desk, TWO, Entry(Decision.APPROVED, _digest(desk, TWO)))
    found = desk.types("export", "to-the-shop", "--json").json
    assert (found["written"], found["unchanged"], found["removed"]) == (0, 1, [f"{ONE}.png"])
    assert found["held"]["rejected"] == 1
    assert there() == [f"{TWO}.png"]
    assert desk.types("export", "to-the-shop", "--review", "approved").code == 0
    assert there() == [f"{TWO}.png"]
    _decide(desk, TWO, Entry(Decision.APPROVED, Digest("0" * 64)))
    told = desk.types("export", "to-the-shop", "--review", "approved").out
    assert "Left out: 1 rejected and 1 not decided on." in told
    assert there() == []
    assert desk.types("export", "to-the-shop", "--review", "any").code == 0
    assert len(there()) == 2


def test_a_picture_to_be_tried_again_is_left_out(desk: Desk) -> None:
    """Until it is there; then it is undecided. An edited file was decided on by nobody."""
    _decide(desk, ONE, Entry(Decision.RETRY, _digest(desk, ONE), None, Retry(seed=7)))
    told = desk.types("export", "to-the-shop")
    assert told.code == 0
    assert "Left out: 1 to be tried again.\nTo try again: imagepipe run --select review" in told.out
    assert desk.types("run", "-q", "--select", "review:retry").code == 0
    assert desk.types("export", "to-the-shop", "--json").json["exported"] == 2
    _decide(desk, TWO, Entry(Decision.APPROVED, _digest(desk, TWO)))
    (desk.images / f"{TWO}.png").write_bytes((desk.images / f"{ONE}.png").read_bytes())
    (desk.images / f"{ONE}.png").write_bytes(b"retouched")
    assert (
        desk.types("export", "to-the-shop", "--review", "approved", "--json").json["exported"] == 0
    )
    found = desk.types("export", "to-the-shop", "--json").json
    assert [one["edited"] for one in found["pictures"]] == [True, True]


def test_an_export_says_what_it_lacks_and_touches_no_file_of_others(desk: Desk) -> None:
    """A picture that is not made yet is exit 3; a foreign folder is refused."""
    (desk.shop.folder / "mine").mkdir()
    (desk.shop.folder / "mine" / "notes.txt").write_text("mine")
    refused = desk.types("export", "mine")
    assert refused.code == 2
    assert "no export wrote" in refused.err
    desk.edits("on white", "on slate")
    lacking = desk.types("export", "to-the-shop")
    assert lacking.code == 3
    assert lacking.out.startswith("0 pictures in to-the-shop.\n")
    assert "2 jobs without a picture yet: imagepipe run" in lacking.out
    assert desk.types("export", "imagepipe.yaml").code == 2
    assert desk.types("run", "-q").code == 0
    assert desk.types("export", "to-the-shop").code == 0
    target = desk.shop.folder / "to-the-shop" / f"{ONE}.png"
    target.write_bytes(b"mine")
    edited_ = desk.types("export", "to-the-shop")
    assert (edited_.code, target.read_bytes()) == (2, b"mine")


def test_an_export_has_a_folder_of_its_own(desk: Desk) -> None:
    """Among the outputs, or in the store, it would remove what runs put there."""
    for name in ("images/shop", ".imagepipe/shop"):
        refused = desk.types("export", name)
        assert refused.code == 2
        assert "into which runs write" in refused.err
        assert not (desk.shop.folder / name).exists()


def test_two_manifests_that_disagree_on_a_picture_are_told(desk: Desk) -> None:
    """By name, and before anything is written."""
    other = desk.shop.folder / "other.yaml"
    other.write_bytes((desk.shop.folder / "imagepipe.yaml").read_bytes())
    both = ("imagepipe.yaml", "other.yaml")
    assert desk.types("run", *both, "-q").code == 0
    assert desk.types("export", *both, "to-the-shop", "--json").json["written"] == 2
    desk.edits("on white", "on slate", "other.yaml")
    assert desk.types("run", "other.yaml", "-q", "--out", "elsewhere").code == 0
    refused = desk.types("export", *both, "apart")
    assert refused.code == 2
    assert f"imagepipe.yaml and other.yaml both have {ONE}.png" in refused.err
    assert not (desk.shop.folder / "apart").exists()


def test_an_index_that_leads_out_is_refused(desk: Desk) -> None:
    """Whoever edits it must not make an export remove something else."""
    assert desk.types("export", "to-the-shop").code == 0
    index = desk.shop.folder / "to-the-shop" / ".imagepipe-export.json"
    value = json.loads(index.read_bytes())
    value["pictures"]["../imagepipe.yaml"] = hashlib.sha256(
        (desk.shop.folder / "imagepipe.yaml").read_bytes()
    ).hexdigest()
    index.write_text(json.dumps(value))
    assert desk.types("export", "to-the-shop").code == 2
    assert (desk.shop.folder / "imagepipe.yaml").exists()


def test_a_decision_on_nothing_is_noted(desk: Desk) -> None:
    """A renamed picture's decision has no effect, and nobody should think it has."""
    file = desk.shop.folder / "imagepipe.yaml.review.yaml"
    review = read(b"version: 1\n", str(file))
    entry = Entry(Decision.APPROVED, Digest("0" * 64))
    file.write_text(edited(None, review, {"P9/runcrate": entry}), encoding="utf-8")
    assert "note[E620]" in desk.types("plan").err
