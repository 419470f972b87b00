"""Runs from another process, and ends of runs, to be drawn."""

from __future__ import annotations

from decimal import Decimal

from imagepipe.charges import Charge
from imagepipe.engine.tally import Failure
from imagepipe.model import Fault, FaultKind
from imagepipe.render.following_text import Sight
from imagepipe.render.status_text import Pot
from imagepipe.render.summary import RunView
from tests.screens.scenes import SCENES
from tests.unit.render.values import fault, key

COMMANDS = ("imagepipe run spring.yaml --select tag:spring", "imagepipe pending list spring.yaml")


def several() -> list[Sight]:
    """One that goes on, one that drains on a host that cannot be seen, one that is over."""
    return [
        Sight(SCENES["busy"](), "vm", 77, at_work=True),
        Sight(SCENES["draining"](), "other", 78, at_work=True, hidden=True),
        Sight(SCENES["early"](), "vm", 79, at_work=False),
    ]


def dead() -> Sight:
    return Sight(SCENES["busy"](), "vm", 77, at_work=False)


def end() -> RunView:
    """Whatever can be told of an end: every kind of failure, doubts, drift, files that stay."""
    refused = fault("the prompt was refused", http=400, kind=FaultKind.MODERATED)
    broke = fault("goneural ended the job as failed and gave no reason", kind=FaultKind.FAILED)
    doubt = fault("the connection broke before the answer", kind=FaultKind.UNCERTAIN)
    empty = fault("You do not have enough credits", http=400, kind=FaultKind.DENIED)
    failures = [
        *_failed(range(1, 6), "failed", "runcrate", refused),
        *_failed(range(6, 8), "failed", "goneural", broke),
        *_failed(range(8, 9), "ambiguous", "goneural", doubt),
        *_failed(range(9, 30), "blocked", "runway", empty),
    ]
    drifted = (Decimal("0.05"), 12, Decimal("0.96"), Decimal("0.08"))
    return RunView(
        jobs={"generated": 120, "reused": 1_051, "failed": 7, "ambiguous": 1, "blocked": 21},
        total=1_200,
        spent=Decimal("4.80"),
        unknown=12,
        requests={"submit": 128, "poll": 512, "download": 120},
        seconds=312.0,
        exit_code=4,
        outputs="images",
        failures=tuple(failures),
        stopped={"runway": empty},
        again=COMMANDS[0],
        pending=COMMANDS[1],
        in_doubt=Pot(Decimal("0.04")),
        kept=(("MUG-1/hero.png", "it was edited"),),
        charges=(Charge("runcrate", (("model", "flux"),), *drifted),),
    )


def _failed(numbers: range, how: str, provider: str, why: Fault) -> list[Failure]:
    return [Failure(key(n << 236), f"MUG-{n}/hero", provider, how, why) for n in numbers]
