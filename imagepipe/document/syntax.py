"""YAML's own complaints in words that say what to write instead, and text that is no YAML at all.

Libyaml and the pure parser word the same mistake differently, so both are matched loosely; what is
not recognised is passed on as the parser said it.
"""

from __future__ import annotations

import re

import yaml
from yaml.reader import ReaderError

from imagepipe.document.nodes import Document, Mark
from imagepipe.errors import InputError, Problem

_CONTROL = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
"""Characters that YAML does not have; compiled (4 ms) only for texts that have more than ASCII."""

_ASCII_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BRACKET = re.compile(r"[\[\]{}]")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def decoded(text: str | bytes, file: str) -> str:
    """UTF-8 without its byte order mark, free of characters that YAML does not have.

    Raises:
        InputError: E101, with the place of the first offending byte or character.
    """
    if isinstance(text, bytes):
        text = _from_bytes(text, file)
    text = text.removeprefix("\ufeff")
    found = _ASCII_CONTROL.search(text) if text.isascii() else re.search(_CONTROL, text)
    if found:
        name = f"U+{ord(found.group()):04X}"
        hint = "remove it, or write it as an escape in double quotes"
        where = _mark_of(text[: found.start()])
        document = Document(file, "", re.sub(_CONTROL, "\ufffd", text))
        raise InputError(
            document.at("E101", f"the character {name} is not allowed", where, hint=hint)
        )
    return text


def _from_bytes(data: bytes, file: str) -> str:
    if data.startswith(_UTF16) or data[1:2] == b"\0" or data[:1] == b"\0":
        message = "the file is UTF-16 or UTF-32; save it as UTF-8"
        raise InputError(Document(file, "", "").at("E101", message, (1, 1)))
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        document = Document(file, "", data.decode(errors="replace"))
        where = _mark_of(data[: error.start].decode())
        byte = f"0x{data[error.start]:02x}"
        hint = "save the file as UTF-8 (it may be Latin-1 or Windows-1252 now)"
        raise InputError(
            document.at("E101", f"the byte {byte} is not UTF-8", where, hint=hint)
        ) from error


def _mark_of(before: str) -> Mark:
    lines = f"{before}.".splitlines()
    return len(lines), len(lines[-1])


def reworded(error: yaml.YAMLError, document: Document) -> Problem:
    """One problem for what the parser said, at the place where a person has to write something."""
    if isinstance(error, ReaderError):  # the pure parser's; ours has looked before
        return document.at("E101", str(error.reason), (1, 1))
    if (merged := _merged(document)) is not None:
        return merged
    said = str(getattr(error, "problem", None) or error)
    doing = str(getattr(error, "context", None) or "")
    where = _mark(getattr(error, "problem_mark", None))
    began = _mark(getattr(error, "context_mark", None)) if doing else where
    return _quoting(document, said, doing, where, began) or _other(
        document, said, doing, where, began
    )


def _merged(document: Document) -> Problem | None:
    """Marks that a merge has left, which YAML would complain of in words of its own."""
    for number, line in enumerate(document.text.splitlines(), 1):
        if line.startswith("<<<<<<< "):
            hint = "keep one of them, and delete the lines that begin with <, = and >"
            return document.at("E100", "a merge left two versions here", (number, 1), hint=hint)
    return None


def too_deep(document: Document, error: yaml.YAMLError, level: int) -> Mark:
    """The bracket that opens level `level` + 1 of those around the place of an error."""
    line, column = _mark(getattr(error, "problem_mark", None))
    opened: list[Mark] = []
    for number in range(1, line + 1):
        text = document.line(number)
        for found in _BRACKET.finditer(text[: column - 1] if number == line else text):
            if found.group() in "[{":
                opened.append((number, found.start() + 1))
            elif opened:
                opened.pop()
    return opened[level] if level < len(opened) else (line, column)


