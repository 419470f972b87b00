"""A disk that forgets: the files of a traced run, and what of them survives a power cut.

A file's bytes are durable when it was synced, and its name when its folder was, as POSIX has it; no
order is kept between files. Knows calls of the system, nothing of what the files are for.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tests.crash.tracing import Call

Image = dict[str, bytes | None]
"""What is under the shop's folder: bytes of files by path, None for folders."""

Paid = frozenset[tuple[str, str]]
"""Provider and product of the jobs whose request may have left."""

SECTOR = 512


@dataclass
class Change:
    """A write that was not synced yet; `data` None truncates."""

    at: int
    data: bytes | None


@dataclass
class Node:
    """A file, or a folder (`synced` None)."""

    synced: bytes | None
    pending: list[Change] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(applied(self.synced or b"", self.pending))

    def sync(self) -> None:
        if self.synced is not None:
            self.synced = applied(self.synced, self.pending)
            self.pending = []


@dataclass
class Naming:
    """A change of names in a folder that was not synced yet: `old` goes, `new` is there."""

    folder: str
    old: str | None
    new: str | None
    node: Node | None


def applied(data: bytes, changes: Sequence[Change]) -> bytes:
    found = bytearray(data)
    for change in changes:
        end = change.at + len(change.data or b"")
        found.extend(bytes(max(0, end - len(found))))
        if change.data is None:
            del found[change.at :]
        else:
            found[change.at : end] = change.data
    return bytes(found)


