"""`imagepipe` and `python -m imagepipe`: the process around the command line."""

from __future__ import annotations

import gc
import sys

from imagepipe.cli.main import run
from imagepipe.cli.terminal import hold_streams


def main() -> None:
    hold_streams()
    code = run(sys.argv[1:])
    gc.freeze()  # all memory goes with the process: to look for cycles in it once more takes longer
    sys.exit(code)


if __name__ == "__main__":
    main()
