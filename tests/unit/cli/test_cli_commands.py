"""The commands: from arguments to text and exit code, in this process and a folder of their own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import click
import pytest

from imagepipe.app import running
from imagepipe.app.planning import Planned
from imagepipe.app.report import Report
from imagepipe.app.run_options import RunOptions
from imagepipe.cli.group import COMMANDS, group
from imagepipe.cli.main import run
from imagepipe.cli.reports import worst
from imagepipe.engine import OUTCOMES
from imagepipe.engine.tally import Failure
from imagepipe.events import Finished, Listener, RunStarted
from imagepipe.model import Fault, FaultKind, Key
from imagepipe.wire import Watch

Streams = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An example of `init`, as the current folder, on a screen of 80 columns without a terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("RUNCRATE_API_KEY", "FORCE_COLOR", "IMAGEPIPE_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def started(shop: Path, capsys: Streams) -> Path:
    assert run(["init"]) == 0
    capsys.readouterr()
    return shop


class FakeRun:
    """Stands in for `running.run`: remembers what it was asked, and says how it ended."""

    def __init__(self, *exit_codes: int, spent: str = "0.01") -> None:
        self.exit_codes = list(exit_codes)
        self.spent = Decimal(spent)
        self.options: list[RunOptions] = []
        self.manifests: list[str] = []

    def __call__(
        self, planned: Planned, options: RunOptions, *, listener: Listener, watch: Watch | None
    ) -> Report:
        assert watch is None  # nobody asked for a log
        self.options.append(options)
        self.manifests.append(str(planned.project.where.manifest))
        listener(RunStarted("r1", ("m",), 6, {"runcrate": 6}))
        listener(Finished(Key("a" * 64), "runcrate", "MUG-1/hero", "generated", self.spent, 1.0))
        code = self.exit_codes.pop(0) if self.exit_codes else 0
        fault = Fault(FaultKind.MODERATED, "refused")
        failure = Failure(Key("b" * 64), "MUG-1/scene", "runcrate", "failed", fault)
        jobs = dict.fromkeys(OUTCOMES, 0) | {"generated": 5, "failed": 1 if code else 0}
        requests = {"submit": 6, "poll": 0, "download": 5}
        faults = (failure,) if code else ()
        name = self.manifests[-1]
        return Report((name,), "r1", 6, jobs, self.spent, 0, requests, 1.0, faults, {}, code)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeRun:
    made = FakeRun()
    monkeypatch.setattr(running, "run", made)
    return made


def test_init_writes_what_plan_can_plan_and_says_what_next(shop: Path, capsys: Streams) -> None:
    """From an empty folder to a plan in two commands."""
    assert run(["init"]) == 0
    said = capsys.readouterr().out
    assert "wrote imagepipe.yaml" in said
    assert "imagepipe run --emulate" in said
    first = (shop / "imagepipe.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=./.imagepipe/manifest.schema.json"
    json.loads((shop / ".imagepipe/manifest.schema.json").read_text(encoding="utf-8"))
    assert run(["plan"]) == 0
    assert "6 pictures to pay for: about $0.018" in capsys.readouterr().out


@pytest.mark.usefixtures("started")
def test_validate_is_quiet_about_a_good_manifest(capsys: Streams) -> None:
    """-q says nothing at all."""
    assert run(["validate"]) == 0
    assert capsys.readouterr().out == "imagepipe.yaml: no mistakes found\n"
    assert run(["validate", "-q"]) == 0
    assert capsys.readouterr() == ("", "")


def test_mistakes_of_several_manifests_come_all_at_once(started: Path, capsys: Streams) -> None:
    """Each with file, line and column; exit 2; nothing on standard output."""
    text = (started / "imagepipe.yaml").read_text(encoding="utf-8")
    (started / "a.yaml").write_text(text.replace("images:", "imges:"), encoding="utf-8")
    (started / "b.yaml").write_text(text.replace("from:", "form:"), encoding="utf-8")
    assert run(["plan", "a.yaml", "imagepipe.yaml", "b.yaml"]) == 2
    out, errors = capsys.readouterr()
    assert out == ""
    assert re.search(r"^a\.yaml:\d+:\d+: error\[E\d+\]", errors, re.MULTILINE)
    assert re.search(r"^b\.yaml:\d+:\d+: error\[E\d+\]", errors, re.MULTILINE)
    assert 'did you mean "images"?' in errors


@pytest.mark.usefixtures("started")
def test_plan_json_is_the_contract(capsys: Streams) -> None:
    """The head of the design, money as text; steps only with -v."""
    assert run(["plan", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    head = {"version", "manifests", "jobs", "cost", "kept", "strangers"}
    added = {"rehearsal", "over_budget", "time", "forced", "changed", "renamed", "orphans"}
    assert set(plan) == head | added
    assert plan["jobs"]["total"] == plan["jobs"]["new"] == 6
    assert plan["cost"] == {"currency": "USD", "estimate": "0.018", "unknown": 0}
    assert run(["plan", "--json", "-v"]) == 0
    steps = json.loads(capsys.readouterr().out)["steps"]
    assert [set(step) for step in steps] == [
        {"key", "path", "verdict", "reason", "provider", "cost"}
    ] * 6


def test_plan_json_of_several_manifests_is_one_object(started: Path, capsys: Streams) -> None:
    """Sums over both, and their steps in order."""
    text = (started / "imagepipe.yaml").read_text(encoding="utf-8")
    (started / "other.yaml").write_text(text, encoding="utf-8")
    assert run(["plan", "imagepipe.yaml", "other.yaml", "--json", "-v"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["manifests"] == ["imagepipe.yaml", "other.yaml"]
    assert plan["jobs"]["total"] == len(plan["steps"]) == 12
    assert plan["cost"]["estimate"] == "0.036"


@pytest.mark.usefixtures("started")
def test_detailed_exitcode_tells_work_from_none(capsys: Streams) -> None:
    """3 if a run would do something."""
    assert run(["plan", "--detailed-exitcode"]) == 3
    assert run(["plan"]) == 0
    assert "Next:\n  imagepipe run\n" in capsys.readouterr().out


@pytest.mark.usefixtures("started")
def test_a_selection_that_matches_nothing_is_an_error(capsys: Streams) -> None:
    """A typo in --select must not look like success."""
    assert run(["plan", "--select", "product:NONE-*"]) == 2
    assert "E712" in capsys.readouterr().err
    assert run(["plan", "--select", "prodcut:MUG"]) == 2
    assert "E710" in capsys.readouterr().err


def test_limit_counts_over_all_manifests(started: Path, capsys: Streams) -> None:
    """--limit 8 over two manifests of six jobs is six and two."""
    text = (started / "imagepipe.yaml").read_text(encoding="utf-8")
    (started / "other.yaml").write_text(text, encoding="utf-8")
    assert run(["plan", "imagepipe.yaml", "other.yaml", "--limit", "8", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["jobs"]["new"] == 8


@pytest.mark.usefixtures("started", "fake")
def test_run_prints_one_object_with_json(capsys: Streams) -> None:
    """Data on standard output, progress on standard error."""
    assert run(["run", "--json"]) == 0
    out, errors = capsys.readouterr()
    report = json.loads(out)
    assert report["jobs"]["generated"] == 5
    unknown = {f"{name}unknown": 0 for name in ("", "reserved_", "in_doubt_", "risked_")}
    money = {"spent": "0.01", "reserved": "0", "in_doubt": "0", "risked": "0"}
    assert report["cost"] == {"currency": "USD", **money, **unknown, "charges": []}
    assert "run r1: 6 jobs, to do: runcrate 6" in errors


@pytest.mark.usefixtures("started")
def test_run_ends_with_the_reports_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: Streams
) -> None:
    """And the page says what to do about it."""
    monkeypatch.setattr(running, "run", FakeRun(1))
    assert run(["run"]) == 1
    assert "change the prompt (or" in capsys.readouterr().out


def test_several_runs_are_one_report_with_the_worst_exit_code(
    started: Path, monkeypatch: pytest.MonkeyPatch, capsys: Streams
) -> None:
    """Ambiguous counts before failed."""
    text = (started / "imagepipe.yaml").read_text(encoding="utf-8")
    (started / "other.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(running, "run", FakeRun(1, 4))
    assert run(["run", "imagepipe.yaml", "other.yaml", "--json"]) == 4
    report = json.loads(capsys.readouterr().out)
    assert report["manifests"] == ["imagepipe.yaml", "other.yaml"]
    assert report["jobs"]["total"] == 12
    assert report["cost"]["spent"] == "0.02"


def test_max_cost_is_for_all_manifests_together(started: Path, fake: FakeRun) -> None:
    """What the first spent is gone for the second."""
    text = (started / "imagepipe.yaml").read_text(encoding="utf-8")
    (started / "other.yaml").write_text(text, encoding="utf-8")
    assert run(["run", "imagepipe.yaml", "other.yaml", "--max-cost", "$1", "-q"]) == 0
    assert [options.max_cost for options in fake.options] == [Decimal(1), Decimal("0.99")]


def test_a_limit_names_whose_prices_are_unknown(shop: Path, capsys: Streams) -> None:
    """Where a price is to be given is the first question of whoever reads it."""
    recipe = "{prompt: a b, provider: goneural, aspect_ratio: 1:1}"
    text = f"version: 1\nproducts: [{{sku: A}}]\nimages: {{x: {recipe}}}\n"
    (shop / "imagepipe.yaml").write_text(text, encoding="utf-8")
    assert run(["run", "--max-cost", "1"]) == 6
    assert "the price of 1 picture to be made is unknown (goneural)" in capsys.readouterr().err


def test_an_interrupted_run_starts_no_further_manifest(
    started: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C means the command, not one of its files."""
    text = (started / "imagepipe.yaml").read_text(encoding="utf-8")
    (started / "other.yaml").write_text(text, encoding="utf-8")
    made = FakeRun(130)
    monkeypatch.setattr(running, "run", made)
    assert run(["run", "imagepipe.yaml", "other.yaml"]) == 130
    assert made.manifests == ["imagepipe.yaml"]


