"""The first pass: everything wrong, once for each cause, with the rows that share it."""

from __future__ import annotations

import pytest

from imagepipe.manifest import check
from imagepipe.manifest.check import Checked
from imagepipe.model import Job
from tests.fakes.files import BASE, ONE, PNG, checked, loaded, problems, shared


def catalogue(count: int) -> str:
    return "sku,name\n" + "".join(f"M-{i},mug {i}\n" for i in range(count))


CSV = ONE + "products: {from: products.csv}\n"
KONTEXT = "version: 1\ndefaults: {provider: runcrate, model: flux-kontext}\n"


def test_counts_are_by_provider_and_recipe() -> None:
    """What a plan shows first."""
    found = checked(BASE + 'images: {a: {prompt: "a {{ name }}"}, b: {prompt: x y, count: 2}}\n')
    assert (found.jobs, found.products) == (6, 2)
    assert found.by_provider == {"runcrate": 6}
    assert found.by_recipe == {"a": 2, "b": 4}


def test_every_sound_job_is_visited_once() -> None:
    """A planner can use the same pass."""
    seen: list[Job] = []
    check(loaded(BASE + 'images: {a: {prompt: "a {{ name }}"}}\n'), seen.append)
    assert [job.product for job in seen] == ["MUG-1", "CUP-1"]


def test_an_undefined_name_is_told_once_with_a_suggestion_and_its_rows() -> None:
    """At the name, in the template."""
    text = BASE + 'images:\n  hero: {prompt: "a {{ colour }} {{ name }}"}\n'
    (problem,) = problems(text)
    assert problem.code == "E302"
    assert problem.message == 'undefined name "colour" (did you mean "color"?)'
    assert str(problem.place) == "m.yaml:7:24"
    assert shared(problem) == "   jobs: m.yaml:4 (MUG-1/hero), m.yaml:5 (CUP-1/hero)"


def test_only_the_rows_that_lack_a_field_are_named() -> None:
    """JSON and inline products may differ from each other."""
    text = ONE + "products:\n- {sku: A, name: a}\n- {sku: B}\n"
    (problem,) = problems(text + 'images: {h: {prompt: "a {{ name }}"}}\n')
    assert shared(problem) == "    job: m.yaml:5 (B/h)"


def test_the_place_in_a_text_of_several_lines_is_the_line_of_the_name() -> None:
    """Block scalars are where long prompts live."""
    text = BASE + "prompts:\n  p: |\n    one\n    two {{ colour }}\nimages: {h: {prompt: p}}\n"
    (problem,) = problems(text)
    assert str(problem.place) == "m.yaml:9:12"


def test_an_empty_prompt_is_an_error() -> None:
    """A vendor would charge for a picture of nothing."""
    text = ONE + "products:\n- {sku: A, prompt: ''}\nimages: {h: {prompt: '{{ prompt }}'}}\n"
    (problem,) = problems(text)
    assert (problem.code, problem.message) == ("E305", 'the field "prompt" is empty')
    (problem,) = problems(text.replace("'{{ prompt }}'", "\"{{ prompt | default('', true) }}\""))
    assert (problem.code, problem.message) == ("E304", "the prompt is empty")


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ("matrix: {plcae: [a, b]}", 'the axis "plcae" is no recipe field'),
        ("matrix: {count: [1, 2]}", 'the axis "count"'),
        ("matrix: {index: [a, b]}", "reserved"),
        ("matrix: {a: []}", "must not be empty"),
        ("matrix: {name: [a, a]}", "has an entry twice"),
        ("matrix: {name: [a], exclude: [{name: a}]}", "leaves no combination"),
        ("matrix: {name: [a, b], exclude: [{name: c}]}", "leaves nothing out"),
        ("matrix: {size: [big]}", "`images.h.matrix.size[1]`"),
        ("matrix: {steps: [x]}", "must be a whole number"),
    ],
)
def test_a_slip_in_a_matrix_is_told_before_it_doubles_the_bill(recipe: str, words: str) -> None:
    """An axis must mean something."""
    found = problems(BASE + f'images: {{h: {{prompt: "a {{{{ name }}}}", {recipe}}}}}\n')
    assert any(words in p.message for p in found), [p.message for p in found]


def test_a_huge_matrix_is_refused_by_arithmetic() -> None:
    """1000^4 combinations are not enumerated, with or without `exclude`."""
    values = ", ".join(f"v{i}" for i in range(1000))
    axes = ", ".join(f"{name}: [{values}]" for name in "abcd")
    text = BASE + f"images: {{h: {{prompt: '{{{{ a+b+c+d }}}}', matrix: {{{axes}}}, count: 2}}}}\n"
    (problem,) = problems(text)
    assert problem.code == "E701"
    assert "2,000,000,000,000 pictures" in problem.message
    excluded = text.replace("}, count", ", exclude: [{a: v1}]}, count")
    assert problems(excluded)[0].code == "E701"


def test_too_many_jobs_are_refused_with_the_arithmetic() -> None:
    """The message says how the number comes about and what to write if it is meant."""
    text = CSV + "max_jobs: 10\nimages: {a: {prompt: '{{ name }}', count: 3}, b: {prompt: x y}}\n"
    found = checked(text, products__csv=catalogue(100))
    (problem,) = found.problems
    assert problem.code == "E701"
    assert problem.message == "100 products x 4 pictures = 400 jobs, and max_jobs is 10"
    assert "max_jobs: 400" in (problem.hint or "")
    assert found.jobs < 20


def test_as_many_jobs_as_allowed_are_allowed() -> None:
    """The limit itself is inside."""
    text = CSV + "max_jobs: 10\nimages: {a: {prompt: '{{ name }}'}}\n"
    assert checked(text, products__csv=catalogue(10)).problems == ()


