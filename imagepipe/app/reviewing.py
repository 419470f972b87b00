"""Writes decisions: each against what whoever decides has seen, so that nobody's is lost unseen.

The file is read anew before every change, since a person may edit it, too, and is replaced as a
whole. Nothing is written if one of several changes meets a decision that somebody else has made.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from imagepipe import review as reviews
from imagepipe.errors import SetupError
from imagepipe.review import Entry, Review

_TRIES = 20
_writing = threading.Lock()


@dataclass(frozen=True, slots=True)
class Change:
    """One decision: on which path, what the file said when it was made, and what it is to say."""

    path: str
    was: Entry | None
    now: Entry | None


class Conflict(Exception):
    """Somebody else has decided meanwhile. `entries` are those that the file has now, by path."""

    def __init__(self, entries: Mapping[str, Entry | None]) -> None:
        super().__init__(f"{len(entries)} decided on meanwhile")
        self.entries = entries


def decide(
    path: Path,
    changes: Sequence[Change],
    *,
    check: Callable[[Review], None] = lambda _review: None,
) -> Review:
    """Write decisions into a review file; returns what it says then.

    `check` looks at it before it is written, and raises what is wrong.

    Raises:
        Conflict: what the file says is not what was seen: nothing is written.
        InputError: the file is wrong, so that a person has to mend it first.
        SetupError: it cannot be read or written.
    """
    with _writing:
        for _ in range(_TRIES):
            before = _bytes(path)
            made, review = _drafted(path, before, changes)
            if made is None or made == before:
                return review
            check(review)
            if _replaced(path, made, before):
                return review
    message = f"{path} is being written by something else all the time"
    raise SetupError(message, hint="close what is open on it, and decide again")


def drafted(path: Path, changes: Sequence[Change]) -> Review:
    """What a review file would say; nothing is written.

    Raises:
        Conflict: what it says is not what was seen.
        InputError: it is wrong.
        SetupError: it cannot be read.
    """
    return _drafted(path, _bytes(path), changes)[1]


def _drafted(
    path: Path, before: bytes | None, changes: Sequence[Change]
) -> tuple[bytes | None, Review]:
    """The changed text, the same if nothing is to be changed, and what it says."""
    review = Review(str(path)) if before is None else reviews.read(before, str(path))
    _refuse_conflicts(review, changes)
    wanted = {one.path: one.now for one in changes}
    if all(review.entries.get(name) == entry for name, entry in wanted.items()):
        return before, review
    text = None if before is None else before.decode("utf-8-sig")
    made = reviews.edited(text, review, wanted).encode()
    return made, reviews.read(made, str(path))


def _refuse_conflicts(review: Review, changes: Sequence[Change]) -> None:
    found = {
        one.path: review.entries.get(one.path)
        for one in changes
        if review.entries.get(one.path) not in (one.was, one.now)
    }
    if found:
        raise Conflict(found)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        hint = "give yourself access to it: it says which pictures may be used"
        raise SetupError(f"cannot read {path}: {error.strerror}", hint=hint) from error


def _replaced(path: Path, data: bytes, before: bytes | None) -> bool:
    """Put the file in place, whole and on the disk, unless another one has come there meanwhile."""
    place = path.resolve()  # a link to a file elsewhere stays one
    temporary = place.with_name(f".{place.name}.{uuid4().hex[:8]}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if before is not None:
            shutil.copymode(place, temporary)
        with _alone(place.parent):
            if _bytes(place) != before:
                return False
            temporary.replace(place)
    except OSError as error:
        hint = "give yourself access to its folder, or free some space"
        raise SetupError(f"cannot write {path}: {error.strerror}", hint=hint) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return True


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time between a last look at the file and the new one in its place.

    Nothing is left behind for it: the folder itself is locked. Where a system cannot do that
    (Windows, some network disks), two servers could write in the same few microseconds.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl  # noqa: PLC0415 - not on Windows

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
