"""Serves the page that decides for the command line, and says how to open it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from html import escape
from pathlib import Path

from imagepipe.app.viewing.desk import desk_of
from imagepipe.app.viewing.scene import Scene
from imagepipe.app.viewing.serving import serve
from imagepipe.cli import projects
from imagepipe.cli.gallery import commands
from imagepipe.cli.options import Places
from imagepipe.cli.terminal import data, is_terminal, shown, tell, width
from imagepipe.render.text import listed, wrap


def view(manifests: Sequence[Path], places: Places, port: int, *, opens: bool | None) -> None:
    """Serve until Ctrl-C.

    Raises:
        ImagepipeError: a manifest is wrong, a store cannot be used, or the port cannot be had.
    """
    scene = Scene(lambda: projects.opened(manifests, places), commands(places))
    loaded = scene.seen.projects
    wanted = _is_attended() if opens is None else opens

    def ready(link: str) -> None:
        data(link)
        files = listed([shown(project.review) for project in loaded])
        say(f"Open this link in a browser of this machine. Decisions go to {files}.")
        if not any(project.layout.ledger.exists() for project in loaded):
            run = places.again("run", loaded[0].where.manifest)
            say(f"Nothing was made yet; pictures come to the page as they are made: `{run}`")
        say("Ctrl-C ends it.")
        if wanted:
            closing.callback(_open(link).unlink, missing_ok=True)

    with ExitStack() as closing:
        serve(scene, desk_of(loaded, commands(places)), port, ready)
    tell("The page is closed; what was decided is kept.")


def say(text: str) -> None:
    """A sentence, in lines as wide as the terminal."""
    tell("\n".join(wrap(text, width())))


def _is_attended() -> bool:
    """Whether a person with a screen is likely to be there."""
    remote = os.environ.get("SSH_CONNECTION") or os.environ.get("CI")
    screen = sys.platform in ("win32", "darwin") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    return is_terminal(sys.stdout) and screen and not remote


def _open(link: str) -> Path:
    """Through a file that only this person can read: command lines are seen by everybody here.

    Returns the file, which is of no use once the server has ended.
    """
    import webbrowser  # noqa: PLC0415 - late: only when asked for

    page = (
        '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        f'<meta http-equiv="refresh" content="0;url={escape(link)}"><title>imagepipe view</title>'
    )
    descriptor, name = tempfile.mkstemp(prefix="imagepipe-view-", suffix=".html")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(page)
    if not webbrowser.open(Path(name).as_uri()):
        tell("No browser could be opened: open the link yourself.")
    return Path(name)
