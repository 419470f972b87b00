"""Which parts of a spec its transcripts reached. Collects; judges only at the end.

A source counts as reached when a reply gave it a value (the results when they made a picture), a
rule when it was the first to fit, a branch of an `||` when it gave the `||` its value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from imagepipe.document import Document
from imagepipe.errors import Problem
from imagepipe.model import Json
from imagepipe.provider import faults
from imagepipe.provider.expression import Expression, is_empty
from imagepipe.provider.reply import Reading, Ready, body_of, text_of, value_of
from imagepipe.provider.spec import Header, Source, Spec
from imagepipe.provider.transcript import Exchange
from imagepipe.wire import Operation, Reply

UNREACHED = "E524"
UNTRIED = "E525"

Path = tuple[str | int, ...]


@dataclass(slots=True)
class Coverage:
    """What was reached so far, by the paths in the spec's document."""

    document: Document
    spec: Spec
    _sources: set[Path] = field(default_factory=set)
    _branches: set[tuple[Path, str]] = field(default_factory=set)
    _rules: set[int] = field(default_factory=set)
    _words: set[str] = field(default_factory=set)
    _operations: set[Operation] = field(default_factory=set)
    _submits: set[int] = field(default_factory=set)

    def asked(self, exchange: Exchange) -> None:
        self._operations.add(exchange.operation)
        if exchange.operation is Operation.SUBMIT:
            chosen = (
                number
                for number, call in enumerate(self.spec.submit)
                if any(name in exchange.fields for name in call.given)
            )
            self._submits.add(next(chosen, len(self.spec.submit) - 1))

    def answered(self, operation: Operation, reply: Reply, reading: Reading) -> None:
        if operation is Operation.PREFLIGHT:
            return
        body = body_of(reply)
        for path, source in _sources(self.spec):
            if path[-1] == "results" and not (isinstance(reading, Ready) and reading.results):
                continue
            self._look(path, source, reply, body)
        code = text_of(self.spec.reply.code, reply.headers, body)
        self._rules.add(faults.matching(self.spec, operation, reply, code, body))
        status = text_of(self.spec.reply.status, reply.headers, body)
        self._words.add((status or "").casefold())

    def _look(self, path: Path, source: Source, reply: Reply, body: Json) -> None:
        if is_empty(value_of(source, reply.headers, body)):
            return
        self._sources.add(path)
        for one in source if isinstance(source, tuple) else (source,):
            if not is_empty(value_of(one, reply.headers, body)):
                self._branches.add((path, _name(one)))
                if isinstance(one, Expression):
                    self._branches.update((path, name) for name in one.branch_taken(body))
                break

    def unreached(self) -> Iterator[Problem]:
        """Errors for sources, rules and requests that were never used, notes for alternatives."""
        problem = self.document.problem
        for path, source in _sources(self.spec):
            name = ".".join(str(part) for part in path)
            if path not in self._sources:
                yield problem(UNREACHED, f"no transcript gives {name} a value", path, hint=_HINT)
                continue
            for branch in _branches(source):
                if (path, branch) not in self._branches:
                    message = f"no transcript reaches this alternative of {name}: {branch}"
                    yield problem(UNTRIED, message, path, severity="note")
        for number, rule in enumerate(self.spec.faults):
            if number not in self._rules:
                message = f"no transcript reaches this rule: {rule.text}"
                yield problem(UNREACHED, message, ("faults", number), hint=_HINT)
        for word in self.spec.states:
            if word not in self._words:
                message = f"no transcript has the status {word}"
                yield problem(UNTRIED, message, ("states",), severity="note")
        yield from self._unasked()

    def _unasked(self) -> Iterator[Problem]:
        wanted = dict.fromkeys(call.operation for call in self.spec.calls)
        for operation in wanted:
            if operation not in self._operations:
                message = f"no transcript makes the request {operation}"
                yield self.document.problem(UNREACHED, message, (operation.value,), hint=_HINT)
        for number in range(len(self.spec.submit)):
            if len(self.spec.submit) > 1 and number not in self._submits:
                path = ("submit", number)
                yield self.document.problem(UNREACHED, "no transcript chooses this request", path)


_HINT = "add an exchange to a transcript that shows it, or take it out"


def _sources(spec: Spec) -> Iterator[tuple[Path, Source]]:
    reply = spec.reply
    for name in ("id", "status", "results", "code", "message", "seed", "wait"):
        source: Source | None = getattr(reply, name)
        if source is not None:
            yield ("reply", name), source
    for name, kept in reply.keep.items():
        yield ("reply", "keep", name), kept
    if reply.cost is not None:
        yield ("reply", "cost", "path"), reply.cost.path


def _branches(source: Source) -> list[str]:
    if isinstance(source, tuple):
        inner = [name for one in source if isinstance(one, Expression) for name in one.branches()]
        return [*(_name(one) for one in source), *inner]
    return source.branches() if isinstance(source, Expression) else []


def _name(source: Expression | Header) -> str:
    return f"header {source.name}" if isinstance(source, Header) else source.text
