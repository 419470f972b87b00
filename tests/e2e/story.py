"""What pages show of the program at work, played with the real one.

README.md tells of a run, a rerun and an edited prompt, docs/from-an-export.md of a newcomer with an
export of a shop, docs/tutorial.md of a catalogue from nothing to pictures that were decided on,
docs/budgets.md of limits. A page marks such a part by `<!-- shown: COMMAND -->` before a fence.
`python -m tests.e2e.story` writes them anew; test_docs.py fails when the program says something
else today. Times, ids and the number of polls differ from run to run and do not count.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
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
    (
        re.compile(r"\bsha256:[0-9a-f]{64}\b"),
        "sha256:#",
    ),  # Pillow draws alike, and packs as it likes
    (re.compile(r"^name: .*$", re.MULTILINE), "name: #"),  # of the folder
    (re.compile(r"^\S+ \(imagepipe.yaml\):", re.MULTILINE), "# (imagepipe.yaml):"),
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


def told(page: Path, folder: Path) -> Iterator[str]:
    """What the program prints for each command of a page, in a folder that is made for it."""
    prepare, edits = _STORIES[page]
    prepare(folder)
    for number, (command, _) in enumerate(shown(page.read_text(encoding="utf-8"))):
        if number in edits:
            edits[number](folder)
        yield f"$ {command}\n{_printed(command, folder)}"


def edited(old: str, new: str) -> Callable[[Path], None]:
    """What a person does in an editor: another text for a pattern of the manifest."""

    def edit(folder: Path) -> None:
        manifest = folder / "imagepipe.yaml"
        text = manifest.read_text(encoding="utf-8")
        assert re.search(old, text), f"there is no {old!r} to edit"
        manifest.write_text(re.sub(old, new, text), encoding="utf-8")

    return edit


def _quickstart(folder: Path) -> None:
    left = shutil.ignore_patterns(".imagepipe", "*-emulated")
    shutil.copytree(ROOT / "examples" / "quickstart", folder, ignore=left, dirs_exist_ok=True)


def _export(folder: Path) -> None:
    source = ROOT / "examples" / "shopify" / "products_export_1.csv"
    shutil.copyfile(source, folder / "products_export.csv")


def _nothing(_folder: Path) -> None:
    """A newcomer's folder is empty."""


def _reviewed(folder: Path) -> None:
    """What a person decides on the page: two are right, one is to be tried again, one is not."""

    def entry(path: str, *lines: str) -> str:
        digest = hashlib.sha256((folder / f"images-emulated/{path}.png").read_bytes()).hexdigest()
        return "\n".join([f"  {path}:", *lines, f"    picture: sha256:{digest}", ""])

    decided = (
        entry("BAG-3/hero", "    decision: rejected", "    note: the strap is missing"),
        entry(
            "LAMP-2/scene",
            "    decision: retry",
            "    note: too dark",
            "    retry: {seed: 20261128, prompt: 'A brass desk lamp in a bright study, morning'}",
        ),
        entry("MUG-1/hero", "    decision: approved"),
        entry("MUG-1/scene", "    decision: approved"),
    )
    text = "version: 1\npictures:\n" + "".join(decided)
    (folder / "imagepipe.yaml.emulated.review.yaml").write_text(text, encoding="utf-8")


README = ROOT / "README.md"
EXPORT = ROOT / "docs" / "from-an-export.md"
TUTORIAL = ROOT / "docs" / "tutorial.md"
BUDGETS = ROOT / "docs" / "budgets.md"
_STORIES: dict[Path, tuple[Callable[[Path], None], dict[int, Callable[[Path], None]]]] = {
    README: (_quickstart, {2: edited("soft studio", "hard studio")}),
    EXPORT: (_export, {5: edited(r"(?m)^  # (?=lifestyle:|  )", "  ")}),
    TUTORIAL: (_nothing, {4: edited("soft studio light", "hard side light"), 7: _reviewed}),
    BUDGETS: (_quickstart, {}),
}
"""What lies in the folder, and what a person does in an editor before which command."""

PAGES = tuple(_STORIES)


def _printed(command: str, folder: Path) -> str:
    words = command.split()
    program = [sys.executable, "-m", *words] if words[0] == "imagepipe" else ["sh", "-c", command]
    done = subprocess.run(
        program,
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,  # what it prints is compared, errors among it
    )
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())


if __name__ == "__main__":
    for page in PAGES:
        with TemporaryDirectory() as place:
            folder = Path(place) / "spring-catalog"
            folder.mkdir()
            texts = told(page, folder)
            before = page.read_text(encoding="utf-8")
            after = _SHOWN.sub(lambda part: part[1] + part[2] + next(texts), before)  # noqa: B023 - called at once
        page.write_text(after, encoding="utf-8")
