"""Tests run with one module changed before anything of the program is imported: for tables,
constants and defaults, which other modules hold copies of. Only for a child that ends afterwards.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from tests.mutation.forks import Beat

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = ("-x", "-s", "-o", "timeout=0", "-W", "ignore::pytest.PytestAssertRewriteWarning")
"""Of pytest: no capture, for a child writes nowhere; no timer, for its parent has one."""


class _Changed(MetaPathFinder, Loader):
    """Finds one module, and fills it with other code than its file's."""

    def __init__(self, name: str, path: str, code: CodeType) -> None:
        self._name, self._path, self._code = name, path, code

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        return spec_from_file_location(fullname, self._path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)  # noqa: S102 - compiled from this very repository


class _Heart:
    """A pytest plugin that says when a test is over."""

    def __init__(self, beat: Beat) -> None:
        self._beat = beat

    def pytest_runtest_teardown(self) -> None:
        self._beat()


def run_anew(code: CodeType, path: str, tests: Sequence[str], beat: Beat) -> bool:
    """Whether the tests pass with this code in the place of the module at `path`."""
    for name, module in [*sys.modules.items()]:
        if str(getattr(module, "__file__", "")).startswith(str(ROOT)) and ".mutation" not in name:
            del sys.modules[name]
    name = ".".join(Path(path).relative_to(ROOT).with_suffix("").parts)
    sys.meta_path.insert(0, _Changed(name, path, code))
    return pytest.main([*tests, *OPTIONS], [_Heart(beat)]) == 0
