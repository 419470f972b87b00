"""yaml-language-server as an editor talks to it: over standard input and output."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

VERSION = "1.25.0"
"""The one that is installed for the tests."""

_SETTINGS = {
    "schemaStore": {"enable": False},
    "validate": True,
    "hover": True,
    "completion": True,
}
_CAPABILITIES = {
    "textDocument": {
        "completion": {"completionItem": {"snippetSupport": True}},
        "hover": {"contentFormat": ["markdown", "plaintext"]},
        "publishDiagnostics": {},
    },
    "workspace": {"configuration": True},
}
Message = dict[str, Any]


def install(folder: Path) -> Path:
    """Install the server with npm, and return its program.

    Raises:
        CalledProcessError: npm could not; what it said is on standard error.
    """
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(
        [*command, "--prefix", str(folder), f"yaml-language-server@{VERSION}"],
        check=True,
        timeout=100,
        stdin=subprocess.DEVNULL,
    )
    return folder / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"


class LanguageServer:
    """One server for one folder; to be used in a `with`."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._folder = folder
        self._last = 0
        self._process = subprocess.Popen(
            ["node", str(program), "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        started = {"processId": None, "rootUri": self._folder.as_uri()}
        self.ask("initialize", started | {"capabilities": _CAPABILITIES})
        self._send({"method": "initialized", "params": {}})
        settings = {"settings": {"yaml": _SETTINGS}}
        self._send({"method": "workspace/didChangeConfiguration", "params": settings})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.ask("shutdown", None)
            self._send({"method": "exit", "params": None})
        else:
            self._process.kill()
        self._process.communicate(timeout=30)

    def open(self, name: str, text: str) -> list[Message]:
        """Show a file to the server; returns what it underlines."""
        uri = self._uri(name)
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        told = self._until(
            lambda m: (
                m.get("method") == "textDocument/publishDiagnostics" and m["params"]["uri"] == uri
            )
        )
        found: list[Message] = told["params"]["diagnostics"]
        return found

    def completions(self, name: str, line: int, column: int) -> list[str]:
        """What it offers at a place; both count from 0."""
        answer = self._at("completion", name, line, column)
        return [item["label"] for item in answer["items"]]

    def hover(self, name: str, line: int, column: int) -> str:
        """What it says of a place."""
        answer = self._at("hover", name, line, column)
        return str(answer["contents"]["value"]) if answer else ""

    def ask(self, method: str, params: Message | None) -> Any:
        """A request and its result."""
        self._last += 1
        number = self._last
        self._send({"id": number, "method": method, "params": params})
        return self._until(lambda m: m.get("id") == number and "method" not in m)["result"]

    def _at(self, what: str, name: str, line: int, column: int) -> Any:
        place = {"line": line, "character": column}
        document = {"uri": self._uri(name)}
        return self.ask(f"textDocument/{what}", {"textDocument": document, "position": place})

    def _uri(self, name: str) -> str:
        return (self._folder / name).as_uri()

    def _send(self, message: Message) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(data), data))
        self._process.stdin.flush()

    def _until(self, wanted: Callable[[Message], bool]) -> Message:
        """The next message that is wanted; requests of the server are answered on the way."""
        while True:
            message = self._received()
            if "id" in message and "method" in message:
                self._send({"id": message["id"], "result": self._configuration(message)})
            elif wanted(message):
                return message

    @staticmethod
    def _configuration(message: Message) -> Any:
        if message["method"] != "workspace/configuration":
            return None
        asked = message["params"]["items"]
        return [_SETTINGS if item.get("section") == "yaml" else {} for item in asked]

    def _received(self) -> Message:
        length = 0
        assert self._process.stdout is not None
        while line := self._process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        assert length, "the server ended"
        message: Message = json.loads(self._process.stdout.read(length))
        return message
