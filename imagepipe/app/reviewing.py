"""Writes decisions: each against what whoever decides has seen, so that nobody's is lost unseen.

The file is read anew before every change, since a person may edit it, too, and is replaced as a
whole. Nothing is written if one of several changes meets a decision that somebody else has made.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from imagepipe import review as reviews
from imagepipe.app.project import read_review
from imagepipe.errors import SetupError
from imagepipe.review import Entry, Review

_TRIES = 5
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
            review = read_review(path)
            if before != _bytes(path):
                continue
            _refuse_conflicts(review, changes)
            wanted = {one.path: one.now for one in changes}
            if all(review.entries.get(name) == entry for name, entry in wanted.items()):
                return review
            text = None if before is None else before.decode("utf-8-sig")
            made = reviews.edited(text, review, wanted).encode()
            decided = reviews.read(made, str(path))
            check(decided)
            if _replaced(path, made, before):
                return decided
    message = f"{path} is being written by something else all the time"
    raise SetupError(message, hint="close what is open on it, and decide again")


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
        raise SetupError(f"cannot read {path}: {error.strerror}") from error


def _replaced(path: Path, data: bytes, before: bytes | None) -> bool:
    """Put the file in place, whole and on the disk, unless another one has come there meanwhile."""
    temporary = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if _bytes(path) != before:
            return False
        temporary.replace(path.resolve() if path.is_symlink() else path)
    except OSError as error:
        hint = "give yourself access to its folder, or free some space"
        raise SetupError(f"cannot write {path}: {error.strerror}", hint=hint) from error
    finally:
        temporary.unlink(missing_ok=True)
    return True
