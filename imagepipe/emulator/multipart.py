"""The parts of a multipart/form-data body: just enough of RFC 7578 for image edits.

Bodies are read whole and bounded before they come here. File names and types of parts are ignored:
a picture is told by its bytes.
"""

from __future__ import annotations

import re

_BOUNDARY = re.compile(r'multipart/form-data;.*boundary="?([^";]{1,200})"?', re.IGNORECASE)
_NAME = re.compile(rb'content-disposition:[^\r\n]*[; ]name="([^"\r\n]*)"', re.IGNORECASE)
_MAX_PARTS = 64


def parts(body: bytes, content_type: str) -> list[tuple[str, bytes]] | None:
    """Names and contents in order, or None when it is no multipart body."""
    boundary = _BOUNDARY.match(content_type)
    if boundary is None:
        return None
    found: list[tuple[str, bytes]] = []
    mark = b"\r\n--" + boundary[1].encode()
    for piece in (b"\r\n" + body).split(mark)[1 : _MAX_PARTS + 1]:
        head, blank, content = piece.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if blank and name is not None:
            found.append((name[1].decode("utf-8", "replace"), content))
    return found
