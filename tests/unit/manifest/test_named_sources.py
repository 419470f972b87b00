"""What `products` can name: several files, patterns, queries; and the names that columns get."""

from __future__ import annotations

from pathlib import Path

import pytest

from imagepipe.app.disk import Disk
from imagepipe.manifest.columns import FurtherNames, aliases, field_name
from imagepipe.model import Job
from tests.fakes.files import ONE, jobs, problems

HERO = 'images:\n  hero: {prompt: "a {{ name }} in {{ color_name }}"}\n'
A = "sku,name,Color Name\nM,mug,blue\n"
B = "sku;name;Color Name\nC;cup;red\n"


def prompts(found: list[Job]) -> list[str]:
    return [str(job.candidates[0].values["prompt"]) for job in found]


@pytest.mark.parametrize(
    "named",
    ["[a.csv, b.csv]", '"*.csv"', '["a.*", "?.csv"]', '["[ab].csv"]', "[a.csv, b.csv, a.csv]"],
)
def test_several_files_are_one_catalogue(named: str) -> None:
    """Each in its own format, in the order named, a pattern's by name, none twice."""
    text = ONE + f"products: {{from: {named}}}\n" + HERO
    found = jobs(text, a__csv=A, b__csv=B)
    assert prompts(found) == ["a mug in blue", "a cup in red"]


def test_a_product_that_two_files_have_is_told() -> None:
    """With both places."""
    (problem,) = problems(ONE + "products: {from: [a.csv, b.csv]}\n" + HERO, a__csv=A, b__csv=A)
    assert (problem.code, str(problem.place)) == ("E208", "b.csv:2:1")
    assert "also in a.csv:2" in problem.message


def test_a_pattern_that_matches_nothing_is_told() -> None:
    """At its place in the manifest."""
    (problem,) = problems(ONE + 'products: {from: ["a.csv", "x/*.csv"]}\n' + HERO, a__csv=A)
    assert (problem.code, problem.message) == ("E201", "no file matches x/*.csv")
    assert str(problem.place) == "m.yaml:3:28"


@pytest.mark.parametrize(
    ("products", "words"),
    [
        ("{from: a.csv, rows: variants}", "is for the export of a shop, and a.csv is none"),
        ("{from: {sql: SELECT 1}, format: csv}", "is for files, and a query is none"),
        ("{from: {sql: SELECT 1}, rows: products}", "the export of a shop, and a query is none"),
    ],
)
def test_a_key_that_would_do_nothing_is_told(products: str, words: str) -> None:
    """Whoever writes `rows: variants` expects variants."""
    found = problems(f"{ONE}products: {products}\n{HERO}", a__csv=A)
    assert ("E107", True) in [(problem.code, words in problem.message) for problem in found]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file() -> None:
    """`new [1].csv` is what a browser calls a second download."""
    text = ONE + 'products: {from: "new [1].csv"}\n' + HERO
    assert len(jobs(text, **{"new [1].csv": A})) == 1


@pytest.mark.parametrize("pattern", ["../*.csv", "/etc/*", "a/../../*", "~/*", "C:*.csv"])
def test_a_pattern_stays_in_the_folder(pattern: str, tmp_path: Path) -> None:
    """Whatever the data directory holds above it."""
    with pytest.raises(ValueError, match="leaves the folder"):
        Disk(tmp_path).glob(pattern)


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("Body (HTML)", "body_html"),
        ("Variant SKU", "variant_sku"),
        ("Größe (cm)", "größe_cm"),
        ("3D model", "_3d_model"),
        ("in-stock?", "in_stock"),
        ("名前", "名前"),
        ("(!)", ""),
    ],
)
def test_a_column_has_a_name_that_templates_can_write(column: str, name: str) -> None:
    """Lower case, `_` for everything else."""
    assert field_name(column) == name


