"""A first manifest with everything around it, for `init`: written once, never over anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from imagepipe.app.project import DEFAULT_MANIFEST
from imagepipe.app.shipped import schema_text
from imagepipe.document import suggestion
from imagepipe.errors import SetupError

PRODUCTS = "products.csv"
SCHEMA = ".imagepipe/manifest.schema.json"
IGNORED = (
    ".imagepipe/*",
    f"!{SCHEMA}",
    "images-emulated/",
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
    """What was written, and what was there already and is kept as it was; paths from the folder."""

    written: tuple[str, ...]
    kept: tuple[str, ...]


def write_example(folder: Path, *, provider: str = "runcrate") -> Started:
    """Write a manifest that can be rehearsed at once, with its products and its schema.

    A list of products, a schema or ignore rules that exist are kept; of the rules, missing ones are
    added.

    Raises:
        SetupError: a manifest is there already, or the provider is none to start with.
        OSError: the folder cannot be written.
    """
    if (folder / DEFAULT_MANIFEST).exists():
        hint = "plan it with `imagepipe plan`, or name another folder: `imagepipe init FOLDER`"
        raise SetupError(f"{folder / DEFAULT_MANIFEST} is there already", hint=hint)
    files = {
        DEFAULT_MANIFEST: manifest_text(folder.resolve().name, provider),
        PRODUCTS: _PRODUCTS,
        SCHEMA: schema_text("manifest"),
    }
    written = [name for name, text in files.items() if _write_new(folder / name, text)]
    if _ignore(folder / ".gitignore"):
        written.append(".gitignore")
    return Started(tuple(written), tuple(name for name in files if name not in written))


def manifest_text(name: str, provider: str) -> str:
    """The example for one provider.

    Raises:
        SetupError: it is unknown, or wants pictures of every product.
    """
    start = _STARTS.get(provider)
    if start is None:
        message = f"there is no example for {provider!r}{suggestion(provider, STARTERS)}"
        raise SetupError(message, hint=f"there are some for {', '.join(STARTERS)}")
    return _MANIFEST.format(
        schema=SCHEMA,
        name=_quoted(name or "catalog"),
        provider=provider,
        defaults=start.defaults,
        providers=f"\nproviders:\n{start.settings}" if start.settings else "",
    )


def _quoted(name: str) -> str:
    """A folder's name as a YAML text, which it need not be without quotes."""
    safe = name.replace("_", "").replace("-", "")
    if safe.isascii() and safe.isalnum() and safe[0].isalpha():
        return name
    return "'" + "".join(c for c in name if c.isprintable()).replace("'", "''") + "'"


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
