"""What a report tells of a catalogue: against the store that rehearsals left."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from imagepipe.app import reporting, shipped
from imagepipe.errors import SetupError
from imagepipe.report.folder import read_gallery
from tests.e2e.shop import Shop
from tests.emulator_process import EmulatorProcess
from tests.report import shop

HOSTILE = "<img src=x onerror=alert(1)>"


def _pictures(report: Path) -> dict[str, Any]:
    told = json.loads((report / "report.json").read_bytes())
    return {f"{one['product']}/{one['recipe']}-{one['index']}": one for one in told["pictures"]}


def _files(folder: Path) -> dict[str, tuple[int, bytes]]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in found}


def test_every_job_is_a_picture_with_its_status(report: Path) -> None:
    """Made, failed, and changed with what was there before."""
    told = json.loads((report / "report.json").read_bytes())
    jsonschema.validate(told, json.loads(shipped.schema_text("report")))
    statuses = [one["status"] for one in told["pictures"]]
    assert len(statuses) == 3 * 6
    assert {name: statuses.count(name) for name in set(statuses)} == {
        "done": 11,
        "changed": 6,
        "failed": 1,
    }
    assert [one["number"] for one in told["pictures"]] == list(range(18))
    assert told["rehearsal"] is True


def test_a_picture_is_told_with_everything(report: Path) -> None:
    """Request, result, file, commands."""
    one = _pictures(report)["MUG-01/hero-2"]
    assert one["prompt"] == "A speckled white Stoneware Mug, product photo, a marble plate"
    assert one["model"] == "black-forest-labs/FLUX.1-schnell"
    assert one["parameters"] == {"aspect_ratio": "1:1"}
    assert (one["cost"], one["attempts"], one["tags"]) == ("0.003", 1, ["summer", "shop"])
    assert one["seconds"] > 0
    assert one["submitted_at"] < one["finished_at"]
    assert one["path"] == "MUG-01/hero-2.png"
    assert one["commands"]["run"].endswith("--emulate --force --select 'product:MUG-01 image:hero'")
    picture = report / one["image"]["picture"]
    assert picture.stat().st_size == one["image"]["bytes"]


def test_earlier_pictures_are_told_latest_first(report: Path) -> None:
    """With what has changed since."""
    one = _pictures(report)["MUG-01/hero-1"]
    assert len(one["earlier"]) == 2
    assert [past["prompt"].rpartition(", ")[2] for past in one["earlier"]] == [
        shop.SETTINGS[1],
        shop.SETTINGS[0],
    ]
    (change,) = one["earlier"][0]["changes"]
    assert (change["name"], change["new"]) == ("prompt", one["prompt"])
    assert all((report / past["image"]["picture"]).is_file() for past in one["earlier"])


def test_what_is_to_be_made_anew_shows_what_was_there(report: Path) -> None:
    """No picture of its own, and one earlier."""
    one = _pictures(report)["LAMP-02/hero-1"]
    assert (one["status"], one["image"], one["reason"]) == ("changed", None, "prompt changed")
    assert len(one["earlier"]) == 1


def test_a_failure_is_told_with_its_reason(report: Path) -> None:
    """And the command that tries it again."""
    found = _pictures(report).values()
    (one,) = [one for one in found if one["status"] == "failed"]
    assert one["failure"]["kind"] == "failed"
    assert one["failure"]["message"]
    assert "status:failed" in one["commands"]["retry"]


def test_a_hostile_name_is_a_name(report: Path) -> None:
    """In data, as it was written."""
    assert f"{HOSTILE}/hero-1" in _pictures(report)
    assert b"<img src=x" not in (report / "index.html").read_bytes()


def test_a_report_reads_the_store_and_writes_its_own_folder(rehearsed: Path, report: Path) -> None:
    """The second one writes nothing at all."""
    before = _files(rehearsed.parent)
    shop.report(rehearsed, report)
    assert _files(rehearsed.parent) == before


def test_shards_merge_into_the_whole(rehearsed: Path, report: Path, tmp_path: Path) -> None:
    """Each has its part; the folders may come from anywhere, and are gone afterwards."""
    for number in (1, 2):
        shop.report(rehearsed, tmp_path / f"{number}", shard=f"{number}/2")
    parts = [tmp_path / "2", tmp_path / "1"]
    sizes = [len(read_gallery(part).pictures) for part in parts]
    assert sum(sizes) == 18
    assert min(sizes) > 0
    made = reporting.merge(parts, tmp_path / "whole")
    for part in parts:
        shutil.rmtree(part)
    assert read_gallery(tmp_path / "whole").pictures == read_gallery(report).pictures
    assert (made.missing, made.undrawn, made.totals.pictures) == (0, 0, 18)
    pictures = {path.name for path in (tmp_path / "whole").rglob("*.webp")}
    assert pictures == {path.name for path in report.rglob("*.webp")}


def test_a_merge_of_nothing_is_refused(tmp_path: Path) -> None:
    """And of what is no report."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(SetupError, match="cannot read"):
        reporting.merge([tmp_path / "empty"], tmp_path / "whole")
    assert not (tmp_path / "whole").exists()


