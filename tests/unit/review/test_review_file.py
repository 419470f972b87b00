"""The review file: what it says, what is wrong in it, and that a change leaves the rest alone."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from imagepipe.errors import InputError
from imagepipe.model import Digest
from imagepipe.review import (
    Decision,
    Entry,
    Retry,
    Review,
    Verdict,
    edited,
    entry_of,
    fields_of,
    name_of,
    read,
    review_schema,
    verdict,
)
from imagepipe.review.reading import read_yaml
from imagepipe.review.usual import read_usual

FILE = "shop.yaml.review.yaml"
ONE, OTHER = Digest("a" * 64), Digest("b" * 64)
APPROVED = Entry(Decision.APPROVED, ONE)

BY_HAND = f"""\
# Reviewed with the whole team.
version: 1
pictures:
  # The mug is the hero of the spring page.
  MUG-01/hero:
    decision: approved
    picture: sha256:{ONE}   # taken on Monday
  # Legal wants another one.
  LAMP-02/hero:
    decision: rejected
    picture: sha256:{OTHER}
    note: "no logo"
# Ask Ann about the rest.
"""


def _read(text: str) -> Review:
    return read(text.encode(), FILE)


def test_the_schema_is_draft_07_and_described() -> None:
    """As the other published ones."""
    Draft7Validator.check_schema(review_schema())
    definitions = review_schema()["definitions"]
    assert isinstance(definitions, dict)
    for name, about in definitions.items():
        assert isinstance(about, dict)
        assert about["description"], name
        properties = about["properties"]
        assert isinstance(properties, dict)
        assert all(isinstance(one, dict) and ("description" in one or "$ref" in one)
                   for one in properties.values())  # fmt: skip


def test_decisions_are_read() -> None:
    """By path, with the digest of what was decided on."""
    review = _read(BY_HAND)
    assert review.entries["MUG-01/hero"] == APPROVED
    assert review.entries["LAMP-02/hero"] == Entry(Decision.REJECTED, OTHER, "no logo")


@pytest.mark.parametrize(
    ("line", "code", "at"),
    [
        ("decision: aproved", "E107", "4:15"),
        ("decison: approved", "E104", "4:5"),
        ("decision: approved", "E106", "3:3"),
        ("decision: retry", "E106", "3:3"),
        ("picture: sha256:12", "E107", "4:14"),
        ("retry: {seed: new}", "E105", "4:19"),
        ("retry: {sed: 1}", "E104", "4:13"),
        ("retry: {}", "E107", "4:12"),
        ("retry: {take: 1}", "E107", "4:19"),
    ],
)
def test_mistakes_have_their_places(line: str, code: str, at: str) -> None:
    """With a caret, as in a manifest."""
    with pytest.raises(InputError) as caught:
        _read(f"version: 1\npictures:\n  MUG-01/hero:\n    {line}\n")
    found = [(one.code, str(one.place)) for one in caught.value.problems]
    assert (code, f"{FILE}:{at}") in found


@pytest.mark.parametrize(
    ("entry", "blob", "held"),
    [
        (None, ONE, Verdict.PENDING),
        (APPROVED, ONE, Verdict.APPROVED),
        (APPROVED, OTHER, Verdict.PENDING),
        (APPROVED, None, Verdict.PENDING),
        (Entry(Decision.REJECTED, ONE), ONE, Verdict.REJECTED),
        (Entry(Decision.RETRY, ONE, None, Retry(seed=1)), None, Verdict.RETRY),
        (Entry(Decision.RETRY, ONE, None, Retry(seed=1)), OTHER, Verdict.PENDING),
        (Entry(retry=Retry(seed=1)), OTHER, Verdict.PENDING),
    ],
)
def test_a_decision_holds_for_the_picture_it_was_made_on(
    entry: Entry | None, blob: Digest | None, held: Verdict
) -> None:
    """A picture that came in its place is undecided; a retry holds until its picture is there."""
    assert verdict(entry, blob) is held


def test_a_change_leaves_what_people_wrote() -> None:
    """The head, comments above and in other entries, and the end; entries stand in order."""
    text = edited(BY_HAND, _read(BY_HAND), {"BAG-03/hero": Entry(Decision.REJECTED, OTHER, "dark")})
    assert text == (
        "# Reviewed with the whole team.\n"
        "version: 1\n"
        "pictures:\n"
        "  BAG-03/hero:\n"
        "    decision: rejected\n"
        f"    picture: sha256:{OTHER}\n"
        '    note: "dark"\n'
        "  # Legal wants another one.\n"
        "  LAMP-02/hero:\n"
        "    decision: rejected\n"
        f"    picture: sha256:{OTHER}\n"
        '    note: "no logo"\n'
        "  # The mug is the hero of the spring page.\n"
        "  MUG-01/hero:\n"
        "    decision: approved\n"
        f"    picture: sha256:{ONE}   # taken on Monday\n"
        "# Ask Ann about the rest.\n"
    )


@pytest.mark.parametrize("other", [("\n", "\r\n"), ("spring page", "spring\tpage")])
def test_ends_of_lines_and_tabs_in_comments_are_kept(other: tuple[str, str]) -> None:
    """An editor of Windows wrote it: one decision changes no other line."""
    text = BY_HAND.replace(*other)
    assert text != BY_HAND
    changed = edited(text, _read(text), {"MUG-01/scene": APPROVED})
    assert changed.splitlines(keepends=True)[:2] == text.splitlines(keepends=True)[:2]
    assert set(text.splitlines(keepends=True)) <= {*changed.splitlines(keepends=True)}


def test_an_entry_that_is_changed_keeps_the_comment_above_it() -> None:
    """Its own lines are written anew."""
    text = edited(BY_HAND, _read(BY_HAND), {"MUG-01/hero": Entry(Decision.REJECTED, ONE)})
    assert "  # The mug is the hero of the spring page.\n  MUG-01/hero:\n    decision: reje" in text
    assert "Monday" not in text


def test_an_entry_goes_with_its_comment() -> None:
    """And an empty file is left, not a broken one."""
    review = _read(BY_HAND)
    text = edited(BY_HAND, review, dict.fromkeys(review.entries))
    assert _read(text).entries == {}
    assert "Legal" not in text
    again = edited(text, _read(text), {"MUG-01/hero": APPROVED})
    assert _read(again).entries == {"MUG-01/hero": APPROVED}


@pytest.mark.parametrize(
    "text",
    [
        f'{{version: 1, pictures: {{MUG/hero: {{decision: approved, picture: "sha256:{ONE}"}}}}}}',
        f"version: 1\npictures: {{'MUG-01/hero': {{decision: approved, picture: sha256:{ONE}}}}}\n",
        f"pictures:\n  MUG/x: &a\n    decision: approved\n    picture: sha256:{ONE}\n  MUG/y: *a\n",
        "version: 1\npictures:\n",
        "version: 1\n",
        "",
    ],
)
def test_any_layout_can_be_changed(text: str) -> None:
    """What cannot be cut is written anew, with all it says."""
    try:
        review = _read(text)
    except InputError:
        review, text = Review(FILE), ""
    changed = edited(text or None, review, {"BAG/x": APPROVED})
    assert _read(changed).entries == {**review.entries, "BAG/x": APPROVED}


def test_the_result_is_the_same_for_every_order() -> None:
    """So that two branches that decided alike do not differ."""
    first = edited(None, Review(FILE), {"b/x": APPROVED, "a/x": APPROVED})
    one = edited(None, Review(FILE), {"a/x": APPROVED})
    second = edited(one, _read(one), {"b/x": APPROVED})
    assert first == second
    assert first.startswith("# What people decided on the pictures of shop.yaml.")


def test_a_rehearsal_has_a_file_of_its_own() -> None:
    """A placeholder that was approved says nothing of a picture."""
    assert name_of("shop.yaml", rehearsal=False) == "shop.yaml.review.yaml"
    assert name_of("shop.yaml", rehearsal=True) == "shop.yaml.emulated.review.yaml"


_USUAL = edited(
    None,
    Review(FILE),
    {
        "MUG-01/hero": Entry(Decision.RETRY, ONE, 'a "note"', Retry(seed=1, take=2, prompt="a b")),
        "LAMP 2": Entry(Decision.REJECTED, OTHER, "no\nlogo"),
        "BAG-03/hero": Entry(retry=Retry(provider="runway", model="m", negative_prompt="")),
    },
)
_LINES = _USUAL.splitlines(keepends=True)


def test_what_this_program_writes_is_read_quickly() -> None:
    """Without YAML: a rerun of thousands of approved pictures reads them all."""
    assert read_usual(_USUAL) == read_yaml(_USUAL.encode(), FILE).entries


@pytest.mark.parametrize("name", ["", "a" * 1_100])
def test_names_that_yaml_refuses_are_not_read_quickly(name: str) -> None:
    """Nor are they left out."""
    text = _USUAL.replace("pictures:\n", f'pictures:\n  "{name}":\n    note: "x"\n')
    assert read_usual(text) is None
    assert read_usual(text.replace('    note: "x"\n', "", 1)) is None
    with pytest.raises(InputError):
        _read(text)


@given(
    st.lists(st.tuples(st.integers(0, len(_LINES) - 1), st.integers(0, 3), st.integers(0, 40))),
    st.sampled_from(["", " ", "0", "x", '"', "#", ":", "  ", "\\", "retry", "take: 1", "\n"]),
)
def test_the_quick_way_reads_what_yaml_reads(edits: list[tuple[int, int, int]], word: str) -> None:
    """Lines left out, doubled, moved and spoilt: the same entries, or the long way is taken."""
    lines = [*_LINES]
    for place, kind, where in edits:
        at = place % max(1, len(lines))
        match kind:
            case 0:
                del lines[at : at + 1]
            case 1:
                lines[at:at] = lines[where % len(lines) :][:1] if lines else []
            case _:
                line = lines[at] if lines else ""
                lines[at : at + 1] = [line[:where] + word + line[where + (kind == 3) :]]
    text = "".join(lines)
    quick = read_usual(text)
    if quick is not None:
        assert read_yaml(text.encode(), FILE).entries == quick


_TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40
).filter(lambda text: text.strip() == text)
_RETRY = st.builds(
    Retry,
    seed=st.none() | st.integers(0, 2**63 - 1),
    take=st.none() | st.integers(2, 9),
    prompt=st.none() | _TEXT,
    provider=st.none() | _TEXT,
).filter(lambda retry: bool(retry.names))
_ENTRY = st.builds(
    Entry,
    decision=st.just(Decision.RETRY),
    picture=st.none() | st.just(ONE),
    note=st.none() | _TEXT,
    retry=_RETRY,
)


@given(st.dictionaries(_TEXT, _ENTRY, max_size=4), st.dictionaries(_TEXT, _ENTRY, max_size=3))
def test_whatever_is_written_is_read_again(
    before: dict[str, Entry], changes: dict[str, Entry]
) -> None:
    """Any note, any prompt, any path; and by any reader of YAML."""
    text = edited(None, Review(FILE), before)
    review = _read(text)
    assert review.entries == before
    changed = edited(text, review, changes)
    assert _read(changed).entries == before | changes
    assert read_yaml(changed.encode(), FILE).entries == before | changes
    told = yaml.safe_load(changed).get("pictures") or {}
    assert {path: entry_of(one) for path, one in told.items()} == before | changes
    assert [*told] == sorted(told)
    assert {path: fields_of(one) for path, one in (before | changes).items()} == told
