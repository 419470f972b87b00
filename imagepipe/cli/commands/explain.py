"""`imagepipe explain`: why a picture is what it is."""

from __future__ import annotations

from pathlib import Path

import click

from imagepipe.cli.options import Places, examples, looking_options, manifest_argument
from imagepipe.cli.problems import problem_options
from imagepipe.cli.terminal import data, width


@click.command(
    "explain",
    epilog=examples(
        "imagepipe explain images/MUG-1/hero.png",
        "imagepipe explain MUG-1/hero",
        "imagepipe explain 3f9a1c0b22d4 spring.yaml",
        "imagepipe explain E104",
    ),
)
@click.argument("target")
@manifest_argument
@looking_options
@problem_options
def command(target: str, manifest: Path, places: Places) -> None:
    """Show what a run would do with a picture, why, and everything that its key is made of.

    TARGET is an output file, a product, product/recipe, or the beginning of a key. The code of an
    error, such as E104, is explained with an example and what to do.
    """
    from imagepipe.app.rules import is_code  # noqa: PLC0415 - late: start-up time

    if is_code(target):
        data(_rule(target))
        return
    from imagepipe.app.explaining import explain  # noqa: PLC0415 - late: start-up time
    from imagepipe.app.planning import make_plan  # noqa: PLC0415 - late: start-up time
    from imagepipe.render.explain_text import explain_text  # noqa: PLC0415 - late: start-up time

    with make_plan(places.open(manifest)) as planned:
        found = explain(planned, target)
    pages = [explain_text(one.step, one.walk, one.changes, width()) for one in found]
    data("\n\n".join(pages))


def _rule(code: str) -> str:
    from imagepipe.app.rules import rule, rules  # noqa: PLC0415 - late: start-up time
    from imagepipe.document import suggestion  # noqa: PLC0415 - late: start-up time
    from imagepipe.render.rule_text import rule_text  # noqa: PLC0415 - late: start-up time

    found = rule(code)
    if found is None:
        guess = suggestion(code, rules())
        raise click.UsageError(f"there is no rule {code}{guess}; docs/errors.md lists them all")
    return rule_text(found, width())