@pytest.mark.usefixtures("fake")
def test_events_are_lines_of_json_in_a_file(started: Path) -> None:
    """The version first; standard output stays what it was."""
    assert run(["run", "--events", "events.ndjson"]) == 0
    lines = (started / "events.ndjson").read_text(encoding="utf-8").splitlines()
    kinds = [json.loads(line)["type"] for line in lines]
    assert kinds == ["version", "run_started", "finished"]


@pytest.mark.usefixtures("started", "fake")
def test_quiet_says_nothing_of_what_went_well(capsys: Streams) -> None:
    """-q: failures and the end."""
    assert run(["run", "-q"]) == 0
    out, errors = capsys.readouterr()
    assert errors == ""
    assert out.startswith("6 jobs in 1.0 s: 5 generated.")


@pytest.mark.usefixtures("started")
def test_a_missing_key_is_told_before_anything_is_sent(capsys: Streams) -> None:
    """With the name of its variable and the way to rehearse without it."""
    assert run(["run"]) == 2
    out, errors = capsys.readouterr()
    assert out == ""
    assert "RUNCRATE_API_KEY is not set" in errors
    assert "--emulate" in errors


def test_status_and_pending_of_a_fresh_folder_say_so(started: Path, capsys: Streams) -> None:
    """No store is made by looking."""
    assert run(["status"]) == 0
    assert run(["pending", "list"]) == 0
    assert "no run has been made yet" in capsys.readouterr().out
    assert not (started / ".imagepipe/ledger.sqlite").exists()


