"""`imagepipe completion`: the script that makes a shell complete commands and options."""

from __future__ import annotations

import click

from imagepipe.cli.options import examples
from imagepipe.cli.terminal import data


@click.command(
    "completion",
    epilog=examples(
        "bash:  imagepipe completion bash > ~/.local/share/bash-completion/completions/imagepipe",
        'zsh:   eval "$(imagepipe completion zsh)"     in ~/.zshrc',
        "fish:  imagepipe completion fish > ~/.config/fish/completions/imagepipe.fish",
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), metavar="bash|zsh|fish")
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print a script that completes imagepipe's commands and options in your shell."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - late: start-up time

    writer = get_completion_class(shell)
    assert writer is not None  # noqa: S101 - click has all three
    root = ctx.find_root().command
    data(writer(root, {}, "imagepipe", "_IMAGEPIPE_COMPLETE").source().rstrip("\n"))
