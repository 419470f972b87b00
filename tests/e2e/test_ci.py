"""The files for CI servers: they can be read, and their commands do what the page says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from imagepipe.cli.main import run

ROOT = Path(__file__).resolve().parents[2]
CI = ROOT / "examples" / "ci"
WORKFLOW = CI / ".github" / "workflows" / "pictures.yaml"


def workflow() -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    return found


def steps(job: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = workflow()["jobs"][job]["steps"]
    return found


def commands(job: str) -> list[list[str]]:
    """Its imagepipe commands, with the input's default where it is used."""
    cost = workflow()[True]["workflow_dispatch"]["inputs"]["max_cost"]["default"]
    lines = [line.strip() for step in steps(job) for line in step.get("run", "").splitlines()]
    given = [line.replace("${{ inputs.max_cost }}", cost) for line in lines]
    return [shlex.split(line)[1:] for line in given if line.startswith("imagepipe ")]


def test_its_commands_fail_a_stale_picture_and_make_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As they stand in the file, against the emulator: stale, made, right; and stale once more."""
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "examples" / "ci" / "imagepipe.yaml").read_text(encoding="utf-8")
    (tmp_path / "imagepipe.yaml").write_text(text, encoding="utf-8")

    def carried_out(job: str) -> list[int]:
        return [run([*command, "--emulate"]) for command in commands(job)]

    assert [command[0] for command in commands("check")] == ["plan", "check"]
    assert [command[0] for command in commands("make")] == ["run", "run"]
    assert carried_out("check") == [0, 3]
    assert carried_out("make") == [0, 0]
    assert carried_out("check") == [0, 0]
    (tmp_path / "imagepipe.yaml").write_text(text.replace("white", "slate"), encoding="utf-8")
    assert carried_out("check") == [0, 3]
    assert "[-white-]{+slate+}" in capsys.readouterr().out


def _script(commands: list[str]) -> list[list[str]]:
    """The imagepipe commands of a script, with what its variables stand for."""
    given = [line.replace('"$MAX_COST"', "5.00").replace("$MAX_COST", "5.00") for line in commands]
    given = [line.replace('--store "$STORE"', "--store store") for line in given]
    return [shlex.split(line)[1:] for line in given if line.startswith("imagepipe ")]


def _gitlab() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CI / ".gitlab-ci.yml").read_text(encoding="utf-8"))
    return found


def test_commands_of_gitlab_and_jenkins_do_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stale, made, right; with test results, a report and a log where the servers look for them."""
    jenkins = re.findall(r"'(imagepipe [^']*)'", (CI / "Jenkinsfile").read_text(encoding="utf-8"))
    for name, check, make in (
        ("gitlab", _gitlab()["check"]["script"], _gitlab()["make"]["script"]),
        ("jenkins", jenkins[:2], jenkins[2:]),
    ):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.chdir(folder)
        (folder / "imagepipe.yaml").write_text(
            (CI / "imagepipe.yaml").read_text(encoding="utf-8"), encoding="utf-8"
        )
        assert [run([*command, "--emulate"]) for command in _script(check)] == [0, 3]
        assert {run([*command, "--emulate"]) for command in _script(make)} == {0}
        assert [run([*command, "--emulate"]) for command in _script(check)] == [0, 0]
        assert all((folder / left).exists() for left in ("junit.xml", "report", "imagepipe.log"))


def test_artefacts_are_where_the_commands_write_them() -> None:
    making = _gitlab()["make"]
    [command] = [line for line in making["script"] if "--junit" in line]
    artifacts = making["artifacts"]
    assert f"--junit {artifacts['reports']['junit']} " in command
    assert artifacts["paths"] == ["report/", "imagepipe.log"]
    assert artifacts["when"] == making["cache"]["when"] == "always"
    jenkins = (CI / "Jenkinsfile").read_text(encoding="utf-8")
    assert "junit testResults: 'junit.xml'" in jenkins
    assert "artifacts: 'report/**, imagepipe.log'" in jenkins


def test_the_jenkinsfile_is_balanced() -> None:
    """No Groovy here to read it: that strings end and brackets meet is what can be seen."""
    text = (CI / "Jenkinsfile").read_text(encoding="utf-8")
    bare = re.sub(r"//[^\n]*", "", re.sub(r"'[^'\n]*'|\"[^\"\n]*\"", "''", text))
    opened: list[str] = []
    for sign in re.findall(r"[(){}\[\]]", bare):
        if sign in "({[":
            opened.append(sign)
        else:
            assert opened.pop() + sign in ("()", "{}", "[]")
    assert opened == []
    assert bare.count("'") % 2 == bare.count('"') % 2 == 0


def test_snippets_of_the_page_can_be_read_and_name_real_exit_codes() -> None:
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    [snippet] = re.findall(r"<!-- gitlab: exit codes -->\n```yaml\n(.*?)```", page, re.DOTALL)
    codes = yaml.safe_load(snippet)["make"]["allow_failure"]["exit_codes"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(re.search(rf"\| {code} \| ", readme) for code in codes)


def test_the_store_is_kept_however_a_run_ends_and_handed_on() -> None:
    """Fetched before the run, kept after it with a key that the next one finds, one at a time."""
    making = steps("make")
    names = [step.get("uses", step.get("run", "")).split("@")[0].split("\n")[0] for step in making]
    fetch, keep = names.index("actions/cache/restore"), names.index("actions/cache/save")
    run_at = next(n for n, name in enumerate(names) if name.startswith("imagepipe run --max-cost"))
    assert fetch < run_at < keep
    assert making[keep]["if"] == "always()"
    assert making[keep]["with"]["path"] == making[fetch]["with"]["path"] == ".imagepipe"
    assert making[keep]["with"]["key"].startswith(making[fetch]["with"]["restore-keys"])
    assert workflow()["jobs"]["make"]["concurrency"]["cancel-in-progress"] is False


def test_keys_reach_the_run_alone_and_no_pull_request() -> None:
    holders = [step for job in ("check", "make") for step in steps(job) if "secrets." in str(step)]
    assert [step["name"] for step in holders] == ["Make what is missing"]
    assert workflow()["jobs"]["make"]["if"] == "github.event_name == 'workflow_dispatch'"


def test_the_attribute_on_the_page_is_the_one_that_is_tried() -> None:
    from tests.e2e.test_two_branches import ATTRIBUTES

    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    [written] = re.findall(r"^# \.gitattributes\n(.*?)```", page, re.MULTILINE | re.DOTALL)
    assert written == ATTRIBUTES
