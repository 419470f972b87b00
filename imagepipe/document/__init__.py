"""YAML as values with positions, and mistakes in it as text with carets.

Three steps, each of use alone: `parse` (text to nodes), `check` (nodes against a JSON schema) and
`typed` (nodes to plain JSON values, where the schema asks for numbers). It knows no manifest and no
provider: whoever has a schema gets positions, suggestions and bounds on hostile input from here.
"""

from imagepipe.document.builder import parse
from imagepipe.document.caret import closest, place_line, render, shared_line, suggestion
from imagepipe.document.nodes import Document, Mapping, Mark, Node, Plain, Sequence
from imagepipe.document.scalars import typed, untyped
from imagepipe.document.shipped import shipped_schema
from imagepipe.document.validation import check

__all__ = [
    "Document",
    "Mapping",
    "Mark",
    "Node",
    "Plain",
    "Sequence",
    "check",
    "closest",
    "parse",
    "place_line",
    "render",
    "shared_line",
    "shipped_schema",
    "suggestion",
    "typed",
    "untyped",
]
