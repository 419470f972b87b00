"""CSV and TSV as they come out of spreadsheets, strictly: no cell may slip into another column.

Byte order marks, CRLF, quotes, line breaks in cells and `;` are read; short and long rows, unnamed
and repeated columns, NUL and other encodings are told. Places are line and number of the field.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from imagepipe.errors import Place, Problem
from imagepipe.manifest.sources import MAX_FIELD, Row, Rows


def rows_of_table(stream: BinaryIO, file: str, *, tabs: bool) -> Rows:
    """The rows below a header line."""
    if stream.seekable():
        start = stream.read(4)
        stream.seek(0)
        if start in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
            hint = "save it as CSV UTF-8, and name that file"
            yield Problem("E203", f"{file} is a workbook of a spreadsheet, and no CSV", hint=hint)
            return
        if start[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in start:
            message = f"{file} is UTF-16: save it as UTF-8 (CSV UTF-8 in a spreadsheet)"
            yield Problem("E203", message, Place(file, 1, 1))
            return
    with io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text:
        try:
            yield from _table(text, file, tabs=tabs)
        except UnicodeDecodeError:
            yield _not_utf8(stream, file)


def _table(text: io.TextIOWrapper, file: str, *, tabs: bool) -> Rows:
    first = text.readline(1024 * 1024)
    lines = _again(first, text)
    reader = csv.reader(lines, delimiter="\t" if tabs else delimiter_of(first), strict=True)
    header: list[str] | None = None
    begin = 1
    try:
        for cells in reader:
            if header is not None and any(cells):
                yield _row(file, begin, header, cells)
            elif header is None and any(cells):
                header = [name.strip() for name in cells]
                yield from _bad_header(file, begin, header)
            begin = reader.line_num + 1
    except csv.Error as error:
        yield Problem("E204", _csv_words(error), Place(file, reader.line_num, 1), _HINT)
    if header is None:
        yield Problem("E203", f"{file} is empty", Place(file, 1, 1), "it needs a header line")


_HINT = 'a cell with a quote or a line break is written "like ""this"""'


def _again(first: str, rest: Iterable[str]) -> Iterator[str]:
    yield first
    yield from rest


def _row(file: str, line: int, header: list[str], cells: list[str]) -> Row | Problem:
    if len(cells) != len(header):
        message = f"the row has {len(cells)} fields, and the header has {len(header)}"
        hint = (
            "a cell that holds the separator must be quoted" if len(cells) > len(header) else None
        )
        return Problem("E205", message, Place(file, line, min(len(cells), len(header)) + 1), hint)
    if max(map(len, cells)) > MAX_FIELD:
        return _too_long(file, line, header, cells)
    if "\0" in "".join(cells):
        return Problem("E203", "the row has a NUL character", Place(file, line, 1))
    return Row(file, line, dict(zip(header, cells, strict=True)))


def _too_long(file: str, line: int, header: list[str], cells: list[str]) -> Problem:
    number = next(i for i, cell in enumerate(cells) if len(cell) > MAX_FIELD)
    message = f"a field has more than {MAX_FIELD >> 10} KiB: is a quote never closed?"
    where = f'column "{header[number]}"'
    return Problem("E204", message, Place(file, line, number + 1), where=where)


def _bad_header(file: str, line: int, header: list[str]) -> Iterator[Problem]:
    for number, name in enumerate(header, 1):
        if not name:
            message = f"column {number} has no name"
            yield Problem("E203", message, Place(file, line, number), "name it in the header line")
        elif name in header[: number - 1]:
            message = f'the column "{name}" is there twice'
            yield Problem("E203", message, Place(file, line, number), "rename one of them")


def delimiter_of(header: str) -> str:
    """`;` or a tab, where the header line has more of them than of commas."""
    return max(",;\t", key=lambda mark: (header.count(mark), mark == ","))


def _csv_words(error: csv.Error) -> str:
    said = str(error)
    if "field larger" in said:
        return f"a field has more than {MAX_FIELD >> 10} KiB: is a quote never closed?"
    if "unexpected end of data" in said:
        return "a quote is never closed"
    if "expected after" in said:
        return "text stands behind a closing quote"
    return said


def _not_utf8(stream: BinaryIO, file: str) -> Problem:
    """The line of the first byte that is not UTF-8, found in a second reading."""
    hint = "save it as UTF-8 (CSV UTF-8 in a spreadsheet); it may be Windows-1252 now"
    line = 1
    if not stream.closed and stream.seekable():
        stream.seek(0)
        for line, data in enumerate(stream, 1):
            try:
                data.decode()
            except UnicodeDecodeError as error:
                message = f"the byte 0x{data[error.start]:02x} is not UTF-8"
                return Problem("E203", message, Place(file, line, 1), hint)
    return Problem("E203", "not UTF-8", Place(file, line, 1), hint)
