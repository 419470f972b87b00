"""Prices from the plan to the bill: a table of one's own, what was charged, and what is learnt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imagepipe.cli.main import run

MANIFEST = """\
version: 1
providers:
  runway: {price: [{model: gen4_image, usd: "0.02"}]}
defaults: {provider: runway, model: gen4_image, size: 720x720}
products: [{sku: A}, {sku: B}, {sku: C}]
images: {hero: {prompt: "A mug {{ sku }}"}}
"""


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "imagepipe.yaml").write_text(MANIFEST)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[str, str]:
    """What a command prints, spaces as they come, on stdout and stderr."""
    assert run(list(words)) == 0, capsys.readouterr().err
    out, err = capsys.readouterr()
    return " ".join(out.split()), " ".join(err.split())


def test_a_price_that_has_drifted_is_told_from_run_to_plan(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run goes on and says so; plan and status have learnt it; a mended table ends it."""
    out, err = said(capsys, "plan", "--emulate")
    assert "a live run would pay about $0.06" in out
    assert "E430" not in out + err
    out, err = said(capsys, "run", "--emulate")
    assert "Charged were $0.15 for 3 pictures estimated at $0.06." in out
    drift = "Prices have drifted: - runway charged $0.05 a picture, estimated at $0.02: 3 pictures"
    assert drift in out
    assert "(providers.runway.price)" in out
    text = MANIFEST.replace("A mug", "A cup")
    (folder / "imagepipe.yaml").write_text(text)
    out, err = said(capsys, "plan", "--emulate")
    note = "runway charged 0.05 USD for its last 3 pictures each (model gen4_image, size 720x720), "
    note += "and the estimate reckons with 0.02 USD"
    assert note in out + err
    out, _ = said(capsys, "status", "--emulate")
    assert "$0.05 $0.02 3 runway model gen4_image, size 720x720" in out
    (folder / "imagepipe.yaml").write_text(text.replace('"0.02"', '"0.05"'))
    out, err = said(capsys, "plan", "--emulate")
    assert "charged" not in out + err


def test_a_bill_is_in_the_objects_for_scripts(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As decimal texts; what nobody estimated is null and drifts from nothing."""
    out, _ = said(capsys, "run", "--emulate", "--json")
    charge: dict[str, Any] = json.loads(out)["cost"]["charges"][0]
    case = charge.pop("case")
    assert case["model"] == "gen4_image"
    assert charge == {
        "provider": "runway",
        "pictures": 3,
        "estimated": "0.06",
        "charged": "0.15",
        "drift": True,
    }
    out, _ = said(capsys, "status", "--emulate", "--json")
    (charged,) = json.loads(out)["charged"]
    assert (charged["each"], charged["estimate"], charged["pictures"]) == ("0.05", "0.02", 3)
    said(capsys, "report", "--emulate", "--out", "report")
    told = json.loads((folder / "report" / "report.json").read_bytes())["charged"]
    assert told == [
        {
            "provider": "runway",
            "case": "model gen4_image, size 720x720",
            "pictures": 3,
            "each": "0.05",
            "estimate": "0.02",
        }
    ]


@pytest.mark.parametrize(
    ("price", "says"),
    [
        ("[{modle: x, usd: 1}]", 'a price cannot depend on "modle" (did you mean "model"?)'),
        ("[{usd: 1, credits: 2}]", "a price row needs usd or credits"),
        ("{as_of: today, rows: [{usd: 1}]}", '"today" is no date: write it as 2026-11-22'),
        ("[{usd: -1}]", "usd"),
    ],
)
def test_a_slip_in_a_price_is_told_with_its_place(
    folder: Path, capsys: pytest.CaptureFixture[str], price: str, says: str
) -> None:
    """A row that never fits would be an unknown price without a word."""
    text = MANIFEST.replace('[{model: gen4_image, usd: "0.02"}]', price)
    (folder / "imagepipe.yaml").write_text(text)
    assert run(["validate"]) == 2
    err = capsys.readouterr().err
    assert says in err
    assert "imagepipe.yaml:3:" in err
