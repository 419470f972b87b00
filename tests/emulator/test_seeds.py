"""The literal examples of the vendors' pages are accepted as they stand."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from tests.emulator.running import Running, running


@pytest.fixture(scope="module")
def emulator() -> Iterator[Running]:
    with running() as emulator:
        yield emulator


def test_rungen(emulator: Running) -> None:
    """The quickstart: submit, then poll to COMPLETED with an address."""
    submitted = httpx2.post(
        f"{emulator.url}/rungen/app/my-app/run_async",
        headers={"x-api-key": "your_api_key", "Content-Type": "application/json"},
        content="""{
"input": {
"prompt": "A futuristic city at sunset",
"height": 1024,
"width": 1024
}
}""",
    )
    assert submitted.status_code == 200
    assert submitted.json() == {"job_id": submitted.json()["job_id"], "status": "QUEUED"}
    job = httpx2.get(
        f"{emulator.url}/rungen/app/my-app/job/{submitted.json()['job_id']}",
        headers={"x-api-key": "your_api_key"},
    ).json()["data"]
    assert job["status"] == "COMPLETED"
    assert set(job) == {"id", "created_at", "execution_time", "request", "result", "status"}
    url = job["result"]["images"][0]["image"]
    assert "X-Amz-Expires=604800" in url
    assert emulator.download(url).content.startswith(b"\x89PNG")


def test_goneural(emulator: Running) -> None:
    """The reference page: the answer is a whole task object with the asked seed."""
    submitted = httpx2.request(
        "POST",
        f"{emulator.url}/goneural/v1/tasks/text-to-image",
        headers={
            "Accept": "application/json",
            "Authorization": "Bearer 123",
            "Content-Type": "application/json",
        },
        content="""{
  "prompt": "string",
  "ratio": "1:1 square 1024x1024",
  "seed": 42
}""",
    ).json()
    assert submitted["status"] == "queued"
    assert (submitted["type"], submitted["seed"]) == ("text-to-image", 42)
    task = httpx2.get(
        f"{emulator.url}/goneural/v1/tasks/{submitted['id']}",
        headers={"Authorization": "Bearer 123"},
    ).json()
    assert task["status"] == "succeeded"
    assert emulator.download(task["output"]["image"]).status_code == 200
    fields = {"id", "status", "type", "seed", "input", "output", "creditUsed", "refunded"}
    assert fields | {"userId", "finishedAt", "createdAt", "asset", "assetId", "meta"} == set(task)


def test_cometapi(emulator: Running) -> None:
    """The model page's curl, though newer pages of the vendor say that it would fail."""
    submitted = httpx2.post(
        f"{emulator.url}/cometapi-runway/runwayml/v1/text_to_image",
        headers={
            "Content-Type": "application/json",
            "Authorization": "Bearer $COMETAPI_API_KEY",
            "X-Runway-Version": "2024-11-06",
        },
        content="""{
    "model": "gen4_aleph",
    "promptText": "Your prompt here."
  }""",
    )
    task = emulator.poll("cometapi-runway", submitted.json()["id"]).json()
    assert task["status"] == "SUCCEEDED"
    assert emulator.download(task["output"][0]).status_code == 200


def test_runcrate(emulator: Running) -> None:
    """The image generation page's curl: one item with an address or base64."""
    answer = httpx2.post(
        f"{emulator.url}/runcrate/v1/images/generations",
        headers={
            "Content-Type": "application/json",
            "Authorization": "Bearer rc_live_YOUR_API_KEY",
        },
        content="""{
      "model": "black-forest-labs/FLUX.1-schnell",
      "prompt": "A minimalist product photo of wireless earbuds on a marble surface",
      "aspect_ratio": "1:1"
    }""",
    ).json()
    assert emulator.download(answer["data"][0]["url"]).status_code == 200
    assert emulator.stats("runcrate")["cost"] == {
        "currency": "USD",
        "known": "0.003",
        "unknown": 0,
    }


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/rungen/app/a/job/none", 403, {"error": "Unauthorized access. Invalid API key."}),
        ("/goneural/v1/tasks/none", 401, None),
        ("/runway/v1/tasks/none", 401, None),
        ("/cometapi-runway/runwayml/v1/tasks/none", 401, None),
    ],
)
def test_a_request_without_a_key_is_refused(
    emulator: Running, path: str, status: int, body: dict[str, str] | None
) -> None:
    """RunGen says 403, the others 401."""
    reply = httpx2.get(emulator.url + path)
    assert reply.status_code == status
    assert body is None or reply.json() == body


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b'{"a": ' * 5000, b"\xff\xfe"])
def test_a_malformed_submit_is_a_plain_refusal(emulator: Running, body: bytes) -> None:
    """Whatever is sent, the answer is the vendor's error, never a broken emulator."""
    for path in ("/rungen/app/a/run_async", "/runcrate/v1/images/generations"):
        assert emulator.http.post(path, content=body).status_code == 400
    comet = emulator.http.post("/cometapi-runway/runwayml/v1/text_to_image", content=body)
    assert (comet.status_code, comet.json()["error"]["code"]) == (500, "invalid_request")


def test_a_wrong_path_is_answered_as_the_vendor_does(emulator: Running) -> None:
    """CometAPI shows an HTML page with 200; the others say 404 in their own words."""
    comet = emulator.http.get("/cometapi-runway/v1/nonsense")
    assert (comet.status_code, comet.headers["content-type"][:9]) == (200, "text/html")
    assert emulator.http.get("/runcrate/v1/nonsense").json()["error"]["type"]
    assert emulator.http.get("/nobody/v1").status_code == 404
