"""A picture that came into the store, if it is one. Blocking work, for a thread."""

from __future__ import annotations

from pathlib import Path

from imagepipe.engine.ports import Ports
from imagepipe.finish.inspect import inspect
from imagepipe.model import Digest, Picture
from imagepipe.wire import Downloaded


def adopt(ports: Ports, sink: Path, found: Downloaded) -> Picture | str:
    """A download; a sentence on what is wrong with it."""
    picture = inspect(sink if found.data is None else found.data)
    if not isinstance(picture, Picture):
        sink.unlink(missing_ok=True)
    elif found.data is None:
        ports.blobs.adopt(sink, digest=found.digest, size=found.size)
    else:
        ports.blobs.put(found.data, ports.run, digest=found.digest)
    return picture


def put(ports: Ports, data: bytes) -> tuple[Digest, Picture] | str:
    """A picture out of a reply; a sentence on what is wrong with it."""
    picture = inspect(data)
    if not isinstance(picture, Picture):
        return picture
    digest, _ = ports.blobs.put(data, ports.run)
    return digest, picture
