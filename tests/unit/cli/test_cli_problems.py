"""`--output-format`: in which form and on which stream a command tells of problems."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from imagepipe.cli.main import run

Streams = pytest.CaptureFixture[str]
WRONG = "version: 1\nimages: {x: {prompt: a b, provider: runcrat}}\n"
NOTED = (
    "version: 1\ndefaults: {provider: goneural, model: x}\n"
    "images: {x: {prompt: a b, aspect_ratio: 1:1}}\n"
)


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("FORCE_COLOR", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)


def told(text: str, *words: str, streams: Streams) -> tuple[int, str, str]:
    Path("imagepipe.yaml").write_text(text, encoding="utf-8")
    code = run(words)
    out, errors = streams.readouterr()
    return code, out, errors


@pytest.mark.parametrize("command", ["validate", "plan", "run", "explain x", "pending list"])
def test_errors_as_json_are_the_result(command: str, capsys: Streams) -> None:
    """On standard output, with nothing on the other."""
    words = [*command.split(), "--output-format", "json"]
    code, out, errors = told(WRONG, *words, streams=capsys)
    assert (code, errors) == (2, "")
    assert json.loads(out)["problems"][0]["code"] == "E112"


@pytest.mark.parametrize(
    ("form", "begins"), [("concise", "imagepipe.yaml:2:37: error[E112]"), ("github", "::error ")]
)
def test_other_forms_stay_beside_the_result(form: str, begins: str, capsys: Streams) -> None:
    """A script that reads standard output gets no half of a plan."""
    code, out, errors = told(WRONG, "plan", "--output-format", form, streams=capsys)
    assert (code, out, errors.startswith(begins)) == (2, "", True)


def test_notes_are_no_part_of_a_plan(capsys: Streams) -> None:
    """They go to standard error, in the form asked for; for `validate` they are the result."""
    code, out, errors = told(NOTED, "plan", "--json", "--output-format", "json", streams=capsys)
    assert (code, json.loads(out)["jobs"]["total"], json.loads(errors)["notes"]) == (0, 1, 1)
    code, out, errors = told(NOTED, "validate", "--output-format", "json", streams=capsys)
    assert (code, json.loads(out)["notes"], errors) == (0, 1, "")


def test_a_workflow_gets_annotations_unasked(
    capsys: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside the text, which the log is read for; a form that was asked for is the only one."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    _, _, errors = told(WRONG, "plan", streams=capsys)
    assert "imagepipe.yaml:2:37: error[E112]" in errors
    assert "\n::error file=imagepipe.yaml,line=2,col=37" in errors
    _, _, errors = told(WRONG, "plan", "--output-format", "full", streams=capsys)
    assert "::error" not in errors


def test_a_form_holds_for_one_command_line_only(capsys: Streams) -> None:
    """Two calls in one process do not know of each other."""
    told(WRONG, "plan", "--output-format", "json", streams=capsys)
    _, out, errors = told(WRONG, "plan", streams=capsys)
    assert (out, errors.startswith("imagepipe.yaml:2:37: error[E112]")) == ("", True)


def test_what_has_no_rule_is_told_in_the_same_form(capsys: Streams) -> None:
    """A folder that cannot be used, say."""
    code, out, _ = told(
        NOTED, "plan", "--output-format", "json", "--store", "imagepipe.yaml", streams=capsys
    )
    assert code == 2
    assert (out == "") or json.loads(out)["problems"][0]["code"] is None


def test_a_selection_that_cannot_be_read_hides_no_mistake(capsys: Streams) -> None:
    """Of the manifest's jobs, which would be the second run's errors."""
    wrong = NOTED.replace("aspect_ratio: 1:1", "steps: 3, aspect_ratio: 1:1")
    code, _, errors = told(wrong, "plan", "--select", "x", streams=capsys)
    assert code == 2
    assert "error[E710]" in errors
    assert "error[E401]: goneural takes no steps" in errors


def test_a_narrow_terminal_gets_messages_broken_between_words(
    capsys: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log keeps its long lines; so do the forms for machines."""
    monkeypatch.setattr("imagepipe.cli.terminal.is_terminal", lambda _stream: True)
    monkeypatch.setenv("COLUMNS", "50")
    monkeypatch.setenv("NO_COLOR", "1")
    _, _, full = told(WRONG, "validate", streams=capsys)
    assert max(len(line) for line in full.splitlines() if " | " not in line) <= 50
    assert run(["run", "nosuch.yaml", "--limit", "0"]) == 2
    assert max(map(len, capsys.readouterr().err.splitlines())) <= 50
    _, _, concise = told(WRONG, "validate", "--output-format", "concise", streams=capsys)
    assert max(map(len, concise.splitlines())) > 50


def test_an_output_file_in_no_folder_is_told_what_to_do(capsys: Streams) -> None:
    """It is not the manifest that is missing."""
    code, _, errors = told(
        "version: 1\ndefaults: {provider: runcrate}\nproducts: [{sku: A}]\n"
        "images: {x: {prompt: a b, model: a/b}}\n",
        "run",
        "--emulate",
        "--events",
        "no/such/e.ndjson",
        streams=capsys,
    )
    assert code == 2
    assert "no/such/e.ndjson" in errors
    assert "make its folder" in errors
    assert "init" not in errors


def test_a_report_that_cannot_be_written_is_told_before_a_run(capsys: Streams) -> None:
    """A run that ended well must not end in an error of its last line."""
    Path("taken").write_text("a file", encoding="utf-8")
    code, out, errors = told(
        "version: 1\ndefaults: {provider: runcrate}\nproducts: [{sku: A}]\n"
        "images: {x: {prompt: a b, model: a/b}}\n",
        "run",
        "--emulate",
        "--report",
        "taken/report",
        streams=capsys,
    )
    assert (code, out) == (2, "")
    assert "cannot write the report into" in errors
    assert "--report" in errors
