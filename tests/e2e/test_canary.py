"""Keys and signatures stay on the wire, whatever a server says and however a job ends.

The vendors here are hostile: whatever goes wrong, they repeat the key that the request carried in
every place that a person or a file gets to see, and they sign their addresses. Each product's name
is what its request meets.
"""

from __future__ import annotations

import base64
import html
import json
import os
import pty
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import pytest

from tests.fakes.collector import Collector, collecting
from tests.fakes.vendor import png
from tests.view.viewed import Shop, View

KEYS = {
    "house": 'CANARY-house/+"1234',
    "tasks": "CANARY-tasks-5678",
    "doubt": "CANARY-doubt-2468",
    "collector": "CANARY-collector-1357",
}
"""The key of each instance; the first is of characters that JSON, HTML and addresses escape. The
last is for the collector of telemetry."""

SIGNATURE = "CANARY-signature-9012"

JOBS = {
    "house": ("good", "echo", "moved", "expired", "wait"),
    "tasks": ("good", "ended", "expired", "poll", "refused", "location"),
    "doubt": ("cut", "error", "garbled"),
}
"""What each instance meets. Its jobs in doubt are apart, because the third one stops a provider."""

MANIFEST = """version: 1
providers:
  house: {{uses: openai-images, base_url: "{url}/v1", key_env: HOUSE_KEY, price: 1}}
  doubt: {{uses: openai-images, base_url: "{url}/v1", key_env: DOUBT_KEY, price: 1}}
  tasks: {{uses: goneural, base_url: "{url}", key_env: TASKS_KEY, price: 1}}
products: {{from: products.csv}}
prompts: {{p: "{{{{ sku }}}}"}}
images:
  house: {{prompt: p, provider: house, where: "house == 'y'"}}
  doubt: {{prompt: p, provider: doubt, where: "doubt == 'y'"}}
  tasks: {{prompt: p, provider: tasks, aspect_ratio: "1:1", where: "tasks == 'y'"}}
"""

FIRST = "run -v --json --events first.jsonl --junit first.xml --log-file json.log --report report"
COMMANDS = (
    FIRST,
    "run -v --log-level debug --log-format console --events -",
    "run --log-level debug --log-format json --failed",
    "plan -v",
    "plan --save plan.json",
    "status --json",
    "pending list --json",
    "explain echo",
    "explain ended",
    "report --out again",
    "check --output-format json",
    "store verify --read-data",
)
"""What is typed, one after another. Level debug is set in the environment for the first."""

ON_A_TERMINAL = "run --failed"
WITHOUT_KEYS = "run --select product:good --force --yes --output-format github"


def _spellings(secret: str) -> set[bytes]:
    """What a careless program could write for `secret`."""
    raw = secret.encode()
    shifted = {base64.b64encode(b"\0" * n + raw)[4 if n else 0 : -4] for n in range(3)}
    texts = {secret, quote(secret), quote(secret, safe=""), html.escape(secret)}
    texts |= {json.dumps(secret)[1:-1], raw.hex(), repr(secret)[1:-1], secret[::-1]}
    return {text.encode() for text in texts} | shifted | {s.translate(_URLSAFE) for s in shifted}


_URLSAFE = bytes.maketrans(b"+/", b"-_")