def test_a_store_that_is_gone_leaves_what_the_outputs_have(rehearsed: Path, tmp_path: Path) -> None:
    """Without blobs, pictures are taken from the files in the user's tree, if they are the same."""
    shutil.copytree(rehearsed.parent, tmp_path / "copy", ignore=shutil.ignore_patterns("report"))
    shutil.rmtree(tmp_path / "copy" / ".imagepipe" / "emulated" / "blobs")
    edited = tmp_path / "copy" / "images-emulated" / "MUG-01" / "hero-3.png"
    edited.write_bytes(edited.read_bytes() + b"edited")
    made = shop.report(tmp_path / "copy" / "imagepipe.yaml", tmp_path / "report")
    found = {one.path: one for one in made.gallery.pictures if one.image}
    shown = found["MUG-01/hero.png"].image
    assert shown is not None
    assert shown.picture is not None
    assert found["MUG-01/hero-3.png"].edited
    assert made.missing == 1


def test_a_fresh_clone_shows_what_git_keeps(tmp_path: Path) -> None:
    """Pictures and lock, no store; after an edit, the committed picture is the earlier one."""
    (tmp_path / "first").mkdir()
    with EmulatorProcess() as emulator:
        first = Shop.open(tmp_path / "first", emulator, products=2, limits={"runcrate": "{}"})
        assert first.imagepipe("run", "-q").code == 0
    ignored = shutil.ignore_patterns(".imagepipe")
    shutil.copytree(first.folder, tmp_path / "clone", ignore=ignored)
    clone = Shop(tmp_path / "clone")
    told = clone.imagepipe("report")
    assert told.out.splitlines() == ["2 pictures: 2 done; $0.006.", "Report: report/index.html"]
    (one, _) = _pictures(clone.folder / "report").values()
    assert (one["status"], one["attempts"], one["submitted_at"]) == ("done", None, None)
    assert (one["image"]["width"], one["image"]["height"]) == (1024, 1024)
    picture = clone.folder / "report" / one["image"]["picture"]
    assert picture.read_bytes() == (clone.folder / "images" / one["path"]).read_bytes()

    manifest = (clone.folder / "imagepipe.yaml").read_text(encoding="utf-8")
    clone.write("imagepipe.yaml", manifest.replace("on white", "on grey"))
    assert clone.imagepipe("report").code == 0
    (one, _) = _pictures(clone.folder / "report").values()
    assert (one["status"], one["image"]) == ("changed", None)
    (past,) = one["earlier"]
    assert (past["prompt"], past["changes"], past["cost"]) == (None, [], "0.003")
    assert (clone.folder / "report" / past["image"]["picture"]) == picture
    assert not (clone.folder / ".imagepipe" / "ledger.sqlite").exists()
