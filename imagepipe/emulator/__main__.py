"""`python -m imagepipe.emulator`: the emulator as a child process of whoever needs one.

Standard library only for the options, so that it starts quickly; the command for people is
`imagepipe emulate`.
"""

from __future__ import annotations

import argparse
import json
import sys

from imagepipe.emulator import OPTIONS, QUIRKS, parse, run
from imagepipe.errors import SetupError


def main(arguments: list[str] | None = None) -> int:
    options = vars(_parser().parse_args(arguments))
    if options.pop("list_quirks"):
        for quirk in QUIRKS.values():
            whom = ", ".join(quirk.providers) or "all"
            sys.stdout.write(f"{quirk.name}\t{quirk.counts.value}\t{whom}\t{quirk.about}\n")
        return 0
    announce, stdin = options.pop("announce"), options.pop("exit_with_stdin")
    try:
        settings = parse({name.replace("_", "-"): value for name, value in options.items()})
        run(settings, ready=_announce if announce else _tell, until_stdin_closes=stdin)
    except SetupError as error:
        hint = f"\n  help: {error.hint}" if error.hint else ""
        sys.stderr.write(f"error: {error}{hint}\n")
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m imagepipe.emulator", allow_abbrev=False)
    for option in OPTIONS:
        parser.add_argument(
            f"--{option.name}",
            help=option.about.replace("%", "%%"),
            metavar=option.metavar,
            action="append" if option.repeated else "store",
        )
    parser.add_argument("--announce", action="store_true", help="print one JSON line when ready")
    parser.add_argument("--exit-with-stdin", action="store_true", help="end when stdin closes")
    parser.add_argument("--list-quirks", action="store_true", help="list the quirks and end")
    return parser


def _announce(url: str) -> None:
    sys.stdout.write(json.dumps({"url": url}) + "\n")
    sys.stdout.flush()


def _tell(url: str) -> None:
    sys.stderr.write(f"emulator on {url} (statistics: {url}/_emulator/stats)\n")


if __name__ == "__main__":
    sys.exit(main())