@pytest.mark.usefixtures("started")
def test_explain_walks_the_key_of_a_file(capsys: Streams) -> None:
    """By output, by product and recipe, and not by a name that nothing has."""
    assert run(["explain", "images/MUG-1/hero.png"]) == 0
    out = capsys.readouterr().out
    assert "verdict   new" in out
    assert "fields.prompt" in out
    assert run(["explain", "NOBODY"]) == 2
    assert "E730" in capsys.readouterr().err
    assert run(["explain", "MUG-1/hreo"]) == 2
    assert 'did you mean "MUG-1/hero"?' in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["drop", "resubmit"])
@pytest.mark.usefixtures("started")
def test_an_unknown_key_is_no_choice(capsys: Streams, verb: str) -> None:
    """Nothing is guessed where money is settled."""
    assert run(["pending", verb, "abcdef123"]) == 2
    assert "no such key" in capsys.readouterr().err


def test_providers_and_schemas_are_shown(capsys: Streams) -> None:
    """Offline, without a manifest."""
    assert run(["providers", "list"]) == 0
    assert "runcrate" in capsys.readouterr().out
    assert run(["providers", "show", "runway"]) == 0
    assert "Accepts:" in capsys.readouterr().out
    assert run(["schema", "manifest"]) == 0
    assert json.loads(capsys.readouterr().out)["type"] == "object"


