"""A command to the runner of GitHub Actions: one line of a log that it reads and shows elsewhere.

Escaped as its own toolkit does (https://github.com/actions/toolkit, packages/core/src/command.ts).
"""

from __future__ import annotations

from collections.abc import Mapping


def workflow_command(name: str, properties: Mapping[str, object], message: str) -> str:
    """`::error file=a.yaml,line=3::message`; properties that are None are left out."""
    given = [f"{key}={_property(str(v))}" for key, v in properties.items() if v is not None]
    return f"::{name} {','.join(given)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
