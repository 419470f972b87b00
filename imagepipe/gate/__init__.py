"""Admission to provider accounts: whoever wants to send waits here, for as long as it takes."""

from __future__ import annotations

from imagepipe.gate.gate import Closed, Gate, Place

__all__ = ["Closed", "Gate", "Place"]
