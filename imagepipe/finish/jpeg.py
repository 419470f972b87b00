"""The markers of a JPEG, from SOI to EOI. (ITU-T T.81, annex B.)

Entropy-coded data holds 0xFF only before 0x00 or a restart marker, so its end is the first other
marker; a thumbnail inside a segment is skipped with the segment.
"""

from __future__ import annotations

import re

SIGNATURE = b"\xff\xd8\xff"

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_END_OF_DATA = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)
_CUT = "it is cut off"


def walk(data: bytes) -> tuple[int, int] | str:
    """Width and height, or what is wrong. Bytes after EOI are tolerated."""
    size: tuple[int, int] | None = None
    at, scans = 2, 0
    while True:
        marker, at = _marker(data, at)
        if marker is None:
            return _CUT
        if marker == _EOI:
            return size if size and scans else "it has no picture data"
        if marker == _SOI:
            return "a second picture begins before the first has ended"
        if marker in _ALONE:
            continue
        end = at + int.from_bytes(data[at : at + 2], "big")
        if end < at + 2 or end > len(data):
            return _CUT if end > len(data) or at + 2 > len(data) else "a segment has no length"
        if marker in _FRAMES:
            size = _frame(data[at:end])
        if marker == _SOS:
            if size is None:
                return "its data comes before its header"
            scans += 1
            found = _END_OF_DATA.search(data, end)
            if found is None:
                return _CUT
            if found.start() == end:
                return "a scan is empty"
            end = found.start()
        at = end


def _marker(data: bytes, at: int) -> tuple[int | None, int]:
    """The marker at a position (fill bytes may precede it), and where it ends."""
    if data[at : at + 1] != b"\xff":
        return None, at
    while data[at : at + 1] == b"\xff":
        at += 1
    return (data[at], at + 1) if at < len(data) else (None, at)


def _frame(segment: bytes) -> tuple[int, int]:
    """Length, precision, height, width."""
    return int.from_bytes(segment[5:7], "big"), int.from_bytes(segment[3:5], "big")
