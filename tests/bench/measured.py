"""A command of the program in a process of its own, with what it cost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_PROGRAM = """\
import resource, sys
from imagepipe.__main__ import main
try:
    main()
except SystemExit as end:
    code = end.code
usage = resource.getrusage(resource.RUSAGE_SELF)
print(usage.ru_maxrss, usage.ru_utime + usage.ru_stime, file=sys.stderr)
sys.exit(code)
"""


@dataclass(frozen=True)
class Measured:
    """Seconds on the clock and of CPU, the peak of resident memory in MiB, and what it printed."""

    seconds: float
    cpu: float
    peak: float
    out: str


def imagepipe(folder: Path, *arguments: str) -> Measured:
    """Run it in `folder`.

    Raises:
        CalledProcessError: it did not end with 0.
    """
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *arguments],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    peak, cpu = done.stderr.split()[-2:]
    return Measured(time.monotonic() - began, float(cpu), int(peak) / 1024, done.stdout)
