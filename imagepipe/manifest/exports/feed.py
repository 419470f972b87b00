"""A product feed in XML (RSS 2.0, RSS 1.0 or Atom, with Google's `g:` elements) as rows.

Read by expat as it comes, one item at a time. A document type is refused before it is read, and
with it every entity but XML's own five; nothing is ever fetched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from imagepipe.document import Mark
from imagepipe.errors import Place, Problem
from imagepipe.manifest.sources import MAX_FIELD, Fields, Row, Rows

GOOGLE = "http://base.google.com/ns/1.0"
_ITEMS = frozenset({"item", "entry"})
_CHUNK = 64 * 1024
_MAX_DEPTH = 32
_MAX_ELEMENTS = 10_000
_MAX_TAG = 1024 * 1024
"""Bytes of one tag or comment: expat before 2.6 reads it anew with every chunk."""


class _Refused(Exception):
    """The feed has what a feed has no need of."""


@dataclass(slots=True)
class _Element:
    name: str
    is_google: bool
    mark: Mark
    texts: list[str] = field(default_factory=list)
    members: list[_Element] = field(default_factory=list)

    @property
    def value(self) -> object:
        """Its text, or its members by name."""
        if not self.members:
            return "".join(self.texts).strip()
        return _fields(self.members)[0]


def rows_of_feed(stream: BinaryIO, file: str) -> Rows:
    """One row for each item, by the local names of its elements; repeated ones are lists."""
    reader = _Reader(file)
    try:
        while chunk := stream.read(_CHUNK):
            reader.feed(chunk)
            yield from reader.taken()
        reader.parser.Parse(b"", True)
        yield from reader.taken()
    except expat.ExpatError as error:
        yield from reader.taken()
        place = Place(file, error.lineno, error.offset + 1)
        hint = "a feed is well-formed XML: an & in it, also in an address, is written &amp;"
        yield Problem("E204", f"not XML: {expat.ErrorString(error.code)}", place, hint)
    except (LookupError, ValueError) as error:  # of an encoding that Python does not know
        yield Problem("E203", f"{file} cannot be read: {error}", Place(file, 1, 1), "use UTF-8")
    except _Refused as error:
        yield from reader.taken()
        yield Problem("E204", str(error), Place(file, *reader.mark))


class _Reader:
    """Builds the item that is being read, and nothing else."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._rows: list[Row] = []
        self._open: list[_Element] = []
        self._depth = 0
        self._size = 0
        self._elements = 0
        self._fed = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype

    @property
    def mark(self) -> Mark:
        return self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1

    def feed(self, chunk: bytes) -> None:
        self.parser.Parse(chunk, False)
        self._fed += len(chunk)
        if self._fed - self.parser.CurrentByteIndex > _MAX_TAG:
            raise _Refused(f"a tag or a comment has more than {_MAX_TAG >> 20} MiB")

    def taken(self) -> Iterator[Row]:
        """The rows that are complete."""
        rows, self._rows = self._rows, []
        yield from rows

    def _doctype(self, *_: object) -> None:
        raise _Refused("a feed needs no <!DOCTYPE ...>, and its entities are not read: remove it")

    def _start(self, tag: str, _attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise _Refused(f"nested more than {_MAX_DEPTH} levels deep")
        space, _, name = tag.rpartition(" ")
        if self._open or name in _ITEMS:
            self._elements += 1
            if self._elements > _MAX_ELEMENTS:
                raise _Refused(f"an item has more than {_MAX_ELEMENTS:,} elements")
            element = _Element(name, space == GOOGLE, self.mark)
            if self._open:
                self._open[-1].members.append(element)
            self._open.append(element)

    def _text(self, text: str) -> None:
        if self._open:
            self._size += len(text)
            if self._size > MAX_FIELD:
                raise _Refused(f"an item has more than {MAX_FIELD >> 20} MiB")
            self._open[-1].texts.append(text)

    def _end(self, _tag: str) -> None:
        self._depth -= 1
        if self._open and len(self._open) == 1:
            item = self._open.pop()
            fields, marks = _fields(item.members)
            self._rows.append(Row(self.file, item.mark[0], fields, marks))
            self._size = self._elements = 0
        elif self._open:
            self._open.pop()


def _fields(members: list[_Element]) -> tuple[Fields, dict[str, tuple[Mark, Mark]]]:
    """Values by name: where there are both, Google's own element counts and not RSS's."""
    google = {element.name for element in members if element.is_google}
    fields: Fields = {}
    marks: dict[str, tuple[Mark, Mark]] = {}
    for element in members:
        name = element.name
        if not element.is_google and name in google:
            continue
        if name not in fields:
            fields[name] = element.value
            marks[name] = (element.mark, element.mark)
        else:
            known = fields[name]
            if not isinstance(known, list):
                known = fields[name] = [known]
            known.append(element.value)
    return fields, marks