def test_quirks_of_the_emulator_are_listed(capsys: Streams) -> None:
    """Each with what it does."""
    assert run(["emulate", "--list-quirks"]) == 0
    assert "drop-after-accept" in capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_the_program(shell: str, capsys: Streams) -> None:
    """click's own scripts, under our name."""
    assert run(["completion", shell]) == 0
    assert "_IMAGEPIPE_COMPLETE" in capsys.readouterr().out


def every_command(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        with click.Context(command) as ctx:
            for name in command.list_commands(ctx):
                inner = command.get_command(ctx, name)
                assert inner is not None
                yield from every_command(inner, f"{path} {name}")


ALL = dict(every_command(group, "imagepipe"))


@pytest.mark.parametrize("path", ALL)
def test_every_command_and_option_explains_itself_in_sentences(path: str) -> None:
    """A help page has no gaps: each text begins with a capital and ends with a full stop."""
    command = ALL[path]
    options = [option for option in command.params if isinstance(option, click.Option)]
    texts = [command.help or "", *(option.help or "" for option in options)]
    for text in texts:
        assert re.match(r"[A-Z].*\.$", text.strip(), re.DOTALL), (path, text)


@pytest.mark.parametrize("words", ["", "pending", "store", "providers", "report"])
def test_no_command_is_listed_with_half_a_sentence(
    words: str, capsys: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a terminal of 80 columns the list is there to choose from."""
    monkeypatch.setenv("COLUMNS", "80")
    assert run([*words.split(), "--help"]) == 0
    page = capsys.readouterr().out.partition("Commands:\n")[2].partition("\n\n")[0]
    assert page
    assert [line for line in page.splitlines() if not line.endswith(".")] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_how_it_is_typed(name: str, capsys: Streams) -> None:
    """Examples begin with the program's name, at the end of the page."""
    assert run([name, "--help"]) == 0
    page = capsys.readouterr().out
    assert f"imagepipe {name}" in page.partition("Examples:")[2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rnu"], "did you mean 'run'?"),
        (["spring.yaml"], "did you mean `imagepipe run spring.yaml`?"),
        (["pending", "lsit"], "did you mean 'list'?"),
        (["run", "--jsonn"], "Did you mean '--json'?"),
        (["run", "--max-cost", "five"], "is no amount of US dollars"),
        (["run", "--max-cost", "-1"], "is no amount of US dollars"),
        (["plan", "--limit", "0"], "not in the range"),
        (["run", "--emulate", "--emulate-real"], "exclude each other"),
        (["providers", "show", "runwy"], 'did you mean "runway"?'),
        (["init", "--provider", "runcrat"], 'did you mean "runcrate"?'),
        (["init", "--from", __file__, __file__], f"init --from FILE --from {__file__}"),
        (["schema", "manifset"], "manifest"),
        (["plan", "nowhere.yaml"], "cannot read nowhere.yaml"),
    ],
)
def test_wrong_usage_is_friendly(arguments: list[str], words: str, capsys: Streams) -> None:
    """Exit 2, what was meant, and where to read on; never a traceback."""
    assert run(arguments) == 2
    out, errors = capsys.readouterr()
    assert out == ""
    assert words in errors
    assert "help:" in errors
    assert "Traceback" not in errors


def test_a_selection_may_match_one_of_several_manifests(started: Path, capsys: Streams) -> None:
    """Only if it matches in none of them is it a mistake."""
    text = (started / "imagepipe.yaml").read_text(encoding="utf-8")
    other = text.replace("hero:", "front:").replace("prompt: hero", "prompt: front")
    (started / "other.yaml").write_text(other, encoding="utf-8")
    both = ["imagepipe.yaml", "other.yaml", "--json"]
    assert run(["plan", *both, "--select", "image:front"]) == 0
    assert json.loads(capsys.readouterr().out)["manifests"] == ["other.yaml"]
    assert run(["plan", *both, "--select", "image:back"]) == 2
    assert "E712" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ([0, 0], 0),
        ([1, 3], 1),
        ([1, 6], 6),
        ([6, 5], 5),
        ([5, 4], 4),
        ([4, 2], 2),
        ([2, 75], 75),
        ([75, 130], 130),
        ([1, 143], 143),
    ],
)
def test_of_several_exit_codes_the_worst_counts(codes: list[int], code: int) -> None:
    """The order is the contract's: signal, 75, 2, 4, 5, 6, 1, 3."""
    assert worst(codes) == worst(reversed(codes)) == code
