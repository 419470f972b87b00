"""Clients that nobody here wrote work with the emulator: openai, runwayml and runcrate-sdk.

They are the vendors' own (or generated from the vendors' descriptions) and validate what they get.
"""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
import runwayml
import runwayml.lib.polling
from PIL import Image

from tests.emulator.running import Running, running

with warnings.catch_warnings():
    # Class-based configuration of pydantic models is deprecated; released clients still use it.
    warnings.simplefilter("ignore", DeprecationWarning)
    import runcrate  # type: ignore[import-untyped]  # it ships no py.typed


@pytest.fixture
def emulator() -> Iterator[Running]:
    with running(picture="drawn", quirk=["runway:throttled=1", "runway:running=1"]) as emulator:
        yield emulator


@pytest.fixture
def runway(emulator: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[runwayml.RunwayML]:
    monkeypatch.setattr(runwayml.lib.polling, "POLL_TIME", 0.01)
    monkeypatch.setattr(runwayml.lib.polling, "POLL_JITTER", 0.0)
    with runwayml.RunwayML(
        api_key="key_test", base_url=f"{emulator.url}/runway", max_retries=0
    ) as client:
        yield client


def test_openai_generates(emulator: Running) -> None:
    """The released client gets base64 by default and an address where it asks for one."""
    with openai.OpenAI(
        api_key="k", base_url=f"{emulator.url}/openai-images/v1", max_retries=0
    ) as client:
        answer = client.images.generate(model="gpt-image-2", prompt="a mug", size="1536x1024", n=2)
        assert answer.data is not None
        assert len(answer.data) == 2
        data = base64.b64decode(answer.data[0].b64_json or "")
        assert Image.open(io.BytesIO(data)).size == (1536, 1024)
        assert answer.usage is not None
        named = client.images.generate(model="dall-e", prompt="a mug", response_format="url")
        assert named.data is not None
        assert emulator.download(named.data[0].url or "").status_code == 200


def test_openai_edits(emulator: Running) -> None:
    """One picture is the part `image`, several are `image[]`; both are drawn into the result."""
    photo = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 30, 30)).save(photo, "PNG")
    with openai.OpenAI(
        api_key="k", base_url=f"{emulator.url}/openai-images/v1", max_retries=0
    ) as client:
        one = client.images.edit(
            model="gpt-image-2", prompt="on a beach", image=("a.png", photo.getvalue())
        )
        both = client.images.edit(
            model="gpt-image-2",
            prompt="on a beach",
            image=[("a.png", photo.getvalue()), ("b.png", photo.getvalue())],
        )
    assert one.data is not None
    assert both.data is not None
    assert one.data[0].b64_json != both.data[0].b64_json


def test_openai_reads_the_errors(emulator: Running) -> None:
    """A refusal of the vendor arrives as the client's own exception."""
    client = openai.OpenAI(api_key="k", base_url=f"{emulator.url}/openai-images/v1", max_retries=0)
    with client, pytest.raises(openai.BadRequestError, match="prompt is required"):
        client.images.generate(model="gpt-image-2", prompt="")


def test_openai_works_with_runcrate(emulator: Running) -> None:
    """Runcrate's page shows OpenAI's client against its own address."""
    with openai.OpenAI(
        api_key="rc_live_k", base_url=f"{emulator.url}/runcrate/v1", max_retries=0
    ) as client:
        answer = client.images.generate(model="black-forest-labs/FLUX.1-schnell", prompt="earbuds")
    assert answer.data is not None
    assert emulator.download(answer.data[0].url or "").content.startswith(b"\x89PNG")


def test_runcrate_sdk(emulator: Running, tmp_path: Path) -> None:
    """The page's own example: generate, save, edit a file."""
    client = runcrate.Runcrate(
        api_key="rc_live_k", inference_url=f"{emulator.url}/runcrate", base_url=emulator.url
    )
    with client:
        image = client.models.generate_image(
            model="black-forest-labs/FLUX.1-schnell",
            prompt="A sleek running shoe, white background, studio lighting",
            response_format="b64_json",
            aspect_ratio="16:9",
        )
        first = tmp_path / "shoe.png"
        image.data[0].save(str(first))
        edited = client.models.generate_image(
            model="black-forest-labs/FLUX.1-kontext-pro",
            prompt="Change the background to a tropical beach at sunset",
            image=str(first),
            response_format="b64_json",
        )
    with Image.open(first) as shoe:
        assert shoe.size == (1344, 768)
    assert edited.data[0].to_bytes() != first.read_bytes()


