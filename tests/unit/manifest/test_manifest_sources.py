"""Products from every kind of file, and what is told about files that are broken."""

from __future__ import annotations

import pytest

from tests.fakes.files import ONE, checked, jobs, problems, shared

HERO = "images:\n  hero: {prompt: \"a {{ color | default('plain') }} {{ name }}\"}\n"
CSV = ONE + "products: {from: products.csv}\n" + HERO


def prompts(text: str, **files: bytes | str) -> list[str]:
    return [str(job.candidates[0].values["prompt"]) for job in jobs(text, **files)]


@pytest.mark.parametrize(
    "data",
    [
        "sku,name,color\nM,mug,blue\nC,cup,red\n",
        "\ufeffsku,name,color\r\nM,mug,blue\r\n\r\nC,cup,red\r\n",
        "sku;name;color\nM;mug;blue\nC;cup;red",
        'sku,name,color\n"M","mug",blue\n\n,,\nC,cup,red\n',
        "sku\tname\tcolor\nM\tmug\tblue\nC\tcup\tred\n",
        "name,color,sku\nmug,blue,M\ncup,red,C\n",
        "sep=;\r\nsku;name;color\r\nM;mug;blue\r\nC;cup;red\r\n",
        "sku,name,color,,\nM,mug,blue,,\nC,cup,red,,\n",
    ],
)
def test_tables_of_all_kinds_are_read(data: str) -> None:
    """BOM, CRLF, semicolons, tabs, quotes and blank lines are no mistakes."""
    assert prompts(CSV, products__csv=data) == ["a blue mug", "a red cup"]


def test_cells_hold_commas_quotes_and_line_breaks() -> None:
    """As spreadsheets write them."""
    data = 'sku,name\nM,"a ""big"", round\nmug"\nC,cup\n'
    assert prompts(CSV, products__csv=data)[0] == 'a plain a "big", round\nmug'


def test_every_cell_is_text_as_typed() -> None:
    """No leading zero, no trailing zero and no `NO` is lost."""
    text = (
        ONE + "products: {from: products.csv}\nimages: {h: {prompt: '{{ sku }} {{ a }} {{ b }}'}}\n"
    )
    assert prompts(text, products__csv="sku,a,b\n0012,1.10,NO\n") == ["0012 1.10 NO"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("p__jsonl", '{"sku": "M", "name": 7, "color": null}\n\n{"sku": 8, "name": 1.10}\n'),
        ("p__json", '[{"sku": "M", "name": 7, "color": null},\n {"sku": 8, "name": 1.10}]'),
        ("p__yaml", "- {sku: M, name: 7}\n- {sku: 8, name: 1.10}\n"),
    ],
)
def test_numbers_of_json_and_yaml_are_text_too(name: str, data: str) -> None:
    """`1.10` stays `1.10`, and a null is a field that is not there."""
    text = ONE + f"products: {{from: {name.replace('__', '.')}}}\n" + HERO
    assert prompts(text, **{name: data}) == ["a plain 7", "a plain 1.10"]


def test_lists_and_maps_reach_templates() -> None:
    """JSON has more than text."""
    text = ONE + "products: {from: p.json}\n"
    text += "images: {h: {prompt: \"{{ colors | join(' and ') }}, {{ size.w }} wide\"}}\n"
    data = '[{"sku": "M", "colors": ["red", "blue"], "size": {"w": 3}}]'
    assert prompts(text, p__json=data) == ["red and blue, 3 wide"]


@pytest.mark.parametrize(
    ("data", "count"),
    [
        ("sku,name\nM,mug\n", 1),
        ('{"sku":"M","name":"mug"}\n', 1),
        ('[{"sku":"M","name":"mug"}]', 1),
    ],
)
def test_standard_input_is_told_apart_by_its_first_character(data: str, count: int) -> None:
    """`from: "-"` needs no format."""
    assert len(jobs(ONE + 'products: {from: "-"}\n' + HERO, **{"-": data})) == count


