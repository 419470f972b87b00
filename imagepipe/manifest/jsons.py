"""JSON and JSON lines as rows: every scalar is text, as it was typed; a null is a field not there.

Objects are decoded one by one, so that a large file costs its text and no tree.
"""

from __future__ import annotations

import json
import re
from typing import BinaryIO

from imagepipe.errors import Place, Problem
from imagepipe.manifest.columns import FurtherNames
from imagepipe.manifest.sources import MAX_FIELD, Fields, Row, Rows

_SPACE = re.compile(r"[ \t\r\n]*")
MAX_JSON = 256 * 2**20
_MAX_DEPTH = 32


class _Twice(ValueError):
    """A key is given twice in one object."""


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Twice(f'the key "{twice}" is given twice')
    return found


def _constant(word: str) -> object:
    raise ValueError(f"{word} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=str, parse_float=str, parse_constant=_constant
)


def rows_of_lines(stream: BinaryIO, file: str) -> Rows:
    """One object a line; empty lines are skipped."""
    further = FurtherNames()
    for number, data in enumerate(stream, 1):
        line = data.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else data.strip()
        if line:
            yield _line(line, file, number, further)


def _line(line: bytes, file: str, number: int, further: FurtherNames) -> Row | Problem:
    try:
        text = line.decode()
        value, end = _DECODER.raw_decode(text)
        if end != len(text):
            return Problem("E204", "more than one value in a line", Place(file, number, end + 1))
        return _row(value, file, number, further)
    except json.JSONDecodeError as error:
        place = Place(file, number, error.colno)
        return _no_json(error, place, error.doc)
    except UnicodeDecodeError:
        return Problem("E203", "the line is not UTF-8", Place(file, number, 1))
    except (ValueError, RecursionError) as error:
        return Problem("E204", _words(error), Place(file, number, 1))


def _no_json(error: json.JSONDecodeError, place: Place, line: str) -> Problem:
    hint = "names and texts are in double quotes, and no comma stands before ] or }"
    message = f"not JSON: {_lower(error.msg)}"
    return Problem("E204", message, place, hint, line.removeprefix("\ufeff"))


def rows_of_json(stream: BinaryIO, file: str) -> Rows:
    """The objects of one list."""
    data = stream.read(MAX_JSON + 1)
    if len(data) > MAX_JSON:
        yield Problem("E204", f"{file} has more than {MAX_JSON >> 20} MiB: use JSON lines")
        return
    try:
        text = data.decode("utf-8-sig")
        yield from _items(text, file)
    except UnicodeDecodeError:
        yield Problem("E203", f"{file} is not UTF-8", Place(file, 1, 1))
    except json.JSONDecodeError as error:
        place = Place(file, error.lineno, error.colno)
        yield _no_json(error, place, error.doc.split("\n")[error.lineno - 1])
    except (ValueError, RecursionError) as error:
        yield Problem("E204", _words(error), Place(file, 1, 1))


def _items(text: str, file: str) -> Rows:
    at = _skip(text, 0)
    if text[at : at + 1] != "[":
        hint = "write [{...}, {...}], or one object a line and `format: jsonl`"
        yield Problem("E202", f"{file} must be a list of products", Place(file, 1, 1), hint)
        return
    at = _skip(text, at + 1)
    line, counted, further = 1, 0, FurtherNames()
    while text[at : at + 1] != "]":
        value, end = _DECODER.raw_decode(text, at)
        line += text.count("\n", counted, at)
        counted = at
        yield _row(value, file, line, further)
        at = _skip(text, end)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
            if text[at : at + 1] == "]":
                raise json.JSONDecodeError("a comma behind the last item", text, at)
        elif text[at : at + 1] != "]":
            raise json.JSONDecodeError("expected , or ]", text, at)
    if _skip(text, at + 1) != len(text):
        raise json.JSONDecodeError("extra text after the list", text, at + 1)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _row(value: object, file: str, line: int, further: FurtherNames) -> Row | Problem:
    if not isinstance(value, dict):
        hint = 'write {"sku": ..., "name": ...}'
        return Problem("E202", "a product must be an object", Place(file, line, 1), hint)
    fields = _text(value, 0)
    if not isinstance(fields, dict):
        return Problem("E202", "a product must be an object", Place(file, line, 1))
    row = Row(file, line, further.add(fields))
    for name, field in fields.items():
        if isinstance(field, str) and len(field) > MAX_FIELD:
            return row.problem("E204", f"a field has more than {MAX_FIELD >> 20} MiB", name)
    return row


def _text(value: object, depth: int) -> object:
    """Numbers are texts already; `true` and `false` become texts, nulls vanish."""
    if depth > _MAX_DEPTH:
        raise ValueError(f"nested more than {_MAX_DEPTH} levels deep")
    if isinstance(value, dict):
        fields: Fields = {
            name: _text(member, depth + 1) for name, member in value.items() if member is not None
        }
        return fields
    if isinstance(value, list):
        return [_text(item, depth + 1) for item in value if item is not None]
    return str(value).lower() if isinstance(value, bool) else value


def _words(error: BaseException) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