@pytest.mark.parametrize(
    ("skus", "path"),
    [
        (("A b", "A-b"), None),
        (("ABC", "abc"), None),
        (("Straße", "STRASSE"), None),
        (("ﬁ", "fi"), None),
        (("\u212a", "K"), None),
        (("é", "e\u0301"), None),
        (("a", "b"), "{{ image }}"),
        (("a", "a-2"), None),
    ],
)
def test_two_jobs_of_one_file_are_an_error_naming_both(
    skus: tuple[str, str], path: str | None
) -> None:
    """On a disk that does not tell A from a, and after spelling in ASCII."""
    rows = "".join(f"- {{sku: {sku!r}}}\n" for sku in skus)
    recipe = f"prompt: a b, count: 2, path: {path or '{{ sku }}'!r}"
    (problem,) = problems(ONE + f"products:\n{rows}images: {{h: {{{recipe}}}}}\n")
    assert problem.code == "E601"
    assert all(sku in problem.message for sku in skus)


def test_many_collisions_of_two_recipes_are_told_once() -> None:
    """The first pair is named, the rest is counted."""
    text = (
        CSV + "images: {a: {prompt: x y, path: '{{ sku }}'}, b: {prompt: x z, path: '{{ sku }}'}}\n"
    )
    (problem,) = problems(text, products__csv=catalogue(50))
    assert problem.message == 'two jobs would write images/M-0: a of "M-0" and b of "M-0"'
    assert shared(problem).endswith("and 47 more")


def test_a_product_that_is_there_twice_is_told_once() -> None:
    """Not again as files that collide."""
    found = problems(ONE + "products:\n- {sku: M}\n- {sku: M}\nimages: {a: {prompt: x y}}\n")
    assert [(p.code, str(p.place)) for p in found] == [("E208", "m.yaml:5:9")]


def test_letters_of_other_scripts_do_not_collide() -> None:
    """They are told apart by a hash."""
    text = ONE + "products:\n- {sku: 杯}\n- {sku: 碗}\nimages: {h: {prompt: a b}}\n"
    assert checked(text).problems == ()


def test_a_violation_of_a_provider_is_told_once_at_the_field() -> None:
    """With the rows, for hundreds of too long prompts."""
    text = "version: 1\nproviders: {goneural: {}}\nproducts: {from: products.csv}\n"
    text += "images:\n  h: {prompt: '{{ name }} {{ \"x\" * 9000 }}', provider: cometapi-runway,"
    text += " model: gen4_image, aspect_ratio: '16:9'}\n"
    found = problems(text, products__csv=catalogue(200))
    assert len(found) == 1, [p.message for p in found]
    assert shared(found[0]).endswith("and 197 more")


@pytest.mark.parametrize(
    ("image", "code", "words"),
    [
        ("none.png", "E420", "no file none.png"),
        ("x.txt", "E421", "x.txt is text, and no PNG, JPEG or WebP"),
        ("", "E305", "is empty"),
        ("data:image/png;base64,AAAA", "E421", "holds no PNG"),
        ("data:image/png,AAAA", "E421", "holds no PNG"),
        ("https://user:pw@example.com/a.png", "E420", "password"),
        ("../a.png", "E423", "leads outside"),
        ("/etc/passwd", "E423", "leads outside"),
        ("C:/a.png", "E423", "leads outside"),
        ("..\\a.png", "E423", "leads outside"),
    ],
)
def test_an_unusable_image_is_told(image: str, code: str, words: str) -> None:
    """Before anything is spent; and data cannot make the program read any file."""
    text = KONTEXT + f"products:\n- {{sku: M, pic: {image!r}}}\n"
    text += "images: {h: {prompt: a b, image: '{{ pic }}'}}\n"
    (problem,) = problems(text, x__txt="text", **{"..___a__png": PNG})
    assert problem.code == code
    assert words in problem.message


def test_the_manifest_itself_may_name_a_picture_outside_its_folder() -> None:
    """Who writes the manifest decides."""
    text = KONTEXT + "images: {h: {prompt: a b, image: ../a.png}}\n"
    assert problems(text, **{"..___a__png": PNG}) == []


def test_a_digest_that_does_not_match_is_told() -> None:
    """`sha256` of a file is a promise."""
    wrong = "0" * 64
    text = KONTEXT + f"images: {{h: {{prompt: a b, image: {{image: a.png, sha256: '{wrong}'}}}}}}\n"
    assert problems(text, a__png=PNG)[0].code == "E422"


def test_a_recipe_without_a_product_is_worth_a_note() -> None:
    """A `where` that is never true is probably a slip, but may be meant."""
    found: Checked = checked(BASE + "images: {h: {prompt: a b, where: color == 'pink'}}\n")
    assert found.problems == ()
    assert [n.code for n in found.notes] == ["E206"]


def test_a_path_that_is_too_long_is_told() -> None:
    """Windows cannot open what has more than 260 characters."""
    text = ONE + "products:\n- {sku: " + "x" * 90 + "}\n"
    text += 'images: {h: {prompt: a b, path: "{{ sku }}/{{ sku }}/{{ sku }}"}}\n'
    assert problems(text)[0].code == "E602"


def test_a_fallback_and_a_path_hide_nothing() -> None:
    """Everything that is wrong with a job is told, whatever is found first."""
    text = ONE + "images:\n  h: {prompt: a b, size: 500x500, path: ' /', fallback: [goneural],"
    text += " provider: runway, model: gen4_image, steps: 3}\n"
    found = problems(text)
    assert {problem.code for problem in found} == {"E401", "E406", "E602"}
    assert any("goneural" in problem.message for problem in found)
