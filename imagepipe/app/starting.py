"""A first manifest with everything around it, for `init`: written once, never over anything."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from imagepipe.app.catalogue_look import look
from imagepipe.app.first_manifest import described, manifest_for, quoted
from imagepipe.app.project import DEFAULT_MANIFEST
from imagepipe.app.shipped import schema_text
from imagepipe.document import suggestion
from imagepipe.errors import Problem, SetupError

PRODUCTS = "products.csv"
SCHEMA = ".imagepipe/manifest.schema.json"
IGNORED = (
    ".imagepipe/*",
    f"!{SCHEMA}",
    "images-emulated/",
    "report/",
    "report-emulated/",
    "*.emulated.review.yaml",
    ".env",
)
"""What Git is to leave out: the store, rehearsals, keys. Pictures and the lock belong into it."""


@dataclass(frozen=True, slots=True)
class _Start:
    """What a provider wants of a first manifest: defaults, and settings of its instance."""

    defaults: str
    settings: str = ""


_STARTS = {
    "runcrate": _Start("model: black-forest-labs/FLUX.1-schnell, aspect_ratio: 1:1"),
    "runway": _Start("model: gen4_image, size: 1024x1024"),
    "goneural": _Start("aspect_ratio: 1:1"),
    "rungen": _Start(
        "size: 1024x1024",
        "  # The id of the app you deployed; it decides which model draws.\n"
        "  rungen: {vars: {app_id: my-app}}\n",
    ),
    "openai-images": _Start(
        "model: my-model, size: 1024x1024",
        "  # Any server with OpenAI's images route: your own, or a vendor's.\n"
        '  openai-images: {base_url: "http://127.0.0.1:8188/v1"}\n',
    ),
}

STARTERS = tuple(_STARTS)
"""The providers that need no picture to begin with."""

_PRODUCTS = """\
sku,name,color,place
MUG-1,stoneware mug,blue,a forest table at sunrise
LAMP-2,desk lamp,brass,a quiet study
BAG-3,canvas bag,olive,a rainy city street
"""

_MANIFEST = """\
# yaml-language-server: $schema=./{schema}
version: 1
name: {name}
{providers}
defaults: {{provider: {provider}, {defaults}}}

products:
  from: products.csv
  key: sku

prompts:
  hero: "A {{{{ color }}}} {{{{ name }}}} on a white background, soft studio light, product photo"
  scene: "A {{{{ color }}}} {{{{ name }}}}, {{{{ place }}}}, natural light, shallow depth of field"

# One picture for each product and each image; a file is images/<sku>/<image>.
images:
  hero: {{prompt: hero}}
  scene: {{prompt: scene}}

# budget: {{max_cost: "5.00"}}   # US dollars; a run stops before it would spend more
"""


@dataclass(frozen=True, slots=True)
class Started:
    """What was written, and what was there already and is kept as it was; paths from the folder.

    `found` says what the catalogue is that a manifest was made for, `notes` what is odd about it.
    """

    written: tuple[str, ...]
    kept: tuple[str, ...]
    found: str = ""
    notes: tuple[Problem, ...] = ()


def write_example(folder: Path, *, provider: str = "runcrate") -> Started:
    """Write a manifest that can be rehearsed at once, with its products and its schema.

    A list of products, a schema or ignore rules that exist are kept; of the rules, missing ones are
    added.

    Raises:
        SetupError: a manifest is there already, or the provider is none to start with.
        OSError: the folder cannot be written.
    """
    _must_be_new(folder)
    text = manifest_text(folder.resolve().name, provider)
    written, kept = _written(folder, {DEFAULT_MANIFEST: text, PRODUCTS: _PRODUCTS})
    return Started(written, kept)


def write_from(folder: Path, sources: Sequence[Path], *, provider: str = "runcrate") -> Started:
    """Write a manifest for products that exist, so that it can be planned and rehearsed at once.

    Raises:
        InputError: the products cannot be read, or nothing names them.
        SetupError: a manifest is there already, or the provider is none to start with.
        OSError: the folder cannot be written.
    """
    _must_be_new(folder)
    start = _start(provider)
    paths = [_from(folder, source) for source in sources]
    seen = look(sources)
    text = manifest_for(
        seen,
        paths,
        name=sources[0].stem,
        schema=SCHEMA,
        provider=(provider, start.defaults, start.settings),
    )
    written, kept = _written(folder, {DEFAULT_MANIFEST: text})
    found = f"{', '.join(map(str, sources))}: {described(seen)}"
    return Started(written, kept, found, tuple(seen.notes))


def _from(folder: Path, source: Path) -> str:
    """The path of a file as a manifest in `folder` names it."""
    try:
        return Path(os.path.relpath(source.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive of Windows
        return source.resolve().as_posix()


def _must_be_new(folder: Path) -> None:
    if (folder / DEFAULT_MANIFEST).exists():
        hint = "plan it with `imagepipe plan`, or name another folder: `imagepipe init FOLDER`"
        raise SetupError(f"{folder / DEFAULT_MANIFEST} is there already", hint=hint)


def _written(folder: Path, files: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files, the schema and the ignore rules: what was written, and what was kept."""
    files = {**files, SCHEMA: schema_text("manifest")}
    written = [name for name, text in files.items() if _write_new(folder / name, text)]
    if _ignore(folder / ".gitignore"):
        written.append(".gitignore")
    return tuple(written), tuple(name for name in files if name not in written)


def manifest_text(name: str, provider: str) -> str:
    """The example for one provider.

    Raises:
        SetupError: it is unknown, or wants pictures of every product.
    """
    start = _start(provider)
    return _MANIFEST.format(
        schema=SCHEMA,
        name=quoted(name or "catalog"),
        provider=provider,
        defaults=start.defaults,
        providers=f"\nproviders:\n{start.settings}" if start.settings else "",
    )


def _start(provider: str) -> _Start:
    start = _STARTS.get(provider)
    if start is None:
        message = f"there is no example for {provider!r}{suggestion(provider, STARTERS)}"
        raise SetupError(message, hint=f"there are some for {', '.join(STARTERS)}")
    return start


def _write_new(path: Path, text: str) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


def _ignore(path: Path) -> bool:
    """Add the rules that are missing at the end; a blanket rule for the store is left alone."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    present = {line.strip() for line in text.splitlines()}
    missing = [rule for rule in IGNORED if rule not in present]
    if not missing:
        return False
    gap = "" if not text or text.endswith("\n") else "\n"
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(gap + "\n".join(missing) + "\n")
    return True
