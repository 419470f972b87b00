"""`python -m tests.docs_site OUT`: the site as a folder, OUT/site, that needs no server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.docs_site.stage import stage


def build(out: Path) -> Path:
    """Build the site in an empty or new folder.

    Raises:
        CalledProcessError: a link or an anchor leads nowhere, or something else is not right.
    """
    config = stage(out)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "-f", config.name]
    subprocess.run(command, cwd=out, check=True)
    return out / "site"


if __name__ == "__main__":
    print(build(Path(sys.argv[1])))
