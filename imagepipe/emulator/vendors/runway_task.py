"""Runway's task object and its requests, shared by Runway itself and by CometAPI's route to it.

The task is a union by status as the released `runwayml` package types it
(runwayml 5.24.0, types/task_retrieve_response.py): every status has exactly its own fields.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from imagepipe.emulator.book import Job
from imagepipe.emulator.values import Ask, Json, Phase

RATIOS = frozenset(
    # gen4_image and gen4_image_turbo: runwayml 5.24.0, types/text_to_image_create_params.py
    [
        "1024:1024",
        "1080:1080",
        "1168:880",
        "1360:768",
        "1440:1080",
        "1080:1440",
        "1808:768",
        "1920:1080",
        "1080:1920",
        "2112:912",
        "1280:720",
        "720:1280",
        "720:720",
        "960:720",
        "720:960",
        "1680:720",
    ]
)

MODELS = frozenset(
    [
        "gen4_image",
        "gen4_image_turbo",
        "gemini_2.5_flash",
        "gpt_image_2",
        "gemini_image3_pro",
        "gemini_image3.1_flash",
        "gemini_image3.1_flash_lite",
        "nano_banana_2.1",
        "muse_image",
        "seedream5_pro",
        "seedream5_lite",
        "seedream5_flash",
        "grok_imagine_image_2",
        "gpt_image_2_5_flare",
        "gpt_image_2_5_sunburst",
        "bria_fibo_1_5",
        "bria_fibo_edit_1_5",
        "ideogram_4_0",
        "ideogram_4_5",
        "recraft_v4_1_flash",
        "recraft_v4_1_vector",
    ]
)

WORDS: dict[Phase, str] = {
    "waiting": "THROTTLED",
    "queued": "PENDING",
    "running": "RUNNING",
    "succeeded": "SUCCEEDED",
    "failed": "FAILED",
    "cancelled": "CANCELLED",
}

_SMALL = frozenset({"1280:720", "720:1280", "720:720", "960:720", "720:960", "1680:720"})
_IDEOGRAM: dict[str, dict[str, int]] = {
    "ideogram_4_0": {"low": 4, "medium": 7, "high": 11},
    "ideogram_4_5": {"very_low": 1, "low": 4, "medium": 8, "high": 25},
}


def credits_of(ask: Ask) -> int | None:
    """Credits of one task at published prices, None where none is published.

    Sources: the vendor's skills repository and the docstrings of runwayml 5.24.0.
    """
    ratio, quality = str(ask.extra.get("ratio")), str(ask.extra.get("quality"))
    match ask.model:
        case "gen4_image":
            return 5 if ratio in _SMALL else 8
        case "gen4_image_turbo":
            return 2
        case "gemini_2.5_flash":
            return 5
        case "muse_image":
            return 1
        case "bria_fibo_1_5":
            return 5 if ask.width * ask.height <= 1_500_000 else 10
        case "ideogram_4_5" if quality == "None":
            precise = bool(ask.extra.get("precise"))
            return 8 if ask.inputs and not precise else 25
        case "ideogram_4_0" | "ideogram_4_5":
            return _IDEOGRAM[ask.model].get(quality)
        case _:
            return None


def task_json(job: Job, phase: Phase, now: float, urls: Sequence[str]) -> dict[str, Json]:
    """The task as Runway gives it."""
    price = credits_of(job.ask) or 5  # a task always names its credits
    task: dict[str, Json] = {"id": job.id, "status": WORDS[phase], "createdAt": iso(job.epoch)}
    match phase:
        case "waiting" | "queued":
            task["estimatedCost"] = {"credits": price}
        case "running":
            task |= {"estimatedCost": {"credits": price}, "progress": job.progress(now)}
        case "succeeded":
            task |= {"output": list(urls), "cost": {"credits": price}}
        case "failed":
            task |= {"failure": _failure(job), "cost": {"credits": price * job.fate.billed}}
            if job.fate.code is not None:
                task["failureCode"] = job.fate.code
        case "cancelled":
            billed = job.fate.billed and not job.refunded
            task["cost"] = {"credits": price * billed}
    return task


def iso(epoch: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(epoch)) + f".{int(epoch % 1 * 1000):03}Z"


def utf16_units(text: str) -> int:
    """The length that Runway's limit of 1,000 counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _failure(job: Job) -> str:
    if job.fate.code and "SAFETY" in job.fate.code:
        return "The request was moderated."
    return "An unexpected error occurred."
