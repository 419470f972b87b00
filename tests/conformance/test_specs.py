"""Every spec in the repository against its transcripts. A new spec needs no line here."""

from __future__ import annotations

from pathlib import Path

import pytest

from imagepipe.document import Document, parse, render
from imagepipe.provider.conformance import check

SPECS = Path(__file__).parents[2] / "specs" / "providers"
NAMES = sorted(path.stem for path in SPECS.glob("*.yaml"))


def documents(name: str) -> tuple[Document, list[Document]]:
    """A spec and its transcripts."""
    transcripts = sorted((SPECS / name / "transcripts").glob("*.yaml"))
    spec = parse((SPECS / f"{name}.yaml").read_bytes(), f"{name}.yaml")
    return spec, [parse(path.read_bytes(), f"{name}/{path.name}") for path in transcripts]


def test_the_specs_that_are_promised_exist() -> None:
    """The suite below must not pass because it found nothing."""
    wanted = {"rungen", "goneural", "cometapi-runway", "runway", "runcrate", "openai-images"}
    assert wanted <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_spec_conforms_to_its_transcripts(name: str) -> None:
    """Its requests and readings are those of the transcripts, which reach all of it."""
    spec, transcripts = documents(name)
    assert transcripts, f"{name} has no transcripts"
    problems = check(spec, transcripts)
    for note in (problem for problem in problems if problem.severity == "note"):
        print(render(note))
    errors = [render(problem) for problem in problems if problem.severity == "error"]
    assert not errors, "\n".join(errors)


@pytest.mark.parametrize("name", NAMES)
def test_every_transcript_names_its_source(name: str) -> None:
    """A transcript that nobody can look up is a guess."""
    _, transcripts = documents(name)
    for transcript in transcripts:
        assert isinstance(transcript.root, dict)
        assert transcript.root.get("source"), transcript.file


def test_no_folder_of_transcripts_is_left_alone() -> None:
    """A folder whose spec was renamed would silently not be run."""
    folders = {path.name for path in SPECS.iterdir() if path.is_dir()}
    assert folders <= set(NAMES)
