"""Laws of output paths: whatever the data, the path stays inside and is valid on every platform."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from imagepipe.manifest.paths import MAX_PATH, MAX_SEGMENT, folded, joined, segment

DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|conin\$?|conout\$?)(\..*)?", re.IGNORECASE)
awkward = st.sampled_from(
    ["CON", "con.txt", "COM1", "COM¹", "NUL.tar.gz", "CONIN$", "a.", "a ", "a:b", "..", ".", "",
         "../../etc/x", "/abs", "C:\\x", "\\\\srv", "%2e%2e", "\0", "a\nb", "a\u202eb", "-rf",
     "~", "杯", "😀"]
)  # fmt: skip
texts = st.text(max_size=300) | awkward


@given(texts)
def test_a_segment_is_safe_on_every_platform(text: str) -> None:
    """ASCII, no device, no leading dot or dash, no trailing dot, not too long."""
    name = segment(text)
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", name)
    assert not name.endswith((".", "-"))
    assert not DEVICES.fullmatch(name)
    assert len(name) <= MAX_SEGMENT
    assert segment(text) == name


@given(texts)
def test_a_safe_segment_is_left_alone(text: str) -> None:
    """Making safe twice is making safe once, so lock files and paths agree."""
    assert segment(segment(text)) == segment(text)


@given(st.lists(texts, min_size=1, max_size=4).map("/".join))
def test_a_path_never_leaves_the_root(text: str) -> None:
    """No empty segment, no dot segment, no drive; too long or empty ones are refused."""
    try:
        path = joined(text)
    except ValueError:
        return
    parts = path.split("/")
    assert all(part == segment(part) for part in parts)
    assert len(path) <= MAX_PATH
    assert folded(path) == folded(path.upper())