def test_runcrate_sdk_reads_the_errors(emulator: Running) -> None:
    client = runcrate.Runcrate(
        api_key="rc_live_k", inference_url=f"{emulator.url}/runcrate", base_url=emulator.url
    )
    with client, pytest.raises(runcrate.BadRequestError, match="model and prompt are required"):
        client.models.generate_image(model="m", prompt="")


def test_runwayml_waits_for_its_task(emulator: Running, runway: runwayml.RunwayML) -> None:
    """Submit, THROTTLED, RUNNING, SUCCEEDED: each validated as its own type by the client."""
    created = runway.text_to_image.create(
        model="gen4_image", prompt_text="a mug @ref", ratio="1280:720"
    )
    estimate = created.estimated_cost  # type: ignore[attr-defined]  # typed by a base class only
    assert estimate.credits == 5
    seen = [runway.tasks.retrieve(created.id) for _ in range(3)]
    assert [task.status for task in seen] == ["THROTTLED", "RUNNING", "SUCCEEDED"]
    task = created.wait_for_task_output(timeout=20)
    assert task.status == "SUCCEEDED"
    assert task.cost.credits == 5
    assert emulator.download(task.output[0]).status_code == 200


def test_runwayml_cancels(runway: runwayml.RunwayML) -> None:
    """A deleted task cannot be fetched again."""
    created = runway.text_to_image.create(model="gen4_image", prompt_text="a mug", ratio="1280:720")
    runway.tasks.delete(created.id)
    with pytest.raises(runwayml.NotFoundError):
        runway.tasks.retrieve(created.id)


def test_runwayml_reads_the_organisation(runway: runwayml.RunwayML) -> None:
    """Limits, balance and the day's use are in the form that the client's types want."""
    runway.text_to_image.create(model="gen4_image", prompt_text="a mug", ratio="1280:720")
    organization = runway.organization.retrieve()
    assert organization.usage.models["gen4_image"].daily_generations == 1
    assert organization.tier.models["gen4_image"].max_concurrent_generations is None


@pytest.mark.parametrize(
    ("quirk", "code", "charged"),
    [
        ("fail", "INTERNAL", 0),
        ("fail-safety-input", "SAFETY.INPUT.TEXT", 5),
        ("fail-no-code", None, 0),
    ],
)
def test_runwayml_reads_a_failed_task(
    monkeypatch: pytest.MonkeyPatch, quirk: str, code: str | None, charged: int
) -> None:
    """FAILED carries its reason, its code (or none) and what was charged."""
    monkeypatch.setattr(runwayml.lib.polling, "POLL_TIME", 0.01)
    monkeypatch.setattr(runwayml.lib.polling, "POLL_JITTER", 0.0)
    with (
        running(quirk=[f"runway:{quirk}"]) as emulator,
        runwayml.RunwayML(api_key="k", base_url=f"{emulator.url}/runway", max_retries=0) as client,
    ):
        created = client.text_to_image.create(
            model="gen4_image", prompt_text="a mug", ratio="1280:720"
        )
        with pytest.raises(runwayml.TaskFailedError) as failed:
            created.wait_for_task_output(timeout=20)
    task = failed.value.task_details
    assert task.status == "FAILED"
    assert (task.failure_code, task.cost.credits) == (code, charged)


def test_runwayml_reads_a_cancelled_task() -> None:
    with (
        running(quirk="runway:cancelled") as emulator,
        runwayml.RunwayML(api_key="k", base_url=f"{emulator.url}/runway", max_retries=0) as client,
    ):
        created = client.text_to_image.create(
            model="gen4_image", prompt_text="a mug", ratio="1280:720"
        )
        task = client.tasks.retrieve(created.id)
    assert task.status == "CANCELLED"
    assert task.cost.credits == 0


@pytest.mark.parametrize("status", [429, 503])
def test_a_client_that_repeats_paid_submits_shows_in_the_counts(status: int) -> None:
    """runwayml sends a POST again after a lost answer: two accepted jobs for one request."""
    with (
        running(quirk=["runway:drop-after-accept=1", f"runway:{status}=1"]) as emulator,
        runwayml.RunwayML(api_key="k", base_url=f"{emulator.url}/runway", max_retries=4) as client,
    ):
        client.text_to_image.create(model="gen4_image", prompt_text="a mug", ratio="1280:720")
        stats = emulator.stats("runway")
    assert (stats["accepted"], stats["distinct"], stats["duplicates"]) == (2, 1, 1)
    assert stats["repeated"][0]["accepted"] == 2
    assert stats["requests"]["submit"] == {"200": 1, str(status): 1, "cut": 1}
