"""Pictures that come with a request, from a data URI or base64 to a small safe thumbnail.

What a client sends is hostile until shown otherwise: formats are listed, sizes are read before
anything is decoded.
"""

from __future__ import annotations

import base64
import binascii
import io
import warnings

from PIL import Image, UnidentifiedImageError

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_MAX_PIXELS = 50_000_000
_SIDE = 640


def thumbnail(text: str) -> bytes | None:
    """A JPEG of at most 640 pixels a side, or None when the text is no readable picture."""
    encoded = text.partition(",")[2] if text.startswith("data:") else text
    try:
        data = base64.b64decode(encoded, validate=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of bombs; the bound below decides
            with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
                if picture.width * picture.height > _MAX_PIXELS:
                    return None
                picture.draft("RGB", (_SIDE, _SIDE))
                small = _flat(picture)
    except (binascii.Error, ValueError, OSError, SyntaxError, UnidentifiedImageError):
        return None
    except Image.DecompressionBombError:
        return None
    small.thumbnail((_SIDE, _SIDE))
    file = io.BytesIO()
    small.save(file, "JPEG", quality=88)
    return file.getvalue()


def _flat(picture: Image.Image) -> Image.Image:
    """Without transparency: what shows through is white."""
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    layered = picture.convert("RGBA")
    ground = Image.new("RGB", layered.size, (255, 255, 255))
    ground.paste(layered, mask=layered.getchannel("A"))
    return ground
