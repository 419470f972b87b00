"""A command in a process of its own, with what it cost; and the least that planning can cost.

Compare CPU seconds, which move less than the clock with what else the machine does.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_COST = """\
usage = resource.getrusage(resource.RUSAGE_SELF)
peak = usage.ru_maxrss  # on Linux that of the parent too, if it was larger before the exec
if sys.platform == "linux":
    lines = open("/proc/self/status").read().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
print(peak, usage.ru_utime + usage.ru_stime, file=sys.stderr)
sys.exit(code)
"""
_PROGRAM = f"""\
import resource, sys
from imagepipe.__main__ import main
try:
    main()
except SystemExit as end:
    code = end.code
{_COST}"""

_BARE = """\
import csv, hashlib, json, sqlite3
import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment
manifest = yaml.safe_load(open("imagepipe.yaml"))
env = ImmutableSandboxedEnvironment()
prompts = [env.from_string(text) for text in manifest["prompts"].values()]
where = env.compile_expression(manifest["products"]["where"])
ledger = sqlite3.connect(":memory:")
ledger.execute("CREATE TABLE jobs (key PRIMARY KEY)")
new, keys = 0, []
def look():
    global new
    query = f"SELECT key FROM jobs WHERE key IN ({','.join('?' * len(keys))})"
    new += len(keys) - len(ledger.execute(query, keys).fetchall())
    keys.clear()
lines = open(manifest["products"]["from"])
csv_ = manifest["products"]["from"].endswith("csv")
for row in csv.DictReader(lines) if csv_ else map(json.loads, lines):
    if not where(**row):
        continue
    for prompt in prompts:
        request = {"model": "m", "prompt": prompt.render(row), "seed": 1}
        text = json.dumps(request, sort_keys=True)
        keys.append(hashlib.sha256(text.encode()).hexdigest())
        if len(keys) == 500:
            look()
look()
print(new)
"""
"""CSV or JSON lines, Jinja, hash and lookup, and nothing else."""


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
    return _measured(folder, _PROGRAM, *arguments)


def bare(folder: Path) -> Measured:
    """The script that does only what cannot be left out of a plan."""
    return _measured(folder, f"import resource, sys\n{_BARE}code = 0\n{_COST}")


def best(costs: Sequence[Measured]) -> Measured:
    """The one with the least CPU."""
    return min(costs, key=lambda cost: cost.cpu)


def _measured(folder: Path, code: str, *arguments: str) -> Measured:
    """Modules are compiled beforehand, as they are where a program is installed."""
    env = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(_ROOT)}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env["PYTHONPYCACHEPREFIX"] = str(folder.parent / "compiled")
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    peak, cpu = done.stderr.split()[-2:]
    return Measured(time.monotonic() - began, float(cpu), int(peak) / 1024, done.stdout)


def command(folder: Path, *arguments: str) -> tuple[float, float]:
    """Seconds of CPU and on the clock of any program and of all that it starts.

    Raises:
        CalledProcessError: it did not end with 0.
    """
    before = os.times()
    subprocess.run(arguments, cwd=folder, capture_output=True, check=True)
    after = os.times()
    spent = after.children_user + after.children_system
    cpu = spent - before.children_user - before.children_system
    return cpu, after.elapsed - before.elapsed


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
