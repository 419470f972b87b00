"""Headers of pictures that Pillow wrote: format and sides, without reading the rest."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from imagepipe.header import Header, read_header


def made(kind: str, *, mode: str = "RGB", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (310, 17)).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (made("PNG"), "image/png"),
        (made("PNG", mode="P"), "image/png"),
        (made("JPEG"), "image/jpeg"),
        (made("JPEG", progressive=True), "image/jpeg"),
        (made("JPEG", mode="CMYK"), "image/jpeg"),
        (made("JPEG", exif=b"Exif\0\0" + made("JPEG", quality=1)), "image/jpeg"),
        (made("JPEG", icc_profile=b"\0" * 300_000), "image/jpeg"),
        (made("WEBP"), "image/webp"),
        (made("WEBP", lossless=True), "image/webp"),
        (made("WEBP", mode="RGBA"), "image/webp"),
        (made("WEBP", exif=b"Exif\0\0II*\0"), "image/webp"),
    ],
)
def test_a_header_tells_format_and_sides(data: bytes, media_type: str) -> None:
    """A thumbnail inside is not the picture; a profile of 300 KB is skipped."""
    assert read_header(io.BytesIO(data)) == Header(media_type, 310, 17)


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xd8", b"GIF89a" + b"\0" * 30, b"RIFF\0\0\0\0WAVE" + b"\0" * 20, b"<html>"],
)
def test_what_is_no_picture_has_no_header(data: bytes) -> None:
    """By its first bytes, whatever its name is."""
    assert read_header(io.BytesIO(data)) is None


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_cut_header_tells_no_sides(kind: str) -> None:
    """What is not there is unknown, and never raises."""
    data = made(kind)
    for length in range(12, min(len(data), 700)):
        found = read_header(io.BytesIO(data[:length]))
        assert found is None or (found.width in (0, 310) and found.height in (0, 17))


def test_only_the_header_is_read() -> None:
    """A file of any length costs the same."""

    class Counted(io.BytesIO):
        read_bytes = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.read_bytes += len(data)
            return data

    stream = Counted(made("JPEG", icc_profile=b"\0" * 300_000) + b"\0" * 1_000_000)
    assert read_header(stream) == Header("image/jpeg", 310, 17)
    assert stream.read_bytes < 200
