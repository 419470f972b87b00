"""What a manifest or a spec of a wrong form is answered, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.mistakes import Case, Streams, answered, bare

__all__ = ["bare"]

SPEC = b"""\
spec: 1
name: acme
base_url: https://api.acme.example
key_env: ACME_KEY
headers: {Authorization: "Bearer ${secret}"}
submit: {post: /v1/images, json: {prompt: "${promt}", key: "${secret}"}}
reply: {results: "data[.url"}
"""

FORM = [
    Case("nothing but a comment", manifest="# later\n").says("""\
imagepipe.yaml:1:1: error[E111]: the file is empty
    1 | # later
      | ^
   help: a document is a list of `key: value` lines
"""),
    Case("a byte of an old encoding", manifest=b"version: 1\nname: M\xf6bel\n").says("""\
imagepipe.yaml:2:8: error[E101]: the byte 0xf6 is not UTF-8
    2 | name: M�bel
      |        ^^^^
   help: save the file as UTF-8 (it may be Latin-1 or Windows-1252 now)
"""),
    Case("two bytes a character", manifest="version: 1\n".encode("utf-16")).says("""\
imagepipe.yaml:1:1: error[E101]: the file is UTF-16 or UTF-32; save it as UTF-8
   help: `imagepipe explain E101` says more
"""),
    Case("a second document", more="---\nversion: 1\n").says("""\
imagepipe.yaml:8:1: error[E108]: a second document begins here (`---`)
    8 | ---
      | ^^^
   help: put the second part into a file of its own
"""),
    Case("a merge key", recipe="{<<: {count: 2}, prompt: p}").says("""\
imagepipe.yaml:7:7: error[E108]: merge keys (<<) are not read
    7 |   x: {<<: {count: 2}, prompt: p}
      |       ^^
   help: write the fields out, or put what several entries share into `defaults`
"""),
    Case("a tag", prompt="!!python/object:os.system x").says("""\
imagepipe.yaml:5:6: error[E108]: tags such as !!python/object:os.system are not read
    5 |   p: !!python/object:os.system x
      |      ^^^^^^^^^^^^^^^^^^^^^^^^^
   help: remove it; numbers and texts are told apart by where they stand
"""),
    Case("a key that is given twice", recipe="{prompt: p, count: 1, count: 2}").says("""\
imagepipe.yaml:7:28: error[E103]: the key "count" is given twice; the first is in line 7
    7 |   x: {prompt: p, count: 1, count: 2}
      |                            ^^^^^
   help: `imagepipe explain E103` says more
"""),
    Case("a space that is missing after a colon", recipe="{prompt: p, count:2}").says("""\
imagepipe.yaml:7:18: error[E109]: "count:2" needs a space after the colon
    7 |   x: {prompt: p, count:2}
      |                  ^^^^^^^
   help: write {count: 2}, or quote the text
"""),
    Case("a quote that is never closed", prompt='"a mug').says("""\
imagepipe.yaml:5:6: error[E100]: this quote is never closed
    5 |   p: "a mug
      |      ^^
   help: `imagepipe explain E100` says more
"""),
    Case("a bracket that is never closed", recipe="{prompt: p, matrix: {size: [512x512}}").says("""\
