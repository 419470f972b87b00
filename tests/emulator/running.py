"""An emulator in a thread of the test process, on a real socket, and a plain HTTP client to it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Queue
from typing import Any

import httpx2

from imagepipe.emulator import parse, serve

BODIES: dict[str, dict[str, Any]] = {
    "rungen": {"input": {"prompt": "A futuristic city at sunset", "height": 1024, "width": 1024}},
    "goneural": {"prompt": "string", "ratio": "1:1 square 1024x1024", "seed": 42},
    "cometapi-runway": {"model": "gen4_aleph", "promptText": "Your prompt here."},
    "runway": {"model": "gen4_image", "promptText": "a mug", "ratio": "1280:720"},
    "runcrate": {"model": "black-forest-labs/FLUX.1-schnell", "prompt": "a mug"},
    "openai-images": {"model": "gpt-image-2", "prompt": "a mug"},
}
SUBMITS: dict[str, str] = {
    "rungen": "/rungen/app/my-app/run_async",
    "goneural": "/goneural/v1/tasks/text-to-image",
    "cometapi-runway": "/cometapi-runway/runwayml/v1/text_to_image",
    "runway": "/runway/v1/text_to_image",
    "runcrate": "/runcrate/v1/images/generations",
    "openai-images": "/openai-images/v1/images/generations",
}
POLLS: dict[str, str] = {
    "rungen": "/rungen/app/my-app/job/",
    "goneural": "/goneural/v1/tasks/",
    "cometapi-runway": "/cometapi-runway/runwayml/v1/tasks/",
    "runway": "/runway/v1/tasks/",
}
KEYS = {
    "x-api-key": "key",
    "Authorization": "Bearer rc_live_key",
    "X-Runway-Version": "2024-11-06",
}


@dataclass(frozen=True)
class Running:
    """An emulator that listens, and a client that sends every vendor's key."""

    url: str
    http: httpx2.Client

    def submit(self, provider: str, body: Any = None) -> httpx2.Response:
        return self.http.post(SUBMITS[provider], json=BODIES[provider] if body is None else body)

    def ticket(self, provider: str) -> str:
        """Submits and gives the id, in whichever shape it came."""
        reply = self.submit(provider).json()
        data = reply.get("data") or {}
        ticket = reply.get("job_id") or reply.get("id") or data.get("task_id") or data.get("id")
        assert isinstance(ticket, str)
        return ticket

    def poll(self, provider: str, ticket: str) -> httpx2.Response:
        return self.http.get(POLLS[provider] + ticket)

    def result(self, provider: str) -> str:
        """The address of a finished picture."""
        if provider in POLLS:
            return address(self.poll(provider, self.ticket(provider)).json())
        reply = self.submit(provider, BODIES[provider] | {"response_format": "url"})
        return address(reply.json())

    def download(self, url: str, **headers: str) -> httpx2.Response:
        with httpx2.Client() as http:
            return http.get(url, headers=headers)

    def stats(self, provider: str) -> dict[str, Any]:
        stats: dict[str, Any] = self.http.get("/_emulator/stats").json()["providers"][provider]
        return stats


@contextmanager
def running(**options: Any) -> Iterator[Running]:
    """Serves with the settings that command-line texts ask for (`in_flight="runway:2"`)."""
    named = {name.replace("_", "-"): value for name, value in options.items()}
    settings = parse({"picture": "fixed", **named})
    told: Queue[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Queue()

    async def main() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        await serve(settings, ready=lambda url: told.put((url, loop, stop)), stop=stop)

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    url, loop, stop = told.get(timeout=20)
    try:
        with httpx2.Client(base_url=url, headers=KEYS) as http:
            yield Running(url, http)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)


def status(provider: str, body: dict[str, Any]) -> str:
    """A poll's status, in whichever shape it came."""
    word = body["data"]["status"] if "data" in body else body["status"]
    assert isinstance(word, str), provider
    return word


def address(body: Any) -> str:
    """The first picture's address anywhere in a reply."""
    found = _search(body)
    assert found is not None, body
    return found


def _search(value: Any) -> str | None:
    if isinstance(value, str):
        return value if "/_pictures/" in value else None
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return next((found for item in items if (found := _search(item)) is not None), None)
