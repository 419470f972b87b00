"""CSV and TSV as they come out of spreadsheets, strictly: no cell may slip into another column.

Byte order marks, CRLF, quotes, line breaks in cells, `;`, `sep=;` and empty columns at the end are
read; short and long rows, unnamed and repeated columns, NUL and other encodings are told. Places
are line and number of the field.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import BinaryIO, TypeAlias

from imagepipe.errors import Place, Problem
from imagepipe.manifest.columns import aliases, numbered
from imagepipe.manifest.sources import MAX_FIELD, Row, Rows

Line: TypeAlias = "tuple[int, list[str]]"
"""A line of a table: where it begins, and its cells."""

_SEPARATOR = re.compile(r"sep=([,;\t|])\s*")
"""A first line that Excel writes for itself."""

_NUL = "remove it: a program that wrote the file has left it there"
_LONGEST_HEADER = 1024 * 1024


def rows_of_table(stream: BinaryIO, file: str, *, tabs: bool) -> Rows:
    """The rows below a header line; a column has its field name besides its own."""
    lines = lines_of_table(stream, file, tabs=tabs)
    header: list[str] = []
    for line in lines:
        if isinstance(line, Problem):
            yield line
            continue
        header = line[1]
        yield from bad_header(file, *line)
        break
    further = aliases(header)
    if not further:
        for found in lines:
            if isinstance(found, Problem):
                yield found
            else:
                yield Row(file, found[0], dict(zip(header, found[1], strict=True)))
        return
    names = [*header, *further]
    numbers = numbered(header, further.items())
    pick = itemgetter(*(numbers[name] - 1 for name in names), 0)  # one more, to be a tuple always
    for found in lines:
        if isinstance(found, Problem):
            yield found
        else:
            yield Row(file, found[0], dict(zip(names, pick(found[1]), strict=False)), None, numbers)


def lines_of_table(stream: BinaryIO, file: str, *, tabs: bool) -> Iterator[Line | Problem]:
    """The header line, then every row that has as many cells; what is not so is a problem.

    Args:
        stream: UTF-8, from its beginning.
        file: How places call it.
        tabs: Whether cells are separated by tabs; else the header line tells.
    """
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
    csv.field_size_limit(max(csv.field_size_limit(), MAX_FIELD))  # of the process, alas
    with io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text:
        try:
            yield from _lines(text, file, tabs=tabs)
        except UnicodeDecodeError:
            yield _not_utf8(stream, file)


def _lines(text: io.TextIOWrapper, file: str, *, tabs: bool) -> Iterator[Line | Problem]:
    first = text.readline(_LONGEST_HEADER)
    said = _SEPARATOR.fullmatch(first)
    before, lines = (1, text) if said else (0, _again(first, text))
    delimiter = said[1] if said else "\t" if tabs else delimiter_of(first)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    columns, named, begin = 0, 0, 1 + before
    try:
        for cells in reader:
            if not any(cells):
                pass
            elif not columns:
                names = [name.strip() for name in cells]
                columns = len(names)
                named = max(number for number, name in enumerate(names, 1) if name or number == 1)
                yield begin, names[:named]
            elif len(cells) != columns:
                yield _misshapen(file, begin, cells, columns)
            elif named < columns and any(cells[named:]):
                message = f"there is a value in column {named + 1}, which has no name"
                yield Problem("E205", message, Place(file, begin, named + 1))
            elif "\0" in "".join(cells):
                yield Problem("E203", "the row has a NUL character", Place(file, begin, 1), _NUL)
            else:
                yield begin, cells[:named] if named < columns else cells
            begin = reader.line_num + 1 + before
    except csv.Error as error:
        yield _broken(error, file, begin, reader.line_num + before)
    if not columns:
        yield Problem("E203", f"{file} is empty", Place(file, 1, 1), "it needs a header line")


def header_of(head: bytes) -> list[str]:
    """The column names in the first bytes of a file; none if that cannot be told."""
    try:
        text = head.decode("utf-8-sig", "ignore")
        first, _, rest = text.partition("\n")
        said = _SEPARATOR.fullmatch(first)
        delimiter = said[1] if said else delimiter_of(first)
        reader = csv.reader(io.StringIO(rest if said else text, newline=""), delimiter=delimiter)
        return [name.strip() for name in next((cells for cells in reader if any(cells)), [])]
    except csv.Error:
        return []


def _again(first: str, rest: Iterable[str]) -> Iterator[str]:
    yield first
    yield from rest


_SHORT = "fill in what is missing; an empty cell is nothing between two separators"
_SHOWN = 80
"""Characters of a row that are shown."""


def _misshapen(file: str, line: int, cells: list[str], columns: int) -> Problem:
    word = "field" if len(cells) == 1 else "fields"
    message = f"the row has {len(cells)} {word}, and the header has {columns}"
    hint = "a cell that holds the separator must be quoted" if len(cells) > columns else _SHORT
    place, row = Place(file, line, min(len(cells), columns) + 1), ",".join(cells)
    return Problem("E205", message, place, hint, row[:_SHOWN], 0)


def bad_header(
    file: str, line: int, header: list[str], *, repeats: bool = False
) -> Iterator[Problem]:
    for number, name in enumerate(header, 1):
        if not name:
            message = f"column {number} has no name"
            yield Problem("E203", message, Place(file, line, number), "name it in the header line")
        elif not repeats and name in header[: number - 1]:
            message = f'the column "{name}" is there twice'
            yield Problem("E203", message, Place(file, line, number), "rename one of them")


def delimiter_of(header: str) -> str:
    """`;` or a tab, where the header line has more of them than of commas."""
    return max(",;\t", key=lambda mark: (header.count(mark), mark == ","))


def _broken(error: csv.Error, file: str, begin: int, line: int) -> Problem:
    """What csv cannot read: from there on nothing is known of the file."""
    hint = 'a cell with a quote or a line break is written "like ""this"""'
    said = str(error)
    if "field larger" in said:
        said = f"a field has more than {MAX_FIELD >> 20} MiB: is a quote never closed?"
        return Problem("E204", said, Place(file, begin, 1), hint)
    if "unexpected end of data" in said:
        said = "a quote is never closed"
    elif "expected after" in said:
        said = "text stands behind a closing quote"
    if line > begin:
        hint = f"the row begins in line {begin}; {hint}"
    return Problem("E204", said, Place(file, line, 1), hint)


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
