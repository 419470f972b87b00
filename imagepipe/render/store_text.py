"""What was found in a store, mended, tidied and counted, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imagepipe.render.columns import columns
from imagepipe.render.text import counted, number, plain, shorten, wrap

_MOST = 50
"""Findings of a kind that are listed; the others are counted."""

_UNITS = ("bytes", "KB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class Found:
    """Something about a store, and what to do about it."""

    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Mended:
    """What a repair came to. `rebuilt`: jobs in the new ledger, None if the old one was sound."""

    rebuilt: int | None
    whole: bool
    recopied: bool
    taken_back: int
    resumed: Sequence[str]
    lost: Sequence[str]
    in_doubt: Sequence[str]
    aside: str | None


def size(number_of_bytes: int) -> str:
    """`812 bytes`, `1.4 MB`: decimal units, two digits at least."""
    amount, unit = float(number_of_bytes), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    if unit == 0:
        return counted(number_of_bytes, "byte")
    return f"{amount:.1f} {_UNITS[unit]}" if amount < 10 else f"{amount:,.0f} {_UNITS[unit]}"


def verify_text(
    store: str,
    problems: Sequence[Found],
    notes: Sequence[Found],
    width: int,
    *,
    read_data: bool,
    deeper: str,
) -> str:
    """The page, without a final line break; `deeper` is the command that reads every byte."""
    lines: list[str] = []
    if problems:
        lines += [f"{store}: {counted(len(problems), 'problem')}.", *_listed(problems, width)]
    else:
        what = "every byte of it is as it was written" if read_data else "its structure is sound"
        lines.append(f"{store}: {what}.")
    if notes:
        lines += ["", "Worth knowing:", *_listed(notes, width)]
    if not problems and not read_data:
        lines += ["", f"Next: {deeper}  # reads every byte as well"]
    return "\n".join(lines)


def repair_text(store: str, done: Mended, width: int, *, run: str, pending: str) -> str:
    """The page, without a final line break."""
    said = [*_mended(done)]
    if not said:
        return f"{store}: nothing was to be mended."
    lines = [f"{store}:", *(line for one in said for line in _item(one, width))]
    if done.aside:
        lines += ["", f"What was replaced is in {done.aside}; delete it when all is well."]
    lines += ["", f"Next: {pending if done.in_doubt or done.lost else run}"]
    return "\n".join(lines)


def sweep_text(
    store: str, files: Sequence[tuple[str, str, int]], saved: int, width: int, *, dry: bool
) -> str:
    """The page; `files` are kind, path and bytes."""
    total = sum(taken for _, _, taken in files)
    if not files and not saved:
        return f"{store}: nothing to tidy up."
    verb = "would go" if dry else "went"
    lines = [f"{store}: {counted(len(files), 'file')} {verb}, {size(total)}."]
    shown = [(kind, plain(path), size(taken)) for kind, path, taken in files[:_MOST]]
    lines += columns(shown, width)
    if len(files) > _MOST:
        lines.append(f"  and {number(len(files) - _MOST)} more")
    if saved > 0:
        lines.append(f"The ledger's second copy is {size(saved)} smaller.")
    return "\n".join(lines)


def stats_text(
    store: str,
    rows: Mapping[str, int],
    states: Mapping[str, int],
    parts: Mapping[str, tuple[int, int]],
    width: int,
) -> str:
    """The page: files by part, rows by table, jobs by state."""
    files = [(name, counted(count, "file"), size(taken)) for name, (count, taken) in parts.items()]
    total = sum(taken for _, taken in parts.values())
    lines = [f"{store}: {size(total)}", *columns(files, width, right=frozenset({1, 2}))]
    kept = [(number(count), table) for table, count in rows.items()]
    lines += ["", "In the ledger:", *columns(kept, width, right=frozenset({0}))]
    if states:
        jobs = [(number(count), state) for state, count in sorted(states.items())]
        lines += ["", "Jobs:", *columns(jobs, width, right=frozenset({0}))]
    return "\n".join(lines)


def _mended(done: Mended) -> Sequence[str]:
    said: list[str] = []
    if done.rebuilt is not None:
        said.append(f"the ledger was rebuilt with {counted(done.rebuilt, 'job')}")
        if not done.whole:
            said.append(
                "some changes could not be found again: whatever of this manifest may have been "
                "submitted in them is in doubt now, and is not submitted by itself. Before you run "
                "another manifest that shares this store: `imagepipe store repair OTHER.yaml "
                "--hold-unknown`"
            )
    if done.recopied:
        said.append("the ledger's second copy was written anew")
    if done.taken_back:
        taken = counted(done.taken_back, "picture")
        said.append(f"{taken} taken back from output files")
    if done.resumed:
        said.append(f"{counted(len(done.resumed), 'picture')} will be fetched again, unpaid")
    for keys, what in ((done.lost, "lost: paid for, and gone"), (done.in_doubt, "in doubt")):
        if keys:
            names = ", ".join(key[:12] for key in keys[:10])
            more = f" and {number(len(keys) - 10)} more" if len(keys) > 10 else ""
            said.append(f"{counted(len(keys), 'job')} {what}: {names}{more}")
    return said


def _listed(found: Sequence[Found], width: int) -> list[str]:
    lines: list[str] = []
    for one in found[:_MOST]:
        lines += _item(shorten(plain(one.what), 4 * width), width)
        lines += [f"    {line}" for line in wrap(f"help: {plain(one.remedy)}", width - 4)]
    if len(found) > _MOST:
        lines.append(f"  and {number(len(found) - _MOST)} more")
    return lines


def _item(text: str, width: int) -> list[str]:
    return [("    " if i else "  - ") + line for i, line in enumerate(wrap(text, width - 4))]
