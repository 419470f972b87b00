"""A run as JUnit XML, which CI servers show as tests: a suite per recipe, a case per picture.

A *failure* is about the picture: what the manifest asks for was refused, so that its text or its
parameters have to change. An *error* is about the system: money, keys, networks, doubts. A picture
that the run did not come to is *skipped*. The format is that of the Jenkins xUnit plug-in's schema
(https://github.com/jenkinsci/xunit-plugin), which GitLab, GitHub actions and Jenkins read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from imagepipe.model import Fault, FaultKind
from imagepipe.render.lines import cause
from imagepipe.render.outcomes import Case
from imagepipe.render.text import plain

_OF_THE_PICTURE = (FaultKind.REJECTED, FaultKind.MODERATED)
_THERE = ("generated", "resumed", "restored", "reused")
_NO_XML = str.maketrans(dict.fromkeys((0xFFFE, 0xFFFF)))


def junit_text(cases: Iterable[Case], *, time: str) -> str:
    """The file; `time` is when the run ended, UTC in ISO 8601."""
    suites: dict[str, _Suite] = {}
    for case in cases:
        name = f"{case.manifest}/{case.recipe}"
        suites.setdefault(name, _Suite()).add(name, case)
    whole = _Suite()
    for suite in suites.values():
        whole.counts += suite.counts
        whole.seconds += suite.seconds
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="imagepipe" {whole.attributes()}>',
    ]
    for name, suite in suites.items():
        stamp = time.partition(".")[0].rstrip("Z")  # the schema takes no fraction and no zone
        lines.append(
            f"<testsuite name={_attribute(name)} {suite.attributes()} timestamp='{stamp}'>"
        )
        lines += suite.lines
        lines.append("</testsuite>")
    return "\n".join([*lines, "</testsuites>", ""])


@dataclass(slots=True)
class _Suite:
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    lines: list[str] = field(default_factory=list)

    def add(self, name: str, case: Case) -> None:
        self.counts["tests"] += 1
        self.seconds += case.outcome.seconds
        of = name.replace(".", "_").replace("/", ".")  # dots make folders in most readers
        head = (
            f"<testcase classname={_attribute(of)} name={_attribute(case.path)} "
            f"file={_attribute(case.place.file)} line='{case.place.line}' "
            f"time='{case.outcome.seconds:.3f}'"
        )
        verdict = self._verdict(case)
        self.lines.append(f"{head}>{verdict}</testcase>" if verdict else f"{head}/>")

    def _verdict(self, case: Case) -> str:
        how, fault = case.outcome.how, case.outcome.fault
        if how in _THERE:
            return ""
        if fault is None or how == "skipped":
            self.counts["skipped"] += 1
            return "<skipped message='the run did not come to it'/>"
        element = "failure" if _is_of_the_picture(how, fault) else "error"
        self.counts[f"{element}s"] += 1
        kind = fault.kind.value if how == "failed" else how
        told = escape(_clean(f"{how} at {case.outcome.provider}: {cause(fault)}\nkey {case.key}"))
        message = _attribute(plain(fault.message))
        return f"<{element} type='{kind}' message={message}>{told}</{element}>"

    def attributes(self) -> str:
        names = ("tests", "failures", "errors", "skipped")
        counts = " ".join(f"{name}='{self.counts[name]}'" for name in names)
        return f"{counts} time='{self.seconds:.3f}'"


def _is_of_the_picture(how: str, fault: Fault) -> bool:
    return how == "failed" and fault.kind in _OF_THE_PICTURE


def _attribute(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    """Without the characters that no XML document may hold."""
    lines = (plain(line) for line in text.split("\n"))
    return "\n".join(lines).translate(_NO_XML)
