"""How long a plan's run would take: declared limits, and what earlier runs learnt, put together.

It reads the store's lessons and writes nothing. A rehearsal's lessons are its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from imagepipe.app.learning import LATENCIES, LIMITS
from imagepipe.app.project import Project, environment, secret
from imagepipe.model import Json
from imagepipe.planner import Highlights
from imagepipe.planner.forecast import Forecast, Lane, forecast
from imagepipe.polling import usual
from imagepipe.provider import Provider
from imagepipe.provider.naming import account, subject
from imagepipe.store import Lessons


def forecast_of(project: Project, seen: Highlights) -> Forecast:
    """The time that the pictures to pay for take."""
    lessons = Lessons(project.layout.lessons)
    latencies, limits = lessons.read(LATENCIES), lessons.read(LIMITS)
    lanes: dict[str, Lane] = {}
    for name, models in _by_provider(seen).items():
        provider = project.manifest.providers[name]
        lanes[name] = _lane(_with_key(project, provider), models, latencies, limits)
    return forecast(lanes)


def _by_provider(seen: Highlights) -> dict[str, dict[str | None, int]]:
    found: dict[str, dict[str | None, int]] = {}
    for (name, model), count in seen.paid.items():
        found.setdefault(name, {})[model] = count
    return found


def _with_key(project: Project, provider: Provider) -> Provider:
    """Accounts are told apart by their keys; a plan needs none, and uses one that is there."""
    return provider.with_secret(secret(provider.key_env, environment(project.folder)))


def _lane(
    provider: Provider,
    models: Mapping[str | None, int],
    latencies: Mapping[str, Json],
    limits: Mapping[str, Json],
) -> Lane:
    lesson = limits.get(account(provider))
    rate, most = _learnt(lesson, "rate"), _learnt(lesson, "in_flight")
    declared = provider.limits
    stated = None if declared.rpm is None else float(declared.rpm) / 60.0
    in_flight = declared.in_flight or (int(most) if most else None)
    work, told = 0.0, True
    for model, count in models.items():
        seconds = usual(latencies.get(subject(provider, model)))
        told = told and seconds is not None
        work += count * (seconds or 0.0)
    return Lane(
        jobs=sum(models.values()),
        work=work if told else None,
        per_second=stated or rate,
        in_flight=in_flight,
        learnt=told or (stated is None and rate is not None),
    )


def _learnt(lesson: Json, name: str) -> float | None:
    """A limit that an earlier run met, or as far as it went without one: the next begins there."""
    if not isinstance(lesson, dict):
        return None
    value = lesson.get(name)
    sound = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return float(value) if sound and isinstance(value, int | float) else None