class _Vendor(BaseHTTPRequestHandler):
    """An OpenAI-compatible server below /v1 and GoNeural's tasks beside it."""

    protocol_version = "HTTP/1.1"
    waited: ClassVar[set[str]]

    def log_message(self, *_: object) -> None:
        """Servers of tests are silent."""

    @property
    def _said(self) -> str:
        """As some vendors and every debugging page do: what was sent, and where to look."""
        return f"refused: {self.headers.get('Authorization')}, see {self._signed('x')}"

    def _signed(self, name: str) -> str:
        return f"http://{self.headers['Host']}/files/{name}.png?X-Amz-Signature={SIGNATURE}&E=9"

    def _answer(self, status: int, body: object, **headers: str) -> None:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = str(asked["prompt"])
        if self.path.startswith("/v1/tasks"):
            self._task(name)
        else:
            self._picture(name)

    def _picture(self, name: str) -> None:
        error = {"error": {"message": self._said, "code": self._said, "type": self._said}}
        match name:
            case "echo":
                self._answer(400, error)
            case "garbled":
                self._answer(200, f"<html>{self._said}".encode(), Content_Type="text/html")
            case "cut":
                self.close_connection = True
            case "moved":
                self._answer(307, error, Location=self._signed("x"))
            case "error":
                self._answer(500, error, X_Request_Id=self._said)
            case "wait" if "wait" not in self.waited:
                self.waited.add("wait")
                self._answer(429, error, Retry_After="1")
            case _:
                self._answer(200, {"data": [{"url": self._signed(name)}]})

    def _task(self, name: str) -> None:
        if name == "refused":
            self._answer(422, {"message": self._said, "errors": [self._said]})
        else:
            self._answer(201, {"id": name, "status": "queued", "message": self._said})

    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[-1].partition("?")[0].removesuffix(".png")
        if not self.path.startswith("/files/"):
            self._poll(name)
        elif name == "expired":
            self._answer(403, self._said.encode() + self.path.encode())
        elif name == "location":
            self._answer(302, self.path.encode(), Location=self._signed("good"))
        else:
            self._answer(200, png(), Content_Type="image/png")

    def _poll(self, name: str) -> None:
        if name == "ended":
            self._answer(200, {"id": name, "status": "failed", "message": self._said})
        elif name == "poll" and "poll" not in self.waited:
            self.waited.add("poll")
            self._answer(500, {"message": self._said})
        else:
            output = {"image": self._signed(name)}
            self._answer(200, {"id": name, "status": "succeeded", "output": output})


@contextmanager
def _vendor() -> Iterator[str]:
    class Vendor(_Vendor):
        waited: ClassVar[set[str]] = set()

    with ThreadingHTTPServer(("127.0.0.1", 0), Vendor) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def _write(folder: Path, url: str) -> None:
    (folder / "imagepipe.yaml").write_text(MANIFEST.format(url=url), encoding="utf-8")
    (folder / ".env").write_text(f"TASKS_KEY={KEYS['tasks']}\n", encoding="utf-8")
    skus = sorted({name for names in JOBS.values() for name in names})
    rows = ([sku, *("y" if sku in names else "n" for names in JOBS.values())] for sku in skus)
    text = "".join(",".join(row) + "\n" for row in (["sku", *JOBS], *rows))
    (folder / "products.csv").write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Left:
    """What was left behind: every file but `.env`, every table, and what each command printed."""

    artefacts: dict[str, bytes]
    codes: dict[str, int]
    token: str

    def with_any(self, needles: set[bytes]) -> list[str]:
        return [
            name
            for name, content in self.artefacts.items()
            if any(needle in content for needle in needles)
        ]


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    folder = tmp_path_factory.mktemp("canary")
    artefacts: dict[str, bytes] = {}
    codes: dict[str, int] = {}
    with _vendor() as url, collecting() as collector:
        _write(folder, url)
        env = _environment(folder, collector)
        for command in COMMANDS:
            ran = subprocess.run(
                _words(command), cwd=folder, env=env, capture_output=True, check=False
            )
            name = f"$ {command}"
            codes[name] = ran.returncode
            artefacts[name] = ran.stdout + ran.stderr
        artefacts["on a terminal"] = _on_a_terminal(folder, env)
        served, token = _page_that_decides(folder)
        artefacts |= served
        env["TASKS_KEY"] = ""
        ran = subprocess.run(
            _words(WITHOUT_KEYS), cwd=folder, env=env, capture_output=True, check=False
        )
        artefacts["without keys"] = ran.stdout + ran.stderr
    artefacts |= {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".env"
    }
    artefacts |= {f"OTLP {n}": body for n, body in enumerate(collector.bodies)}
    for path in (folder / ".imagepipe").glob("*.sqlite"):
        with closing(sqlite3.connect(path)) as database:
            artefacts[f"{path.name}, as text"] = "\n".join(database.iterdump()).encode()
    return Left(artefacts, codes, token)


def _page_that_decides(folder: Path) -> tuple[dict[str, bytes], str]:
    """What `imagepipe view` serves and says; and its own token, which is the browser's alone."""
    view = View(Shop(folder), ("--no-open",))
    with view, view.client() as client:
        served = {f"view: {path or 'page'}": client.get(path).content for path in ("", "data")}
    return served | {"view: said": view.said.encode()}, view.token


