"""Requests to providers. Knows from the connection itself whether a request may have left."""

from __future__ import annotations

import asyncio
import io
import json
from decimal import Decimal
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from imagepipe.model import Secret
from imagepipe.net.sessions import Departure, Session
from imagepipe.redaction import HIDDEN, spellings
from imagepipe.wire import Answer, NotSent, Operation, Part, Reply, Request

LARGEST_POLL = 1024 * 1024
LARGEST_SUBMIT = 96 * 1024 * 1024
"""Bytes of a reply that are read: a picture of 64 MiB in base64, or the state of a job."""

_AT_ONCE = 512 * 1024
"""Bytes of a body that are handed over in one piece; a larger one goes in chunks."""


class HttpTransport:
    """The `Transport` of real runs: submits go each on a connection of their own."""

    def __init__(self, *, trust_env: bool = False) -> None:
        self._submits = Session(reuse=False, trust_env=trust_env)
        self._others = Session(reuse=True, trust_env=trust_env)

    async def send(self, request: Request) -> Answer:
        # What is no submit may be sent twice: whether it left is nobody's question.
        departure = Departure(begun=request.operation is not Operation.SUBMIT)
        session = (self._others if departure.begun else self._submits).open()
        try:
            async with asyncio.timeout(request.timeout):  # costs half of what anyio has
                return await _exchange(session, request, departure)
        except TimeoutError:
            return departure.without_reply(f"no answer within {request.timeout:g} s")
        except aiohttp.InvalidURL:
            return NotSent("the address of the request is not valid")
        except (aiohttp.ClientError, OSError, _TooLargeError) as error:
            return departure.without_reply(_reason(error, request.url))

    async def aclose(self) -> None:
        await self._submits.aclose()
        await self._others.aclose()


class _TooLargeError(Exception):
    """A reply grew past what is read of it."""


async def _exchange(
    session: aiohttp.ClientSession, request: Request, departure: Departure
) -> Reply:
    headers = {
        name: value.reveal() if isinstance(value, Secret) else value
        for name, value in request.headers.items()
    }
    body = _body(request)
    if isinstance(body, bytes | io.BytesIO):
        headers.setdefault("Content-Type", "application/json")
    async with session.request(
        request.method,
        URL(request.url, encoded=True),  # as it was written: a signature covers each byte
        headers=headers,
        data=body,
        allow_redirects=False,
        trace_request_ctx=departure,
    ) as reply:
        read = await _read(reply, request.operation)
        return without_secrets(Reply(reply.status, _headers(reply), read), request)


def _headers(reply: aiohttp.ClientResponse) -> dict[str, str]:
    """By lower-case name; one that comes several times is one list, as RFC 9110 has it."""
    headers: dict[str, str] = {}
    for name, value in reply.headers.items():
        lower = name.lower()
        headers[lower] = f"{headers[lower]}, {value}" if lower in headers else value
    return headers


def without_secrets(reply: Reply, request: Request) -> Reply:
    """The reply without the keys that its request carried: debug pages repeat what they were sent.

    Whatever is kept or shown of a reply comes after this, so that no key can come with it. A key is
    known as it is, percent-encoded and in base64; one of less than 8 characters is no key.
    """
    if not any(isinstance(value, Secret) for value in request.headers.values()):
        return reply
    headers, body = dict(reply.headers), reply.body
    for spelling in _spellings(request):
        body = body.replace(spelling, HIDDEN.encode())
        text = spelling.decode("utf-8", "replace")
        headers = {name: value.replace(text, HIDDEN) for name, value in headers.items()}
    return Reply(reply.status, headers, body)


def _spellings(request: Request) -> tuple[bytes, ...]:
    whole = [value.reveal() for value in request.headers.values() if isinstance(value, Secret)]
    return spellings(*whole)


def _body(request: Request) -> bytes | io.BytesIO | aiohttp.FormData | None:
    if request.form is not None:
        return _form(request.form)
    if request.json is None:
        return None
    body = json_bytes(request.json)
    return body if len(body) <= _AT_ONCE else io.BytesIO(body)


def _form(parts: tuple[Part, ...]) -> aiohttp.FormData:
    form = aiohttp.FormData(default_to_multipart=True)
    for part in parts:
        if part.filename is None:
            form.add_field(part.name, part.data.decode())
        else:
            form.add_field(
                part.name,
                io.BytesIO(part.data),
                filename=part.filename,
                content_type=part.media_type,
            )
    return form


def json_bytes(value: object) -> bytes:
    """A JSON body; a decimal goes out as the number it is."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_number).encode()


def _number(value: object) -> int | float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


async def _read(reply: aiohttp.ClientResponse, operation: Operation) -> bytes:
    largest = LARGEST_SUBMIT if operation in (Operation.SUBMIT, Operation.RESULT) else LARGEST_POLL
    body = bytearray()
    async for chunk in reply.content.iter_any():
        body += chunk
        if len(body) > largest:
            raise _TooLargeError(f"the reply is larger than {largest // 1024} KiB")
    return bytes(body)


def _reason(error: Exception, url: str) -> str:
    """What happened, with the host but never the address, which may be signed."""
    host = urlsplit(url).hostname or "the provider"
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return f"{host} has no valid TLS certificate (is this machine's clock right?)"
        case aiohttp.ClientConnectorError():
            return f"no connection to {host}"
        case aiohttp.ServerConnectionError() | aiohttp.ClientPayloadError() | OSError():
            return f"{host} closed the connection before the reply was complete"
        case _TooLargeError():
            return str(error)
        case _:
            return f"{host}: {type(error).__name__}"
