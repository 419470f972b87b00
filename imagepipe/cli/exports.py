"""Exports for the command line, and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from imagepipe.app.exporting import Exported, Rule, export
from imagepipe.cli import projects
from imagepipe.cli.options import Chosen, Places
from imagepipe.cli.terminal import shown
from imagepipe.render.text import counted, listed, number, plain
from imagepipe.review import Verdict

_WORDS = {
    Verdict.REJECTED: "rejected",
    Verdict.RETRY: "to be tried again",
    Verdict.PENDING: "not decided on",
}


def export_all(
    given: Sequence[Path], folder: Path, rule: Rule, places: Places, chosen: Chosen
) -> tuple[Exported, str]:
    """Export the pictures of manifests; what came of it, and in words."""
    loaded = projects.opened(given, places)
    with closing(projects.plans(loaded, chosen)) as plans:
        done = export(plans, folder, rule)
    manifest = loaded[0].where.manifest
    return done, _said(done, rule, places.again("run", manifest), places.again("view", manifest))


def _said(done: Exported, rule: Rule, run: str, view: str) -> str:
    total = done.written + done.unchanged
    counts = [f"{number(done.written)} written"] if done.written else []
    counts += [f"{number(done.unchanged)} there already"] if done.unchanged else []
    counts += [f"{number(len(done.removed))} removed"] if done.removed else []
    what = f": {listed(counts)}" if counts else ""
    lines = [f"{counted(total, 'picture')} in {shown(done.folder)}{what}."]
    held = [f"{number(done.held[one])} {word}" for one, word in _WORDS.items() if done.held[one]]
    if held:
        lines.append(f"Left out: {listed(held)}.")
    if done.kept:
        named = listed([plain(path) for path in done.kept[:3]])
        lines.append(f"Edited in the folder, and kept though they may not be used: {named}.")
    if done.missing:
        lines.append(f"{counted(len(done.missing), 'job')} without a picture yet: {run}")
    if done.held[Verdict.RETRY]:
        lines.append(f"To try again: {run} --select review:retry")
    if rule is Rule.APPROVED and done.held[Verdict.PENDING]:
        lines.append(f"To decide on them: {view}")
    return "\n".join(lines)
