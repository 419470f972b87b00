"""Small steps that make a file survive a power cut. Knows nothing of what is in it."""

from __future__ import annotations

import os
from pathlib import Path
from secrets import token_hex


def temporary_name(run: str) -> str:
    """A name that tells which run left it behind. Short, so that no long target overflows it."""
    return f".tmp.{run}.{token_hex(6)}"


def owner_of(name: str) -> str | None:
    """The run in a temporary file's name; None for any other file."""
    parts = name.split(".")
    return parts[2] if len(parts) == 4 and parts[0] == "" and parts[1] == "tmp" else None


def sync_file(path: Path) -> None:
    # Windows can flush only what is open for writing.
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path | str) -> None:
    """Make the names in a folder durable. Windows has no such call and journals names itself."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, durably; what is there already is not touched.

    Raises:
        OSError: It could not be made.
    """
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    sync_folder(path.parent)


def replace_file(path: Path, data: bytes, run: str, *, mode: int = 0o644) -> None:
    """Write a file whole or not at all, and durably.

    Raises:
        OSError: It could not be written; the old file is as it was.
    """
    temporary = path.with_name(temporary_name(run))
    try:
        write_new(temporary, data, mode=mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_new(path: Path | str, data: bytes, *, mode: int = 0o644) -> None:
    """Create a file that must not exist yet, with its bytes on the disk."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, mode)
    try:
        write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte; a system may take fewer at once."""
    written = os.write(descriptor, data)
    while written < len(data):
        written += os.write(descriptor, memoryview(data)[written:])
