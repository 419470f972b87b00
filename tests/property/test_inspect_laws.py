"""Laws of the look at a picture: no truncation passes, no flipped bit of a PNG, no crash."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imagepipe.finish.inspect import inspect
from imagepipe.model import Picture


def made(kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    Image.effect_noise((23, 13), 60).convert("RGB").save(buffer, kind, **options)
    return buffer.getvalue()


WHOLE = {
    "png": made("PNG"),
    "jpeg": made("JPEG", quality=60),
    "progressive jpeg": made("JPEG", progressive=True),
    "webp": made("WEBP"),
    "lossless webp": made("WEBP", lossless=True),
    "extended webp": made("WEBP", exif=b"Exif\0\0II*\0"),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_every_truncation_is_refused(kind: str) -> None:
    """A download that ended early, wherever it did, is no picture."""
    whole = WHOLE[kind]
    assert isinstance(inspect(whole), Picture)
    believed = [end for end in range(len(whole)) if isinstance(inspect(whole[:end]), Picture)]
    assert believed == []


def test_every_flipped_bit_of_a_png_is_refused() -> None:
    """Each of its bytes is under a check sum, or in the signature."""
    whole = WHOLE["png"]
    for at in range(len(whole)):
        for bit in range(8):
            damaged = bytearray(whole)
            damaged[at] ^= 1 << bit
            assert isinstance(inspect(bytes(damaged)), str), (at, bit)


@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_no_damage_crashes_it(kind: str, data: st.DataObject) -> None:
    """Bytes overwritten, cut out or put in anywhere: a picture or a sentence."""
    whole = WHOLE[kind]
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 40)))
    found = inspect(whole[:start] + data.draw(st.binary(max_size=40)) + whole[end:])
    assert isinstance(found, Picture | str)


@given(st.sampled_from([b"", *(whole[:16] for whole in WHOLE.values())]), st.binary(max_size=200))
def test_no_bytes_crash_it(beginning: bytes, rest: bytes) -> None:
    """Also those that begin like a picture."""
    assert isinstance(inspect(beginning + rest), Picture | str)
