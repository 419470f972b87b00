"""What the ledger knows of pictures in bulk: of many keys, and of the places they were made for.

Reads through a `Reader`; nothing here writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from imagepipe.model import Json, Key, Picture, Record, State
from imagepipe.store import rows
from imagepipe.store.reader import BATCH, Reader
from imagepipe.store.rows import JobRow, Row, opened


@dataclass(frozen=True, slots=True)
class Seen:
    """A key's record with what its picture is. `size` is bytes; times are UTC, ISO 8601.

    `created_at` is when its latest attempt was decided on.
    """

    record: Record
    picture: Picture | None
    size: int | None
    created_at: str
    submitted_at: str | None
    finished_at: str | None


@dataclass(frozen=True, slots=True)
class Changed:
    """Keys, and the spots they were last wanted for; `latest` is the time of the last change."""

    keys: frozenset[Key]
    spots: frozenset[str]
    latest: str


class Album:
    """Pictures of a ledger. Calls must not overlap with others on the same reader."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def seen(self, keys: Sequence[Key]) -> dict[Key, Seen]:
        """What is known of each key; a key that is absent is new."""
        found = self._fetched("SELECT * FROM jobs WHERE key IN", keys)
        return {Key(row.key): _seen(row) for row in map(rows.job_row, found)}

    def pictures_at(self, spots: Sequence[str]) -> dict[str, list[Seen]]:
        """By spot, every picture that was made for it and is in the store, latest first."""
        found: dict[str, list[Seen]] = {}
        for row in map(rows.job_row, self._fetched("SELECT * FROM jobs WHERE spot IN", spots)):
            if row.state == State.COMMITTED and row.blob is not None:
                found.setdefault(row.spot, []).append(_seen(row))
        for one in found.values():
            one.sort(key=lambda seen: (seen.finished_at or "", seen.record.key), reverse=True)
        return found

    def changed_since(self, at: str) -> Changed:
        """What was changed at this time or after it; all, for an empty text.

        Processes tell the time before they write: whoever asks again goes back a little.
        """
        query = "SELECT key, spot, updated_at FROM jobs WHERE updated_at >= ?"
        found = self._reader.fetch(query, (at,))
        return Changed(
            keys=frozenset(Key(key) for key, _, _ in found),
            spots=frozenset(spot for _, spot, _ in found),
            latest=max((one for _, _, one in found), default=at),
        )

    def last_change(self) -> str:
        """The time of the last change of a job; empty if there is none."""
        (latest,) = self._reader.fetch("SELECT max(updated_at) FROM jobs")[0]
        return str(latest or "")

    def attempts(self, keys: Sequence[Key]) -> dict[Key, list[Record]]:
        """The attempts before the latest one, oldest first, of those keys that have any."""
        found: dict[Key, list[Record]] = {}
        for row in self._fetched("SELECT * FROM attempts WHERE key IN", keys):
            one = rows.record(JobRow(*opened("attempts", row)))
            found.setdefault(one.key, []).append(one)
        for records in found.values():
            records.sort(key=lambda record: record.attempt)
        return found

    def requests(self, keys: Sequence[Key]) -> dict[Key, Mapping[str, Json]]:
        """The canonical request behind each key, as it was paid for."""
        found = self._fetched("SELECT * FROM requests WHERE key IN", keys)
        opened_ = (opened("requests", row) for row in found)
        return {Key(key): json.loads(text) for key, text in opened_}

    def _fetched(self, query: str, values: Sequence[str]) -> Iterator[Row]:
        for start in range(0, len(values), BATCH):
            batch = values[start : start + BATCH]
            yield from self._reader.fetch(f"{query} ({','.join('?' * len(batch))})", batch)


def _seen(row: JobRow) -> Seen:
    picture = None
    if row.media_type and row.extension and row.width and row.height:
        picture = Picture(row.media_type, row.extension, row.width, row.height)
    return Seen(
        record=rows.record(row),
        picture=picture,
        size=row.size,
        created_at=row.created_at,
        submitted_at=row.submitted_at,
        finished_at=row.finished_at,
    )