@pytest.mark.parametrize(
    ("data", "code", "words", "place"),
    [
        ("sku,name\nM\n", "E205", "has 1 field, and the header has 2", "2:2"),
        ("sku,name\nM,mug,red\n", "E205", "has 3 fields", "2:3"),
        ("sku,name,name\nM,a,b\n", "E203", 'the column "name" is there twice', "1:3"),
        ("sku,,name\nM,a,b\n", "E203", "column 2 has no name", "1:2"),
        ("sku,name,\nM,a,\nC,b,x\n", "E205", "a value in column 3, which has no name", "3:3"),
        ("sep=;\nsku;name\nM\n", "E205", "has 1 field", "3:2"),
        ('sku,name\nM,"mug\nC,cup\n', "E204", "a quote is never closed", "3:1"),
        ('sku,name\nM,"mug"x\n', "E204", "behind a closing quote", "2:1"),
        (b"sku,name\nM,m\xe9g\n", "E203", "the byte 0xe9 is not UTF-8", "2:1"),
        ("sku,name\nM,mug\n".encode("utf-16"), "E203", "UTF-16", "1:1"),
        ("sku,name\nM,m\0ug\n", "E203", "NUL", "2:1"),
        ("sku,name\nM," + "x" * 70_000 + "\n", "E301", "more than 16 KiB", ""),
        ("sku,name\nM," + "x" * (17 * 2**20) + "\n", "E204", "more than 16 MiB", "2:1"),
        ("", "E203", "is empty", "1:1"),
        ("sku,name\n", "E206", "has no products", "1:1"),
        ("sku,name\n,mug\n", "E207", 'the key "sku" is empty', "2:1"),
        ("sku,name\nM,a\nC,b\nM,c\n", "E208", "also in products.csv:2", "4:1"),
        ("name,title\nmug,a\nmug,b\n", "E208", "there twice", "3:1"),
    ],
)
def test_a_broken_table_is_told(data: bytes | str, code: str, words: str, place: str) -> None:
    """Line and number of the field; nothing shifts into another column in silence."""
    found = [p for p in problems(CSV, products__csv=data) if words in p.message]
    assert found, [p.message for p in problems(CSV, products__csv=data)]
    assert found[0].code == code
    if place:
        assert str(found[0].place) == f"products.csv:{place}"


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("p__jsonl", '{"sku": "M"}\n{"sku": }\n', "not JSON"),
        ("p__jsonl", '{"sku": "M"} {"sku": "C"}\n', "more than one value"),
        ("p__jsonl", '["M"]\n', "must be an object"),
        ("p__jsonl", '{"sku": "M", "sku": "C"}\n', "given twice"),
        ("p__jsonl", '{"sku": NaN}\n', "NaN is not JSON"),
        ("p__jsonl", '{"sku": ' + "[" * 50_000 + "\n", "nested too deeply"),
        ("p__json", '{"sku": "M"}', "must be a list"),
        ("p__json", '[{"sku": "M"},]', "not JSON"),
        ("p__json", '[{"sku": "M"}] x', "extra text"),
        ("p__json", '[{"sku": ["M"]}]', "must be a text"),
        ("p__yaml", "sku: M\n", "must be a list"),
        ("p__yaml", "- M\n", "must be a map"),
        ("p__yaml", "- {a:1}\n", "space after the colon"),
    ],
)
def test_broken_json_and_yaml_is_told(name: str, data: str, words: str) -> None:
    """With its line, and without a traceback."""
    text = ONE + f"products: {{from: {name.replace('__', '.')}}}\n" + HERO
    assert any(words in p.message for p in problems(text, **{name: data}))


def test_a_missing_file_is_told() -> None:
    """The commonest mistake of all."""
    (problem,) = problems(CSV)
    assert (problem.code, problem.message) == ("E201", "no file products.csv")


def test_a_problem_of_a_thousand_rows_is_told_once() -> None:
    """With the first rows named and the rest counted."""
    data = "sku,name\n" + "".join(f"M-{i},mug,x\n" for i in range(1000))
    (problem,) = problems(CSV, products__csv=data)
    first = "products.csv:2, products.csv:3, products.csv:4"
    assert shared(problem) == f"   rows: 1,000: {first} and 997 more"


@pytest.mark.parametrize(
    ("key", "data", "products"),
    [
        ("", "id,name,sku\n1,mug,M\n", ["M"]),
        ("", "name,id\nmug,1\n", ["1"]),
        ("", "name,title\nmug,a\n", ["mug"]),
        (", key: title", "name,title\nmug,a\n", ["a"]),
    ],
)
def test_the_key_is_the_named_field_else_sku_else_id_else_the_first(
    key: str, data: str, products: list[str]
) -> None:
    """In this order."""
    text = ONE + f"products: {{from: products.csv{key}}}\n" + HERO
    assert [job.product for job in jobs(text, products__csv=data)] == products


def test_a_key_that_is_no_column_is_told_with_a_suggestion() -> None:
    """`products.key` is as easily misspelt as anything."""
    text = ONE + "products: {from: products.csv, key: skuu}\n" + HERO
    (problem,) = problems(text, products__csv="sku,name\nM,mug\n")
    assert 'no "skuu" (did you mean "sku"?)' in problem.message


def test_where_leaves_products_out() -> None:
    """Counted, so that plans can say so."""
    text = ONE + 'products: {from: products.csv, where: "stock | int > 0"}\n' + HERO
    found = checked(text, products__csv="sku,name,stock\nM,mug,3\nC,cup,0\n")
    assert (found.jobs, found.products, found.left_out) == (1, 1, 1)


@pytest.mark.parametrize("where", ["stok | int > 0", "stock", "stock > 0"])
def test_a_where_that_gives_no_answer_is_an_error(where: str) -> None:
    """Leaving products out by mistake must not look like success."""
    text = ONE + f'products: {{from: products.csv, where: "{where}"}}\n' + HERO
    assert problems(text, products__csv="sku,name,stock\nM,mug,3\n")
