"""Loading a manifest: structure, references, providers; everything wrong at once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from imagepipe.app.shipped import spec_document
from imagepipe.errors import InputError
from imagepipe.manifest import load
from tests.fakes.files import BASE, ONE, MemoryFiles, loaded, problems, shared

HERO = 'images:\n  hero: {prompt: "a {{ name }}"}\n'


def test_a_manifest_says_what_the_design_says() -> None:
    """Budget, outputs, limits and providers come out typed, with money exact."""
    manifest = loaded(
        BASE
        + HERO
        + "name: spring\noutputs: {root: out}\nmax_jobs: 7\n"
        + 'budget: {max_cost: "20.10", on_ambiguous: resubmit, resubmit_unbilled: 2}\n'
        + "providers: {runcrate: {limits: {rpm: 60, in_flight: 8}}}\n"
    )
    assert (manifest.name, manifest.outputs_root, manifest.max_jobs) == ("spring", "out", 7)
    assert manifest.budget.max_cost == Decimal("20.10")
    assert manifest.budget.on_ambiguous == "resubmit"
    assert manifest.budget.resubmit_unbilled == 2
    assert manifest.providers["runcrate"].limits.rpm == 60
    assert manifest.providers["runcrate"].limits.in_flight == 8


def test_without_a_word_money_is_unlimited_but_nothing_is_resubmitted() -> None:
    """The defaults are the careful ones."""
    budget = loaded(BASE + HERO).budget
    assert (budget.max_cost, budget.on_ambiguous, budget.resubmit_unbilled) == (None, "hold", 0)


def test_an_unquoted_amount_stays_exact() -> None:
    """`max_cost: 0.1` is a tenth, not the float next to it."""
    assert loaded(BASE + HERO + "budget: {max_cost: 0.1}\n").budget.max_cost == Decimal("0.1")


@pytest.mark.parametrize(
    ("text", "code", "words", "place"),
    [
        (BASE + "images: {hero: {promt: x}}", "E104", 'did you mean "prompt"?', "6:17"),
        (BASE + HERO + "outptus: {}", "E104", 'did you mean "outputs"?', "8:1"),
        (ONE + "images: {}", "E107", "must not be empty", "3:9"),
        (ONE + "images: {h: {prompt: hero}}", "E112", 'no prompt "hero"', "3:22"),
        (
            ONE + "prompts: {heroo: a}\nimages: {h: {prompt: hero}}",
            "E112",
            'did you mean "heroo"?',
            "4:22",
        ),
        (ONE + "images: {h: {prompt: a b, provider: nope}}", "E112", 'no provider "nope"', "3:37"),
        (ONE + "images: {h: {prompt: a b, derive: []}}", "E110", "reserved", "3:27"),
        (ONE + "images: {h: {prompt: a b, expect: {}}}", "E110", "reserved", "3:27"),
        (ONE + "images: {h: {prompt: a b, count: 0}}", "E107", "at least 1", "3:34"),
        (ONE + "images: {h: {prompt: a b, size: 10}}", "E107", "`images.h.size`", "3:33"),
        (ONE + "images: {h: {prompt: a b, seed: atuo}}", "E107", 'did you mean "auto"?', "3:33"),
        (ONE + "images: {h: {steps: 4}}", "E106", "lacks `prompt`", "3:10"),
        ("version: 1\nimages: {h: {prompt: a b}}", "E106", "lacks `provider`", "2:10"),
        ("version: 2\nimages: {h: {prompt: a b}}", "E110", "`version` must be 1", "1:10"),
        ("images: {h: {prompt: a b}}", "E106", "lacks `version`", "1:1"),
        (ONE + 'images: {h: {prompt: "{{ x"}}', "E301", "unexpected", "3:22"),
        (ONE + 'images: {h: {prompt: "{{ f() }}"}}', "E301", "calls and methods", "3:22"),
        (ONE + "images: {h: {prompt: a b, where: a b}}", "E301", "after the expression", "3:34"),
        (ONE + 'images: {h: {prompt: a b, path: "x.png"}}', "E603", "no extension", "3:33"),
        (ONE + 'images: {h: {prompt: a b, model: "{{ m }}"}}', "E303", "no template", "3:34"),
        (
            ONE + "providers: {rungen: {}}\nimages: {h: {prompt: a b, provider: rungen}}",
            "E410",
            "app_id",
            "",
        ),
        (
            ONE + "providers: {runcrate: {api_key: sk-1}}\nimages: {h: {prompt: a b}}",
            "E110",
            "keys come from the environment",
            "3:24",
        ),
        (
            ONE + "providers: {x: {uses: ./x.yaml}}\nimages: {h: {prompt: a b}}",
            "E112",
            "cannot read the spec ./x.yaml",
            "3:23",
        ),
        (
            ONE + "images: {h: {prompt: a b, fallback: [runcrate]}}",
            "E112",
            "in the chain twice",
            "3:37",
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_place(text: str, code: str, words: str, place: str) -> None:
    """Code, words and position of one mistake each."""
    found = [p for p in problems(text + "\n") if words in f"{p.message} {p.hint}"]
    assert found, [(p.code, p.message) for p in problems(text + "\n")]
    assert found[0].code == code
    if place:
        assert str(found[0].place) == f"m.yaml:{place}"


@pytest.mark.parametrize(
    "products", ["{key: sku}", "{from: a.csv, items: [{sku: M}]}"], ids=["neither", "both"]
)
def test_products_are_a_file_or_a_list(products: str) -> None:
    """Not both, and not nothing."""
    (problem,) = problems(ONE + f"products: {products}\n" + HERO)
    assert (problem.code, str(problem.place)) == ("E106", "m.yaml:3:1")


def test_a_list_may_have_a_key_and_a_where() -> None:
    """`items` is the list where settings are needed too."""
    text = ONE + "products: {key: no, where: name == 'mug', items: [{no: 1, name: mug}, {no: 2}]}\n"
    (problem,) = problems(text + HERO)
    assert (problem.code, shared(problem)) == ("E302", "    row: m.yaml:3 (2)")


def test_a_built_in_provider_is_suggested_where_the_names_are_known() -> None:
    """The caller knows which specs are shipped."""
    text = b"version: 1\nimages: {h: {prompt: a b, provider: runcrat}}\n"
    with pytest.raises(InputError, match='did you mean "runcrate"'):
        load(text, "m.yaml", MemoryFiles({}), spec_document, builtin=["rungen", "runcrate"])


def test_all_mistakes_come_at_once() -> None:
    """Three recipes, three mistakes, one reading."""
    text = ONE + "images:\n  a: {prompt: no}\n  b: {prompt: x y, provider: no}\n"
    text += '  c: {prompt: "{{", path: a.png}\n'
    assert [p.code for p in problems(text)] == ["E112", "E112", "E301", "E603"]


def test_a_provider_of_ones_own_is_read_from_a_file() -> None:
    """`uses: ./x.provider.yaml` goes through the Files port."""
    spec = (
        "name: acme\nrevision: 1\nabout: x\ndocs: https://acme.example\n"
        "base_url: https://api.acme.example\nkey_env: ACME_KEY\n"
        "headers: {Authorization: 'Bearer ${secret}'}\n"
        "submit: {post: /make, json: {prompt: '${prompt}'}}\nreply: {results: 'data[].url'}\n"
    )
    text = "version: 1\nproviders: {mine: {uses: ./acme.yaml}}\n"
    manifest = loaded(
        text + "images: {h: {prompt: a b, provider: mine}}\n", **{".___acme__yaml": spec}
    )
    assert manifest.providers["mine"].spec.name == "acme"


def test_ten_thousand_inline_products_are_not_validated_one_by_one() -> None:
    """The schema sees the first product only; the rest is checked as rows are read."""
    rows = "".join(f"- {{sku: M-{i}, name: mug}}\n" for i in range(10_000))
    manifest = loaded(ONE + f"products:\n{rows}- wrong\n" + HERO)
    assert manifest.catalogue is not None
    with pytest.raises(InputError):
        loaded(ONE + f"products:\n- wrong\n{rows}" + HERO)


def test_a_syntax_error_in_a_long_prompt_is_told_at_its_line() -> None:
    """Line three of a block is line three of the block, not its first."""
    text = ONE + "prompts:\n  p: |\n    one\n    two\n    {{ three | }}\nimages: {h: {prompt: p}}\n"
    (problem,) = problems(text)
    assert (problem.code, str(problem.place)) == ("E301", "m.yaml:7:5")


def test_an_included_text_is_read_from_the_folder_and_a_missing_one_is_told() -> None:
    """`include` goes through the Files port."""
    text = ONE + "images: {h: {prompt: \"a mug {% include 'style.j2' %}\"}}\n"
    assert problems(text, style__j2="in oil") == []
    (problem,) = problems(text)
    assert "cannot include style.j2" in problem.message


@pytest.mark.parametrize(
    ("spec", "words"),
    [("name: x\n", "submit"), ("name: [\n", "expected"), (b"\xff\xfe", "UTF-16")],
)
def test_a_broken_spec_of_ones_own_is_told_in_its_file(spec: bytes | str, words: str) -> None:
    """The problems of a spec come with the manifest's."""
    text = "version: 1\nproviders: {mine: {uses: x.yaml}}\n"
    found = problems(text + "images: {h: {prompt: a b, provider: mine}}\n", x__yaml=spec)
    assert any(words in p.message and p.place and p.place.file == "x.yaml" for p in found)


def test_a_setting_that_cannot_be_read_is_told_at_its_place() -> None:
    """What the schema lets through, the provider's own reader may still refuse."""
    text = ONE + "providers: {runcrate: {price: [{usd: lots}]}}\nimages: {h: {prompt: a b}}\n"
    assert problems(text)
