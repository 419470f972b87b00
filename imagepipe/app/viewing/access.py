"""Who gets in: the browser that has the secret of this server, on this machine, from this page.

Every request names the address that was bound (a foreign name that resolves to this machine does
not get in), comes from this origin if it says where from, and carries a cookie. The cookie is given
for the token, which stands behind the `#` of the opening address: it reaches no request line, no
log and no referrer. Cookies know no ports, so that the cookie is bound to a path that nobody can
guess: another server of this machine, to which the browser is led, is not sent it.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imagepipe.app.viewing.door import door_html, door_policy

COOKIE = "imagepipe"
_SAFE = frozenset({"GET", "HEAD"})
_MOST = 4096
"""Bytes of a request for entrance."""

HEADERS = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


@dataclass(frozen=True, slots=True)
class Secrets:
    """What this server knows: the path it lives under, the token of the link, and the cookie."""

    room: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)


class Guard:
    """Stands before an application."""

    def __init__(self, app: ASGIApp, known: Secrets, hosts: frozenset[str]) -> None:
        """Guard it.

        Args:
            app: Sees only requests that got in.
            known: The secrets of this server.
            hosts: The names, with port, by which it may be asked for.
        """
        self._app = app
        self._known = known
        self._hosts = hosts
        self._origins = frozenset(f"http://{host}" for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        with suppress(ClientDisconnect):  # nobody is there to be told
            await self._answer(scope, receive, _with_headers(send))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        refusal = self._refusal(request)
        if refusal is None and request.url.path == f"/{self._known.room}/session":
            refusal = await self._entrance(request)
        elif refusal is None and not self._is_in(request.headers):
            refusal = self._outside(request)
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        """Why a request gets no further, whoever sends it."""
        headers, safe = request.headers, request.method in _SAFE
        if headers.getlist("host") != [host := headers.get("host", "")] or host not in self._hosts:
            return PlainTextResponse("This server is not called so.\n", 421)
        if not safe and request.method != "POST":
            return PlainTextResponse("Only GET and POST are known here.\n", 405)
        if (headers.get("origin") or (None if safe else "")) not in (None, *self._origins):
            return PlainTextResponse("Only its own page may ask this.\n", 403)
        site, mode = headers.get("sec-fetch-site"), headers.get("sec-fetch-mode")
        if site not in (None, "same-origin", "none") and not (safe and mode == "navigate"):
            return PlainTextResponse("Only its own page may ask this.\n", 403)
        if not safe and headers.get("content-type", "").partition(";")[0] != "application/json":
            return PlainTextResponse("JSON is wanted.\n", 415)
        if not request.url.path.startswith(f"/{self._known.room}/"):
            return PlainTextResponse("There is nothing here.\n", 404)
        return None

    async def _entrance(self, request: Request) -> Response:
        """The cookie, for the token."""
        if request.method != "POST":
            return PlainTextResponse("POST the token.\n", 405)
        try:
            told = json.loads(await bounded(request, _MOST))
            token = told["token"]
            known = isinstance(token, str) and _same(token, self._known.token)
        except (ValueError, KeyError, TypeError, RecursionError):
            known = False
        if not known:
            return PlainTextResponse("This is not the token of this server.\n", 403)
        response = Response(status_code=204)
        response.set_cookie(
            COOKIE,
            self._known.cookie,
            path=f"/{self._known.room}/",
            httponly=True,
            samesite="strict",
        )
        return response

    def _is_in(self, headers: Headers) -> bool:
        return any(_same(given, self._known.cookie) for given in _cookies(headers))

    def _outside(self, request: Request) -> Response:
        if request.method == "GET" and request.url.path == f"/{self._known.room}/":
            page = HTMLResponse(door_html(), 401)
            page.headers["content-security-policy"] = door_policy()
            return page
        return PlainTextResponse("Open the link that `imagepipe view` printed.\n", 401)


class TooLong(ValueError):
    """A request has more bytes than anybody needs."""


async def bounded(request: Request, most: int) -> bytes:
    """The body of a request.

    Raises:
        TooLong: it has more than `most` bytes.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise TooLong
    return bytes(body)


def _cookies(headers: Headers) -> Iterator[str]:
    """All values of our cookie, whatever stands beside them.

    Other servers of this machine set cookies, too, of any form and by any name, and the browser
    sends them along: none of them may keep a person out.
    """
    for text in headers.getlist("cookie"):
        for pair in text.split(";"):
            name, _, value = pair.strip().partition("=")
            if name == COOKIE:
                yield value


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(), known.encode())


def _with_headers(send: Send) -> Send:
    async def sends(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("content-security-policy", "default-src 'none'; sandbox")
        await send(message)

    return sends
