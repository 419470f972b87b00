"""The chunks of a PNG: every length, order rule and CRC. (PNG, third edition, sections 5, 11.)"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from zlib import crc32

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_HEAD = Struct(">I4s")
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


class _Damaged(Exception):
    pass


def walk(data: bytes) -> tuple[int, int] | str:
    """Width and height, or what is wrong. Bytes after IEND are tolerated."""
    try:
        chunks = _chunks(data)
        size = _header(*next(chunks))
        _rest(chunks)
    except _Damaged as damage:
        return str(damage)
    return size


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Every chunk up to IEND."""
    view, at, kind = memoryview(data), len(SIGNATURE), b""
    while kind != b"IEND":
        if at + 12 > len(data):
            raise _Damaged("it is cut off")
        length, kind = _HEAD.unpack_from(data, at)
        end = at + 12 + length
        if end > len(data):
            raise _Damaged(f"it is cut off in a chunk {_name(kind)}")
        if crc32(view[at + 4 : end - 4]) != int.from_bytes(view[end - 4 : end], "big"):
            raise _Damaged(f"the check sum of a chunk {_name(kind)} is wrong")
        yield kind, view[at + 8 : end - 4]
        at = end


def _header(kind: bytes, body: memoryview) -> tuple[int, int]:
    if kind != b"IHDR" or len(body) != 13:
        raise _Damaged("its header is not first")
    if body[8] not in _DEPTHS.get(body[9], ()) or body[10] or body[11] or body[12] > 1:
        raise _Damaged("its header names an unknown format")
    return int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")


def _rest(chunks: Iterator[tuple[bytes, memoryview]]) -> None:
    """Picture data must be there, in one piece, and the end must be empty."""
    runs, before = 0, b"IHDR"
    for kind, body in chunks:
        if kind == b"IHDR" or (kind == b"IEND" and len(body)):
            raise _Damaged(f"it has a second or an impossible {_name(kind)}")
        runs += kind == b"IDAT" and before != b"IDAT"
        before = kind
    if runs != 1:
        raise _Damaged("it has no picture data" if not runs else "its picture data is scattered")


def _name(kind: bytes) -> str:
    return kind.decode("ascii") if kind.isalpha() else kind.hex()
