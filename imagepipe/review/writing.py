"""Changed decisions into the text of a review file: what nobody changed stays as it was written.

Comments before and inside of entries that are not changed are kept, and so is the head of the file.
A text of another layout (flow style, anchors) is written anew from its values: the result is always
read again, and only believed if it says what it should.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from imagepipe.document import Mapping as NodeMapping
from imagepipe.errors import InputError
from imagepipe.model import Json
from imagepipe.review.decisions import Entry, Review
from imagepipe.review.fields import fields_of
from imagepipe.review.reading import read

HEAD = """\
# What people decided on the pictures of {manifest}. `imagepipe view` writes this file, and
# it may be edited by hand; `imagepipe schema review` describes it.
version: 1
"""

_PLAIN = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)+", re.ASCII)
"""Texts that any reader of YAML takes for texts: with a slash, nothing is a number."""
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_INDENT = "  "


@dataclass(frozen=True, slots=True)
class _Block:
    """One entry as it is written: the comments above it, and its lines."""

    comments: tuple[str, ...]
    lines: tuple[str, ...]


def edited(text: str | None, review: Review, changes: Mapping[str, Entry | None]) -> str:
    """The text with these entries changed; None removes one. Entries stand in order of path.

    Args:
        text: The text as it is; None if there is no file yet.
        review: What `text` says.
        changes: Entries by path.
    """
    wanted = {path: entry for path, entry in review.entries.items() if path not in changes}
    wanted |= {path: entry for path, entry in changes.items() if entry is not None}
    end = "\r\n" if text is not None and "\r\n" in text else "\n"
    if text is not None and (spliced := _spliced(text, review, changes)) is not None:
        try:
            if read(spliced.encode(), review.file).entries == wanted:
                return spliced.replace("\n", end)
        except InputError:
            pass  # its layout is one that cannot be cut: written anew below
    manifest = re.sub(r"(\.emulated)?\.review\.yaml$", "", review.file.replace("\\", "/"))
    blocks = {path: _Block((), _lines(path, entry)) for path, entry in wanted.items()}
    made = HEAD.format(manifest=manifest.rpartition("/")[2]) + _joined(blocks)
    return made.replace("\n", end)


def _spliced(text: str, review: Review, changes: Mapping[str, Entry | None]) -> str | None:
    """The text with blocks put in place; None if it has no blocks."""
    cut = _cut(text, review)
    if cut is None:
        return None
    head, blocks, tail = cut
    for path, entry in changes.items():
        before = blocks.pop(path, _Block((), ()))
        if entry is not None:
            blocks[path] = _Block(before.comments, _lines(path, entry))
    parts = [line for line in head if not line.startswith("pictures:")]
    kept = "".join(f"{line}\n" for line in parts)
    return kept + _joined(blocks) + "".join(f"{line}\n" for line in tail)


def _cut(text: str, review: Review) -> tuple[list[str], dict[str, _Block], list[str]] | None:
    """Head, blocks by path, and what comes behind them."""
    root = review.document.root if review.document is not None else None
    if not isinstance(root, NodeMapping) or root.flow:
        return None
    lines = text.splitlines()
    pictures = root.get("pictures")
    if not isinstance(pictures, NodeMapping) or not pictures:
        return lines, {}, []
    if pictures.flow:
        return None
    starts = sorted((marks[0][0] - 1, path) for path, marks in pictures.marks.items())
    behind = [marks[0][0] - 1 for marks in root.marks.values() if marks[0][0] - 1 > starts[0][0]]
    end = min(behind, default=len(lines))
    while end > starts[-1][0] + 1 and not lines[end - 1].startswith(_INDENT):
        end -= 1  # comments and empty lines at the end belong to nobody
    firsts = [_first_comment(lines, start, at) for at, (start, _) in enumerate(starts) if start]
    blocks = {}
    for at, (start, path) in enumerate(starts):
        stop = firsts[at + 1] if at + 1 < len(starts) else end
        blocks[path] = _Block(tuple(lines[firsts[at] : start]), tuple(lines[start:stop]))
    return lines[: firsts[0]], blocks, lines[end:]


def _first_comment(lines: list[str], start: int, number: int) -> int:
    """Where the comments directly above a line begin; those of the first are below its map."""
    first = start
    while first > 0 and lines[first - 1].lstrip().startswith("#"):
        if number == 0 and not lines[first - 1].startswith(_INDENT):
            break
        first -= 1
    return first


def _joined(blocks: Mapping[str, _Block]) -> str:
    if not blocks:
        return ""
    lines = [line for _, one in sorted(blocks.items()) for line in (*one.comments, *one.lines)]
    return "pictures:\n" + "".join(f"{line}\n" for line in lines)


def _lines(path: str, entry: Entry) -> tuple[str, ...]:
    """An entry as this program writes it: one field a line."""
    found = [f"{_INDENT}{_text(path)}:"]
    for name, value in fields_of(entry).items():
        if isinstance(value, dict):
            found.append(f"{_INDENT * 2}{name}:")
            found += [f"{_INDENT * 3}{inner}: {_scalar(one)}" for inner, one in value.items()]
        else:
            plain = name in ("decision", "picture")
            found.append(f"{_INDENT * 2}{name}: {value if plain else _scalar(value)}")
    return tuple(found)


def _scalar(value: Json) -> str:
    return str(value) if isinstance(value, int) else _quoted(str(value))


def _text(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    """In double quotes, which JSON and YAML agree on but for what YAML does not print."""
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", quoted)
