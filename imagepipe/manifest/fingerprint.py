"""What of a manifest decides the jobs of a variant, as one digest: for remembering what they were.

It covers what a person wrote. What files say (products, includes, specs, pictures) and how the
program works things out is for the caller to add: see `app/remembering.py`. Whoever adds a field to
`Variant` or `Link` adds it here; a test holds the lists against each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import blake2b

from imagepipe.document import Mapping
from imagepipe.manifest.pictures import PictureTemplate
from imagepipe.manifest.recipe import Link, Manifest, Variant

DECIDES_NOTHING = frozenset({"origins", "place"})
"""Fields of a variant that say where something stands."""


def variants(manifest: Manifest) -> Iterable[tuple[Variant, str]]:
    """Every variant of a manifest with its fingerprint."""
    shared = _shared(manifest)
    for recipe in manifest.recipes.values():
        for variant in recipe.variants:
            yield variant, _digest((shared, *_variant(variant)))


def _shared(manifest: Manifest) -> str:
    """Products and settings of providers, as they were written."""
    root = manifest.document.root
    sections = [root.get(name) if isinstance(root, Mapping) else None for name in _SECTIONS]
    return _digest(json.dumps(sections, sort_keys=True))


_SECTIONS = ("providers", "products")


def _variant(variant: Variant) -> tuple[object, ...]:
    """All fields but those that decide nothing. Values are texts, numbers, and maps and lists of
    these, whose `repr` is one and the same in every process.
    """
    return (
        variant.recipe,
        variant.axes,
        tuple(_link(link) for link in variant.chain),
        _items(variant.fixed),
        sorted(variant.written),
        sorted((name, template.source) for name, template in variant.texts.items()),
        [(name, [*map(_picture, several)]) for name, several in sorted(variant.pictures.items())],
        variant.seed,
        variant.count,
        variant.path and variant.path.source,
        variant.suffix,
        variant.where and variant.where.source,
        variant.tags,
    )


def _link(link: Link) -> tuple[object, ...]:
    return link.provider.name, _items(link.changes), _items(link.head), link.takes_seed


def _picture(picture: PictureTemplate) -> tuple[object, ...]:
    return picture.source.source, picture.tag, picture.sha256


def _items(values: object) -> str:
    return repr(sorted(dict(values).items()))  # type: ignore[call-overload]  # any mapping


def _digest(value: object) -> str:
    return blake2b(repr(value).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
