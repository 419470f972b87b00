"""The source that a manifest's `products` names: one file, several, a pattern, or a query.

A format that is not given is told by the file's name, then by its first bytes; a table with the
columns of a shop's export is read as that export.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import cast

from imagepipe.document import Document
from imagepipe.errors import Problem
from imagepipe.manifest.findings import Findings
from imagepipe.manifest.ports import Files, Query, start_of
from imagepipe.manifest.sources import (
    FileSource,
    Format,
    Inline,
    Queried,
    Several,
    Source,
    Which,
)
from imagepipe.model import Json

FORMATS: dict[str, Format] = {
    "csv": "csv", "tsv": "tsv", "tab": "tsv", "jsonl": "jsonl", "ndjson": "jsonl",
    "json": "json", "yaml": "yaml", "yml": "yaml", "parquet": "parquet", "xml": "google",
}  # fmt: skip
"""Formats by the ending of a file's name."""

_FIRST: dict[bytes, Format] = {b"[": "json", b"{": "jsonl", b"<": "google"}
_EXPORTS = ("shopify", "woocommerce", "google")
_PATTERN = re.compile(r"[*?\[]")
_PATH = ("products", "from")


class NamedSources:
    """Finds sources; what names none goes to the findings."""

    def __init__(self, document: Document, files: Files, findings: Findings) -> None:
        self._document = document
        self._files = files
        self._findings = findings

    def find(self, products: Mapping[str, Json]) -> Source:
        """The source of a map of `products` whose form the schema has checked."""
        named = products.get("from")
        if named is None:
            return Inline(self._document, ("products", "items"))
        if isinstance(named, dict):
            for key in ("format", "rows"):
                if key in products:
                    self._idle(key, "a query")
            return Queried(self._files, self._query(named), "query")
        given = cast("Format | None", products.get("format"))
        which: Which = "variants" if products.get("rows") == "variants" else "products"
        paths = list(dict.fromkeys(self._paths(named)))
        found = tuple(
            FileSource(self._files, path, given or told_format(self._files, path), which)
            for path in paths
        )
        plain = next((source for source in found if source.format not in _EXPORTS), None)
        if "rows" in products and plain is not None:
            self._idle("rows", plain.name)
        return found[0] if len(found) == 1 else Several(found)

    def _idle(self, key: str, what: str) -> None:
        """A key that would do nothing, and so is not what was meant."""
        whose = "the export of a shop" if key == "rows" else "files"
        message = f"`products.{key}` is for {whose}, and {what} is none"
        told = "`format` says whose export it is, where its columns do not"
        hint = told if key == "rows" else "leave it out"
        problem = self._document.problem("E107", message, ("products", key), key=True, hint=hint)
        self._findings.add(problem)

    @staticmethod
    def _query(named: Mapping[str, Json]) -> Query:
        database = named.get("database")
        tables = cast("Mapping[str, Json]", named.get("tables", {}))
        return Query(
            str(named["sql"]),
            None if database is None else str(database),
            {name: str(path) for name, path in tables.items()},
        )

    def _paths(self, named: Json) -> Iterator[str]:
        if not isinstance(named, list):
            yield from self._matches(str(named), _PATH)
            return
        for number, entry in enumerate(named):
            yield from self._matches(str(entry), (*_PATH, number))

    def _matches(self, path: str, place: tuple[str | int, ...]) -> list[str]:
        """A file that is called so, else those that a pattern matches."""
        if not _PATTERN.search(path) or self._is_there(path):
            return [path]
        try:
            matches = self._files.glob(path)
        except ValueError as error:
            self._add(f"{path}: {error}", place, "a pattern stays in the manifest's folder")
            return []
        if not matches:
            self._add(f"no file matches {path}", place, "patterns begin at the manifest")
        return matches

    def _is_there(self, path: str) -> bool:
        try:
            start_of(self._files, path)
        except (OSError, ValueError):
            return False
        return True

    def _add(self, message: str, place: tuple[str | int, ...], hint: str) -> None:
        problem: Problem = self._document.problem("E201", message, place, hint=hint)
        self._findings.add(problem)


def told_format(files: Files, path: str) -> Format:
    """The format by the file's name, else by its first bytes."""
    by_name = FORMATS.get(path.rpartition(".")[2].lower())
    if by_name not in (None, "csv", "tsv"):
        return by_name
    try:
        head = start_of(files, path)
    except OSError:
        return by_name or "csv"  # reading it will say what is wrong, at the time
    if by_name is None:
        if head.startswith(b"PAR1"):
            return "parquet"
        first = _FIRST.get(head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1])
        if first is not None:
            return first
    from imagepipe.manifest.exports import export_of  # noqa: PLC0415 - late: for tables only
    from imagepipe.manifest.tables import header_of  # noqa: PLC0415 - late: likewise

    return export_of(header_of(head)) or by_name or "csv"