imagepipe.yaml:7:41: error[E100]: expected `,` or `]` here
    7 |   x: {prompt: p, matrix: {size: [512x512}}
      |                                         ^
   help: is a `]` or a comma missing in line 7, or a quote around a text?
"""),
    Case(
        "a misspelt section, and no recipes then",
        manifest="version: 1\nimges: {x: {prompt: a b, provider: runcrate}}\n",
    ).says("""\
imagepipe.yaml:1:1: error[E106]: the file lacks `images`
    1 | version: 1
      | ^^^^^^^
   help: `imagepipe explain E106` says more
imagepipe.yaml:2:1: error[E104]: unknown key "imges" (did you mean "images"?)
    2 | imges: {x: {prompt: a b, provider: runcrate}}
      | ^^^^^
2 errors
"""),
    Case(
        "another version", manifest='version: "2"\nimages: {x: {prompt: a b, provider: runcrate}}\n'
    ).says("""\
imagepipe.yaml:1:10: error[E110]: `version` must be 1: this program knows no other format
    1 | version: "2"
      |          ^^^
   help: `imagepipe explain E110` says more
"""),
    Case(
        "one slip in many recipes",
        recipe="{promt: p}",
        more="".join(f"  x{i}: {{promt: p}}\n" for i in range(2, 41)),
    ).says("""\
imagepipe.yaml:7:7: error[E104]: unknown key "promt" in `images.x` (did you mean "prompt"?)
    7 |   x: {promt: p}
      |       ^^^^^
   also: imagepipe.yaml:8:8, imagepipe.yaml:9:8, imagepipe.yaml:10:8 and 36 more
40 errors
"""),
    Case(
        "numbers as other languages write them", recipe="{prompt: p, steps: 1_000, guidance: '3.5'}"
    ).says("""\
imagepipe.yaml:7:25: error[E105]: `images.x.steps` must be a whole number, not "1_000"
    7 |   x: {prompt: p, steps: 1_000, guidance: '3.5'}
      |                         ^^^^^
   help: write numbers as JSON does: 1000, not 1_000, 01000, +1000 or 0x3e8
imagepipe.yaml:7:42: error[E105]: `images.x.guidance` must be a number, not "3.5"
    7 |   x: {prompt: p, steps: 1_000, guidance: '3.5'}
      |                                          ^^^^^
   help: write it without quotes
2 errors
"""),
    Case(
        "a mistake in form beside one in a template",
        prompt='"a {{ nmae }}"',
        more="budgett: {max_cost: 3}\n",
    ).says("""\
imagepipe.yaml:8:1: error[E104]: unknown key "budgett" (did you mean "budget"?)
    8 | budgett: {max_cost: 3}
      | ^^^^^^^
imagepipe.yaml:5:12: error[E302]: undefined name "nmae" (did you mean "name"?)
    5 |   p: "a {{ nmae }}"
      |            ^^^^
    job: imagepipe.yaml:3 (A/x)
2 errors
"""),
    Case("a model that is a template", recipe='{prompt: p, model: "{{ name }}"}').says("""\
imagepipe.yaml:7:25: error[E303]: `model` is no template; make it an axis, or write two recipes
    7 |   x: {prompt: p, model: "{{ name }}"}
      |                         ^^^^^^^^^^^^
   help: `imagepipe explain E303` says more
"""),
    Case(
        "a provider that is its own fallback", recipe="{prompt: p, fallback: [runcrate]}"
    ).says("""\
imagepipe.yaml:7:28: error[E112]: a provider is in the chain twice
    7 |   x: {prompt: p, fallback: [runcrate]}
      |                            ^
   help: leave it out, or name another one
"""),
    Case(
        "axes that leave nothing",
        recipe="{prompt: p, matrix: {size: [512x512], exclude: [{size: 512x512}]}}",
    ).says("""\
imagepipe.yaml:7:26: error[E113]: `exclude` leaves no combination
    7 |   x: {prompt: p, matrix: {size: [512x512], exclude: [{size: 512x512}]}}
      |                          ^
   help: remove an entry of `exclude`, or the recipe
"""),
    Case(
        "an exclusion that excludes nothing",
        recipe="{prompt: p, matrix: {size: [512x512], exclude: [{size: 512x521}]}}",
    ).says("""\
imagepipe.yaml:7:54: error[E113]: this `exclude` names a value that no axis has, so it leaves \
nothing out
    7 |   x: {prompt: p, matrix: {size: [512x512], exclude: [{size: 512x521}]}}
      |                                                      ^
   help: write a value as the axis has it, or remove the entry
"""),
    Case("an axis with a reserved name", recipe="{prompt: p, matrix: {index: [a, b]}}").says("""\
imagepipe.yaml:7:34: error[E113]: "index" is reserved in templates and cannot be an axis
    7 |   x: {prompt: p, matrix: {index: [a, b]}}
      |                                  ^
   help: choose another name
"""),
    Case(
        "axes that multiply into millions",
        recipe="{prompt: p, matrix: {size: ["
        + ", ".join(f"{n}x{n}" for n in range(256, 356))
        + "], seed: ["
        + ", ".join(map(str, range(1, 201)))
        + "]}}",
    ).says("""\
imagepipe.yaml:7:26: error[E701]: the axes (size 100 x seed 200) are 20,000 pictures of each \
product
    7 |   x: {prompt: p, matrix: {size: [256x256, 257x257, 258x258, 259x259, 260x260, 261x261, \
262x262, 263x
      |                          ^
   help: max_jobs is 10,000; remove values or raise it
"""),
    Case(
        "letters of double width before the caret", recipe='{prompt: "青いマグ、白い背景 {{ 色 }}"}'
    ).says("""\
imagepipe.yaml:7:29: error[E302]: undefined name "色"
    7 |   x: {prompt: "青いマグ、白い背景 {{ 色 }}"}
      |                                      ^^
    job: imagepipe.yaml:3 (A/x)
   help: there are: image, index, name, product, sku
"""),
    Case(
        "a text that turns the direction of the terminal",
        prompt='"a \\u202e{{ nmae }}"',
        more="name\u202e: x\n",
    ).says("""\
imagepipe.yaml:8:1: error[E104]: unknown key "name�" (did you mean "name"?)
    8 | name�: x
      | ^^^^^
imagepipe.yaml:5:18: error[E302]: undefined name "nmae" (did you mean "name"?)
    5 |   p: "a \\u202e{{ nmae }}"
      |                  ^^^^
    job: imagepipe.yaml:3 (A/x)
2 errors
"""),
]

SPECS = [
    Case(
        "a spec with several mistakes",
        more="providers: {acme: {uses: ./acme.provider.yaml}}\n",
        recipe="{prompt: p, provider: acme}",
        files={"acme.provider.yaml": SPEC},
    ).says("""\
./acme.provider.yaml:1:1: error[E501]: unknown key "spec"
    1 | spec: 1
      | ^^^^
   help: known here: about, base_url, docs, faults, headers, hosts, idempotency, key_env, \
limits, lookup, models, name, poll, preflight, price, reply, result, revision, sizes, states, \
submit, takes, unknown, vars
./acme.provider.yaml:1:1: error[E503]: the spec has no "revision"
    1 | spec: 1
      | ^^^^
   help: `imagepipe explain E503` says more
./acme.provider.yaml:6:43: error[E504]: unknown name "promt" (did you mean "prompt"?)
    6 | submit: {post: /v1/images, json: {prompt: "${promt}", key: "${secret}"}}
      |                                           ^^^^^^^^^^
   help: known here: aspect_ratio, control_image.base64, control_image.file, \
control_image.mime, control_image.tag, control_image.uri, guidance, height, image.base64, \
image.file, image.mime, image.tag, image.uri, job.key, job.nonce, mask.base64, mask.file, \
mask.mime, mask.tag, mask.uri, model, negative_prompt, prompt, seed, size, steps, strength, \
width
./acme.provider.yaml:6:60: error[E511]: the secret belongs into a header, nowhere else
    6 | submit: {post: /v1/images, json: {prompt: "${promt}", key: "${secret}"}}
      |                                                            ^^^^^^^^^^^
   help: `imagepipe explain E511` says more
./acme.provider.yaml:7:18: error[E505]: this is no JMESPath: Expecting: star, got: dot: Parse \
error at column 5, token "." (DOT), for expression
    7 | reply: {results: "data[.url"}
      |                  ^^^^^^^^^^^
   help: see https://jmespath.org
5 errors
"""),
    Case(
        "a spec that is not there",
        more="providers: {acme: {uses: ./acme.yaml}}\n",
        recipe="{prompt: p, provider: acme}",
    ).says("""\
imagepipe.yaml:8:26: error[E112]: cannot read the spec ./acme.yaml: No such file or directory
    8 | providers: {acme: {uses: ./acme.yaml}}
      |                          ^^^^^^^^^^^
   help: paths begin at the manifest
"""),
    Case(
        "an axis value that the provider does not have",
        prompt='"a {{ name }}, {{ place }}"',
        recipe="{prompt: p, provider: runway, model: gen4_image, "
        "matrix: {size: [1024x1024, 500x500], place: [a, b]}}",
        products="[{sku: A, name: mug}, {sku: B, name: cup}]",
    ).says("""\
imagepipe.yaml:7:82: error[E406]: runway has no size 500x500 for this model; it has 1024:1024, \
1080:1080, 1168:880, 1360:768, 1440:1080, 1080:1440, …
    7 | ay, model: gen4_image, matrix: {size: [1024x1024, 500x500], place: [a, b]}}
      |                                                   ^^^^^^^
   jobs: 4: imagepipe.yaml:3 (A/x, size 500x500, place a), imagepipe.yaml:3 (A/x, size 500x500, \
place b), imagepipe.yaml:3 (B/x, size 500x500, place a) and 1 more
   help: write size: 720x720 (the nearest), or fit: nearest; see https://docs.dev.runwayml.com
"""),
]

MISTAKES = [*FORM, *SPECS]


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(("case", "says"), MISTAKES, ids=[case.name for case, _ in MISTAKES])
def test_a_mistake_is_told_word_for_word(
    case: Case, says: str, tmp_path: Path, capsys: Streams
) -> None:
    """All that is wrong, where, and what to write instead."""
    assert answered(case, "validate", tmp_path, capsys) == says
