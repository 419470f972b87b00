"""The image APIs that imagepipe speaks, on loopback, from their vendors' documents.

Written apart from the client it is used to test: it imports nothing of imagepipe but the errors a
person can cause. `parse` turns command-line texts into `Settings`, `run` serves them.
"""

from __future__ import annotations

from imagepipe.emulator.quirks import QUIRKS, Quirk
from imagepipe.emulator.server import run, serve
from imagepipe.emulator.settings import OPTIONS, Limits, Option, Pictures, Settings, parse
from imagepipe.emulator.vendors import PROVIDERS

__all__ = [
    "OPTIONS",
    "PROVIDERS",
    "QUIRKS",
    "Limits",
    "Option",
    "Pictures",
    "Quirk",
    "Settings",
    "parse",
    "run",
    "serve",
]