def _mark(mark: yaml.Mark | None) -> Mark:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _quoting(document: Document, said: str, doing: str, where: Mark, began: Mark) -> Problem | None:
    """Mistakes that quotes mend."""
    line = document.line(where[0])
    if "an alias" in doing:
        start, text = _item(document.line(began[0]), began[1])
        message, hint = "a value that begins with * must be quoted", f'write "{text}"'
        return document.at("E109", message, (began[0], start), hint=hint)
    braces = _unquoted(line, "{{")
    if braces and "quoted scalar" not in doing:
        message = "a value that begins with {{ must be quoted"
        return document.at("E109", message, (where[0], braces), hint=quoting_hint(line))
    dollar = _unquoted(line, "${")
    if dollar and "flow" in doing:
        message = "a value with ${ must be quoted inside { } and [ ]"
        return document.at(
            "E109", message, (where[0], dollar), hint=f'write "{_upto(line, dollar)}"'
        )
    if "mapping values are not allowed" in said:
        return _second_colon(document, where, line)
    if "cannot start any token" in said:
        return _first_character(document, where, line)
    if re.search(r"escape|hexadecimal|hexdecimal", said):
        hint = r"use single quotes, or write \\ for one backslash"
        return document.at("E109", r"\ begins an escape in double quotes", where, hint=hint)
    return None


def _second_colon(document: Document, where: Mark, line: str) -> Problem:
    found = re.match(r"\s*(?:- )*([^\s:#][^:#]*): +([^'\"\s].*)$", line)
    if found and found.start(2) < where[1]:
        text = found.group(2).replace("\\", "\\\\").replace('"', '\\"')
        hint = f'quote the text: {found.group(1)}: "{text}"'
        return document.at("E109", "a text with `: ` in it must be quoted", where, hint=hint)
    before = document.line(where[0] - 1)
    glued = re.match(r"\s*(?:- )*([\w-]+):(\S.*)$", before)
    if glued:
        hint = f"write {glued.group(1)}: {glued.group(2)}"
        mark = (where[0] - 1, before.index(":") + 1)
        return document.at("E109", "a space is missing after the colon", mark, hint=hint)
    hint = "is this line indented more than the ones it belongs with?"
    return document.at("E100", "a `key:` cannot stand here", where, hint=hint)


def _first_character(document: Document, where: Mark, line: str) -> Problem:
    character = line[where[1] - 1 : where[1]]
    if character == "\t":
        message = "a tab cannot indent a line"
        return document.at("E100", message, where, hint="use spaces")
    hint = f'write "{_item(line, where[1])[1]}"'
    return document.at("E109", f"a value cannot begin with {character}: quote it", where, hint=hint)


def _other(document: Document, said: str, doing: str, where: Mark, began: Mark) -> Problem:
    if "end of stream" in said and "quoted" in doing:
        return document.at("E100", "this quote is never closed", began)
    if "flow" in doing:
        opening = document.line(began[0])[began[1] - 1 : began[1]]
        closing = {"[": "]", "{": "}"}.get(opening, "]")
        hint = f"is a `{closing}` or a comma missing in line {began[0]}, or a quote around a text?"
        return document.at("E100", f"expected `,` or `{closing}` here", where, hint=hint)
    if "tab" in said:
        return document.at("E100", "a tab cannot indent a line", where, hint="use spaces")
    if "block" in doing and ("expected key" in said or "block end" in said or "indicator" in said):
        hint = (
            "the text before it ended: quote the whole text"
            if where[0] == began[0] or document.line(where[0])[: where[1] - 1].strip()
            else f"it must be indented like line {began[0]}, column {began[1]}"
        )
        return document.at(
            "E100", "this does not belong to what stands before it", where, hint=hint
        )
    if "could not find expected ':'" in said:
        return document.at("E100", "a colon is missing after this key", began)
    context = f" ({doing})" if doing else ""
    return document.at("E100", f"not YAML: {said}{context}", where)


def quoting_hint(line: str) -> str:
    """How to quote the value that begins with `{{` in this line."""
    found = re.match(r"\s*(?:- +)*(?:([^\s:{]+): +)?(\{\{.*\S)", line)
    if not found:
        return 'write "{{ ... }}" in quotes'
    key = f"{found.group(1)}: " if found.group(1) else ""
    quote = "'" if '"' in found.group(2) else '"'
    return f"write {key}{quote}{found.group(2)}{quote}"


def _unquoted(line: str, opening: str) -> int | None:
    """The column of a value that begins with `opening`, not inside quotes."""
    found = re.search(r"(?:^|[:\-\[{,]\s)\s*(" + re.escape(opening) + ")", line)
    return found.start(1) + 1 if found else None


def _upto(line: str, column: int) -> str:
    found = re.match(r"\$\{[^}]*\}[^\s,\]}]*", line[column - 1 :])
    return found.group() if found else line[column - 1 :].strip()


def _item(line: str, column: int) -> tuple[int, str]:
    found = re.match(r"[^\s,\[\]{}]+", line[column - 1 :])
    return column, found.group() if found else line[column - 1 :].strip()
