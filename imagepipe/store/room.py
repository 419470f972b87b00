"""Whether the disk has room for what is about to be paid for. A full disk is met before spending.

What is in flight must still find a place when nothing new may begin: its ticket, its picture, its
receipt. Disks that do not tell (quotas) are met later, by the ledger's own error.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from imagepipe.errors import StoreError

FLOOR = 32 * 2**20
"""Bytes that stay free: some dozen pictures in flight, and the ledger's log at its largest."""


def require_room(folder: Path) -> None:
    """Nothing new may be submitted while less than `FLOOR` bytes are free.

    Raises:
        StoreError: Less is free.
    """
    try:
        free = shutil.disk_usage(folder).free
    except OSError:  # a file system that does not tell
        return
    if free < FLOOR:
        raise StoreError(
            f"no space left for {folder}: {free / 1e6:.1f} MB are free, and {FLOOR / 1e6:.0f} MB "
            "are kept for what is in flight",
            hint="free some space, then run again: it goes on; nothing more was submitted",
        )