class Disk:
    """A folder as programs see it, and what of it would survive a cut."""

    def __init__(self) -> None:
        self.live: dict[str, Node] = {}
        self.durable: dict[str, Node] = {}
        self.namings: list[Naming] = []
        self.last: tuple[Node, Change] | None = None

    @classmethod
    def holding(cls, files: Image) -> Disk:
        """Where these files are safe."""
        disk = cls()
        disk.durable = {path: Node(data) for path, data in files.items()}
        disk.live = dict(disk.durable)
        return disk

    def name(self, old: str | None, new: str | None, node: Node | None) -> None:
        folder = str(PurePosixPath(new or old or "").parent)
        self.namings.append(Naming(folder, old, new, node))
        _rename(self.live, old, new, node)

    def write(self, path: str, change: Change) -> None:
        node = self.live[path]
        node.pending.append(change)
        self.last = node, change

    def sync(self, path: str) -> bool:
        node = self.live.get(path)
        if node is not None and node.synced is not None:
            node.sync()
            return True
        for naming in self.namings:
            if naming.folder == path:
                _rename(self.durable, naming.old, naming.new, naming.node)
        self.namings = [naming for naming in self.namings if naming.folder != path]
        return True

    def lost(self) -> Image:
        return _image(self.durable, lambda _: [])

    def some(self, rng: random.Random) -> Image:
        names, share = dict(self.durable), rng.random()
        ends = {naming.folder: rng.random() for naming in self.namings}
        for naming in self.namings:  # of each folder's namings the first so many
            if rng.random() < ends[naming.folder]:
                _rename(names, naming.old, naming.new, naming.node)
            else:
                ends[naming.folder] = 0.0
        return _image(names, lambda node: [c for c in node.pending if rng.random() < share])

    def torn(self, rng: random.Random) -> Image | None:
        if self.last is None or self.last[1].data is None:
            return None
        torn, change = self.last
        data = change.data or b""
        sectors = range((change.at // SECTOR + 1) * SECTOR, change.at + len(data), SECTOR)
        if not sectors or not any(one is change for one in torn.pending):
            return None
        part = Change(change.at, data[: rng.choice(sectors) - change.at])
        return _image(
            self.live, lambda node: [part if one is change else one for one in node.pending]
        )


def _rename(names: dict[str, Node], old: str | None, new: str | None, node: Node | None) -> None:
    if old is not None:
        names.pop(old, None)
    if new is not None and node is not None:
        names[new] = node


def _image(names: dict[str, Node], kept: Callable[[Node], Sequence[Change]]) -> Image:
    """What can be reached: a file whose folder has no name is not there."""
    image: Image = {}
    for path in sorted(names):
        node, folder = names[path], str(PurePosixPath(path).parent)
        if folder == "." or (folder in image and image[folder] is None):
            image[path] = None if node.synced is None else applied(node.synced, kept(node))
    return image


_QUOTED = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_FOLDER = re.compile(r"(?:AT_FDCWD|\d+)<((?:\\x[0-9a-f]{2})+)>")
_CONNECTION = re.compile(r"<(TCP:\[[^\]]+\])>")
_RESULT = re.compile(r"\) += (-?\d+)[^=]*$")


def replay(disk: Disk, calls: Sequence[Call], root: Path) -> Iterator[Paid]:
    """Carry out the calls on a disk; yields after each that changed something, with what is paid.

    Raises:
        AssertionError: A call was not understood.
    """
    paid, heads = set[tuple[str, str]](), dict[str, str]()
    for call in calls:
        found = _RESULT.search(call.text)
        if found is None or int(found[1]) < 0:
            continue
        if connection := _CONNECTION.search(call.text):
            if call.at.name == "sendto":
                _sent(_bytes(call.text)[0].decode("latin-1"), connection[1], heads, paid)
            continue
        if _change(disk, call, root):
            yield frozenset(paid)


def _sent(data: str, connection: str, heads: dict[str, str], paid: set[tuple[str, str]]) -> None:
    """Head and body of a request leave one after the other."""
    head = data if data.startswith(("POST ", "GET ")) else heads.get(connection, "")
    heads[connection] = head
    if head.startswith("POST ") and (product := re.search(r"mug \d+", data)):
        paid.add((head.split("/")[1], product[0]))


def _bytes(text: str) -> list[bytes]:
    return [bytes.fromhex(one.replace("\\x", "")) for one in _QUOTED.findall(text)]


def _paths(text: str, root: Path) -> list[str]:
    """Every path of a call, relative to the root: by names, or else by descriptors.

    A relative name follows the descriptor of its folder. What is elsewhere is left out.
    """
    folders = [
        bytes.fromhex(one.replace("\\x", "")).decode("latin-1") for one in _FOLDER.findall(text)
    ]
    names = [one.decode("latin-1") for one in _bytes(text)]
    bases = [*folders[: len(names)], *[str(root)] * len(names)]
    return [
        _under(root, PurePosixPath(base, name)) for base, name in zip(bases, names, strict=False)
    ]


def _under(root: Path, path: PurePosixPath) -> str:
    """Relative to the root, which is "."; empty if it is elsewhere."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else ""


def _descriptor(text: str, root: Path) -> str:
    found = _FOLDER.match(text)
    path = bytes.fromhex(found[1].replace("\\x", "")).decode("latin-1") if found else "/"
    return _under(root, PurePosixPath(path))


def _change(disk: Disk, call: Call, root: Path) -> bool:
    """Whether the disk changed, or what it would keep."""
    match call.at.name:
        case "write" | "pwrite64" | "ftruncate" | "fsync" | "fdatasync":
            return _data(disk, call, _descriptor(call.text, root))
        case "openat":
            (path,) = _paths(call.text, root)
            return bool(path) and _opened(disk, path, call.text)
        case "mkdir" | "mkdirat":
            (path,) = _paths(call.text, root)
            disk.name(None, path, Node(None))
        case "unlink" | "unlinkat":
            (path,) = _paths(call.text, root)
            disk.name(path, None, None)
        case "rename" | "renameat" | "renameat2":
            old, new = _paths(call.text, root)
            disk.name(old, new, disk.live[old])
        case "link" | "linkat":
            old, new = _paths(call.text, root)
            disk.name(None, new, disk.live[old])
        case _:
            return False
    return True


def _data(disk: Disk, call: Call, path: str) -> bool:
    if call.at.name in ("fsync", "fdatasync"):
        return bool(path) and disk.sync(path)
    if path not in disk.live:  # elsewhere, or nobody can open it again
        return False
    if call.at.name == "ftruncate":
        length = int(re.findall(r", (\d+)\)", call.text)[0])
        size = disk.live[path].size
        grown = Change(size, bytes(length - size)) if length > size else Change(length, None)
        disk.write(path, grown)
        return True
    (data,) = _bytes(call.text)
    written = int(_RESULT.search(call.text)[1])  # type: ignore[index]  # looked at by the caller
    place = re.search(r", (\d+)\) += ", call.text) if call.at.name == "pwrite64" else None
    # Whatever the program does not write at a place, it appends.
    at = int(place[1]) if place else disk.live[path].size
    disk.write(path, Change(at, data[:written]))
    return True


def _opened(disk: Disk, path: str, text: str) -> bool:
    if path not in disk.live:
        if "O_CREAT" not in text:
            return False
        disk.name(None, path, Node(b""))
    elif "O_TRUNC" in text:
        disk.write(path, Change(0, None))
    else:
        return False
    return True
