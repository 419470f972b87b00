"""Several reports as one: those of shards, of manifests, of hosts. Pure; files come after.

A picture that several reports show is taken from the one that is furthest: a shard knows nothing of
what the others made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from imagepipe.errors import SetupError
from imagepipe.report.gallery import Earlier, Entry, Gallery, Status

_FURTHEST = (
    Status.DONE,
    Status.PENDING,
    Status.AMBIGUOUS,
    Status.LOST,
    Status.FAILED,
    Status.CHANGED,
    Status.NEW,
)


def merged(galleries: Sequence[Gallery]) -> Gallery:
    """One report of all, in the order of the catalogues, made when the latest of them was.

    Raises:
        SetupError: rehearsals and live reports are among them: placeholders must not pass for
            pictures.
    """
    if len({gallery.rehearsal for gallery in galleries}) > 1:
        raise SetupError(
            "reports of rehearsals and of live runs do not merge",
            hint="merge them apart: the emulator's placeholders would pass for pictures",
        )
    found: dict[str, Entry] = {}
    for gallery in galleries:
        for entry in gallery.pictures:
            known = found.get(entry.id)
            found[entry.id] = entry if known is None else _joined(known, entry)
    first: dict[str, int] = {}
    for entry in found.values():
        first.setdefault(entry.catalogue, len(first))
    order = sorted(found.values(), key=lambda entry: (first[entry.catalogue], entry.number))
    return replace(
        galleries[0],
        title=", ".join(dict.fromkeys(gallery.title for gallery in galleries)),
        manifests=tuple(dict.fromkeys(name for one in galleries for name in one.manifests)),
        made_at=max(gallery.made_at for gallery in galleries),
        pictures=tuple(order),
        charged=tuple(dict.fromkeys(one for gallery in galleries for one in gallery.charged)),
    )


def _joined(one: Entry, other: Entry) -> Entry:
    """The better known of two views of one picture, with the earlier ones of both."""
    rank = {status: number for number, status in enumerate(_FURTHEST)}
    best, rest = sorted(
        (one, other),
        key=lambda entry: (rank[entry.status], entry.image is None, _newest(entry)),
    )
    shown = {best.image.digest} if best.image else set()
    earlier: dict[str, Earlier] = {}
    for past in (*best.earlier, *rest.earlier):
        if past.image.digest not in shown:
            earlier.setdefault(past.key, past)
    latest = sorted(earlier.values(), key=lambda past: past.finished_at or "", reverse=True)
    return replace(best, earlier=tuple(latest))


def _newest(entry: Entry) -> tuple[int, ...]:
    """A key that sorts the later time first."""
    return tuple(-ord(character) for character in entry.finished_at or "")
