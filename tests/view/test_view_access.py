"""Only the person who was given the link gets in, and asking changes nothing."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.view.viewed import ENVIRONMENT, View, approved, decision, entries

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def client(view: View) -> Iterator[httpx2.Client]:
    with view.client() as found:
        yield found


def _raw(view: View, request: str) -> tuple[int, bytes]:
    """What a request gets that no honest client would send."""
    parts = urlsplit(view.base)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as wire:
        wire.sendall(request.replace("\n", "\r\n").encode())
        answer = http.client.HTTPResponse(wire)
        answer.begin()
        return answer.status, answer.read()


@pytest.mark.parametrize("path", ["", "data", "events", "pictures/aa/bb.png", "decisions"])
def test_without_the_cookie_nothing_is_told(view: View, path: str) -> None:
    """The page before the page says what to open, and names no product."""
    with view.client(let_in=False) as stranger:
        reply = stranger.get(path)
        assert reply.status_code == 401
        assert "MUG" not in reply.text
        assert "demo" not in reply.text
        assert stranger.post("decisions", json={"changes": []}).status_code == 401


def test_a_wrong_token_is_refused(view: View) -> None:
    """Whatever it looks like."""
    with view.client(let_in=False) as stranger:
        wrong: tuple[Any, ...] = (
            {"token": view.token[:-1]},
            {"token": None},
            {"token": ""},
            {},
            [],
        )
        for told in wrong:
            reply = stranger.post("session", json=told)
            assert (reply.status_code, reply.headers.get("set-cookie")) == (403, None)
        assert stranger.get("session").status_code == 405
        kind = {"content-type": "application/json"}
        long = stranger.post("session", content=b"x" * 9000, headers=kind)
        assert long.status_code == 403


def test_the_cookie_is_for_this_page_alone(view: View) -> None:
    """No script reads it, no other site sends it, no other path gets it; the token is not in it."""
    with view.client(let_in=False) as person:
        cookie = person.post("session", json={"token": view.token}).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert f"Path={urlsplit(view.base).path}" in cookie
    assert view.token not in cookie


def test_cookies_of_other_servers_keep_nobody_out(view: View, client: httpx2.Client) -> None:
    """Browsers send them along, whatever port they are of, and in any form."""
    own = f"imagepipe={client.cookies['imagepipe']}"
    parts = urlsplit(view.base)
    head = f"GET {parts.path}data HTTP/1.1\nHost: {parts.netloc}\nConnection: close\n"
    for cookie in (
        f'prefs={{"a": [1, 2]}}; {own}',
        f"{own}; imagepipe=evil",
        f"imagepipe=evil; {own}",
        f"name=\u00e9; ;;=; {own}",
    ):
        assert _raw(view, f"{head}Cookie: {cookie}\n\n")[0] == 200
    for cookie in ("imagepipe=", "imagepipe=\u00e9", f"x{own}", own[:-1], own.upper()):
        assert _raw(view, f"{head}Cookie: {cookie}\n\n")[0] == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "", "localhost"]
)
def test_another_name_of_this_machine_gets_nothing(
    view: View, client: httpx2.Client, host: str
) -> None:
    """DNS can be made to answer with this machine's address (rebinding)."""
    port = urlsplit(view.base).port
    reply = client.get("data", headers={"host": host.format(port=port)})
    assert reply.status_code == 421
    assert "MUG" not in reply.text


def test_two_names_are_none(view: View) -> None:
    """Nor is a missing one."""
    parts = urlsplit(view.base)
    host = f"{parts.hostname}:{parts.port}"
    twice = f"GET {parts.path}data HTTP/1.1\nHost: {host}\nHost: evil.example\n\n"
    assert _raw(view, twice)[0] in (400, 421)
    assert _raw(view, f"GET {parts.path}data HTTP/1.0\n\n")[0] == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": ""},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_page_decides_nothing(
    undecided: View, client: httpx2.Client, headers: dict[str, str]
) -> None:
    """Though the browser would send the cookie with it."""
    one = entries(client)["MUG-01/hero"]
    reply = client.post("decisions", json={"changes": [approved(one)]}, headers=headers)
    assert reply.status_code == 403
    assert not undecided.shop.decisions.exists()


def test_a_form_decides_nothing(undecided: View, client: httpx2.Client) -> None:
    """What a foreign page can send without being asked is no JSON."""
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ):
        reply = client.post("decisions", content=b'{"changes":[]}', headers={"content-type": kind})
        assert reply.status_code == 415
    parts = urlsplit(undecided.base)
    cookie = f"imagepipe={client.cookies['imagepipe']}"
    head = f"POST {parts.path}decisions HTTP/1.1\nHost: {parts.netloc}\nCookie: {cookie}\n"
    sent = f"{head}Content-Type: application/json\nContent-Length: 2\n\n{{}}"
    assert _raw(undecided, sent)[0] == 403  # no Origin at all


def test_asking_changes_nothing(undecided: View, client: httpx2.Client) -> None:
    """Every address, by GET and by methods that nobody needs; not a byte, not a time of change."""
    folder = undecided.shop.folder
    digest = entries(client)["MUG-01/hero"]["image"]["digest"]

    def files() -> dict[str, tuple[int, int]]:
        found = (path for path in folder.rglob("*") if path.is_file())
        named = ((str(path), path.stat()) for path in found)
        told = {name: (stat.st_size, stat.st_mtime_ns) for name, stat in named}
        return {name: one for name, one in told.items() if not name.endswith(("-shm", "-wal"))}

    before = files()
    picture = f"pictures/{digest[:2]}/{digest[2:]}.png"
    for path in ("", "data", "data?since=0", "decisions", "session", picture):
        client.get(path)
        for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
            assert client.request(method, path).status_code == 405
    assert client.get("decisions").status_code == 405
    assert files() == before


@pytest.mark.parametrize(
    "path",
    [
        "pictures/../../imagepipe.yaml",
        "pictures/..%2f..%2fimagepipe.yaml/x.png",
        "pictures/%2e%2e/%2e%2e.png",
        "pictures/et/c%2fpasswd.png",
        "pictures//etc/passwd",
        "thumbs/..%5c..%5c/x.webp",
        "pictures/00/" + "0" * 62 + ".png",
        "../data",
        "pictures/ab/c.png%00.webp",
    ],
)
def test_no_path_leads_out(client: httpx2.Client, view: View, path: str) -> None:
    """A digest is looked up among what is shown, and is never a name of a file."""
    parts = urlsplit(view.base)
    cookie = f"imagepipe={client.cookies['imagepipe']}"
    request = f"GET {parts.path}{path} HTTP/1.1\nHost: {parts.netloc}\nCookie: {cookie}\n\n"
    status, body = _raw(view, request)
    assert status == 404
    assert b"version: 1" not in body
    assert b"root:" not in body


def test_pictures_are_served_as_what_they_are(client: httpx2.Client) -> None:
    """By digest alone; the extension must fit, and no browser guesses."""
    image = entries(client)["MUG-01/hero"]["image"]
    found = client.get(image["picture"])
    assert found.headers["content-type"] == "image/png"
    assert found.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in found.headers["content-security-policy"]
    assert found.content.startswith(b"\x89PNG")
    assert client.get(image["thumbnail"]).content[8:12] == b"WEBP"
    assert client.get(image["picture"].replace(".png", ".html")).status_code == 404


def test_the_page_admits_only_itself(client: httpx2.Client) -> None:
    """Its own script and styles by hash, requests to its server, no frame."""
    reply = client.get("")
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "trusted-types 'none'" in policy
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert reply.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in reply.headers


_UNFIT: list[Any] = [
    {},
    {"changes": []},
    {"changes": {}},
    {"changes": [{}]},
    {"changes": [{"id": "0" * 12, "seen": "", "now": None}]},
    {"changes": [{"id": 7, "seen": "", "now": None}]},
]


@pytest.mark.parametrize("body", _UNFIT)
def test_what_no_page_sends_is_refused(undecided: View, client: httpx2.Client, body: Any) -> None:
    """Told, and nothing is written."""
    reply = client.post("decisions", json=body)
    assert reply.status_code == 400
    assert reply.json()["error"]
    assert not undecided.shop.decisions.exists()


@pytest.mark.parametrize(
    "now",
    [
        {"decision": "splendid"},
        {"decision": "approved"},
        {"decision": "approved", "picture": "sha256:../../x"},
        {"decision": "retry"},
        {"decision": "retry", "retry": {}},
        {"retry": {"seed": -1}},
        {"retry": {"seed": "7; rm"}},
        {"retry": {"path": "/etc/passwd"}},
        {"note": "x" * 3000},
        {"note": 7},
        {"note": "\ud800"},
        {"retry": {"prompt": "\ud800"}},
        {"retry": {"prompt": "a mug as on https://shop.example/a?… but red"}},
        {},
        [],
        "approved",
    ],
)
def test_an_entry_must_be_as_the_schema_says(
    undecided: View, client: httpx2.Client, now: Any
) -> None:
    """As one that a person writes."""
    one = entries(client)["MUG-01/hero"]
    body = json.dumps({"changes": [decision(one, now)]})
    kind = {"content-type": "application/json"}
    reply = client.post("decisions", content=body, headers=kind)
    assert reply.status_code == 400
    assert not undecided.shop.decisions.exists()


def test_much_too_much_is_refused(client: httpx2.Client) -> None:
    """Before it is read to its end."""
    body = b'{"changes":["' + b"x" * (9 * 2**20) + b'"]}'
    kind = {"content-type": "application/json"}
    assert client.post("decisions", content=body, headers=kind).status_code == 413


def test_mistakes_of_a_person_are_told(view: View) -> None:
    """A port that is taken; a manifest that is not there; no traceback."""
    port = str(urlsplit(view.base).port)
    taken = view.shop.types("view", "--emulate", "--no-open", "--port", port)
    assert taken.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in taken.stderr
    assert "leave --port out" in taken.stderr
    missing = view.shop.types("view", "nowhere.yaml", "--no-open")
    assert missing.returncode == 2
    assert "cannot read nowhere.yaml" in missing.stderr
    assert "Traceback" not in taken.stderr + missing.stderr


def test_ctrl_c_ends_it_cleanly(view: View) -> None:
    """With a page that follows, and requests that never end or were broken off; without a store."""
    with (
        View(view.shop, ("--no-open",)) as other,
        other.client() as person,
        person.stream("GET", "events?since=0") as follows,
        socket.create_connection(("127.0.0.1", urlsplit(other.base).port or 0)) as wire,
    ):
        assert follows.status_code == 200
        parts = urlsplit(other.base)
        head = f"POST {parts.path}session HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        half = f"{head}Origin: {other.origin}\r\nContent-Type: application/json\r\n"
        for _ in range(2):
            with socket.create_connection((parts.hostname, parts.port)) as broken:
                broken.sendall(f"{half}Content-Length: 9\r\n\r\n{{".encode())
        wire.sendall(f"{half}Content-Length: 9\r\n\r\n{{".encode())
        _raw(other, "no HTTP at all\n\n")
        other.end()
    assert other.code == 0
    assert "ASGI" not in other.said
    assert "HTTP" not in other.said
    assert "Nothing was made yet" in other.said
    assert "what was decided is kept" in other.said
    assert "Traceback" not in other.said


def test_a_browser_is_opened_without_naming_the_link(
    view: View, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Command lines are seen by everybody on a machine; what is opened goes with the server."""
    browser = tmp_path / "browser"
    browser.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/asked\ncat "${{1#file://}}" > {tmp_path}/page\n'
    )
    browser.chmod(0o755)
    monkeypatch.setitem(ENVIRONMENT, "BROWSER", f"{browser} %s")
    monkeypatch.setitem(ENVIRONMENT, "TMPDIR", str(tmp_path))
    with View(view.shop, ("--emulate", "--open")) as other, other.client():
        token = other.token
    assert token not in (tmp_path / "asked").read_text()
    assert token in (tmp_path / "page").read_text()
    assert list(tmp_path.glob("imagepipe-view-*")) == []


def test_the_token_is_in_the_link_alone(view: View, client: httpx2.Client) -> None:
    for path in ("", "data"):
        assert view.token not in client.get(path).text
