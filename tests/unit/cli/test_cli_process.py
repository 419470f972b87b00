"""The program as a process: start-up, exit codes, streams."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from imagepipe import __version__

SLOW = ("yaml", "jsonschema", "jinja2", "rich", "aiohttp", "PIL", "structlog", "anyio", "sqlite3")


def imagepipe(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "imagepipe", *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_version_is_one_line(tmp_path: Path) -> None:
    """Exit 0, nothing on standard error."""
    done = imagepipe("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"imagepipe {__version__}\n", "")


@pytest.mark.parametrize("arguments", [["--version"], ["run", "--help"], ["completion", "zsh"]])
def test_nothing_slow_is_imported_to_say_little(tmp_path: Path, arguments: list[str]) -> None:
    """What makes a start slow is named by its imports, which no clock has to measure."""
    done = imagepipe(*arguments, cwd=tmp_path, PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "click" in imported
    assert not imported & set(SLOW)


def redirected(streams: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", f'exec "$0" -m imagepipe providers list {streams}', sys.executable],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX closes the streams")
@pytest.mark.parametrize("streams", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_nobody_who_reads(tmp_path: Path, streams: str) -> None:
    """As with `| head`: there is no more to say, and the exit code is the command's own."""
    done = redirected(streams, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_result_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """Somebody wants it: what, where and what to do, and nothing is added at exit."""
    done = redirected(">/dev/full", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: standard output: no space left on device\n   help: ")
    assert len(done.stderr.splitlines()) == 2


def test_a_wrong_manifest_ends_with_2_and_no_traceback(tmp_path: Path) -> None:
    """In a real process too."""
    (tmp_path / "imagepipe.yaml").write_text("version: 1\nimages: {hero: {prompt: {{ x }}}}\n")
    done = imagepipe("run", "--emulate", cwd=tmp_path)
    assert done.returncode == 2
    assert "imagepipe.yaml:2:" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_manifest_that_is_a_folder_or_unreadable_is_told(tmp_path: Path) -> None:
    """What the machine refuses has a place and a remedy."""
    (tmp_path / "imagepipe.yaml").mkdir()
    done = imagepipe("plan", cwd=tmp_path)
    assert done.returncode == 2
    assert "imagepipe.yaml" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_closed_pipe_ends_quietly(tmp_path: Path) -> None:
    """The reader of a long page goes away after its first bytes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "imagepipe", "schema", "manifest"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=60) == 0


def test_no_colour_and_no_escapes_without_a_terminal(tmp_path: Path) -> None:
    """Pipes and files get text; FORCE_COLOR asks for colours, NO_COLOR wins."""
    (tmp_path / "imagepipe.yaml").write_text("version: 1\nimgaes: {}\n")
    assert "\x1b" not in imagepipe("plan", cwd=tmp_path).stderr
    assert "\x1b[31m" in imagepipe("plan", cwd=tmp_path, FORCE_COLOR="1").stderr
    assert "\x1b" not in imagepipe("plan", cwd=tmp_path, FORCE_COLOR="1", NO_COLOR="1").stderr


def test_a_terminal_that_is_not_utf8_is_no_bug(tmp_path: Path) -> None:
    """What it cannot show becomes a question mark."""
    made = imagepipe(
        "init", "kleines-Geschäft", cwd=tmp_path, PYTHONUTF8="0", PYTHONIOENCODING="ascii"
    )
    assert made.returncode == 0
    assert "wrote kleines-Gesch" in made.stdout


def test_a_plan_imports_nothing_that_only_runs_need(tmp_path: Path) -> None:
    """No HTTP client, no drawing, no engine: a plan is asked for often."""
    assert imagepipe("init", cwd=tmp_path).returncode == 0
    done = imagepipe("plan", cwd=tmp_path, PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "imagepipe.planner" in imported
    assert not imported & {"aiohttp", "rich", "PIL", "structlog", "anyio", "imagepipe.engine"}
