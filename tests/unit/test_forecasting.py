"""What earlier runs learnt of a provider tells how long the next one takes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from imagepipe.app.forecasting import forecast_of
from imagepipe.app.learning import LATENCIES, LIMITS
from imagepipe.app.planning import make_plan
from imagepipe.app.project import Project, Where, open_project
from imagepipe.model import Json, Secret
from imagepipe.polling import Polls, usual
from imagepipe.provider.naming import account, subject
from imagepipe.store import Lessons

MANIFEST = """\
version: 1
providers: {goneural: {price: 0.01}}
products: [{sku: A}, {sku: B}, {sku: C}, {sku: D}]
images:
  hero: {prompt: "a {{ sku }}", provider: goneural, aspect_ratio: 1:1}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("GONEURAL_API_KEY", "canary")
    (tmp_path / "imagepipe.yaml").write_text(MANIFEST, encoding="utf-8")
    made = open_project(Where(tmp_path / "imagepipe.yaml"))
    made.layout.root.mkdir()
    return made


def latency(seconds: float) -> Json:
    """The lesson of a run whose jobs all took so long."""
    learner = Polls().learner("any", 1.0)
    for _ in range(200):
        watch = learner.watch()
        watch.runs(seconds * 0.98)
        watch.ended(seconds * 1.02)
    return learner.lesson()


def test_latency_and_places_in_flight_tell_the_time(project: Project) -> None:
    """Four pictures of 20 s, two at a time: 40 s, and nothing of it is declared."""
    provider = project.manifest.providers["goneural"].with_secret(Secret("canary"))
    lessons, lesson = Lessons(project.layout.lessons), latency(20.0)
    lessons.write(LATENCIES, {subject(provider, None): lesson})
    with make_plan(project) as planned:
        assert planned.summary.estimate == Decimal("0.04")
        unknown = forecast_of(project, planned.seen)
        assert (unknown.seconds, unknown.unknown) == (None, ("goneural",))
        lessons.write(LIMITS, {account(provider): {"in_flight": 2, "in_flight_met": True}})
        told = forecast_of(project, planned.seen)
    mean = usual(lesson)
    assert mean is not None
    assert 18.0 < mean < 24.0
    assert told.seconds == pytest.approx(2 * mean)
    assert (told.least, told.learnt, told.unknown) == (False, True, ())


def test_what_no_run_wrote_tells_nothing(project: Project) -> None:
    provider = project.manifest.providers["goneural"].with_secret(Secret("canary"))
    lessons = Lessons(project.layout.lessons)
    lessons.write(LATENCIES, {subject(provider, None): {"grid": "none"}})
    lessons.write(LIMITS, {account(provider): {"in_flight": True, "rate": "fast"}})
    with make_plan(project) as planned:
        assert forecast_of(project, planned.seen).seconds is None