def test_a_name_that_two_columns_would_share_is_given_to_none() -> None:
    """Nor is one taken from a column that is called so."""
    assert aliases(["Size (cm)", "Size cm", "SKU", "sku", "Name"]) == {"name": "Name"}


def test_names_of_json_are_looked_at_row_by_row() -> None:
    """Rows need not have the same keys."""
    further = FurtherNames()
    plain: dict[str, object] = {"sku": "1"}
    assert further.add(plain) is plain
    assert further.add({"Full Name": "x"}) == {"Full Name": "x", "full_name": "x"}
    assert further.add({"Full Name": "y", "sku": "2"})["full_name"] == "y"


def test_a_problem_of_a_further_name_is_at_its_column() -> None:
    """Though the name stands nowhere in the file."""
    text = ONE + "products: {from: a.csv, key: color_name}\n" + HERO
    (problem,) = problems(text, a__csv="sku,name,Color Name\nM,mug,\n")
    assert (problem.code, str(problem.place), problem.where) == (
        "E207",
        "a.csv:2:3",
        'column "Color Name"',
    )


def test_cells_of_ten_megabytes_are_data() -> None:
    """As long as no template puts them into a text."""
    text = ONE + 'products: {from: a.csv}\nimages: {hero: {prompt: "a {{ name }}"}}\n'
    assert prompts(jobs(text, a__csv=f"sku,name,photo\nM,mug,{'x' * 10_000_000}\n")) == ["a mug"]


LIST = ONE.replace("schnell", "pro").replace("FLUX.1", "FLUX.2") + "products: {from: p.json}\n"
LIST += 'images: {h: {prompt: "a {{ sku }}", input_images: "%s"}}\n'


@pytest.mark.parametrize(
    ("template", "sources"),
    [
        ("{{ images }}", ["http://a/1.png", "http://a/2.png"]),
        ("{{ images[:1] }}", ["http://a/1.png"]),
        ("{{ images | reverse | list }}", ["http://a/2.png", "http://a/1.png"]),
        ("{{ images | first }}", ["http://a/1.png"]),
        ("http://a/{{ sku }}.png", ["http://a/M.png"]),
    ],
)
def test_a_list_of_a_product_can_be_its_input_pictures(template: str, sources: list[str]) -> None:
    """Whole, in part, or as before one text."""
    data = '[{"sku": "M", "images": ["http://a/1.png", "http://a/2.png"]}]'
    (job,) = jobs(LIST % template, p__json=data)
    pictures = job.candidates[0].values["input_images"]
    assert isinstance(pictures, tuple)
    assert [picture.source for picture in pictures] == sources


@pytest.mark.parametrize(
    ("template", "images", "code", "words"),
    [
        ("{{ images }}", "[]", "E420", "is empty"),
        ("{{ images }}", "[" + ",".join(['"http://a/b"'] * 33) + "]", "E420", "33 images"),
        ("{{ images }}", '[{"a": "b"}]', "E301", "must give texts"),
        ("{{ pictures }}", "[]", "E302", 'undefined name "pictures"'),
        ("{{ images }}", '["../x.png"]', "E423", "leads outside"),
        ("{{ images[ }}", "[]", "E301", ""),
    ],
)
def test_a_list_that_gives_no_pictures_is_told(
    template: str, images: str, code: str, words: str
) -> None:
    """With what to do about it."""
    (problem,) = problems(LIST % template, p__json=f'[{{"sku": "M", "images": {images}}}]')
    assert (problem.code, words in problem.message) == (code, True), problem


def test_the_recipe_name_taken_for_a_column_is_explained() -> None:
    """`{{ image }}` is the commonest guess of all."""
    text = ONE.replace("schnell", "kontext-pro") + "products: {from: a.csv}\n"
    text += 'images: {hero: {prompt: a b, image: "{{ image }}"}}\n'
    (problem,) = problems(text, a__csv="sku,image\nM,http://a/b.png\n")
    assert problem.message == "no file hero"
    assert "{{ product['image'] }}" in (problem.hint or "")
