"""Placeholder pictures: drawn from a prompt's words with Pillow, the same bytes for the same brief.

`draw` and `thumbnail` are safe in threads. Nothing here knows of HTTP or of jobs.
"""

from __future__ import annotations

from imagepipe.emulator.picture.brief import Brief
from imagepipe.emulator.picture.compose import draw
from imagepipe.emulator.picture.inputs import thumbnail

__all__ = ["Brief", "draw", "thumbnail"]
