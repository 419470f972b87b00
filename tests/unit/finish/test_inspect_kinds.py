"""What counts as a picture, and what is said of the rest. Pictures are made by Pillow."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from imagepipe.finish.inspect import inspect
from imagepipe.model import Picture


def made(
    kind: str, *, size: tuple[int, int] = (31, 17), mode: str = "RGB", **options: object
) -> bytes:
    buffer = BytesIO()
    picture = Image.effect_noise(size, 80).convert(mode)
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "media_type", "extension"),
    [
        (made("PNG"), "image/png", "png"),
        (made("PNG", mode="P"), "image/png", "png"),
        (made("PNG", mode="1"), "image/png", "png"),
        (made("PNG", mode="RGBA", optimize=True), "image/png", "png"),
        (
            made("PNG", save_all=True, append_images=[Image.new("RGB", (31, 17))]),
            "image/png",
            "png",
        ),
        (made("JPEG"), "image/jpeg", "jpg"),
        (made("JPEG", progressive=True), "image/jpeg", "jpg"),
        (made("JPEG", mode="CMYK"), "image/jpeg", "jpg"),
        (made("JPEG", mode="L", restart_marker_rows=1), "image/jpeg", "jpg"),
        (made("JPEG", exif=b"Exif\0\0" + made("JPEG")), "image/jpeg", "jpg"),
        (made("WEBP"), "image/webp", "webp"),
        (made("WEBP", lossless=True), "image/webp", "webp"),
        (made("WEBP", mode="RGBA"), "image/webp", "webp"),
        (made("WEBP", exif=b"Exif\0\0II*\0"), "image/webp", "webp"),
        (
            made("WEBP", save_all=True, append_images=[Image.new("RGB", (31, 17))]),
            "image/webp",
            "webp",
        ),
    ],
)
def test_whole_pictures_are_believed(data: bytes, media_type: str, extension: str) -> None:
    """Of every kind that a provider may send, with their size; trailing bytes are tolerated."""
    expected = Picture(media_type, extension, 31, 17)
    assert inspect(data) == expected
    assert inspect(data + b"<script>") == expected


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "nothing (0 bytes)"),
        (b"<!DOCTYPE html><html><body>502", "an HTML page"),
        (b"\n <HTML>", "an HTML page"),
        (b'<?xml version="1.0"?><svg xmlns="x"/>', "an SVG"),
        (b"<svg/>", "an SVG"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code>", "XML"),
        (b'{"error": "expired"}', "JSON"),
        (b"%PDF-1.7", "a PDF"),
        (made("GIF", mode="P"), "a GIF"),
        (made("TIFF"), "a TIFF"),
        (made("BMP"), "a BMP"),
        (b"%!PS-Adobe", "PostScript"),
        (b"\x1f\x8b\x08", "gzip data"),
        (b"\0\0\0 ftypavif\0\0\0\0", "an AVIF"),
        (b"data:image/png;base64,iVBO", "a data URI as text"),
        (b"iVBORw0KGgo=", "text"),
        (b"\0\1\2\3", "unknown data"),
        (b"RIFF\4\0\0\0WAVE", "a RIFF file that is no WebP"),
    ],
)
def test_what_came_instead_is_said(data: bytes, says: str) -> None:
    """By its bytes, whatever its address or header called it."""
    assert inspect(data) == f"no picture (PNG, JPEG or WebP) but {says}"


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    *chunks: bytes, width: int = 2, height: int = 2, header: bytes = b"\x08\x02\0\0\0"
) -> bytes:
    ihdr = chunk(b"IHDR", struct.pack(">II", width, height) + header)
    return b"\x89PNG\r\n\x1a\n" + ihdr + b"".join(chunks)


IDAT, IEND = chunk(b"IDAT", zlib.compress(b"\0" * 14)), chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (png(IEND), "no picture data"),
        (png(IDAT, chunk(b"tEXt", b"a"), IDAT, IEND), "scattered"),
        (png(IDAT, chunk(b"IEND", b"x")), "impossible IEND"),
        (png(chunk(b"IHDR", b"\0" * 13), IDAT, IEND), "second"),
        (png(IDAT, IEND, header=b"\x07\x02\0\0\0"), "unknown format"),
        (png(IDAT, IEND, width=0), "no width"),
        (b"\x89PNG\r\n\x1a\n" + IDAT + IEND, "header is not first"),
        (png(IDAT, IEND).replace(b"IDAT", b"\0DAT"), "check sum of a chunk 00444154"),
        (made("JPEG")[:2] + b"\xff\xd9", "no picture data"),
        (b"\xff\xd8\xff\xe0\0\1", "no length"),
        (b"\xff\xd8" + made("JPEG"), "second picture"),
        (b"RIFF\4\0\0\0WEBP", "no picture data"),
        (b"RIFF\x0c\0\0\0WEBPVP8 \xff\0\0\0", "longer than the file"),
    ],
)
def test_impossible_structures_are_refused(data: bytes, says: str) -> None:
    """With the reason."""
    found = inspect(data)
    assert isinstance(found, str)
    assert says in found


def test_absurd_sizes_are_refused_before_anything_is_decoded(tmp_path: Path) -> None:
    """Pixels by the header, bytes by the file's length."""
    bomb = png(IDAT, IEND, width=20_000, height=20_000)
    assert inspect(bomb) == "20000 x 20000 pixels are more than the 50 megapixels allowed"
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(65 * 2**20)
    assert inspect(path) == "65 MiB are more than the 64 MiB allowed"


def test_a_file_is_looked_at_like_bytes(tmp_path: Path) -> None:
    """The path's extension says nothing."""
    path = tmp_path / "picture.html"
    path.write_bytes(made("PNG"))
    assert inspect(path) == Picture("image/png", "png", 31, 17)
    with pytest.raises(FileNotFoundError):
        inspect(tmp_path / "none")
