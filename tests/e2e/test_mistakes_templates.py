"""What a template that does not fit its data is answered, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.mistakes import Case, Streams, answered, bare

__all__ = ["bare"]

TEMPLATES = [
    Case(
        "a name in a text of several lines",
        prompt="|\n    a mug,\n    in {{ colour }}\n    and red",
    ).says("""\
imagepipe.yaml:7:11: error[E302]: undefined name "colour"
    7 |     in {{ colour }}
      |           ^^^^^^
    job: imagepipe.yaml:3 (A/x)
   help: there are: image, index, name, product, sku
"""),
    Case(
        "a filter in a text of several lines", prompt="|\n    a mug,\n    of {{ name | number }} g"
    ).says("""\
imagepipe.yaml:7:5: error[E301]: "mug" is no number: write 1234.5, without signs for thousands \
or a currency
    7 |     of {{ name | number }} g
      |     ^^
    job: imagepipe.yaml:3 (A/x)
   help: `imagepipe explain E301` says more
"""),
    Case(
        "braces that are never closed, in a text of several lines",
        prompt="|\n    a mug,\n    in {{ name",
    ).says("""\
imagepipe.yaml:7:5: error[E301]: unexpected end of template, expected 'end of print statement'
    7 |     in {{ name
      |     ^^
   help: `imagepipe explain E301` says more
"""),
    Case(
        "fields that are empty in some rows",
        csv=b"sku,name,color\nA,mug,\nB,cup,red\nC,jar, \nD,jug,\nE,pot,\n",
        prompt='"a {{ color }} {{ name }}"',
    ).says("""\
imagepipe.yaml:5:12: error[E305]: the field "color" is empty
    5 |   p: "a {{ color }} {{ name }}"
      |            ^^^^^
   jobs: 4: p.csv:2 (A/x), p.csv:4 (C/x), p.csv:5 (D/x) and 1 more
   help: fill it in, leave such products out with `where`, or say what stands in for it: {{ ... \
| default('...', true) }}
"""),
    Case(
        "fields that some products do not have",
        products="[{sku: A, name: mug, color: red}, {sku: B, name: cup}]",
        prompt='"a {{ color }} {{ name }}"',
    ).says("""\
imagepipe.yaml:5:12: error[E302]: undefined name "color"
    5 |   p: "a {{ color }} {{ name }}"
      |            ^^^^^
    job: imagepipe.yaml:3 (B/x)
   help: there are: image, index, name, product, sku
"""),
    Case(
        "a member that a map does not have",
        products="[{sku: A, name: mug, specs: {material: clay}}]",
        prompt='"a {{ specs.materail }} {{ name }}"',
    ).says("""\
imagepipe.yaml:5:18: error[E302]: the map has no "materail" (did you mean "material"?)
    5 |   p: "a {{ specs.materail }} {{ name }}"
      |                  ^^^^^^^^
    job: imagepipe.yaml:3 (A/x)
"""),
    Case(
        "a list where a text is meant",
        products="[{sku: A, name: mug, tags: [new, red]}]",
        prompt='"a {{ tags }} {{ name }}"',
    ).says("""\
imagepipe.yaml:5:6: error[E301]: a list is put into a text: take a part of it, or use `| \
join(', ')`
    5 |   p: "a {{ tags }} {{ name }}"
      |      ^^^^^^^^^^^^^^^^^^^^^^^^^
    job: imagepipe.yaml:3 (A/x)
   help: `imagepipe explain E301` says more
"""),
    Case("a filter that there is not", prompt='"a {{ name | uper }}"').says("""\
imagepipe.yaml:5:6: error[E301]: no filter named 'uper'
    5 |   p: "a {{ name | uper }}"
      |      ^^^^^^^^^^^^^^^^^^^^^
   help: did you mean upper?
"""),
    Case(
        "a text that is compared with a number",
        products='\n  from: p.csv\n  where: "stock > 0"',
        csv=b"sku,name,stock\nA,mug,3\n",
    ).says("""\
imagepipe.yaml:5:10: error[E301]: a text is compared with a number
    5 |   where: "stock > 0"
      |          ^^^^^^^^^^^
    row: p.csv:2 (A)
   help: fields are text: convert with `| int` or `| float` first
"""),
    Case("a condition that is no yes or no", recipe='{prompt: p, where: "name"}').says("""\
imagepipe.yaml:7:25: error[E301]: `where` must give true or false, not the text "mug"
    7 |   x: {prompt: p, where: "name"}
      |                         ^^^^^^
    job: imagepipe.yaml:3 (A/x)
   help: compare it: name == ..., or name | int > 0
"""),
    Case(
        "a file to include that is not there", prompt="\"{% include 'style.txt' %} {{ name }}\""
    ).says("""\
imagepipe.yaml:5:6: error[E301]: cannot include style.txt: No such file or directory
    5 |   p: "{% include 'style.txt' %} {{ name }}"
      |      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   help: `imagepipe explain E301` says more
"""),
    Case(
        "a file to include outside of the folder",
        prompt="\"{% include '../style.txt' %} {{ name }}\"",
    ).says("""\
imagepipe.yaml:5:6: error[E301]: include reads only files in the manifest's folder
    5 |   p: "{% include '../style.txt' %} {{ name }}"
      |      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   help: `imagepipe explain E301` says more
"""),
    Case("a way out of the sandbox", prompt="\"{{ ''.__class__.__mro__ }}\"").says("""\
imagepipe.yaml:5:13: error[E302]: the text has no "__class__"
    5 |   p: "{{ ''.__class__.__mro__ }}"
      |             ^^^^^^^^^^^^^^^^^
    job: imagepipe.yaml:3 (A/x)
   help: `imagepipe explain E302` says more
"""),
    Case("a text without end", prompt="\"{{ 'a' * 1000000 }}\"").says("""\
imagepipe.yaml:5:6: error[E301]: * grows over 16,384 characters or items
    5 |   p: "{{ 'a' * 1000000 }}"
      |      ^^^^^^^^^^^^^^^^^^^^^
    job: imagepipe.yaml:3 (A/x)
   help: `imagepipe explain E301` says more
"""),
    Case(
        "more pictures than anybody means",
        csv=b"sku,name\n" + b"".join(b"M-%d,mug\n" % n for n in range(1200)),
        prompt='"a {{ name }}, {{ place }}"',
        recipe="{prompt: p, matrix: {place: [a, b, c, d], size: [512x512, 768x768, 1024x1024]}}",
    ).says("""\
imagepipe.yaml:6:1: error[E701]: 1,200 products x place 4 x size 3 = 14,400 jobs, and max_jobs \
is 10,000
    6 | images:
      | ^^^^^^
   help: if all are meant, write max_jobs: 14400
"""),
]

MISTAKES = [*TEMPLATES]


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(("case", "says"), MISTAKES, ids=[case.name for case, _ in MISTAKES])
def test_a_mistake_is_told_word_for_word(
    case: Case, says: str, tmp_path: Path, capsys: Streams
) -> None:
    """All that is wrong, where, and what to write instead."""
    assert answered(case, "validate", tmp_path, capsys) == says