def _words(command: str) -> list[str]:
    return [sys.executable, "-m", "imagepipe", *command.split()]


def _environment(folder: Path, collector: Collector) -> dict[str, str]:
    keys = {"HOUSE_KEY": KEYS["house"], "DOUBT_KEY": KEYS["doubt"]}
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    otel = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer%20{KEYS['collector']}",
    }
    logs = {"IMAGEPIPE_LOG_LEVEL": "debug", "NO_COLOR": "1"}
    return {**os.environ, **keys, **github, **otel, **logs}


def _on_a_terminal(folder: Path, env: dict[str, str]) -> bytes:
    """What a person sees: the live view and all."""
    screen, program = pty.openpty()
    quiet = {"IMAGEPIPE_LOG_LEVEL", "CI", "GITHUB_ACTIONS"}
    env = {name: value for name, value in env.items() if name not in quiet} | {"TERM": "xterm"}
    with subprocess.Popen(
        _words(ON_A_TERMINAL), cwd=folder, env=env, stdin=program, stdout=program, stderr=program
    ):
        os.close(program)
        shown = bytearray()
        with suppress(OSError):  # Linux says so that the other end is closed
            while chunk := os.read(screen, 65536):
                shown += chunk
    os.close(screen)
    return bytes(shown)


def test_the_jobs_ended_in_every_way(left: Left) -> None:
    """Pictures, refusals, failures, losses and doubts: otherwise the claims below say little."""
    first = f"$ {FIRST}"
    said = left.artefacts[first].decode()
    jobs = json.JSONDecoder().raw_decode(said[said.index("{\n") :])[0]["jobs"]
    assert left.codes[first] == 4
    assert all(jobs[word] for word in ("generated", "failed", "ambiguous", "lost")), jobs
    assert b"refused: Bearer ***" in left.artefacts[first]
    assert b"::error file=imagepipe.yaml" in left.artefacts[first]
    assert not [name for name in left.artefacts if b"Traceback" in left.artefacts[name]]


def test_everything_that_a_run_can_leave_is_there(left: Left) -> None:
    """And says what the vendors said, without the key: an empty file would hold none either."""
    files = {"first.jsonl", "first.xml", "summary.md", "imagepipe.yaml.lock", "plan.json"}
    files |= {"json.log", "report/index.html", "report/report.json"}
    files |= {"OTLP 0", "ledger.sqlite, as text", "view: page", "view: data"}
    assert files <= left.artefacts.keys()
    console, to_stderr = f"$ {COMMANDS[1]}", f"$ {COMMANDS[2]}"
    told = {
        "first.xml",
        "summary.md",
        "first.jsonl",
        "json.log",
        "report/index.html",
        "view: data",
    }
    told |= {console, to_stderr, "on a terminal"}
    assert {name for name in told if b"refused: Bearer" not in left.artefacts[name]} == set()
    requests = {name for name, content in left.artefacts.items() if b"/v1/tasks/" in content}
    assert {"json.log", console, to_stderr} <= requests
    assert any(b"refused: Bearer ***" in left.artefacts[f"OTLP {n}"] for n in range(8))
    assert b"TASKS_KEY is not set" in left.artefacts["without keys"]


@pytest.mark.parametrize("instance", sorted(KEYS))
def test_no_key_is_written(left: Left, instance: str) -> None:
    """Not to a file, not to the store, not to a screen, in no usual spelling."""
    assert left.with_any(_spellings(KEYS[instance])) == []


def test_the_token_of_the_page_is_written_nowhere(left: Left) -> None:
    assert left.with_any(_spellings(left.token)) == []


def test_no_signature_is_written(left: Left) -> None:
    """A signed address is as good as a key; only a reply that a picture is still owed from has it.

    Such a reply cannot be asked for again, and the spool that keeps it is readable by its owner
    alone.
    """
    found = left.with_any(_spellings(SIGNATURE))
    assert [name for name in found if not name.startswith(".imagepipe/spool/")] == []


def test_the_spellings_are_searched_for_as_meant() -> None:
    """A needle that can never match would make the claims above empty."""
    key = KEYS["house"]
    written = (json.dumps(f"x{key}"), quote(key), base64.b64encode(f"Bearer {key}!".encode()))
    for text in written:
        content = text if isinstance(text, bytes) else text.encode()
        assert any(needle in content for needle in _spellings(key)), content
