"""What wrong tables and names are answered, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.mistakes import Case, Streams, answered, bare

__all__ = ["bare"]

DATA = [
    Case("a file of products that is not there", products="{from: produkts.csv}").says("""\
imagepipe.yaml:3:18: error[E201]: no file produkts.csv
    3 | products: {from: produkts.csv}
      |                  ^^^^^^^^^^^^
   help: `products.from` is relative to the manifest
"""),
    Case("a folder of products", products="{from: data}", files={"data/a.txt": b""}).says("""\
imagepipe.yaml:3:18: error[E201]: data is a folder: name a file of products
    3 | products: {from: data}
      |                  ^^^^
   help: `imagepipe explain E201` says more
"""),
    Case(
        "a workbook", products="{from: p.xlsx}", files={"p.xlsx": b"PK\x03\x04\x14\x00\x06\x00"}
    ).says("""\
imagepipe.yaml:3:18: error[E203]: p.xlsx is a workbook of a spreadsheet, and no CSV
    3 | products: {from: p.xlsx}
      |                  ^^^^^^
   help: save it as CSV UTF-8, and name that file
"""),
    Case("an empty table", csv=b"").says("""\
p.csv:1:1: error[E203]: p.csv is empty
   help: it needs a header line
"""),
    Case("a header and nothing below it", csv=b"sku,name\n\n\n").says("""\
p.csv:1:1: error[E206]: p.csv has no products
   help: write a row below the header
"""),
    Case("a table of two bytes a character", csv="sku,name\nA,mug\n".encode("utf-16")).says("""\
p.csv:1:1: error[E203]: p.csv is UTF-16: save it as UTF-8 (CSV UTF-8 in a spreadsheet)
   help: `imagepipe explain E203` says more
"""),
    Case("a column without a name", csv=b"sku,name,\nA,mug,red\n").says("""\
p.csv:2:3: error[E205]: there is a value in column 3, which has no name
   help: `imagepipe explain E205` says more
"""),
    Case("a cell that is never closed", csv=b'sku,name\nA,"mug\nB,cup\n').says('''\
p.csv:3:1: error[E204]: a quote is never closed
   help: the row begins in line 2; a cell with a quote or a line break is written "like \
""this"""
'''),
    Case("text behind a closing quote", csv=b'sku,name\nA,"mug" red\n').says('''\
p.csv:2:1: error[E204]: text stands behind a closing quote
   help: a cell with a quote or a line break is written "like ""this"""
