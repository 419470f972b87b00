"""Every code that the program can raise has a page, and the examples on the pages are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from imagepipe.app.planning import check_manifest
from imagepipe.app.project import Where, open_project
from imagepipe.app.rules import rules
from imagepipe.cli.main import run
from imagepipe.errors import InputError, Rule

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r'"(E\d{3})"')
Streams = pytest.CaptureFixture[str]

SECTIONS = {
    "version": "version: 1\n",
    "defaults": "defaults: {provider: runcrate, model: black-forest-labs/FLUX.1-schnell}\n",
    "products": "products: [{sku: MUG-1, name: Mug, color: blue}]\n",
    "prompts": 'prompts: {hero: "A {{ color }} {{ name }}"}\n',
    "images": "images: {hero: {prompt: hero, aspect_ratio: 1:1}}\n",
}
TABLE = "sku,name,color\nMUG-1,Mug,blue\n"
EXAMPLES = [rule for rule in rules().values() if not rule.of]


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    """Codes are written out where they are raised, so that they can be searched for."""
    modules = (ROOT / "imagepipe").rglob("*.py")
    raised = {code for module in modules for code in CODE.findall(module.read_text("utf-8"))}
    assert set(rules()) == raised
    assert list(rules()) == sorted(rules())


@pytest.mark.parametrize("rule", EXAMPLES, ids=[rule.code for rule in EXAMPLES])
def test_an_example_has_the_mistake_and_the_other_has_not(rule: Rule, tmp_path: Path) -> None:
    """Each stands for the sections of a manifest, or the table, that it shows."""
    assert rule.code in codes(tmp_path, rule.wrong, rule.csv)
    if rule.right or rule.right_csv:
        assert codes(tmp_path, rule.right, rule.right_csv) == set()


def codes(folder: Path, example: str, table: str) -> set[str]:
    """The codes of the errors in an example."""
    parts = {part.partition(":")[0]: part for part in re.split(r"(?m)^(?=\w)", example) if part}
    if table and "products" not in parts:
        parts["products"] = "products: {from: products.csv}\n"
    (folder / "products.csv").write_text(table or TABLE, encoding="utf-8")
    path = folder / "m.yaml"
    path.write_text("".join((SECTIONS | parts).values()), encoding="utf-8")
    try:
        check_manifest(open_project(Where(path)))
    except InputError as error:
        return {problem.code for problem in error.problems if problem.severity == "error"}
    return set()


@pytest.mark.parametrize("code", ["E104", "e104"])
def test_a_rule_is_explained_without_a_manifest(code: str, tmp_path: Path, capsys: Streams) -> None:
    """What it means, both examples, and what to do."""
    del tmp_path
    assert run(["explain", code]) == 0
    out = capsys.readouterr().out
    assert out.startswith("E104: A key that is not known\n")
    assert "    images:\n      hero: {promt: hero}\n" in out
    assert "What to do: Write the key that was meant." in out


def test_a_code_that_no_rule_has_is_told(capsys: Streams) -> None:
    """With the nearest one."""
    assert run(["explain", "E140"]) == 2
    assert 'no rule E140 (did you mean "E104"?)' in capsys.readouterr().err
