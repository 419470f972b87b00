"""The vendors' APIs, one file each, hand-written from the vendors' documents.

A vendor is registered by its name and the file that holds its class; the name is also the first
segment of its addresses, `http://127.0.0.1:PORT/<name>/...`, the rest being the vendor's own path.
"""

from __future__ import annotations

MODULES: dict[str, str] = {
    "rungen": "rungen",
    "goneural": "goneural",
    "cometapi-runway": "cometapi_runway",
    "runway": "runway",
    "runcrate": "runcrate",
    "openai-images": "openai_images",
}

HIDDEN: dict[str, str] = {"crash-tasks": "crash", "crash-sync": "crash"}
"""Vendors for tests of clients that are killed; no option and no listing names them."""

PROVIDERS: tuple[str, ...] = tuple(MODULES)
