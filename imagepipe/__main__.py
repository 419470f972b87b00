"""`imagepipe` and `python -m imagepipe`: the process around the command line."""

from __future__ import annotations

import sys

from imagepipe.cli.main import run
from imagepipe.cli.terminal import hold_streams


def main() -> None:
    hold_streams()
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
