"""Review files as this program writes them, read line by line: twenty times as fast as YAML.

What is not exactly so, or not quite right, is not read here: `read` then takes the long way, which
alone knows what to say. That both agree is a law (tests/unit/review/test_review_file.py).
"""

from __future__ import annotations

import json
import re

from imagepipe.model import Json
from imagepipe.review.decisions import Decision, Entry
from imagepipe.review.fields import entry_of

_QUOTED = r'"(?:[^"\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|\\["\\nrt])*"'
_ENTRY = re.compile(rf"  ([A-Za-z0-9][\w.-]*(?:/[\w.-]+)+|{_QUOTED}):", re.ASCII)
_WORD = re.compile(r"    (decision|picture): ((?:approved|rejected|retry)|sha256:[0-9a-f]{64})")
_NOTE = re.compile(rf"    note: ({_QUOTED})")
_NUMBER = re.compile(r"      (seed|take): (0|[1-9][0-9]{0,17})")
_TEXT = re.compile(rf"      (prompt|negative_prompt|provider|model): ({_QUOTED})")
_NOTHING = re.compile(r" *(#.*)?")
_ODD = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""Characters that YAML refuses, or takes for ends of lines; and tabs."""
_MOST_NAME = 1_000
"""Characters of a line: YAML takes no longer ones for keys."""
_LEAST_TAKE, _MOST_TAKE = 2, 1_000_000
_MOST_NOTE, _MOST_PROMPT = 2_000, 16_384


def read_usual(text: str) -> dict[str, Entry] | None:
    """The entries; None if the text is not as this program writes it, or is wrong."""
    lines = text.split("\n")
    if lines[-1] or _ODD.search(text):
        return None
    found: dict[str, Entry] = {}
    told: dict[str, Json] = {}
    path, seen = "", list[str]()
    for line in lines:
        if line.startswith("  ") and seen == ["version: 1", "pictures:"]:
            if (entry := _ENTRY.fullmatch(line)) is not None:
                if path and not _put(found, path, told):
                    return None
                path, told = _named(entry[1]), {}
                if not path or len(line) > _MOST_NAME:
                    return None
            elif not _take(line, told, path) and not _NOTHING.fullmatch(line):
                return None
        elif line in ("version: 1", "pictures:") and line not in seen:
            seen.append(line)
        elif not _NOTHING.fullmatch(line):
            return None
    if seen[:1] != ["version: 1"] or ("pictures:" in seen) != bool(path):
        return None
    return found if not path or _put(found, path, told) else None


def _named(text: str) -> str:
    return str(json.loads(text)) if text.startswith('"') else text


def _take(line: str, told: dict[str, Json], path: str) -> bool:
    """Put a field where it belongs; whether it is one, and the first of its name."""
    if not path:
        return False
    if line == "    retry:":
        return _first(told, "retry", {})
    if (field := _NOTE.fullmatch(line)) is not None:
        return "retry" not in told and _first(told, "note", json.loads(field[1]))
    if (field := _WORD.fullmatch(line)) is not None:
        return "retry" not in told and _first(told, field[1], field[2])
    retry = told.get("retry")
    if not isinstance(retry, dict):
        return False
    if (field := _NUMBER.fullmatch(line)) is not None:
        return _first(retry, field[1], int(field[2]))
    if (field := _TEXT.fullmatch(line)) is not None:
        return _first(retry, field[1], json.loads(field[2]))
    return False


def _first(told: dict[str, Json], name: str, value: Json) -> bool:
    if name in told:
        return False
    told[name] = value
    return True


def _put(found: dict[str, Entry], path: str, told: dict[str, Json]) -> bool:
    """Whether an entry is as the schema says, and the first of its path."""
    if not _is_right(told) or path in found:
        return False
    found[path] = entry_of(told)
    return True


def _is_right(told: dict[str, Json]) -> bool:
    decision, note, retry = told.get("decision"), told.get("note"), told.get("retry")
    is_word = decision in (None, *Decision) and str(told.get("picture", "sha256:"))[:7] == "sha256:"
    needed = {"approved": "picture", "rejected": "picture", "retry": "retry"}.get(str(decision))
    if not told or not is_word or (needed is not None and needed not in told):
        return False
    if note is not None and not 0 < len(str(note)) <= _MOST_NOTE:
        return False
    return retry is None or (isinstance(retry, dict) and _asks(retry))


def _asks(retry: dict[str, Json]) -> bool:
    take = retry.get("take", _LEAST_TAKE)
    texts = [str(value) for name, value in retry.items() if name not in ("seed", "take")]
    empty = any(retry.get(name) == "" for name in ("prompt", "provider", "model"))
    return (
        bool(retry)
        and not empty
        and isinstance(take, int)
        and _LEAST_TAKE <= take <= _MOST_TAKE
        and all(len(text) <= _MOST_PROMPT for text in texts)
    )
