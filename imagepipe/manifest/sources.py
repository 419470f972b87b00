"""Where products come from: a list in the manifest, or a file, read as a stream of rows.

A row is text by field name (lists and maps where JSON or YAML has them) and knows its place. What
cannot be read comes out in the stream too, as a problem, so that one bad row hides no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

from imagepipe.document import Document, Mapping, Mark, Node, Sequence, parse
from imagepipe.errors import InputError, Place, Problem
from imagepipe.manifest.ports import Files

Fields: TypeAlias = "dict[str, object]"
MAX_FIELD = 64 * 1024
"""Characters in one field."""

FORMATS = {
    "csv": "csv", "tsv": "tsv", "tab": "tsv", "jsonl": "jsonl", "ndjson": "jsonl", "json": "json",
    "yaml": "yaml", "yml": "yaml",
}  # fmt: skip


@dataclass(slots=True)
class Row:
    """One product as it was written. `line` is where it begins; not frozen, for speed alone."""

    file: str
    line: int
    fields: Fields
    marks: dict[str, tuple[Mark, Mark]] | None = None

    def problem(
        self, code: str, message: str, field: str | None = None, hint: str | None = None
    ) -> Problem:
        """A problem in this row, in one of its fields if that is known."""
        if self.marks is not None:
            mark = self.marks[field][1] if field in self.marks else (self.line, 1)
            return Problem(code, message, Place(self.file, *mark), hint)
        names = list(self.fields)
        column = names.index(field) + 1 if field in names else 1
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
    """A file of products. `format` is one of the values of `FORMATS`."""

    files: Files
    path: str
    format: str

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
            yield Problem("E201", f"no file {self.name}", None, hint)
        except OSError as error:
            yield Problem("E201", f"cannot read {self.name}: {error.strerror or error}")
        except InputError as error:
            yield from error.problems

    def _read(self) -> Rows:
        from imagepipe.manifest import jsons, tables  # noqa: PLC0415 - late: few need both

        if self.format == "yaml":
            yield from _of_yaml(self.files.read(self.path), self.name)
            return
        with self.files.open(self.path) as stream:
            if self.format == "json":
                yield from jsons.rows_of_json(stream, self.name)
            elif self.format == "jsonl":
                yield from jsons.rows_of_lines(stream, self.name)
            else:
                yield from tables.rows_of_table(stream, self.name, tabs=self.format == "tsv")


Source: TypeAlias = Inline | FileSource


def guessed_format(path: str, stream: BinaryIO) -> str:
    """The format by the file's name, else by its first character."""
    by_name = FORMATS.get(path.rpartition(".")[2].lower())
    if by_name:
        return by_name
    first = stream.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return {b"[": "json", b"{": "jsonl"}.get(first, "csv")


def _of_yaml(text: bytes, file: str) -> Rows:
    root = parse(text, file).root
    if not isinstance(root, Sequence):
        yield Problem("E202", f"{file} must be a list of products", Place(file, 1, 1))
        return
    yield from _mapped(root, file)


def _mapped(items: Sequence, file: str) -> Rows:
    for item, mark in zip(items, items.marks, strict=True):
        if isinstance(item, Mapping):
            fields = {key: _plain(value) for key, value in item.items()}
            yield Row(file, mark[0], fields, item.marks)
        else:
            message = "a product must be a map of fields"
            yield Problem("E202", message, Place(file, *mark), "write {sku: ..., name: ...}")


def _plain(node: Node) -> object:
    """Texts as `str`, so that templates meet no class of ours."""
    if isinstance(node, Mapping):
        return {key: _plain(value) for key, value in node.items()}
    return [_plain(item) for item in node] if isinstance(node, Sequence) else str(node)
