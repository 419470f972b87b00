"""What is installed is what was tried: the wheel, in an empty environment, off the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

WHERE = "import imagepipe, imagepipe.app.shipped as s; print(imagepipe.__file__); print(s.folder())"


@pytest.mark.timeout(300)
def test_the_wheel_runs_the_quickstart_in_an_empty_environment(tmp_path: Path) -> None:
    """The specs are in it, its dependencies are complete; nothing is taken from the checkout."""
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", tmp_path, ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    _run(sys.executable, "-m", "venv", tmp_path / "env")
    python = _program(tmp_path / "env", "python")
    _run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", wheel)

    where = _run(python, "-c", WHERE, cwd=tmp_path).splitlines()
    assert all(Path(place).is_relative_to(tmp_path / "env") for place in where), where

    left = shutil.ignore_patterns(".imagepipe", "*-emulated")
    shutil.copytree(ROOT / "examples" / "quickstart", tmp_path / "shop", ignore=left)
    imagepipe = _program(tmp_path / "env", "imagepipe")
    first = _run(imagepipe, "run", "--emulate", "shop/imagepipe.yaml", cwd=tmp_path)
    assert "40 generated" in first
    assert len(list((tmp_path / "shop" / "images-emulated").rglob("*.png"))) == 40
    again = _run(imagepipe, "run", "--emulate", "shop/imagepipe.yaml", cwd=tmp_path)
    assert "40 reused" in again
    assert "No request was sent" in again


def _program(environment: Path, name: str) -> Path:
    return environment / ("Scripts" if os.name == "nt" else "bin") / name


def _run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Its standard output. The interpreter's own variables are kept from it."""
    variables = {
        name: value
        for name, value in os.environ.items()
        if name not in {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
    }
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout
