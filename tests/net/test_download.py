"""The guarded download: no credentials, checked addresses, whole bytes or none."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from imagepipe.exchange import NotFetched
from imagepipe.model import Digest
from imagepipe.net import Downloaded, Downloader, download
from imagepipe.net.download import HELD
from imagepipe.net.guard import Blocked, check
from tests.net.wire_server import WireServer, answering, http, serving

pytestmark = pytest.mark.anyio

BODY = b"\x89PNG" + bytes(range(256)) * 64


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def sink(tmp_path: Path) -> Path:
    return tmp_path / "sink"


@pytest.fixture
async def downloaders() -> AsyncIterator[list[Downloader]]:
    opened: list[Downloader] = []
    yield opened
    for downloader in opened:
        await downloader.aclose()


def own(server: WireServer, downloaders: list[Downloader]) -> Downloader:
    """A downloader of a user who pointed a provider at this server."""
    downloader = Downloader(private_hosts=frozenset({f"127.0.0.1:{server.port}"}))
    downloaders.append(downloader)
    return downloader


async def test_a_picture_comes_with_its_digest_and_without_credentials(
    sink: Path, downloaders: list[Downloader]
) -> None:
    async with serving(answering(http(200, BODY))) as server:
        got = await own(server, downloaders).fetch(f"{server.url}/a.png?sig=1", sink)
    assert got == Downloaded(Digest(hashlib.sha256(BODY).hexdigest()), len(BODY), BODY)
    assert not sink.exists()
    head = server.requests[0].decode().lower()
    assert "authorization" not in head
    assert "cookie" not in head
    assert "accept-encoding: identity" in head


async def test_all_pictures_together_are_held_up_to_a_bound_and_then_go_to_the_disk(
    sink: Path, downloaders: list[Downloader], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was held is free again once a picture has arrived, whatever became of it."""
    monkeypatch.setattr(download, "TOGETHER", len(BODY))
    digest = Digest(hashlib.sha256(BODY).hexdigest())
    more = Digest(hashlib.sha256(BODY + BODY).hexdigest())
    downloader = own(WireServer("", 0), downloaders)

    async def fetched(body: bytes) -> Downloaded | NotFetched:
        async with serving(answering(http(200, body))) as server:
            private = frozenset({f"127.0.0.1:{server.port}"})
            with monkeypatch.context() as patch:
                patch.setattr(downloader, "_private_hosts", private)
                return await downloader.fetch(f"{server.url}/a.png", sink)

    assert await fetched(BODY) == Downloaded(digest, len(BODY), BODY)
    assert await fetched(BODY + BODY) == Downloaded(more, 2 * len(BODY))
    assert sink.read_bytes() == BODY + BODY
    assert await fetched(BODY) == Downloaded(digest, len(BODY), BODY)


async def test_a_large_picture_is_streamed_to_the_disk(
    sink: Path, downloaders: list[Downloader]
) -> None:
    body = BODY * (3 * HELD // len(BODY))
    async with serving(answering(http(200, body))) as server:
        got = await own(server, downloaders).fetch(f"{server.url}/a.png", sink)
    assert got == Downloaded(Digest(hashlib.sha256(body).hexdigest()), len(body))
    assert sink.read_bytes() == body


@pytest.mark.parametrize(
    ("data", "expired", "final"),
    [
        (http(403), True, False),
        (http(404), True, False),
        (http(410), True, False),
        (http(500), False, False),
        (http(429), False, False),
        (http(206, BODY), False, False),
        (http(204), False, False),
        (http(200, b""), False, False),
        (http(200, BODY, length=len(BODY) + 9), False, False),
        (http(200, gzip.compress(BODY), "Content-Encoding: gzip"), False, False),
        (http(200, b"x", length=99 * 2**20), False, True),
        (b"", False, False),
        (b"nonsense", False, False),
    ],
    ids=[
        "403",
        "404",
        "410",
        "500",
        "429",
        "206",
        "204",
        "no bytes",
        "truncated",
        "compressed",
        "too large",
        "closed",
        "garbage",
    ],
)
async def test_what_is_no_picture_is_told_by_what_can_be_done_about_it(
    data: bytes, expired: bool, final: bool, sink: Path, downloaders: list[Downloader]
) -> None:
    async with serving(answering(data)) as server:
        got = await own(server, downloaders).fetch(f"{server.url}/a.png?sig=canary", sink)
    assert isinstance(got, NotFetched)
    assert (got.expired, got.final) == (expired, final)
    assert "canary" not in got.reason


async def test_redirects_are_followed_by_hand_and_checked_at_each_hop(
    sink: Path, downloaders: list[Downloader]
) -> None:
    """The second host is as private as the first, but nobody named it."""
    async with serving(answering(http(200, BODY))) as second:
        hop = http(302, b"", f"Location: {second.url}/b.png")
        async with serving(answering(hop)) as first:
            got = await own(first, downloaders).fetch(f"{first.url}/a.png", sink)
        assert isinstance(got, NotFetched)
        assert got.final
        assert second.requests == []


async def test_redirects_without_end_are_given_up(
    sink: Path, downloaders: list[Downloader]
) -> None:
    async with serving(answering(http(302, b"", "Location: /again"))) as server:
        got = await own(server, downloaders).fetch(f"{server.url}/a.png", sink)
        assert isinstance(got, NotFetched)
        assert len(server.requests) == 6


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/a.png",
        "https://127.1/a.png",
        "https://2130706433/a.png",
        "https://0x7f.1/a.png",
        "https://0.0.0.0/a.png",
        "https://10.0.0.1/a.png",
        "https://172.16.0.1/a.png",
        "https://192.168.1.1/a.png",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/a.png",
        "https://168.63.129.16/a.png",
        "https://192.0.0.192/a.png",
        "https://224.0.0.1/a.png",
        "https://[::1]/a.png",
        "https://[::ffff:127.0.0.1]/a.png",
        "https://[::127.0.0.1]/a.png",
        "https://[64:ff9b::7f00:1]/a.png",
        "https://[2002:7f00:1::]/a.png",
        "https://[fd00:ec2::254]/a.png",
        "https://[fe80::1]/a.png",
        "https://localhost/a.png",
        "http://203.0.113.7/a.png",
        "http://93.184.216.34/a.png",
        "ftp://93.184.216.34/a.png",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "//93.184.216.34/a.png",
        "https:///a.png",
        "https://no.invalid/a.png",
        "https://host:99999/a.png",
    ],
)
async def test_no_download_reaches_this_machine_or_its_network(url: str) -> None:
    assert isinstance(await check(url, frozenset()), Blocked)


async def test_a_named_private_host_is_allowed_on_its_own_port_only() -> None:
    own_hosts = frozenset({"127.0.0.1:8188"})
    assert not isinstance(await check("http://127.0.0.1:8188/a", own_hosts), Blocked)
    assert isinstance(await check("http://127.0.0.1:8189/a", own_hosts), Blocked)
