"""What some bytes are that are no picture, in words for an error. Reads the first kilobyte only."""

from __future__ import annotations

_BEGINNINGS = (
    (b"GIF8", "a GIF"),
    (b"%PDF", "a PDF"),
    (b"%!PS", "PostScript"),
    (b"BM", "a BMP"),
    (b"II*\x00", "a TIFF"),
    (b"MM\x00*", "a TIFF"),
    (b"\x1f\x8b", "gzip data"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"SIMPLE  =", "a FITS file"),
    (b"\x89PNG", "a PNG with a damaged signature"),
    (b"RIFF", "a RIFF file that is no WebP"),
)
_TEXTS = (
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<head", "an HTML page"),
    (b"<svg", "an SVG"),
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"data:", "a data URI as text"),
)


def what_came(data: bytes) -> str:
    if not data:
        return "nothing (0 bytes)"
    for beginning, name in _BEGINNINGS:
        if data.startswith(beginning):
            return name
    if data[4:8] == b"ftyp":
        brand = data[8:12].decode("ascii", "replace")
        return {"avif": "an AVIF", "heic": "a HEIC"}.get(brand, "a film or another ISO media file")
    return _text(data[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower())


def _text(head: bytes) -> str:
    for beginning, name in _TEXTS:
        if head.startswith(beginning):
            return name
    if head.startswith((b"<?xml", b"<!--", b"<")):
        if b"<svg" in head:
            return "an SVG"
        return "an HTML page" if b"<html" in head else "XML"
    if not head or any(byte < 9 or 13 < byte < 32 for byte in head):
        return "unknown data"
    return "text"
