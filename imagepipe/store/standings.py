"""Where each run stands, in a file of its own: written by the run, read by whoever watches it.

A look at it opens no ledger, takes no lock and writes nothing, so that it cannot slow a run. The
files are no part of what is promised: they may be deleted at any time, and one that cannot be read
is as none. Each is replaced whole, so that a reader never sees half of one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from imagepipe.standing import Standing
from imagepipe.store.durable import owner_of, temporary_name
from imagepipe.store.jsons import NotReadable, json_of, value_of
from imagepipe.store.liveness import Life, Process, life

VERSION = 1
"""Within a version fields are added, never renamed or removed."""

KEPT = 16
"""Files of runs that are over; older ones are removed when a run begins."""

_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class Watched:
    """A run as its file tells it, and the process that carries it out."""

    standing: Standing
    process: Process

    def life(self, me: Process) -> Life:
        """Whether it is at work, as seen from `me`: what has ended is dead."""
        return Life.DEAD if self.standing.ending is not None else life(self.process, me)


class Standings:
    """The folder of these files. Safe to use from several processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[str, tuple[tuple[int, int, int], Watched | None]] = {}

    def write(self, watched: Watched) -> None:
        """Replace the run's file. It is not worth a wait for the disk.

        Raises:
            OSError: it could not be written; an older one is as it was.
        """
        run = watched.standing.run
        text = json.dumps(_document(watched), separators=(",", ":"))
        self._folder.mkdir(mode=0o700, exist_ok=True)  # in a store that is there already
        temporary = self._folder / temporary_name(run)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        try:
            with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
                file.write(text.encode("utf-8", "replace"))
            temporary.replace(self._folder / f"{run}{_SUFFIX}")
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def read(self) -> list[Watched]:
        """All runs, in the order in which they began. Files that have not changed are not read."""
        found = dict(self._files())
        self._seen = {name: self._seen[name] for name in found if name in self._seen}
        for name, stamp in found.items():
            if name not in self._seen or self._seen[name][0] != stamp:
                self._seen[name] = stamp, _read(self._folder / name)
        runs = [watched for _, watched in self._seen.values() if watched is not None]
        return sorted(runs, key=lambda one: (one.standing.started, one.standing.run))

    def prune(self, me: Process) -> None:
        """Remove what is left of runs that are over, but for the last ones. Never fails."""
        over = [one.standing.run for one in self.read() if one.life(me) is Life.DEAD]
        for run in over[:-KEPT]:
            with suppress(OSError):
                (self._folder / f"{run}{_SUFFIX}").unlink()
        with suppress(OSError):
            for path in self._folder.iterdir():
                if owner_of(path.name) in over:
                    path.unlink(missing_ok=True)

    def _files(self) -> Iterator[tuple[str, tuple[int, int, int]]]:
        with suppress(OSError), os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.endswith(_SUFFIX) and entry.is_file(follow_symlinks=False):
                    found = entry.stat(follow_symlinks=False)
                    yield entry.name, (found.st_mtime_ns, found.st_size, found.st_ino)


def _document(watched: Watched) -> dict[str, object]:
    return {
        "version": VERSION,
        "process": json_of(watched.process),
        "standing": json_of(watched.standing),
    }


def _read(path: Path) -> Watched | None:
    try:
        document = json.loads(path.read_bytes())
        if document["version"] != VERSION:
            return None
        return Watched(
            value_of(Standing, document["standing"]), value_of(Process, document["process"])
        )
    except (OSError, ValueError, TypeError, KeyError, RecursionError, NotReadable):
        return None
