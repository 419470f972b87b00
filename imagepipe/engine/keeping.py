"""From the bytes of a picture to the store, and on to the user's tree: one trip to the disk.

Runs in threads. The picture is durable before its output is written; what is no picture is kept
nowhere. The ledger is not asked here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from imagepipe.engine.ports import Ports
from imagepipe.exchange import Done
from imagepipe.finish.inspect import inspect
from imagepipe.model import Candidate, Digest, Job, Picture
from imagepipe.store import Outcome, Wish
from imagepipe.wire import Downloaded


@dataclass(frozen=True, slots=True)
class Delivered:
    """The exchange ended with a picture in the store; `outcome`: of its output, if written."""

    blob: Digest
    size: int
    picture: Picture
    done: Done
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Keeping:
    """One job's picture. `places`: its output is written at once, where nothing stands there."""

    job: Job
    candidate: Candidate
    ports: Ports
    places: bool = False

    def adopt(self, sink: Path, found: Downloaded, done: Done) -> Delivered | str:
        """Keep a download, if it is a picture; a sentence says what else it is.

        Raises:
            OSError: it could not be written.
        """
        if found.data is not None:
            return self.put(found.data, done, found.digest)
        picture = inspect(sink)
        if not isinstance(picture, Picture):
            sink.unlink(missing_ok=True)
            return picture
        digest, size = self.ports.blobs.adopt(sink, digest=found.digest, size=found.size)
        return self._placed(Delivered(digest, size, picture, done), self.ports.blobs.path(digest))

    def put(self, data: bytes, done: Done, digest: Digest | None = None) -> Delivered | str:
        """Keep bytes, if they are a picture; `digest` is their SHA-256, if that is known.

        Raises:
            OSError: they could not be written.
        """
        picture = inspect(data)
        if not isinstance(picture, Picture):
            return picture
        digest, size = self.ports.blobs.put(data, self.ports.run, digest=digest)
        return self._placed(Delivered(digest, size, picture, done), data)

    def wish(self, blob: Digest, extension: str) -> Wish:
        """The file that the job wants; nothing is done to a picture on the way to it."""
        job = self.job
        return Wish(f"{job.path}.{extension}", job.spot, self.candidate.key, blob, blob)

    def _placed(self, kept: Delivered, source: Path | bytes) -> Delivered:
        if not self.places:
            return kept
        wish = self.wish(kept.blob, kept.picture.extension)
        outcome = self.ports.outputs.write(wish, source, self.ports.run)
        return Delivered(kept.blob, kept.size, kept.picture, kept.done, outcome)
