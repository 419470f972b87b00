"""`imagepipe schema`: the JSON Schemas of what people write, and of what machines read."""

from __future__ import annotations

import click

from imagepipe.cli.options import examples
from imagepipe.cli.terminal import data

NAMES = ("manifest", "provider", "events", "report", "review")


@click.command(
    "schema",
    epilog=examples(
        "imagepipe schema manifest > .imagepipe/manifest.schema.json",
        "# yaml-language-server: $schema=./.imagepipe/manifest.schema.json",
    ),
)
@click.argument("name", type=click.Choice(NAMES), metavar="|".join(NAMES))
def command(name: str) -> None:
    """Print the JSON Schema (draft-07) of manifests, specs, events (`run --events`), reports or
    decisions (`<manifest>.review.yaml`).

    Editors with a YAML language server complete and check a manifest whose first line names the
    schema, as the examples show.
    """
    if name == "events":
        import json  # noqa: PLC0415 - late: start-up time

        from imagepipe.render.event_schema import event_schema  # noqa: PLC0415 - late: with render

        data(json.dumps(event_schema(), indent=2, ensure_ascii=False))
        return
    from imagepipe.app.shipped import schema_text  # noqa: PLC0415 - late: start-up time

    data(schema_text(name).rstrip("\n"))
