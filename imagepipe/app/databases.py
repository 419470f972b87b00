"""Rows of a database or of Parquet files, asked for with DuckDB (the extra `duckdb`).

Read-only and confined: one SELECT, over the database and the files that the manifest names, and
nothing else. No other file, no network, no extension, no object of this process is in reach; the
settings that say so are locked before the query is carried out.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from imagepipe.errors import InputError, Problem

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

QUERY = "E209"
"""The code of a query that cannot be carried out."""

_AT_ONCE = 2_000
_READERS = {
    ".parquet": "read_parquet({path})",
    ".csv": "read_csv({path}, all_varchar = true)",
    ".tsv": "read_csv({path}, all_varchar = true, delim = '\\t')",
    ".json": "read_json({path})",
    ".jsonl": "read_json({path}, format = 'newline_delimited')",
    ".ndjson": "read_json({path}, format = 'newline_delimited')",
}
_SETTINGS: dict[str, Any] = {
    "allow_community_extensions": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,  # or a query could name variables of this program
    "temp_directory": "",
    "threads": 1,  # the same order every time, where a query asks for none
}


def answer(sql: str, database: Path | None, tables: Mapping[str, Path], into: BinaryIO) -> None:
    """Write what a query gives as lines of JSON with every scalar as a text.

    Args:
        sql: One SELECT.
        database: A DuckDB file, opened read-only; none for one in memory.
        tables: Files by the names that the query has for them.
        into: Takes the lines.

    Raises:
        InputError: DuckDB is not installed, a file is missing, or it refuses the query.
    """
    duckdb = _library()
    for path in (database, *tables.values()):
        if path is not None and not path.is_file():
            raise InputError(Problem("E201", f"no file {path.name}", None, _RELATIVE))
    try:
        statements = duckdb.extract_statements(sql)
        if [one.type for one in statements] != [duckdb.StatementType.SELECT]:
            hint = "as in SELECT sku, name FROM products"
            raise InputError(Problem(QUERY, "the query must be one SELECT", None, hint))
        with duckdb.connect(database or ":memory:", database is not None, _SETTINGS) as connection:
            _confine(connection, tables)
            _write(connection, sql, into)
    except duckdb.Error as error:
        said = str(error).partition("\n\n")[0].replace("\n", " ")
        raise InputError(Problem(QUERY, f"the query failed: {said}", None, _hint(said))) from error


_RELATIVE = "paths are relative to the manifest"


def _library() -> Any:  # noqa: ANN401 - a module
    try:
        import duckdb  # noqa: PLC0415 - late: half a second, and an extra
    except ImportError as error:
        message = "Parquet files and SQL need DuckDB, which is not installed"
        hint = "pip install 'imagepipe[duckdb]'"
        raise InputError(Problem(QUERY, message, None, hint)) from error
    return duckdb


def _hint(said: str) -> str | None:
    if "disabled by configuration" in said or "does not exist" in said:
        return "a query sees its `database` and the files under `tables`, and nothing else"
    return None


def _confine(connection: DuckDBPyConnection, tables: Mapping[str, Path]) -> None:
    """The named files as views, and every other door shut."""
    paths = [_quoted(str(path.resolve())) for path in tables.values()]
    connection.execute(f"SET allowed_paths = [{', '.join(paths)}]")
    connection.execute("SET enable_external_access = false")
    for (name, path), quoted in zip(tables.items(), paths, strict=True):
        reader = _READERS.get(path.suffix.lower())
        if reader is None:
            known = ", ".join(_READERS)
            message = f"{path.name}: a query reads files that end in {known}"
            raise InputError(Problem(QUERY, message))
        view = '"' + name.replace('"', '""') + '"'
        connection.execute(
            f"CREATE TEMP VIEW {view} AS SELECT * FROM {reader.format(path=quoted)}"  # noqa: S608 - quoted
        )
    connection.execute("SET lock_configuration = true")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _write(connection: DuckDBPyConnection, sql: str, into: BinaryIO) -> None:
    found = connection.execute(sql)
    names = [str(column[0]) for column in found.description or ()]
    for name in names:
        if names.count(name) > 1:
            hint = "name one of them otherwise: SELECT a.name, b.name AS brand"
            raise InputError(Problem(QUERY, f'the query has two columns "{name}"', None, hint))
    for row in _rows(found.fetchmany):
        fields = {name: text(value) for name, value in zip(names, row, strict=True)}
        into.write(json.dumps(fields, ensure_ascii=False).encode() + b"\n")


def _rows(fetch: Callable[[int], list[tuple[Any, ...]]]) -> Iterator[tuple[Any, ...]]:
    while rows := fetch(_AT_ONCE):
        yield from rows


def text(value: object) -> object:
    """A value of a database as a product's field: text, or lists and maps of it; NULL is none."""
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case bytes():
            return value.hex()
        case dict():
            return {str(name): text(member) for name, member in value.items()}
        case list() | tuple():
            return [text(item) for item in value]
        case _:
            return str(value)
