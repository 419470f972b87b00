"""The quickstart as a newcomer meets it: pictures, a rerun that does nothing, one prompt edited,
and a fresh clone."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.shop import PATHS, Shop, accepted
from tests.emulator_process import EmulatorProcess

QUICKSTART = Path(__file__).resolve().parents[2] / "examples" / "quickstart"

BY_PROVIDER = {"runcrate": 12, "goneural": 12, "rungen": 12, "cometapi-runway": 4}
OUTCOMES = [
    "generated",
    "reused",
    "restored",
    "resumed",
    "failed",
    "ambiguous",
    "lost",
    "blocked",
    "skipped",
]
VERDICTS = [
    "new",
    "changed",
    "forced",
    "reused",
    "restored",
    "resumable",
    "failed",
    "ambiguous",
    "lost",
    "orphaned",
]
NO_REQUEST = {"submit": 0, "poll": 0, "download": 0}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    folder = tmp_path / "quickstart"
    left = shutil.ignore_patterns(".imagepipe", "*-emulated")
    shutil.copytree(QUICKSTART, folder, ignore=left)
    return Shop(folder)


@pytest.fixture
def rehearsed(shop: Shop) -> Shop:
    """The quickstart after its first rehearsal."""
    ran = shop.imagepipe("run", "--emulate", "-q")
    assert ran.code == 0, ran.err
    return shop


def test_the_first_run_makes_forty_pictures_at_four_providers(shop: Shop) -> None:
    """One command, no key: every job is a file on disk, and each provider got its share."""
    planned = shop.imagepipe("plan", "--emulate", "--json", "-v")
    assert planned.json["jobs"]["new"] == 40
    assert _lessons(shop) == []
    ran = shop.imagepipe("run", "--emulate", "--json", "--events", "events.ndjson")
    assert ran.code == 0, ran.err
    assert ran.json["jobs"]["generated"] == 40
    assert ran.json["requests"]["submit"] == 40
    paths = {step["path"] for step in planned.json["steps"]}
    assert _outputs(shop.folder / "images-emulated") == paths
    events = (shop.folder / "events.ndjson").read_text(encoding="utf-8")
    for provider, jobs in BY_PROVIDER.items():
        lines = [line for line in events.splitlines() if f'"provider":"{provider}"' in line]
        assert sum('"type":"finished"' in line for line in lines) == jobs
    assert _lessons(shop) == [".imagepipe/emulated/lessons.sqlite"]


def test_a_rerun_sends_nothing_and_changes_no_file(rehearsed: Shop) -> None:
    """Not one byte and not one time of change differs, in outputs, store or anywhere else."""
    before = rehearsed.snapshot()
    ran = rehearsed.imagepipe("run", "--emulate", "--json")
    assert ran.code == 0
    assert ran.json["requests"] == NO_REQUEST
    assert ran.json["jobs"]["reused"] == ran.json["jobs"]["total"] == 40
    assert rehearsed.snapshot() == before


def test_an_edited_prompt_regenerates_exactly_its_pictures(rehearsed: Shop) -> None:
    """The plan names them and the reason beforehand; the run draws them and no other."""
    before = rehearsed.snapshot()
    _edit(rehearsed, "soft studio lighting", "hard studio lighting")
    planned = rehearsed.imagepipe("plan", "--emulate", "--json", "-v")
    changed = {step["path"]: step for step in planned.json["steps"] if step["verdict"] != "reused"}
    assert {step["verdict"] for step in changed.values()} == {"changed"}
    assert {step["reason"] for step in changed.values()} == {"prompt changed"}
    assert len(changed) == 12
    assert all(path.endswith("/hero") for path in changed)
    assert planned.json["cost"] == {"currency": "USD", "estimate": "0.036", "unknown": 0}
    ran = rehearsed.imagepipe("run", "--emulate", "--json")
    assert ran.code == 0
    assert (ran.json["jobs"]["generated"], ran.json["jobs"]["reused"]) == (12, 28)
    assert ran.json["requests"]["submit"] == 12
    assert _redrawn(before, rehearsed.snapshot()) == set(changed)


def test_an_edited_product_touches_its_own_pictures_alone(rehearsed: Shop) -> None:
    """A lamp in another colour is three new prompts; their seeds stay, and so do 37 pictures."""
    products = (rehearsed.folder / "products.csv").read_text(encoding="utf-8")
    rehearsed.write("products.csv", products.replace("Desk Lamp,brass", "Desk Lamp,copper"))
    planned = rehearsed.imagepipe("plan", "--emulate", "--json", "-v")
    changed = [step for step in planned.json["steps"] if step["verdict"] == "changed"]
    assert {step["path"] for step in changed} == {
        "LAMP-01/hero",
        "LAMP-01/wide",
        "LAMP-01/portrait",
    }
    assert {step["reason"] for step in changed} == {"prompt changed"}


def test_what_run_prints_as_json_is_what_scripts_depend_on(shop: Shop) -> None:
    """The object of `run --json`, field by field and in this order."""
    ran = shop.imagepipe("run", "--emulate", "--json", "--limit", "4")
    report = ran.json
    assert list(report) == [
        "version",
        "manifests",
        "run",
        "jobs",
        "cost",
        "requests",
        "seconds",
        "faults",
        "kept",
        "rehearsal",
        "pruned",
    ]
    assert (report["version"], report["manifests"]) == (1, ["imagepipe.yaml"])
    assert list(report["jobs"]) == ["total", *OUTCOMES]
    assert sum(report["jobs"][name] for name in OUTCOMES) == report["jobs"]["total"] == 40
    assert (report["jobs"]["generated"], report["jobs"]["skipped"]) == (4, 36)
    pots = ("reserved", "in_doubt", "risked")
    none = {f"{pot}_unknown": 0 for pot in pots} | dict.fromkeys(pots, "0")
    spent = {"currency": "USD", "spent": "0.323", "unknown": 2, "charges": []}
    assert report["cost"] == {**spent, **none}
    assert list(report["requests"]) == ["submit", "poll", "download"]
    assert isinstance(report["seconds"], float)
    assert (report["faults"], report["kept"], report["rehearsal"]) == ([], [], True)


def test_what_plan_prints_as_json_is_what_scripts_depend_on(shop: Shop) -> None:
    """The object of `plan --json`; its steps only on request."""
    short = shop.imagepipe("plan", "--json").json
    added = ["kept", "strangers", "rehearsal", "over_budget"]
    told = ["time", "forced", "changed", "renamed", "orphans"]
    assert list(short) == ["version", "manifests", "jobs", "cost", *added, *told]
    assert list(short["jobs"]) == ["total", *VERDICTS]
    assert short["cost"] == {"currency": "USD", "estimate": "1.316", "unknown": 24}
    steps: list[dict[str, Any]] = shop.imagepipe("plan", "--json", "-v").json["steps"]
    assert len(steps) == 40
    names = ("key", "path", "verdict", "reason", "provider", "cost")
    assert {tuple(step) for step in steps} == {names}


def test_a_fault_is_told_with_its_job(shop: Shop) -> None:
    """An entry of `faults` says which picture, where it belongs, whose fault, and what."""
    with EmulatorProcess("--picture", "fixed", "--quirk", "goneural:fail") as emulator:
        _go_live(shop, emulator)
        ran = shop.imagepipe("run", "--json", "--select", "product:MUG-02 provider:goneural")
    assert ran.code == 1
    (fault,) = ran.json["faults"]
    assert list(fault) == ["key", "path", "provider", "kind", "message"]
    assert (fault["path"], fault["provider"]) == ("MUG-02/wide", "goneural")
    assert fault["kind"] == "failed"


def test_a_fresh_clone_with_its_outputs_asks_for_nothing(shop: Shop, tmp_path: Path) -> None:
    """What Git keeps (manifest, catalogue, lock, pictures) is enough: no store, no request."""
    with EmulatorProcess("--picture", "fixed") as emulator:
        _go_live(shop, emulator)
        first = shop.imagepipe("run", "--json")
        assert first.code == 0, first.err
        assert accepted(emulator) == 40
        assert _asked(emulator) > 40
        emulator.reset()
        clone = Shop(tmp_path / "clone")
        kept = shutil.ignore_patterns(".imagepipe")
        shutil.copytree(shop.folder, clone.folder, ignore=kept)
        pictures = _files(clone)
        again = clone.imagepipe("run", "--json")
        assert again.code == 0, again.err
        assert again.json["requests"] == NO_REQUEST
        assert again.json["jobs"]["reused"] == 40
        assert _asked(emulator) == 0
    assert _files(clone) == pictures


def _go_live(shop: Shop, emulator: EmulatorProcess) -> None:
    """Let the manifest's providers be the emulator's, so that the store is a live one."""
    instances = "\n".join(
        f"  {name}: {{base_url: '{emulator.url}/{name}{PATHS[name]}'"
        f"{', vars: {app_id: my-flux-app}' if name == 'rungen' else ''}}}"
        for name in BY_PROVIDER
    )
    _edit(shop, "  rungen: {vars: {app_id: my-flux-app}}", instances)


def _edit(shop: Shop, old: str, new: str) -> None:
    text = (shop.folder / "imagepipe.yaml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    shop.write("imagepipe.yaml", text.replace(old, new))


def _lessons(shop: Shop) -> list[str]:
    """Where something learnt is kept: a rehearsal's never where a live run would read it."""
    found = shop.folder.rglob("lessons.sqlite*")
    return sorted(path.relative_to(shop.folder).as_posix() for path in found)


def _outputs(root: Path) -> set[str]:
    """The pictures below a folder, named as the manifest names them: without extension."""
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).with_suffix("").as_posix() for path in files}


def _redrawn(before: dict[str, tuple[int, bytes]], after: dict[str, tuple[int, bytes]]) -> set[str]:
    """The outputs that are new or written anew."""
    root = "images-emulated/"
    files = {name for name in after if name.startswith(root) and after[name] != before.get(name)}
    return {name.removeprefix(root).rpartition(".")[0] for name in files}


def _files(shop: Shop) -> dict[str, tuple[int, bytes]]:
    """Everything outside the store."""
    return {
        name: found for name, found in shop.snapshot().items() if not name.startswith(".imagepipe")
    }


def _asked(emulator: EmulatorProcess) -> int:
    """Requests of every kind, by the emulator's own count."""
    return sum(
        sum(outcomes.values())
        for stats in emulator.stats().values()
        for outcomes in stats["requests"].values()
    )
