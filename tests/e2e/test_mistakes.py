"""What a wrong manifest or catalogue is answered, word for word, as a person sees it.

The texts are golden: where, what and what to write instead. A better text is welcome; it is changed
here, so that somebody reads it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from imagepipe.cli.main import run
from tests.e2e.mistakes import Case, Streams, answered, bare

__all__ = ["bare"]

ALIASES = "a: &a [l,l,l,l,l,l,l,l,l,l]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdef", "bcdefg", strict=True)
)


MISTAKES = [
    Case(
        "a template that is not quoted", recipe="\n    prompt: p\n    path: {{ sku }}/{{ image }}"
    ).says("""\
imagepipe.yaml:9:11: error[E109]: a value that begins with {{ must be quoted
    9 |     path: {{ sku }}/{{ image }}
      |           ^
   help: write path: "{{ sku }}/{{ image }}"
"""),
    Case(
        "a colour that is a comment", products="\n  - sku: A\n    name: mug\n    color: #fff"
    ).says("""\
imagepipe.yaml:6:12: error[E109]: # begins a comment here, so the value is empty
    6 |     color: #fff
      |            ^
   help: quote it: "#fff" (a comment has a space after #)
"""),
    Case("a text with a colon in it", prompt="A mug: blue").says("""\
imagepipe.yaml:5:11: error[E109]: a text with `: ` in it must be quoted
    5 |   p: A mug: blue
      |           ^
   help: quote the text: p: "A mug: blue"
"""),
    Case("a tab that indents", recipe="\n\tprompt: p").says("""\
imagepipe.yaml:8:1: error[E100]: a tab cannot indent a line
    8 |  prompt: p
      | ^
   help: use spaces
"""),
    Case("a misspelt key", recipe="{promt: p}").says("""\
imagepipe.yaml:7:7: error[E104]: unknown key "promt" in `images.x` (did you mean "prompt"?)
    7 |   x: {promt: p}
      |       ^^^^^
"""),
    Case(
        "values of the wrong kind, all at once",
        recipe="{prompt: p, count: two, steps: 1.5, size: big}",
        more="max_jobs: -1\nbudget: {max_cost: lots}\n",
    ).says("""\
imagepipe.yaml:7:25: error[E105]: `images.x.count` must be a whole number, not "two"
    7 |   x: {prompt: p, count: two, steps: 1.5, size: big}
      |                         ^^^
   help: `imagepipe explain E105` says more
imagepipe.yaml:7:37: error[E105]: `images.x.steps` must be a whole number, not "1.5"
    7 |   x: {prompt: p, count: two, steps: 1.5, size: big}
      |                                     ^^^
   help: write numbers as JSON does: 1000, not 1_000, 01000, +1000 or 0x3e8
imagepipe.yaml:7:48: error[E107]: `images.x.size` cannot be "big"
    7 |   x: {prompt: p, count: two, steps: 1.5, size: big}
      |                                                ^^^
   help: as in 1344x768
imagepipe.yaml:8:11: error[E107]: `max_jobs` must be at least 1
    8 | max_jobs: -1
      |           ^^
   help: `imagepipe explain E107` says more
imagepipe.yaml:9:20: error[E107]: `budget.max_cost` cannot be "lots"
    9 | budget: {max_cost: lots}
      |                    ^^^^
   help: as in 20.00
5 errors
"""),
    Case(
        "a key of a provider in the manifest", more="providers: {runcrate: {api_key: rc_live_1}}\n"
    ).says("""\
imagepipe.yaml:8:24: error[E110]: `api_key` does not belong in a manifest: keys come from the \
environment (`key_env` names the variable)
    8 | providers: {runcrate: {api_key: ***
      |                        ^^^^^^^
   help: `imagepipe explain E110` says more
"""),
    Case(
        "keys in places where a schema lets a text stand",
        more=(
            "providers:\n  a: {uses: runcrate, key_env: rc_live_canary_1}\n"
            "  b: {uses: runcrate, headers: {Authorization: Bearer canary}}\n"
        ),
    ).says("""\
imagepipe.yaml:9:32: error[E110]: `key_env` names a variable, and this looks like the key itself
    9 |   a: {uses: runcrate, key_env: ***
      |                                ^^^
   help: keys come from the environment: `key_env` names the variable, such as ACME_KEY_2
imagepipe.yaml:10:48: error[E110]: the header Authorization holds a key, which does not belong in \
a manifest
   10 |   b: {uses: runcrate, headers: {Authorization: ***
      |                                                ^^^
   help: keys come from the environment: `key_env` names the variable
2 errors
"""),
    Case(
        "a name and password in an address, and a key for the name of a variable",
        more=(
            "providers:\n  a: {uses: runcrate, base_url: 'https://me:canary@host/v1'}\n"
            "  b: {uses: runcrate, key_env: sk-canary}\n"
        ),
    ).says("""\
imagepipe.yaml:9:33: error[E110]: `providers.a.base_url` must not hold a name and password
    9 |   a: {uses: runcrate, base_url: ***
      |                                 ^^^
   help: as in http://127.0.0.1:8188/v1
imagepipe.yaml:10:32: error[E110]: `key_env` is the name of an environment variable, such as \
ACME_KEY_2; the key itself does not belong in a manifest
   10 |   b: {uses: runcrate, key_env: ***
      |                                ^^^
   help: `imagepipe explain E110` says more
2 errors
"""),
    Case("a terminal's escape in a prompt", prompt='"a \x1b[31m {{ name }}"').says("""\
imagepipe.yaml:5:9: error[E101]: the character U+001B is not allowed
    5 |   p: "a �[31m {{ name }}"
      |         ^
   help: remove it, or write it as an escape in double quotes
"""),
    Case("aliases that multiply", more=ALIASES).says("""\
imagepipe.yaml:13:29: error[E102]: aliases stand for more than 1,000,000 values
   13 | f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]
      |                             ^^
   help: `imagepipe explain E102` says more
"""),
    Case("brackets without end", manifest="version: 1\nx: " + "[" * 100_000).says("""\
imagepipe.yaml:2:67: error[E102]: nested more than 64 levels deep
    2 | [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\
[[[[[[[[[[[[
      |                                                   ^
   help: `imagepipe explain E102` says more
"""),
    Case("a field that no product has", prompt='"a {{ nmae }}"').says("""\
imagepipe.yaml:5:12: error[E302]: undefined name "nmae" (did you mean "name"?)
    5 |   p: "a {{ nmae }}"
      |            ^^^^
    job: imagepipe.yaml:3 (A/x)
"""),
    Case("a call in a template", prompt='"a {{ name.upper() }}"').says("""\
imagepipe.yaml:5:6: error[E301]: calls and methods are not available: use a filter, such as {{ \
name | upper }}
    5 |   p: "a {{ name.upper() }}"
      |      ^^^^^^^^^^^^^^^^^^^^^^
   help: `imagepipe explain E301` says more
"""),
    Case("a prompt that does not exist", recipe="{prompt: hero}").says("""\
imagepipe.yaml:7:15: error[E112]: no prompt "hero"
    7 |   x: {prompt: hero}
      |               ^^^^
   help: one bare word is the name of an entry of `prompts`; a text has spaces or {{ }}
"""),
    Case("an axis that nothing uses", recipe="{prompt: p, matrix: {colr: [red, blue]}}").says("""\
imagepipe.yaml:7:33: error[E113]: the axis "colr" is no recipe field, and no template of the \
recipe uses it
    7 |   x: {prompt: p, matrix: {colr: [red, blue]}}
      |                                 ^
   help: every axis multiplies the number of pictures; remove it, or use it in the prompt
"""),
    Case("more jobs than max_jobs", recipe="{prompt: p, count: 3}", more="max_jobs: 2\n").says("""\
imagepipe.yaml:8:1: error[E701]: 1 product x count 3 = 3 jobs, and max_jobs is 2
    8 | max_jobs: 2
      | ^^^^^^^^
   help: if all are meant, write max_jobs: 3
"""),
    Case(
        "a condition on a column that is not there",
        products='\n  from: p.csv\n  where: "stok | int > 0"',
        csv=b"sku,name,stock\nA,mug,3\n",
    ).says("""\
imagepipe.yaml:5:11: error[E302]: undefined name "stok" (did you mean "stock"?)
    5 |   where: "stok | int > 0"
      |           ^^^^
    row: p.csv:2 (A)
"""),
    Case("rows that are too short or too long", csv=b"sku,name\nA\nB,mug,extra\n").says("""\
p.csv:2:2: error[E205]: the row has 1 field, and the header has 2
    2 | A
   help: fill in what is missing; an empty cell is nothing between two separators
p.csv:3:3: error[E205]: the row has 3 fields, and the header has 2
    3 | B,mug,extra
   help: a cell that holds the separator must be quoted
2 errors
"""),
    Case("two columns of one name", csv=b"sku,name,name\nA,x,y\n").says("""\
p.csv:1:3: error[E203]: the column "name" is there twice
   help: rename one of them
"""),
    Case("two products of one key", csv=b"sku,name\nA,x\nB,y\nA,z\n").says("""\
p.csv:4:1 (column "sku"): error[E208]: the key "A" is there twice: also in p.csv:2
   help: give one of them another key
"""),
    Case("a NUL in a cell", csv=b"sku,name\nA,mu\x00g\n").says("""\
p.csv:2:1: error[E203]: the row has a NUL character
   help: remove it: a program that wrote the file has left it there
"""),
    Case("a spreadsheet's old encoding", csv=b"sku,name\nA,M\xf6bel\n").says("""\
p.csv:2:1: error[E203]: the byte 0xf6 is not UTF-8
   help: save it as UTF-8 (CSV UTF-8 in a spreadsheet); it may be Windows-1252 now
"""),
    Case(
        "two pictures of one file, but for case",
        products="[{sku: A, name: mug}, {sku: a, name: cup}]",
    ).says("""\
imagepipe.yaml:7:3: error[E601]: two jobs would write images/A/x: x of "A" and x of "a"
    7 |   x: {prompt: p}
      |   ^
    job: imagepipe.yaml:3 (a/x)
   help: put what tells them apart into `path`
"""),
    Case("a path with an extension", recipe='{prompt: p, path: "{{ sku }}.png"}').says("""\
imagepipe.yaml:7:24: error[E603]: a path has no extension: it comes from the picture
    7 |   x: {prompt: p, path: "{{ sku }}.png"}
      |                        ^^^^^^^^^^^^^^^
   help: write {{ sku }}
"""),
    Case("a provider that does not exist", recipe="{prompt: p, provider: runcrat}").says("""\
imagepipe.yaml:7:28: error[E112]: no provider "runcrat" (did you mean "runcrate"?)
    7 |   x: {prompt: p, provider: runcrat}
      |                            ^^^^^^^
   help: `imagepipe providers list` shows the built-in ones
"""),
    Case(
        "an app that is not named", recipe="{prompt: p, provider: rungen, size: 512x512}"
    ).says("""\
imagepipe.yaml:7:28: error[E410]: rungen needs the setting app_id (the id of the deployed app)
    7 |   x: {prompt: p, provider: rungen, size: 512x512}
      |                            ^^^^^^
   help: add `vars: {app_id: …}` to providers.rungen
"""),
    Case(
        "a prompt that GoNeural refuses",
        products="[{sku: A, name: " + "m" * 600 + "}]",
        recipe="{prompt: p, provider: goneural, aspect_ratio: 1:1}",
    ).says("""\
imagepipe.yaml:5:6: error[E403]: prompt has 602 characters, and goneural takes at most 500
    5 |   p: "a {{ name }}"
      |      ^^^^^^^^^^^^^^
    job: imagepipe.yaml:3 (A/x)
   help: take away 102; see https://developer.goneural.ai/text-to-image
imagepipe.yaml:2:39: note[E401]: goneural takes no model: the default is left out
    2 | defaults: {provider: runcrate, model: black-forest-labs/FLUX.1-schnell}
      |                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
1 error, 1 note
"""),
    Case(
        "a size that Runway does not have",
        recipe="{prompt: p, provider: runway, model: gen4_image, size: 500x500}",
    ).says("""\
imagepipe.yaml:7:61: error[E406]: runway has no size 500x500 for this model; it has 1024:1024, \
1080:1080, 1168:880, 1360:768, 1440:1080, 1080:1440, …
    7 |   x: {prompt: p, provider: runway, model: gen4_image, size: 500x500}
      |                                                             ^^^^^^^
    job: imagepipe.yaml:3 (A/x)
   help: write size: 720x720 (the nearest), or fit: nearest; see https://docs.dev.runwayml.com
"""),
    Case(
        "an address that the vendor does not fetch",
        recipe="{prompt: p, provider: runway, model: gen4_image, size: 720x720, "
        "input_images: ['http://a.example/b.png']}",
    ).says("""\
imagepipe.yaml:7:85: error[E405]: input_images.url "http://a.example/b.png" is not of the form that runway takes
    7 |  model: gen4_image, size: 720x720, input_images: ['http://a.example/b.png']}
      |                                                   ^^^^^^^^^^^^^^^^^^^^^^^^
    job: imagepipe.yaml:3 (A/x)
   help: it takes https addresses with a host name, no IP address, and runway:// addresses of its uploads; see https://docs.dev.runwayml.com/assets/inputs
"""),  # noqa: E501 - as it is printed
    Case(
        "a size that needs two pictures",
        recipe="{prompt: p, provider: runway, model: bria_fibo_edit_1_5, size: 768x1024, "
        "input_images: ['https://a.example/b.png']}",
    ).says("""\
imagepipe.yaml:7:69: error[E401]: runway takes no size for this model
    7 | rovider: runway, model: bria_fibo_edit_1_5, size: 768x1024, input_images: ['https://a.example/b.png'
      |                                                   ^^^^^^^^
    job: imagepipe.yaml:3 (A/x)
   help: remove it; a size needs at least 2 input_images: a single picture keeps its own framing; see https://docs.dev.runwayml.com
"""),  # noqa: E501 - as it is printed
    Case(
        "a model that draws what cannot be kept",
        recipe="{prompt: p, provider: runway, model: recraft_v4_1_vector}",
    ).says("""\
imagepipe.yaml:7:43: error[E401]: the model "recraft_v4_1_vector" cannot be used with runway
    7 |   x: {prompt: p, provider: runway, model: recraft_v4_1_vector}
      |                                           ^^^^^^^^^^^^^^^^^^^
    job: imagepipe.yaml:3 (A/x)
   help: it draws SVG, and only PNG, JPEG and WebP are kept: take recraft_v4_1_flash; see https://docs.dev.runwayml.com
"""),
    Case(
        "pixels beyond the vendor's bounds",
        recipe="{prompt: p, size: 4000x3000}",
    ).says("""\
imagepipe.yaml:7:24: error[E403]: width is 4,000 pixels, and runcrate takes at most 2,048
    7 |   x: {prompt: p, size: 4000x3000}
      |                        ^^^^^^^^^
    job: imagepipe.yaml:3 (A/x)
   help: write size: 2048x1536 (the nearest), or fit: nearest; see https://www.runcrate.ai/docs/api-reference/images/image-generation
imagepipe.yaml:7:24: error[E403]: height is 3,000 pixels, and runcrate takes at most 2,048
    7 |   x: {prompt: p, size: 4000x3000}
      |                        ^^^^^^^^^
    job: imagepipe.yaml:3 (A/x)
   help: write size: 2048x1536 (the nearest), or fit: nearest; see https://www.runcrate.ai/docs/api-reference/images/image-generation
2 errors
"""),
    Case(
        "a value in params that the vendor has not",
        recipe="{prompt: p, provider: runway, model: grok_imagine_image_2, size: 1024x1024, "
        "params: {quality: high, edit: true}}",
    ).says("""\
imagepipe.yaml:7:100: error[E404]: params.quality is "high", and runway takes only low, medium
    7 | agine_image_2, size: 1024x1024, params: {quality: high, edit: true}}
      |                                                   ^^^^
    job: imagepipe.yaml:3 (A/x)
   help: see https://docs.dev.runwayml.com
imagepipe.yaml:7:112: error[E401]: params.edit cannot be used with runway
    7 | 2, size: 1024x1024, params: {quality: high, edit: true}}
      |                                                   ^^^^
    job: imagepipe.yaml:3 (A/x)
   help: edit works on input_images: give at least one; see https://docs.dev.runwayml.com
2 errors
"""),
    Case(
        "a reference that is no picture",
        recipe="{prompt: p, model: flux-kontext, image: a.png}",
        files={"a.png": b"hello"},
    ).says("""\
imagepipe.yaml:7:46: error[E421]: a.png is text, and no PNG, JPEG or WebP
    7 |   x: {prompt: p, model: flux-kontext, image: a.png}
      |                                              ^^^^^
   help: save it in one of these three formats
"""),
]


pytestmark = pytest.mark.usefixtures("bare")


@pytest.mark.parametrize(("case", "says"), MISTAKES, ids=[case.name for case, _ in MISTAKES])
@pytest.mark.parametrize("command", ["plan", "run"])
def test_a_mistake_is_told_before_anything_is_done(
    case: Case, says: str, command: str, tmp_path: Path, capsys: Streams
) -> None:
    """Exit 2, nothing on standard output, these words on standard error, and no file written."""
    assert answered(case, command, tmp_path, capsys) == says


def test_a_key_that_is_not_set_is_named(tmp_path: Path, capsys: Streams) -> None:
    """A plan needs none; a run says which variable, and how to do without."""
    Case("none").write(tmp_path)
    assert run(["plan"]) == 0
    capsys.readouterr()
    assert run(["run"]) == 2
    assert capsys.readouterr().err.endswith("""\
error[E703]: runcrate needs a key, and RUNCRATE_API_KEY is not set
   help: put RUNCRATE_API_KEY into the environment or into a `.env` beside the manifest; \
to rehearse without keys, add --emulate
""")


def test_a_plan_above_the_budget_is_told_before_the_run(tmp_path: Path, capsys: Streams) -> None:
    """In the words with which a run refuses it."""
    Case("dear", more='budget: {max_cost: "0.001"}\n').write(tmp_path)
    assert run(["plan"]) == 0
    refusal = "the plan is estimated at 0.003 USD, and the limit is 0.001 USD"
    assert refusal in " ".join(capsys.readouterr().out.split())
    assert run(["plan", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["over_budget"] == refusal
