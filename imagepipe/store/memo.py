"""What the last plan of a manifest found, in a file of its own that may be deleted at any time.

It is no part of what is promised: never synced, backed up or repaired. Its checksum is looked at
first, and whatever is wrong with it reads as nothing remembered. It is replaced whole, so that
several processes may plan at once: the last one stays. It knows neither manifests nor verdicts.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from imagepipe.model import Json
from imagepipe.planner import Block
from imagepipe.store.durable import temporary_name

_MAGIC = b"imagepipe plan 3\n"
_SUM = 16
_RUN = "plan"

MOST = 32
"""Manifests of a store that are remembered; those that were planned longest ago go first."""


@dataclass(frozen=True, slots=True)
class Memo:
    """`facts` is whatever must be equal for the rest to count; `blocks` are by fingerprint.

    `is_whole` says that the blocks were all that the manifest asked for; only then are `orphans`
    told of: path, key, who told of it, and its job's spot. `adds_nothing` says that the lock has
    one line for each job of the blocks, of the same key, and no other.
    """

    facts: Mapping[str, Json]
    blocks: Mapping[str, Block]
    orphans: tuple[tuple[str, str, str, str | None], ...] = ()
    is_whole: bool = False
    adds_nothing: bool = False


def read_memo(path: Path) -> Memo | None:
    """What is in the file; None if there is none, or none that is whole."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    head, rest = data[: len(_MAGIC) + _SUM], memoryview(data)[len(_MAGIC) + _SUM :]
    if head != _MAGIC + _sum(rest):
        return None
    try:
        return _parsed(rest)
    except (ValueError, LookupError, TypeError, AttributeError, zlib.error):
        return None  # of another version, which left the magic as it was


def write_memo(path: Path, memo: Memo) -> None:
    """Keep it in place of the manifest's earlier one. What cannot be kept is forgotten."""
    body = _body(memo)
    temporary = path.with_name(temporary_name(_RUN))
    with suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        try:
            temporary.write_bytes(_MAGIC + _sum(body) + body)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        _prune(path.parent)


def _prune(folder: Path) -> None:
    """Old memos, and what killed processes left half written."""
    found = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    for file in found[MOST:]:
        file.unlink(missing_ok=True)


def _sum(data: bytes | memoryview) -> bytes:
    return blake2b(data, digest_size=_SUM).digest()


def _body(memo: Memo) -> bytes:
    """Length and text of a list of what there is, then the packed columns of each block."""
    sections: list[bytes] = []
    listed: list[Json] = []
    for fingerprint, block in memo.blocks.items():
        columns = (block.paths.encode(), block.sizes.tobytes(), block.times.tobytes())
        packed = [zlib.compress(column, 1) for column in columns]
        sections += packed
        providers: dict[str, Json] = dict(block.providers)
        lengths: list[Json] = [len(one) for one in packed]
        listed.append([fingerprint, block.recipe, providers, lengths])
    facts = {
        "facts": dict(memo.facts),
        "blocks": listed,
        "orphans": memo.orphans,
        "whole": memo.is_whole,
        "adds nothing": memo.adds_nothing,
    }
    head = json.dumps(facts).encode()
    return b"".join((len(head).to_bytes(8, "big"), head, *sections))


def _parsed(data: memoryview) -> Memo:
    """Its checksum was right, so that it is what some program wrote."""
    at = 8 + int.from_bytes(data[:8], "big")
    head = json.loads(bytes(data[8:at]))
    blocks: dict[str, Block] = {}
    for fingerprint, recipe, providers, lengths in head["blocks"]:
        columns = []
        for length in lengths:
            columns.append(zlib.decompress(data[at : at + length]))
            at += length
        sizes, times = array("q"), array("q")
        sizes.frombytes(columns[1])
        times.frombytes(columns[2])
        blocks[fingerprint] = Block(recipe, providers, columns[0].decode(), sizes, times)
    found = tuple((path, key, source, spot) for path, key, source, spot in head["orphans"])
    return Memo(head["facts"], blocks, found, head["whole"], head["adds nothing"])


__all__ = ["MOST", "Memo", "read_memo", "write_memo"]
