"""`imagepipe report` as it is typed: in this process, in a folder of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from imagepipe.cli.main import run
from imagepipe.report.folder import read_gallery
from imagepipe.report.gallery import Status

Streams = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Streams) -> Path:
    """The example manifest of three products with two pictures each; nothing was made yet."""
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    capsys.readouterr()
    return tmp_path


def test_a_report_of_nothing_made_says_so(shop: Path, capsys: Streams) -> None:
    """And makes no store."""
    assert run(["report"]) == 0
    out, errors = capsys.readouterr()
    assert out.splitlines() == ["6 pictures: 0 done, 6 not; $0.00.", "Report: report/index.html"]
    assert errors == ""
    gallery = read_gallery(shop / "report")
    assert {one.status for one in gallery.pictures} == {Status.NEW}
    assert gallery.pictures[0].commands.run == ("imagepipe run --select 'product:MUG-1 image:hero'")
    assert not (shop / ".imagepipe" / "ledger.sqlite").exists()


def test_a_rehearsal_has_a_folder_of_its_own(shop: Path) -> None:
    """So that placeholders never take the place of pictures."""
    assert run(["report"]) == run(["report", "--emulate"]) == 0
    assert not read_gallery(shop / "report").rehearsal
    assert read_gallery(shop / "report-emulated").rehearsal


def test_reports_merge(shop: Path, capsys: Streams) -> None:
    """Named by their folders."""
    assert run(["report", "--out", "one"]) == 0
    assert run(["report", "merge", "one", "--out", "whole"]) == 0
    assert read_gallery(shop / "whole") == read_gallery(shop / "one")
    assert "Report: whole/index.html" in capsys.readouterr().out


def test_several_manifests_make_one_report(shop: Path) -> None:
    """With a catalogue each."""
    text = (shop / "imagepipe.yaml").read_text(encoding="utf-8")
    other = "\n".join(line for line in text.splitlines() if not line.startswith("name:"))
    (shop / "summer.yaml").write_text(f"{other}\nname: summer\n", encoding="utf-8")
    assert run(["report", "imagepipe.yaml", "summer.yaml"]) == 0
    gallery = read_gallery(shop / "report")
    assert len(gallery.pictures) == 12
    assert len({one.id for one in gallery.pictures}) == 12
    assert gallery.manifests == ("imagepipe.yaml", "summer.yaml")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["report", "nowhere.yaml"], "cannot read nowhere.yaml"),
        (["report", "--out", "products.csv"], "is a file"),
        (["report", "--out", "."], "no report"),
        (["report", "--shard", "1/2"], "No such option '--shard'"),
        (["report", "merge", "--out", "x"], "Missing argument"),
        (["report", "merge", "nowhere", "--out", "x"], "cannot read nowhere/report.json"),
        (["report", "merge", "."], "Missing option '--out'"),
        (["run", "--emulate", "--report", "."], "no report"),
    ],
)
def test_wrong_usage_is_friendly(
    shop: Path, arguments: list[str], words: str, capsys: Streams
) -> None:
    """Exit 2, what and what next, before anything is written or spent."""
    before = {path for path in shop.rglob("*") if path.is_file()}
    assert run(arguments) == 2
    out, errors = capsys.readouterr()
    assert out == ""
    assert words in errors
    assert "help:" in errors
    assert {path for path in shop.rglob("*") if path.is_file()} == before


def test_the_help_tells_of_both(capsys: Streams) -> None:
    """Of the report itself, and of merging; each subcommand has its own."""
    assert run(["report", "--help"]) == 0
    told = capsys.readouterr().out
    assert "report [OPTIONS] [MANIFEST]..." in told
    assert "merge" in told
    assert "--previews" in told
    assert run(["report", "merge", "-h"]) == 0
    assert "report merge [OPTIONS] DIR..." in capsys.readouterr().out


def test_the_schema_of_the_data_is_printed(capsys: Streams) -> None:
    """For scripts that read it."""
    assert run(["schema", "report"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "imagepipe report"
