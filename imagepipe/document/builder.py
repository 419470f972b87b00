"""From text to nodes over libyaml's events, refusing what would cost time or surprise people.

The events are consumed one by one and nothing recurses, so depth, size and alias bombs are refused
while they are read. Mistakes that leave the structure readable are collected, so that a person
sees all of them at once; libyaml itself stops at its first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from imagepipe.document.nodes import Document, Mapping, Mark, Node, Plain, Sequence
from imagepipe.document.pairs import (
    JSON_BEGINS,
    NO_KEYS,
    UNREADABLE_KEY,
    Event,
    is_json,
    read_pairs,
)
from imagepipe.document.syntax import decoded, quoting_hint, reworded, too_deep
from imagepipe.errors import InputError, Problem

MAX_BYTES = 10 * 2**20
MAX_DEPTH = 64
MAX_NODES = 1_000_000
MAX_ALIASES = 1_000
MAX_EXPANDED = 1_000_000
"""Nodes that all aliases together stand for: what a walk over the tree would visit in addition."""

_MAX_PROBLEMS = 100
_DEEP = f"nested more than {MAX_DEPTH} levels deep"
_LOADER = getattr(yaml, "CLoader", yaml.Loader)


def parse(text: str | bytes, file: str) -> Document:
    """The document in `text`; `file` is how messages call it.

    Raises:
        InputError: E100 it is no YAML, E101 no UTF-8 text, E102 too big, E103 a key is given twice,
            E108 a feature that is not read (tags, merge keys, several documents), E109 a text that
            needs quotes, E111 there is nothing in it.
    """
    if len(text) > MAX_BYTES:
        message = f"the file has more than {MAX_BYTES >> 20} MiB"
        raise InputError(Document(file, "", "").at("E102", message, (1, 1)))
    document = Document(file, "", decoded(text, file))
    builder = _Builder(document)
    try:
        loader = _LOADER(document.text)
        try:
            builder.consume(iter(loader.get_event, None))
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        builder.add_syntax(error)
    if builder.problems:
        raise InputError(*sorted(builder.problems, key=_position))
    if builder.root is None:
        hint = "a document is a list of `key: value` lines"
        raise InputError(document.at("E111", "the file is empty", (1, 1), hint=hint))
    return Document(file, builder.root, document.text, builder.start)


def _position(problem: Problem) -> tuple[int, int]:
    return (problem.place.line, problem.place.column) if problem.place else (0, 0)


class _Enough(Exception):
    """No more of the text is worth reading: the problem is recorded."""


class _Builder:
    """One pass over the events of one document; `root` is its tree afterwards."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self.root: Node | None = None
        self.start: Mark = (1, 1)
        self._open: list[tuple[Mapping | Sequence, str | None, Mark, str | None, int, bool]] = []
        self._top: Mapping | Sequence | None = None
        self._key: str | None = None
        self._key_mark: Mark = (1, 1)
        self._anchors: dict[str, tuple[Node, int] | None] = {}
        self._aliases = self._nodes = self._stood_for = self._documents = 0

    def consume(self, events: Iterator[Event]) -> None:
        scalar, alias, begin, end = self._scalar, self._alias, self._begin, self._end
        event = next(events, None)
        try:
            while event is not None:
                kind = type(event)  # an event has no subclasses, and there may be a million
                if kind is ScalarEvent:
                    scalar(event)
                elif kind is MappingStartEvent:
                    begin(event)
                    event = self._pairs(events)
                    continue
                elif kind is SequenceStartEvent:
                    begin(event)
                elif kind is MappingEndEvent or kind is SequenceEndEvent:
                    end()
                elif kind is AliasEvent:
                    alias(event)
                elif kind is DocumentStartEvent:
                    self._document(event)
                event = next(events, None)
        except _Enough:
            pass

    def _pairs(self, events: Iterator[Event]) -> Event | None:
        """Read the pairs of texts that a map begins with; returns the event after them."""
        top, room = cast("Mapping", self._top), MAX_NODES - self._nodes
        event, self._key, self._key_mark, texts = read_pairs(top, events, room)
        self._nodes += texts
        return event

    def add_syntax(self, error: yaml.YAMLError) -> None:
        """Libyaml's own complaint, unless it only follows from one that is already known."""
        if "nesting depth" in str(error):  # it looks ahead, and may stop before an event is seen
            where = too_deep(self.document, error, MAX_DEPTH - sum(not of[-1] for of in self._open))
            self.problems.append(self.document.at("E102", _DEEP, where))
            return
        problem = reworded(error, self.document)
        line = problem.place.line if problem.place else 0
        if not any(known.place and known.place.line == line for known in self.problems):
            self.problems.append(problem)

    def _problem(self, code: str, message: str, mark: Mark, hint: str | None = None) -> None:
        self.problems.append(self.document.at(code, message, mark, hint=hint))
        if len(self.problems) >= _MAX_PROBLEMS:
            raise _Enough

    def _refuse(self, code: str, message: str, mark: Mark, hint: str | None = None) -> None:
        self._problem(code, message, mark, hint)
        raise _Enough

    def _document(self, event: Event) -> None:
        self._documents += 1
        if self._documents > 1:
            hint = "put the second part into a file of its own"
            self._refuse("E108", "a second document begins here (`---`)", _mark(event), hint)

    def _scalar(self, event: Event) -> None:
        mark = event.start_mark
        where = (mark.line + 1, mark.column + 1)
        value, plain = event.value, event.implicit[0]
        if plain:
            if value[:1] in JSON_BEGINS and is_json(value):
                value = Plain(value)
                if not value:
                    self._look_at_empty(where)
        elif event.tag is not None:
            self._tagged(event.tag, where)
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._too_many(where)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        top, key = self._top, self._key
        if type(top) is not Mapping:
            self._attach(value, where)
        elif key is None:
            self._take_key(value, where, plain=plain)
        elif not value or key in top or key == UNREADABLE_KEY:
            self._attach(value, where)
        else:  # as `_attach` does, for what nearly all values are
            self._key = None
            top[key] = value
            top.marks[key] = (self._key_mark, where)

    def _begin(self, event: Event) -> None:
        where = _mark(event)
        node = Mapping() if isinstance(event, MappingStartEvent) else Sequence()
        if isinstance(node, Mapping):
            node.marks, node.flow = {}, event.flow_style
        else:
            node.marks = []
        if event.tag is not None:
            self._tagged(event.tag, where)
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._too_many(where)
        if len(self._open) >= MAX_DEPTH:
            self._refuse("E102", _DEEP, where)
        if self._key is None and type(self._top) is Mapping:
            self._bad_key(where)
        else:
            self._attach(node, where)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        expanded = self._nodes + self._stood_for
        held = (node, self._key, self._key_mark, event.anchor, expanded, event.flow_style)
        self._open.append(held)
        self._top, self._key = node, None

    def _end(self) -> None:
        node, key, self._key_mark, anchor, before, _ = self._open.pop()
        if anchor is not None:
            self._anchors[anchor] = (node, self._nodes + self._stood_for - before + 1)
        self._top = self._open[-1][0] if self._open else None
        self._key = key

    def _alias(self, event: Event) -> None:
        where, name = _mark(event), event.anchor
        known = self._anchors.get(name)
        if known is None:
            what = "refers to itself" if name in self._anchors else "has no anchor"
            hint = f'a value that begins with * must be quoted: "*{name}"'
            self._problem("E109", f"the alias *{name} {what}", where, hint)
            known = (name, 1)
        self._aliases += 1
        self._stood_for += known[1]
        if self._aliases > MAX_ALIASES:
            self._refuse("E102", f"more than {MAX_ALIASES:,} aliases", where)
        if self._stood_for > MAX_EXPANDED:
            self._refuse("E102", f"aliases stand for more than {MAX_EXPANDED:,} values", where)
        if self._key is None and type(self._top) is Mapping:
            self._bad_key(where)
            self._key = UNREADABLE_KEY
        else:
            self._attach(known[0], where)

    def _too_many(self, where: Mark) -> None:
        self._refuse("E102", f"more than {MAX_NODES:,} values", where)

    def _take_key(self, key: str, where: Mark, *, plain: bool) -> None:
        if plain and key in NO_KEYS:
            self._no_key(key, where)
        self._key, self._key_mark = str(key), where

    def _no_key(self, key: str, where: Mark) -> None:
        if key:
            hint = "write the fields out, or put what several entries share into `defaults`"
            self._problem("E108", "merge keys (<<) are not read", where, hint)
        else:
            self._problem("E108", "a key is missing before the colon", where)

    def _bad_key(self, where: Mark) -> None:
        line = self.document.line(where[0])
        if line[max(0, where[1] - 2) : where[1]] == "{{":
            first = (where[0], where[1] - 1)
            hint = quoting_hint(line)
            self._problem("E109", "a value that begins with {{ must be quoted", first, hint)
        else:
            self._problem("E108", "a key must be a text, not a list, a map or an alias", where)
        self._key = UNREADABLE_KEY

    def _attach(self, value: Node, where: Mark) -> None:
        top = self._top
        if type(top) is Mapping:
            key = self._key or ""
            self._key = None
            if key in top:
                self._twice(top, key)
            elif not value and top.flow and ":" in key:
                self._glued(key, value)
            if key != UNREADABLE_KEY:
                top[key] = value
                top.marks[key] = (self._key_mark, where)
        elif type(top) is Sequence:
            top.append(value)
            top.marks.append(where)
        else:
            self.root, self.start = value, where

    def _twice(self, top: Mapping, key: str) -> None:
        first = top.marks[key][0]
        message = f'the key "{key}" is given twice; the first is in line {first[0]}'
        self._problem("E103", message, self._key_mark)

    def _glued(self, key: str, value: Node) -> None:
        """`{a:1}` is one key without a value in YAML, which nobody means."""
        line, column = self._key_mark
        if type(value) is Plain and self.document.line(line)[column - 1 : column] not in "\"'":
            name, _, rest = key.partition(":")
            hint = f"write {{{name}: {rest}}}, or quote the text"
            self._problem("E109", f'"{key}" needs a space after the colon', self._key_mark, hint)

    def _look_at_empty(self, where: Mark) -> None:
        """`color: #fff` is an empty value and a comment in YAML; a comment has a space after #."""
        rest = self.document.line(where[0])[where[1] - 1 :]
        found = re.match(r"\s+(#[^\s#!]\S*)", rest)
        if found and (self._key is not None or type(self._top) is Sequence):
            hint = f'quote it: "{found.group(1)}" (a comment has a space after #)'
            mark = (where[0], where[1] + found.start(1))
            self._problem("E109", "# begins a comment here, so the value is empty", mark, hint)

    def _tagged(self, tag: str, where: Mark) -> None:
        shown = tag.replace("tag:yaml.org,2002:", "!!")
        hint = "remove it; numbers and texts are told apart by where they stand"
        self._problem("E108", f"tags such as {shown} are not read", where, hint)


def _mark(event: Event) -> Mark:
    return (event.start_mark.line + 1, event.start_mark.column + 1)
