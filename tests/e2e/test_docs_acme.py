"""The provider that docs/add-a-provider.md makes: its spec can be used, and conforms."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from imagepipe.cli.main import run
from imagepipe.document import Document, parse, render
from imagepipe.provider.conformance import check

PAGE = Path(__file__).resolve().parents[2] / "docs" / "add-a-provider.md"


def block(name: str) -> str:
    """What the page shows under this mark."""
    text = PAGE.read_text(encoding="utf-8")
    pattern = rf"<!-- acme: {name} -->\n```yaml\n(.*?)^```"
    [found] = re.findall(pattern, text, re.DOTALL | re.MULTILINE)
    return str(found)


def document(name: str) -> Document:
    return parse(block(name).encode(), f"{name}.yaml")


def test_every_source_and_rule_is_reached_by_its_transcript() -> None:
    problems = check(document("spec"), [document("transcript")])
    assert [render(problem) for problem in problems] == []


def test_its_manifest_can_be_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "acme.provider.yaml").write_text(block("spec"), encoding="utf-8")
    (tmp_path / "imagepipe.yaml").write_text(block("manifest"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(["plan"]) == 0
    assert "1 picture to pay for: about $0.02." in capsys.readouterr().out
