"""`imagepipe schema`: the JSON Schemas of what people write."""

from __future__ import annotations

import click

from imagepipe.cli.options import examples
from imagepipe.cli.terminal import data


@click.command(
    "schema",
    epilog=examples(
        "imagepipe schema manifest > .imagepipe/manifest.schema.json",
        "# yaml-language-server: $schema=./.imagepipe/manifest.schema.json",
    ),
)
@click.argument("name", type=click.Choice(["manifest", "provider"]), metavar="manifest|provider")
def command(name: str) -> None:
    """Print the JSON Schema (draft-07) of manifests or of provider specs.

    Editors with a YAML language server complete and check a manifest whose first line names the
    schema, as the examples show.
    """
    from imagepipe.app.shipped import schema_text  # noqa: PLC0415 - late: start-up time

    data(schema_text(name).rstrip("\n"))
