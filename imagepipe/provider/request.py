"""From canonical values to the request that carries them. Pure: bytes of pictures are handed in.

Values in an address are percent-encoded, only `model` keeps its slashes, and a segment that is
empty, `.` or `..` is refused. The secret appears in headers alone, as a `Secret`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from urllib.parse import quote

from imagepipe.errors import SetupError
from imagepipe.model import ImageInput, Json, Key, Secret, Ticket, Values
from imagepipe.provider.results import data_uri
from imagepipe.provider.spec import Call
from imagepipe.provider.tree import (
    Dropped,
    File,
    Fixed,
    Rendered,
    Slot,
    Text,
    as_text,
    render,
    render_text,
)
from imagepipe.wire import Part, Request

Load = Callable[[ImageInput], bytes]

_EXTENSIONS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
}
_UNKNOWN_TYPE = "application/octet-stream"


def _nothing(picture: ImageInput) -> bytes:
    raise SetupError(f"no bytes at hand for the picture {picture.source}")


@dataclass(frozen=True, slots=True)
class Material:
    """What the names of a request can stand for."""

    values: Values = field(default_factory=lambda: MappingProxyType({}))
    vars: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    secret: Secret | None = None
    ticket: Ticket | None = None
    key: Key | None = None
    load: Load = _nothing
    nonce: str | None = None

    def look(self, name: str, item: ImageInput | None = None) -> Rendered:
        """The value of a name, None if it is unset."""
        head, _, rest = name.partition(".")
        match head:
            case "vars":
                return self.vars.get(rest)
            case "secret":
                return self.secret.reveal() if self.secret else None
            case "ticket":
                return self._of_ticket(rest)
            case "job":
                return self.nonce if rest == "nonce" else self.key
            case "item":
                return self._form(item, rest, "image") if item else None
            case _:
                return self._value(head, rest)

    def pictures(self, name: str) -> tuple[ImageInput, ...]:
        value = self.values.get(name)
        if isinstance(value, ImageInput):
            return (value,)
        return value if isinstance(value, tuple) else ()

    def _of_ticket(self, name: str) -> str | None:
        if self.ticket is None:
            return None
        return self.ticket.id if name == "id" else self.ticket.kept.get(name)

    def _value(self, name: str, form: str) -> Rendered:
        value = self.values.get(name)
        if isinstance(value, ImageInput):
            return self._form(value, form, name)
        return None if isinstance(value, tuple) or value is None else value

    def _form(self, picture: ImageInput, form: str, name: str) -> Rendered:
        match form:
            case "tag":
                return picture.tag
            case "mime":
                return self._media_type(picture)
            case "base64":
                return base64.b64encode(self._bytes(picture)).decode()
            case "file":
                kind = self._media_type(picture) or _UNKNOWN_TYPE
                return File(self._bytes(picture), f"{name}{_EXTENSIONS.get(kind, '')}", kind)
            case _:
                return self._uri(picture)

    def _uri(self, picture: ImageInput) -> str:
        """An address as it is; a local picture as a data URI."""
        if picture.kind != "file":
            return picture.source
        data = base64.b64encode(self._bytes(picture)).decode()
        return f"data:{self._media_type(picture) or _UNKNOWN_TYPE};base64,{data}"

    def _bytes(self, picture: ImageInput) -> bytes:
        inline = data_uri(picture.source) if picture.kind == "data" else None
        return inline.data if inline is not None else self.load(picture)

    @staticmethod
    def _media_type(picture: ImageInput) -> str | None:
        if picture.media_type is not None or picture.kind != "data":
            return picture.media_type
        inline = data_uri(picture.source)
        return inline.media_type if inline is not None else None


def build(
    call: Call,
    base_url: str,
    headers: tuple[tuple[str, Text], ...],
    material: Material,
    timeout: float,
) -> Request:
    """The request that a call makes of the material.

    Raises:
        SetupError: its address cannot be built: a name in it is unset, or would leave its segment.
    """
    body = _body(call, material)
    return Request(
        operation=call.operation,
        method=call.method,
        url=address(call, base_url, material),
        headers=_headers((*headers, *call.headers), material),
        json=None if call.form or call.body is None else as_json(body),
        form=tuple(_parts(body)) if call.form else None,
        timeout=timeout,
    )


def address(call: Call, base_url: str, material: Material) -> str:
    """The full address; one that is a whole kept field of the ticket is used as it is."""
    match call.path.parts:
        case (Slot(name),) if name.startswith("ticket."):
            return _text_of(material, name)
        case parts:
            texts = [one if isinstance(one, str) else _segment(material, one.name) for one in parts]
            return base_url.rstrip("/") + "".join(texts)


def _segment(material: Material, name: str) -> str:
    text = _text_of(material, name)
    wrong = check_segment(name, text)
    if wrong is not None:
        raise SetupError(f'{name} "{text}" cannot be part of an address: {wrong}')
    return quote(text, safe="/" if name == "model" else "")


def _text_of(material: Material, name: str) -> str:
    value = material.look(name)
    if value is None:
        raise SetupError(f"the address of the request needs {name}, which is not set")
    return as_text(value)


def check_segment(name: str, text: str) -> str | None:
    """Why a value may not stand in an address; None if it may."""
    segments = text.split("/") if name == "model" else [text]
    if any(segment in ("", ".", "..") for segment in segments):
        return 'a part of it is empty, "." or ".."'
    try:
        text.encode()
    except UnicodeEncodeError:
        return "it is no Unicode text"
    return None


def _headers(texts: tuple[tuple[str, Text], ...], material: Material) -> dict[str, str | Secret]:
    """Later ones win, whatever the case of their names; one whose name is unset is left out."""
    found: dict[str, tuple[str, str | Secret]] = {}
    for name, template in texts:
        value = render_text(template, material.look)
        if isinstance(value, Dropped):
            continue
        text = as_text(value)
        found[name.lower()] = (name, Secret(text) if "secret" in template.names else text)
    return dict(found.values())


def _body(call: Call, material: Material) -> dict[str, Rendered]:
    tree = call.body if call.body is not None else Fixed({})
    rendered = render(tree, material.look, material.pictures)
    body = dict(rendered) if isinstance(rendered, dict) else {}
    params = material.values.get("params")
    if isinstance(params, dict):
        extra: Json = params
        for name in reversed(call.params_in):
            extra = {name: extra}
        body = merged(body, extra) if isinstance(extra, dict) else body
    return body


def merged(body: Mapping[str, Rendered], extra: Mapping[str, Json]) -> dict[str, Rendered]:
    """`extra` over `body`, maps into maps; anything else replaces what was there."""
    result = dict(body)
    for name, value in extra.items():
        old = result.get(name)
        both = isinstance(old, dict) and isinstance(value, dict)
        result[name] = merged(old, value) if both else value  # type: ignore[arg-type]  # both maps
    return result


def as_json(value: Rendered) -> Json:
    """Without decimals, which JSON libraries do not know: an exact short one stays as written."""
    match value:
        case Decimal():
            return float(value)
        case dict():
            return {name: as_json(one) for name, one in value.items()}
        case list():
            return [as_json(one) for one in value]
        case File():
            return base64.b64encode(value.data).decode()
        case _:
            return value


def _parts(body: Mapping[str, Rendered]) -> list[Part]:
    """A form is flat: a list is repeated parts, a map is its JSON text."""
    parts = []
    for name, value in body.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, File):
                parts.append(Part(name, one.data, one.filename, one.media_type))
            elif one is not None:
                parts.append(Part(name, _form_text(one).encode()))
    return parts


def _form_text(value: Rendered) -> str:
    if isinstance(value, dict | list):
        return json.dumps(as_json(value), ensure_ascii=False)
    return as_text(value)
