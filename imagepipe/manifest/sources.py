"""Where products come from: a list in the manifest, files, or a query, read as a stream of rows.

A row is text by field name (lists and maps where JSON, YAML or a shop's export has them) and knows
its place. What cannot be read comes out in the stream too, as a problem, so that one bad row hides
no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from imagepipe.document import Document, Mapping, Mark, Node, Sequence, parse, suggestion
from imagepipe.errors import InputError, Place, Problem
from imagepipe.manifest.columns import FurtherNames
from imagepipe.manifest.ports import Files, Query

Fields: TypeAlias = "dict[str, object]"
Format: TypeAlias = Literal[
    "csv", "tsv", "jsonl", "json", "yaml", "parquet", "shopify", "woocommerce", "google"
]
Which: TypeAlias = Literal["products", "variants"]
"""What a row of a shop's export becomes: its product, or a product of its own."""

MAX_FIELD = 16 * 2**20
"""Characters in one field. What a template makes of it has far fewer."""


@dataclass(slots=True)
class Row:
    """One product as it was written; not frozen, for speed alone.

    `line` is where it begins. `marks` are the places of fields where they are known, `columns`
    their numbers, where these do not follow from their order. `key` names the product where the
    manifest does not say what does.
    """

    file: str
    line: int
    fields: Fields
    marks: AnyMapping[str, tuple[Mark, Mark]] | None = None
    columns: AnyMapping[str, int] | None = None
    key: str | None = None

    def problem(
        self, code: str, message: str, field: str | None = None, hint: str | None = None
    ) -> Problem:
        """A problem in this row, in one of its fields if that is known."""
        if self.marks is not None:
            mark = self.marks[field][1] if field and field in self.marks else (self.line, 1)
            return Problem(code, message, Place(self.file, *mark), hint)
        names = [*self.fields]
        columns = self.columns or {name: n for n, name in enumerate(names, 1)}
        column = columns.get(field, 1) if field is not None else 1
        if self.columns and field in columns:
            field = names[column - 1]  # as the file calls it
        where = f'column "{field}"' if field is not None else None
        return Problem(code, message, Place(self.file, self.line, column), hint, where=where)


Rows: TypeAlias = "Iterator[Row | Problem]"


@dataclass(frozen=True, slots=True)
class Inline:
    """Products that the manifest itself lists."""

    document: Document
    path: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.document.file

    def __len__(self) -> int:
        return len(self._node())

    def rows(self) -> Rows:
        return _mapped(self._node(), self.document.file)

    def _node(self) -> Sequence:
        node = self.document.root
        for part in self.path:
            node = node[part] if isinstance(node, Mapping) else node
        return node if isinstance(node, Sequence) else Sequence()


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file of products."""

    files: Files
    path: str
    format: Format
    which: Which = "products"

    @property
    def name(self) -> str:
        return "standard input" if self.path == "-" else self.path

    def rows(self) -> Rows:
        try:
            yield from self._read()
        except IsADirectoryError:
            yield Problem("E201", f"{self.name} is a folder: name a file of products")
        except FileNotFoundError:
            hint = "`products.from` is relative to the manifest"
            near = suggestion(self.path, self.files.glob("*"))
            yield Problem("E201", f"no file {self.name}{near}", None, hint)
        except OSError as error:
            yield Problem("E201", f"cannot read {self.name}: {error.strerror or error}")
        except InputError as error:
            yield from error.problems

    def _read(self) -> Rows:
        from imagepipe.manifest import exports, jsons, tables  # noqa: PLC0415 - late: few need all

        match self.format:
            case "yaml":
                yield from _of_yaml(self.files.read(self.path), self.name)
            case "parquet":
                yield from Queried(self.files, Query.of_file(self.path), self.name).rows()
            case "shopify" | "woocommerce" | "google":
                yield from exports.rows(self.format, self.files, self.path, self.name, self.which)
            case "json" | "jsonl":
                read = jsons.rows_of_json if self.format == "json" else jsons.rows_of_lines
                with self.files.open(self.path) as stream:
                    yield from read(stream, self.name)
            case "csv" | "tsv":
                with self.files.open(self.path) as stream:
                    tabs = self.format == "tsv"
                    yield from tables.rows_of_table(stream, self.name, tabs=tabs)


@dataclass(frozen=True, slots=True)
class Queried:
    """What a database answers; a row's line is its number."""

    files: Files
    query: Query
    name: str

    def rows(self) -> Rows:
        from imagepipe.manifest import jsons  # noqa: PLC0415 - late: few need it

        try:
            with self.files.select(self.query) as stream:
                yield from jsons.rows_of_lines(stream, self.name)
        except InputError as error:
            yield from error.problems


@dataclass(frozen=True, slots=True)
class Several:
    """Sources one after another."""

    sources: tuple[FileSource, ...]

    @property
    def name(self) -> str:
        return ", ".join(source.name for source in self.sources[:3])

    def rows(self) -> Rows:
        for source in self.sources:
            yield from source.rows()


Source: TypeAlias = Inline | FileSource | Queried | Several


def _of_yaml(text: bytes, file: str) -> Rows:
    root = parse(text, file).root
    if not isinstance(root, Sequence):
        yield Problem("E202", f"{file} must be a list of products", Place(file, 1, 1))
        return
    yield from _mapped(root, file)


def _mapped(items: Sequence, file: str) -> Rows:
    further = FurtherNames()
    for item, mark in zip(items, items.marks, strict=True):
        if isinstance(item, Mapping):
            texts = {name: one if type(one) is str else _plain(one) for name, one in item.items()}
            yield Row(file, mark[0], further.add(texts), item.marks)
        else:
            message = "a product must be a map of fields"
            yield Problem("E202", message, Place(file, *mark), "write {sku: ..., name: ...}")


def _plain(node: Node) -> object:
    """Texts as `str`, so that templates meet no class of ours."""
    if isinstance(node, Mapping):
        return {key: _plain(value) for key, value in node.items()}
    return [_plain(item) for item in node] if isinstance(node, Sequence) else str(node)
