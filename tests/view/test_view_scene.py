"""Looking again only at what has news shows the same as looking at everything."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from imagepipe.app.reviewing import Change, decide
from imagepipe.app.viewing.marks import Mark
from imagepipe.app.viewing.scene import Scene, Seen, update
from imagepipe.cli import projects
from imagepipe.cli.gallery import commands
from imagepipe.cli.options import Places
from imagepipe.review import Decision, Entry, Retry
from tests.view.viewed import MANIFEST, Shop

pytestmark = pytest.mark.timeout(120)

HERO, SCENE = "MUG-01/hero", "MUG-01/scene"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop.rehearsed(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def looked(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Which kind of look was had, in order."""
    monkeypatch.chdir(shop.folder)
    had: list[str] = []
    everything, news = Scene._everything, Scene._news

    def all_of_it(scene: Scene, before: Seen | None) -> Seen:
        had.append("everything")
        return everything(scene, before)

    def some_of_it(scene: Scene, marks: list[Mark]) -> Seen | None:
        had.append("news")
        return news(scene, marks)

    monkeypatch.setattr(Scene, "_everything", all_of_it)
    monkeypatch.setattr(Scene, "_news", some_of_it)
    yield had
    shop.decisions.unlink(missing_ok=True)
    shop.manifest.write_text(MANIFEST, encoding="utf-8")


def _scene(*manifests: str) -> Scene:
    places, named = Places(emulate=True), [Path(one) for one in manifests or ("imagepipe.yaml",)]
    return Scene(lambda: projects.opened(named, places), commands(places))


def _decide(shop: Shop, path: str, entry: Entry | None) -> None:
    decide(shop.decisions, [Change(path, shop.review().entries.get(path), entry)])


def _same(scene: Scene) -> Seen:
    """What a look shows, which must be what a newcomer sees."""
    seen = scene.look(now=True)
    assert dict(seen.told) == dict(_scene().seen.told)
    return seen


def test_a_decision_is_news_alone(shop: Shop, looked: list[str]) -> None:
    """One picture of six is looked at again, and told."""
    scene = _scene()
    before = scene.seen
    _decide(shop, HERO, Entry(Decision.APPROVED, shop.digest(HERO)))
    looked.clear()
    after = scene.look(now=True)
    assert looked == ["news"]
    (told,) = json.loads(update(after, before.version))["pictures"]
    assert (told["path"], told["review"]["held"]) == (f"{HERO}.png", "approved")
    _same(scene)


def test_nothing_new_is_no_news(shop: Shop, looked: list[str]) -> None:
    """Also where a file was only touched."""
    scene = _scene()
    _decide(shop, HERO, Entry(Decision.APPROVED, shop.digest(HERO)))
    version = scene.look(now=True).version
    looked.clear()
    assert scene.look(now=True).version == version
    assert looked == []
    os.utime(shop.decisions)
    assert scene.look(now=True).version == version


def test_a_retry_makes_other_jobs(shop: Shop, looked: list[str]) -> None:
    """So that everything is looked at; what a run makes of it is news."""
    scene = _scene()
    _decide(shop, HERO, Entry(Decision.RETRY, None, None, Retry(seed=4242)))
    seen = _same(scene)
    assert "everything" in looked
    one = next(entry for entry in seen.entries.values() if entry.path == HERO)
    assert one.status == "changed"
    assert shop.types("run", "--emulate", "-q", "--select", "review:retry").returncode == 0
    done = next(entry for entry in _same(scene).entries.values() if entry.path == f"{HERO}.png")
    assert (done.status, done.seed) == ("done", 4242)
    assert done.image is not None
    assert done.image.digest in scene.seen.sources


def test_a_run_is_followed_by_news(shop: Shop, looked: list[str]) -> None:
    """From its first intent to its last picture; afterwards nothing was missed."""
    for path in (HERO, SCENE, "LAMP-02/hero"):
        _decide(shop, path, Entry(Decision.RETRY, None, None, Retry(prompt=f"{path} in the rain")))
    scene = _scene()
    looked.clear()
    statuses: set[str] = set()
    with shop.start("run", "--emulate", "-q") as run:
        while run.poll() is None:
            entries = scene.look(now=True).entries.values()
            statuses |= {str(entry.status) for entry in entries}
            with suppress(subprocess.TimeoutExpired):
                run.wait(0.05)
        run.communicate()
    assert run.returncode == 0
    assert "news" in looked
    assert {"changed", "done"} <= statuses
    _same(scene)


def test_pictures_that_come_and_go_are_told(shop: Shop, looked: list[str]) -> None:
    """Who has seen less asks for all."""
    scene = _scene()
    before = scene.seen.version
    shop.manifest.write_text(MANIFEST.replace("LAMP-02", "LAMP-03"), encoding="utf-8")
    seen = _same(scene)
    assert json.loads(update(seen, before))["pictures"] is None
    assert json.loads(update(seen, seen.version))["pictures"] == []
    assert looked


def test_two_manifests_of_one_name_are_told_apart(shop: Shop, looked: list[str]) -> None:
    """A decision on a picture of one is news of that one alone."""
    other = shop.folder / "other.yaml"
    other.write_text(MANIFEST, encoding="utf-8")
    scene = _scene("imagepipe.yaml", "other.yaml")
    assert len(scene.seen.told) == 12
    before = scene.seen.version
    _decide(shop, HERO, Entry(Decision.REJECTED, shop.digest(HERO)))
    looked.clear()
    seen = scene.look(now=True)
    assert looked == ["news"]
    assert len(json.loads(update(seen, before))["pictures"]) == 1
    other.unlink()
