"""The reader of multipart bodies keeps bytes as they are."""

from __future__ import annotations

import pytest

from imagepipe.emulator.multipart import parts

KIND = "multipart/form-data; boundary=XX"


def _part(name: str, content: bytes) -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"; filename="f"\r\n'
    return b"--XX\r\n" + head.encode() + b"Content-Type: image/png\r\n\r\n" + content + b"\r\n"


@pytest.mark.parametrize("content", [b"", b"\r\n", b"\r\n\r\n--X", bytes(range(256)), b"--X"])
def test_contents_are_kept(content: bytes) -> None:
    body = _part("image", content) + _part("image[]", content) + b"--XX--\r\n"
    assert parts(body, KIND) == [("image", content), ("image[]", content)]


@pytest.mark.parametrize("kind", ["", "application/json", "multipart/form-data", "multipart/mixed"])
def test_other_types_are_none(kind: str) -> None:
    assert parts(b"--XX", kind) is None


def test_a_body_without_parts_is_empty() -> None:
    assert parts(b"", KIND) == []
    assert parts(b"--XX\r\nno name\r\n\r\nx\r\n--XX--", KIND) == []
