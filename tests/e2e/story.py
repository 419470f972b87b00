"""What README.md shows of a run, a rerun and an edited prompt, played with the real program.

A page marks such a part by `<!-- shown: COMMAND -->` before a fence. `python -m tests.e2e.story`
writes them anew; test_docs.py fails when the program says something else today. Times, ids and the
number of polls differ from run to run and do not count.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]

_SHOWN = re.compile(
    r"(?<=<!-- shown: )([^\n]*?)( -->\n```console\n)(.*?)(?=^```$)", re.DOTALL | re.MULTILINE
)
_VOLATILE = (
    (
        re.compile(r"^\d+ of \d+ done, .*\n", re.MULTILINE),
        "",
    ),  # told every few seconds, if it takes so long
    (re.compile(r"\b\d+(\.\d)? s\b"), "# s"),
    (re.compile(r"\b\d+ polls\b"), "# polls"),
    (re.compile(r"\brun [0-9a-f]{12}\b"), "run #"),
    (re.compile(r"\s+"), " "),
)


def shown(page: str) -> list[tuple[str, str]]:
    """The commands of a page with what they are said to print."""
    return [(command, text) for command, _, text in _SHOWN.findall(page)]


def lasting(text: str) -> str:
    """A printed text without what differs from run to run."""
    for pattern, sign in _VOLATILE:
        text = pattern.sub(sign, text)
    return text.strip()


def told(commands: list[str], folder: Path) -> Iterator[str]:
    """What the quickstart prints for each command; its prompt is edited before the first plan."""
    left = shutil.ignore_patterns(".imagepipe", "*-emulated")
    shutil.copytree(ROOT / "examples" / "quickstart", folder, ignore=left, dirs_exist_ok=True)
    manifest = folder / "imagepipe.yaml"
    for command in commands:
        if command.startswith("imagepipe plan"):
            text = manifest.read_text(encoding="utf-8")
            manifest.write_text(text.replace("soft studio", "hard studio"), encoding="utf-8")
        yield f"$ {command}\n{_printed(command.split()[1:], folder)}"


def _printed(arguments: list[str], folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "imagepipe", *arguments],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())


if __name__ == "__main__":
    readme = ROOT / "README.md"
    before = readme.read_text(encoding="utf-8")
    with TemporaryDirectory() as place:
        texts = told([command for command, _ in shown(before)], Path(place))
        after = _SHOWN.sub(lambda part: part[1] + part[2] + next(texts), before)
    readme.write_text(after, encoding="utf-8")
