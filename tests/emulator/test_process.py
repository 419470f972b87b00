"""The emulator as a process: it tells its address, ends cleanly and remembers its tickets."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from imagepipe.emulator import QUIRKS, parse
from imagepipe.emulator.server import bind, run
from imagepipe.errors import SetupError
from tests.emulator.running import BODIES, KEYS, POLLS, SUBMITS
from tests.emulator_process import EmulatorProcess


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "imagepipe.emulator", *arguments],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_it_ends_with_its_parent() -> None:
    """When standard input closes the emulator ends by itself, with 0 and without a word."""
    emulator = EmulatorProcess("--picture", "fixed")
    assert httpx2.get(f"{emulator.url}/_emulator/health").json()["ok"] is True
    assert emulator.stop() == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no SIGTERM for a child")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number: int) -> None:
    """Also while a request is being held for a minute."""
    with EmulatorProcess("--latency", "fixed:600") as emulator:
        timeout = httpx2.Timeout(20, read=0.05)
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.post(
                emulator.url + SUBMITS["runcrate"],
                json=BODIES["runcrate"],
                headers=KEYS,
                timeout=timeout,
            )
        assert emulator.stats("runcrate")["accepted"] == 1
        emulator.signal(number)
        assert emulator.stop() == (0, "")


def test_a_killed_emulator_still_knows_its_tickets(tmp_path: Path) -> None:
    """What was accepted is in the state file before the client hears of it."""
    state = ("--state", str(tmp_path / "deep" / "state.jsonl"))
    tickets = {}
    with EmulatorProcess(*state) as emulator, httpx2.Client(headers=KEYS) as http:
        for provider in POLLS:
            reply = http.post(emulator.url + SUBMITS[provider], json=BODIES[provider]).json()
            tickets[provider] = reply.get("job_id") or reply["id"]
        gone = http.post(emulator.url + SUBMITS["runway"], json=BODIES["runway"]).json()["id"]
        http.delete(emulator.url + POLLS["runway"] + gone)
        url = _picture(http, emulator.url, tickets["goneural"])
        before = http.get(url).content
        emulator.signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    with EmulatorProcess(*state) as emulator, httpx2.Client(headers=KEYS) as http:
        for provider, ticket in tickets.items():
            assert http.get(emulator.url + POLLS[provider] + ticket).status_code == 200
        assert http.get(emulator.url + POLLS["runway"] + gone).status_code == 404
        url = _picture(http, emulator.url, tickets["goneural"])
        assert http.get(url).content == before
        stats = emulator.stats("runway")
        assert (stats["accepted"], stats["duplicates"]) == (2, 1)
        assert len(emulator.jobs()) == 5
        emulator.reset()
        assert emulator.jobs() == []
    with EmulatorProcess(*state) as emulator:
        assert emulator.stats("runway")["accepted"] == 0


def _picture(http: httpx2.Client, url: str, ticket: str) -> str:
    task = http.get(url + POLLS["goneural"] + ticket).json()
    return str(task["output"]["image"])


def test_a_torn_last_line_is_dropped(tmp_path: Path) -> None:
    """A process killed within its write loses that line only; the next one starts anew."""
    state = tmp_path / "state.jsonl"
    with EmulatorProcess("--state", str(state)) as emulator:
        for _ in range(2):
            httpx2.post(emulator.url + SUBMITS["goneural"], json=BODIES["goneural"], headers=KEYS)
    whole = state.read_bytes()
    state.write_bytes(whole[:-30])
    with EmulatorProcess("--state", str(state)) as emulator:
        assert emulator.stats("goneural")["accepted"] == 1
        httpx2.post(emulator.url + SUBMITS["goneural"], json=BODIES["goneural"], headers=KEYS)
    assert state.read_bytes().count(b"\n") == 2


def test_a_foreign_state_file_is_refused(tmp_path: Path) -> None:
    """Nothing is overwritten that is not ours."""
    state = tmp_path / "notes.txt"
    state.write_text("hello\n")
    done = _python("--state", str(state))
    assert done.returncode == 2
    assert "notes.txt:1: not a line of an emulator's state" in done.stderr
    assert "Traceback" not in done.stderr
    assert state.read_text() == "hello\n"


def test_a_mistake_is_one_readable_text() -> None:
    done = _python("--host", "0.0.0.0")  # noqa: S104 - refused
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: the emulator listens on loopback only")


def test_a_taken_port_is_said() -> None:
    with bind("127.0.0.1", 0) as taken:
        taken.listen()
        port = str(taken.getsockname()[1])
        with pytest.raises(SetupError, match=f"cannot listen on 127.0.0.1:{port}"):
            run(parse({"port": port}))


def test_answers_are_not_held_back() -> None:
    """Head and body are two writes; Nagle's algorithm would hold the second for 40 ms.

    asyncio switches it off only for sockets that name their protocol.
    """
    with bind("127.0.0.1", 0) as bound:
        assert bound.proto == socket.IPPROTO_TCP


def test_the_quirks_are_listed() -> None:
    done = _python("--list-quirks")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert {row[0] for row in rows} == set(QUIRKS)
    assert all(len(row) == 4 and row[3] for row in rows)


def test_it_announces_one_line() -> None:
    """The first and only line of standard output, for the program that started it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "imagepipe.emulator", "--announce", "--exit-with-stdin"],
        cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    url = json.loads(process.stdout.readline())["url"]
    assert httpx2.get(f"{url}/_emulator/health").status_code == 200
    output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, errors) == (0, "", "")
