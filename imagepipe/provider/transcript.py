"""Transcripts: what is asked, the request that must come of it, what is answered, what that means.

They are a spec's tests, and its stand-in where there is no server. One transcript holds as many
exchanges as its story has; one request may have several replies. This file reads them; what follows
from them is in `conformance`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import cast

from imagepipe.document import Document
from imagepipe.errors import InputError
from imagepipe.model import Digest, ImageInput, Json, Ticket, Value, Values
from imagepipe.provider.load.cursor import MISSING_KEY, WRONG_VALUE, Cursor, Findings
from imagepipe.provider.request import as_json
from imagepipe.provider.results import data_uri
from imagepipe.provider.settings import Settings, settings_from
from imagepipe.provider.spec import FIELDS, PICTURE_FIELDS
from imagepipe.wire import Operation, Reply

_EXCHANGE = ("notes", "request", "reply", "reading", "replies")
_REPLY = ("status", "headers", "json", "text", "base64")
_ASKABLE = (*(name for name in FIELDS if name not in ("width", "height")), "fit", "params")
OPERATIONS = {
    operation.value: operation
    for operation in (Operation.SUBMIT, Operation.POLL, Operation.RESULT, Operation.PREFLIGHT)
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One reply, and the reading that must come of it; `path` leads to it in the document."""

    reply: Reply
    reading: Mapping[str, Json]
    path: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its possible replies.

    A submit asks with `fields`, polls and results with a `ticket`. `notes` are the codes of the
    notes that resolving must give, in order.
    """

    operation: Operation
    fields: Values
    ticket: Ticket | None
    notes: tuple[str, ...]
    request: Mapping[str, Json] | None
    outcomes: tuple[Outcome, ...]
    path: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Transcript:
    """A story of a spec's, with the settings it needs and the files it sends."""

    document: Document
    exchanges: tuple[Exchange, ...]
    about: str | None = None
    settings: Settings = field(default_factory=Settings)
    files: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))

    def load(self, picture: ImageInput) -> bytes:
        """The bytes of a picture that the story names."""
        inline = data_uri(picture.source)
        return inline.data if inline is not None else self.files[picture.source]


def load_transcript(document: Document) -> Transcript:
    """The transcript in a document.

    Raises:
        InputError: all that is wrong with its form.
    """
    findings = Findings(document)
    root = findings.root()
    found = None
    if root.fields(("about", "source", "settings", "files", "exchanges"), ("exchanges",)):
        files = _files(root.get("files"))
        exchanges = tuple(
            one for item in root.at("exchanges").items() for one in _exchange(item, files)
        )
        found = Transcript(
            document,
            exchanges,
            root.text("about"),
            _settings(root.get("settings")),
            MappingProxyType({name: data for name, (data, _) in files.items()}),
        )
    if findings.problems or found is None:
        raise InputError(*findings.problems)
    return found


def _settings(at: Cursor | None) -> Settings:
    if at is None:
        return Settings()
    value = at.json()
    try:
        return settings_from(value if isinstance(value, dict) else {})
    except ValueError as error:
        at.bad(WRONG_VALUE, str(error))
        return Settings()


def _files(at: Cursor | None) -> dict[str, tuple[bytes, str]]:
    found = {}
    for name, here in at.entries() if at is not None else ():
        if here.fields(("media_type", "base64"), ("media_type", "base64")):
            found[name] = (_bytes(here.at("base64")), here.text("media_type") or "")
    return found


def _bytes(at: Cursor) -> bytes:
    try:
        return base64.b64decode("".join(str(at.node).split()), validate=True)
    except (binascii.Error, ValueError):
        at.bad(WRONG_VALUE, "this is no base64")
        return b""


def _exchange(at: Cursor, files: Mapping[str, tuple[bytes, str]]) -> Iterator[Exchange]:
    if not at.fields((*OPERATIONS, *_EXCHANGE)):
        return
    asked = [name for name in OPERATIONS if at.get(name) is not None]
    if len(asked) != 1:
        at.bad(MISSING_KEY, f"an exchange asks one of {', '.join(OPERATIONS)}")
        return
    operation, here = OPERATIONS[asked[0]], at.at(asked[0])
    request = at.get("request")
    yield Exchange(
        operation,
        _fields(here, files) if operation is Operation.SUBMIT else {},
        _ticket(here) if operation in (Operation.POLL, Operation.RESULT) else None,
        at.texts("notes"),
        _map(request) if request is not None else None,
        tuple(_outcomes(at)),
        at.path,
    )


def _fields(at: Cursor, files: Mapping[str, tuple[bytes, str]]) -> Values:
    found: dict[str, Value] = {}
    if at.fields(_ASKABLE):
        for name, here in at.entries():
            value = here.json()
            if name == "input_images":
                found[name] = tuple(_picture(one, files) for one in here.items())
            elif name in PICTURE_FIELDS:
                found[name] = _picture(here, files)
            elif value is not None:
                found[name] = cast("Value", value)
    return found


def _picture(at: Cursor, files: Mapping[str, tuple[bytes, str]]) -> ImageInput:
    tag = sha256 = None
    source = str(at.node)
    if not isinstance(at.node, str):
        at.fields(("image", "tag", "sha256"), ("image",))
        source, tag = at.text("image") or "", at.text("tag")
        sha256 = at.text("sha256")
    if source in files:
        data, media_type = files[source]
        digest = Digest(sha256) if sha256 else None
        return ImageInput(source, "file", tag, digest, media_type, len(data))
    if source.startswith("data:"):
        return ImageInput(source, "data", tag, sha256)
    if "://" not in source:
        at.bad(WRONG_VALUE, f'"{source}" is no address, and `files` does not hold it')
    return ImageInput(source, "url", tag, sha256)


def _ticket(at: Cursor) -> Ticket:
    """`{id: x, polling_url: y}`, or the id alone."""
    if isinstance(at.node, str):
        return Ticket(str(at.node))
    kept = {name: str(here.node) for name, here in at.entries()}
    return Ticket(kept.pop("id", ""), kept)


def _outcomes(at: Cursor) -> Iterator[Outcome]:
    several = at.get("replies")
    places = [at] if several is None else list(several.items())
    for here in places:
        if several is not None and not here.fields(("reply", "reading"), ("reply", "reading")):
            continue
        if here.get("reply") is not None:
            yield Outcome(_reply(here.at("reply")), _map(here.at("reading")), here.path)


def _reply(at: Cursor) -> Reply:
    at.fields(_REPLY)
    headers = _map(at.at("headers")) if at.get("headers") is not None else {}
    texts = {name.lower(): str(value) for name, value in headers.items()}
    body = b""
    if (here := at.get("json")) is not None:
        body = json.dumps(as_json(here.json())).encode()
        texts.setdefault("content-type", "application/json")
    elif at.get("text") is not None:
        body = str(at.at("text").node).encode()
        texts.setdefault("content-type", "text/plain")
    elif at.get("base64") is not None:
        body = _bytes(at.at("base64"))
    status = at.whole("status")
    return Reply(status or 200, texts, body)


def _map(at: Cursor) -> dict[str, Json]:
    value = at.json()
    if not isinstance(value, dict):
        at.bad(WRONG_VALUE, f"{at.name} must be a map")
        return {}
    return value
