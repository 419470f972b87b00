"""The manifest: from YAML and a catalogue to jobs.

`load` reads what a person wrote, `check` finds everything that is wrong with it, `expand` streams
its jobs. Files come through the `Files` port; nothing here spends, sends or keeps anything.
"""

from imagepipe.manifest.check import NOTHING_SETTLED, Checked, Settled, check
from imagepipe.manifest.expand import expand
from imagepipe.manifest.fingerprint import variants
from imagepipe.manifest.load import load
from imagepipe.manifest.ports import Files
from imagepipe.manifest.recipe import Budget, Manifest, Recipe, Variant
from imagepipe.manifest.schema import manifest_schema

__all__ = [
    "NOTHING_SETTLED",
    "Budget",
    "Checked",
    "Files",
    "Manifest",
    "Recipe",
    "Settled",
    "Variant",
    "check",
    "expand",
    "load",
    "manifest_schema",
    "variants",
]