'''),
    Case(
        "five thousand short rows", csv=b"sku,name\n" + b"".join(b"M-%d\n" % n for n in range(5000))
    ).says("""\
p.csv:2:2: error[E205]: the row has 1 field, and the header has 2
    2 | M-0
   rows: 5,000: p.csv:2, p.csv:3, p.csv:4 and 4,997 more
   help: fill in what is missing; an empty cell is nothing between two separators
"""),
    Case("rows without a key", csv=b"sku,name\nA,mug\n,cup\n,jar\n,jug\n,pot\n").says("""\
p.csv:3:1 (column "sku"): error[E207]: the key "sku" is empty
   rows: 4: p.csv:3, p.csv:4, p.csv:5 and 1 more
   help: write a text that no other product has, or let `products.key` name another field
"""),
    Case(
        "a key column that is not there",
        products="{from: p.csv, key: skuu}",
        csv=b"sku,name\nA,mug\nB,cup\n",
    ).says("""\
p.csv:2:1: error[E207]: the product has no "skuu" (did you mean "sku"?)
   rows: p.csv:2, p.csv:3
   help: `products.key` names the field that is its key
"""),
    Case(
        "a line that is no JSON",
        products="{from: p.jsonl}",
        files={"p.jsonl": b'{"sku": "A", "name": "mug"}\n{"sku": "B", name: "cup"}\n'},
    ).says("""\
p.jsonl:2:14: error[E204]: not JSON: expecting property name enclosed in double quotes
    2 | {"sku": "B", name: "cup"}
      |              ^
   help: names and texts are in double quotes, and no comma stands before ] or }
"""),
    Case(
        "an object where a list is meant",
        products="{from: p.json}",
        files={"p.json": b'{"sku": "A", "name": "mug"}'},
    ).says("""\
p.json:1:1: error[E202]: p.json must be a list of products
   help: write [{...}, {...}], or one object a line and `format: jsonl`
"""),
    Case(
        "a key that is twice in an object",
        products="{from: p.json}",
        files={"p.json": b'[{"sku": "A", "sku": "B"}]'},
    ).says("""\
p.json:1:1: error[E204]: the key "sku" is given twice
   help: `imagepipe explain E204` says more
"""),
    Case("a product that is no map", products="[{sku: A, name: mug}, mug]").says("""\
imagepipe.yaml:3:33: error[E202]: a product must be a map of fields
    3 | products: [{sku: A, name: mug}, mug]
      |                                 ^^^
   help: write {sku: ..., name: ...}
"""),
]

NAMES = [
    Case(
        "names that Windows keeps for itself",
        products="[{sku: con, name: mug}, {sku: CON, name: cup}]",
    ).says("""\
imagepipe.yaml:7:3: error[E601]: two jobs would write images/con_/x: x of "con" and x of "CON"
    7 |   x: {prompt: p}
      |   ^
    job: imagepipe.yaml:3 (CON/x)
   help: put what tells them apart into `path`
"""),
    Case(
        "one name in two forms of Unicode",
        products='[{sku: "caf\\u00e9", name: mug}, {sku: "cafe\\u0301", name: cup}]',
    ).says("""\
imagepipe.yaml:7:3: error[E601]: two jobs would write images/cafe/x: x of "café" and x of \
"café"
    7 |   x: {prompt: p}
      |   ^
    job: imagepipe.yaml:3 (café/x)
   help: put what tells them apart into `path`
"""),
    Case(
        "letters that only look different",
        products='[{sku: "m\u00b2", name: mug}, {sku: M2, name: cup}]',
    ).says("""\
imagepipe.yaml:7:3: error[E601]: two jobs would write images/m2/x: x of "m²" and x of "M2"
    7 |   x: {prompt: p}
      |   ^
    job: imagepipe.yaml:3 (M2/x)
   help: put what tells them apart into `path`
"""),
    Case(
        "a name that would climb out of the folder",
        products="[{sku: ../../etc, name: mug}, {sku: etc, name: cup}]",
    ).says("""\
imagepipe.yaml:7:3: error[E601]: two jobs would write images/etc/x: x of "../../etc" and x of \
"etc"
    7 |   x: {prompt: p}
      |   ^
    job: imagepipe.yaml:3 (etc/x)
   help: put what tells them apart into `path`
"""),
    Case(
        "a path that is too long",
        recipe='{prompt: p, path: "'
        + "/".join(["a-folder-with-quite-a-long-name"] * 8)
        + '/{{ sku }}"}',
    ).says("""\
imagepipe.yaml:7:24: error[E602]: the path has more than 200 characters
    7 |   x: {prompt: p, path: "a-folder-with-quite-a-long-name/a-folder-with-quite-a-long-name/\
a-folder-wit
      |                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\
^^^^^^^^^^^^
    job: imagepipe.yaml:3 (A/x)
   help: shorten a field with `| truncate(60, end='')`, or use one that every product has
"""),
    Case(
        "a path of nothing but blanks",
        recipe="{prompt: p, path: \"{{ name | replace('mug', ' ') }}\"}",
    ).says("""\
imagepipe.yaml:7:28: error[E305]: the field "name" is empty
    7 |   x: {prompt: p, path: "{{ name | replace('mug', ' ') }}"}
      |                            ^^^^
    job: imagepipe.yaml:3 (A/x)
   help: fill it in, leave such products out with `where`, or say what stands in for it: {{ ... \
| default('...', true) }}
"""),
    Case(
        "a path without what tells jobs apart",
        recipe='{prompt: p, matrix: {size: [512x512, 768x768]}, path: "{{ sku }}"}',
    ).says("""\
imagepipe.yaml:7:60: error[E601]: two jobs would write images/A: x of "A", size 512x512 and x \
of "A", size 768x768
    7 |   x: {prompt: p, matrix: {size: [512x512, 768x768]}, path: "{{ sku }}"}
      |                                                            ^^^^^^^^^^^
    job: imagepipe.yaml:3 (A/x, size 768x768)
   help: put what tells them apart into `path`
"""),
    Case(
        "a picture that data asks for outside of the folder",
        products="[{sku: A, name: mug, photo: ../../etc/passwd}]",
        recipe='{prompt: p, model: flux-kontext, image: "{{ photo }}"}',
    ).says("""\
imagepipe.yaml:7:46: error[E423]: the product's data leads outside the folder: ../../etc/passwd
    7 |   x: {prompt: p, model: flux-kontext, image: "{{ photo }}"}
      |                                              ^^^^^^^^^^^^^
    job: imagepipe.yaml:3 (A/x)
   help: a path leaves the manifest's folder only where the manifest says so
"""),
    Case(
        "a picture on a drive of Windows",
        products="[{sku: A, name: mug, photo: 'C:\\x.png'}]",
        recipe='{prompt: p, model: flux-kontext, image: "{{ photo }}"}',
    ).says("""\
imagepipe.yaml:7:46: error[E423]: the product's data leads outside the folder: C:\\x.png
    7 |   x: {prompt: p, model: flux-kontext, image: "{{ photo }}"}
      |                                              ^^^^^^^^^^^^^
    job: imagepipe.yaml:3 (A/x)
   help: a path leaves the manifest's folder only where the manifest says so
"""),
    Case(
        "a picture that is not there, and more that the provider does not take",
        recipe="{prompt: p, provider: goneural, image: no.png, steps: 3, aspect_ratio: 1:1}",
    ).says("""\
imagepipe.yaml:7:45: error[E420]: no file no.png
    7 |   x: {prompt: p, provider: goneural, image: no.png, steps: 3, aspect_ratio: 1:1}
      |                                             ^^^^^^
   help: paths begin at the manifest
imagepipe.yaml:7:60: error[E401]: goneural takes no steps
    7 |   x: {prompt: p, provider: goneural, image: no.png, steps: 3, aspect_ratio: 1:1}
      |                                                            ^
    job: imagepipe.yaml:3 (A/x)
   help: remove it, or choose a provider that takes one; goneural takes negative_prompt, \
prompt, seed, size; see https://developer.goneural.ai
imagepipe.yaml:7:45: error[E401]: goneural takes no image
    7 |   x: {prompt: p, provider: goneural, image: no.png, steps: 3, aspect_ratio: 1:1}
      |                                             ^^^^^^
    job: imagepipe.yaml:3 (A/x)
   help: remove it, or choose a provider that takes one; goneural takes negative_prompt, \
prompt, seed, size; see https://developer.goneural.ai
imagepipe.yaml:2:39: note[E401]: goneural takes no model: the default is left out
    2 | defaults: {provider: runcrate, model: black-forest-labs/FLUX.1-schnell}
      |                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
3 errors, 1 note
"""),
]

MISTAKES = [*DATA, *NAMES]


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(("case", "says"), MISTAKES, ids=[case.name for case, _ in MISTAKES])
def test_a_mistake_is_told_word_for_word(
    case: Case, says: str, tmp_path: Path, capsys: Streams
) -> None:
    """All that is wrong, where, and what to write instead."""
    assert answered(case, "validate", tmp_path, capsys) == says
