"""An export as it lies in its file: rows by column, and where in a row a shop's own terms are.

Knows tables and XML, and nothing of how rows belong together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from imagepipe.errors import Place, Problem
from imagepipe.manifest.columns import aliases, numbered
from imagepipe.manifest.exports.feed import rows_of_feed
from imagepipe.manifest.ports import Files, start_of
from imagepipe.manifest.sources import Fields, Row, Rows
from imagepipe.manifest.tables import bad_header, lines_of_table

APART = "E210"
"""The code of rows that belong together and cannot be joined."""

_COMMA = re.compile(r"(?<!\\),")


@dataclass(frozen=True, slots=True)
class Raw:
    """One file. With `repeats` a column may be there several times: its cells are a list then."""

    files: Files
    path: str
    name: str
    repeats: bool

    def rows(self) -> Rows:
        """Every row, from the beginning: may be called again.

        Raises:
            OSError: the file cannot be read.
        """
        if start_of(self.files, self.path).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
            with self.files.open(self.path) as stream:
                yield from rows_of_feed(stream, self.name)
            return
        with self.files.open(self.path) as stream:
            header: list[str] | None = None
            for line in lines_of_table(stream, self.name, tabs=False):
                if isinstance(line, Problem):
                    yield line
                elif header is None:
                    header = line[1]
                    yield from bad_header(self.name, *line, repeats=self.repeats)
                elif self.repeats:
                    yield Row(self.name, line[0], _gathered(header, line[1]))
                else:
                    yield Row(self.name, line[0], dict(zip(header, line[1], strict=True)))


def _gathered(header: list[str], cells: list[str]) -> Fields:
    """Cells by column; those of a column that is there several times as a list."""
    fields: Fields = {}
    for name, cell in zip(header, cells, strict=True):
        known = fields.get(name)
        if known is None:
            fields[name] = cell
        elif cell:
            several = known if isinstance(known, list) else [known] if known else []
            fields[name] = [*several, cell] if several else cell
    return fields


class Terms:
    """A shop's terms, such as `sku`, by the columns that one of its templates has for them.

    Args:
        columns: The column names of a file.
        known: For each term the names that templates give its column, in lower case.
    """

    def __init__(self, columns: Iterable[str], known: Mapping[str, tuple[str, ...]]) -> None:
        names = [*columns]
        by_lower = {name.lower(): name for name in reversed(names)}
        self.columns = {
            term: by_lower[name]
            for term, options in known.items()
            for name in options[::-1]
            if name in by_lower
        }
        self.further = aliases(names)
        self.numbers = numbered(names, (self.further | self.columns).items())

    def has(self, term: str) -> bool:
        return term in self.columns

    def text(self, row: Row, term: str) -> str:
        """A cell without white space around it; empty where there is no such column."""
        column = self.columns.get(term)
        value = row.fields.get(column) if column is not None else None
        return value.strip() if isinstance(value, str) else ""

    def fields(self, row: Row, terms: Iterable[str] = ()) -> Fields:
        """All cells of a row: by column, by the column's field name, and by the given terms."""
        cells = row.fields
        found = dict(cells)
        for name, column in self.further.items():
            found[name] = cells.get(column, "")
        for term in terms:
            if term in self.columns:
                found[term] = self.text(row, term)
        return found

    def lacking(self, file: str, needed: Iterable[str], what: str) -> Problem | None:
        """The problem of a file that is no such export."""
        missing = next((term for term in needed if term not in self.columns), None)
        if missing is None:
            return None
        message = f"{file} is no {what}: it has no column for {missing}"
        hint = "leave `format` out, or write format: csv to read it as any table"
        return Problem("E211", message, Place(file, 1, 1), hint)


def unique(values: Iterable[str]) -> list[str]:
    """Without empty and repeated values, in order."""
    return list(dict.fromkeys(value for value in values if value))


def listed(text: str) -> list[str]:
    r"""The values of a list with commas; `\,` is a comma within one."""
    return unique(part.strip().replace("\\,", ",") for part in _COMMA.split(text))


def total(texts: Iterable[str]) -> str:
    """The sum of whole numbers as a text; empty if they are not all such."""
    try:
        return str(sum(int(text) for text in texts))
    except ValueError:
        return ""
