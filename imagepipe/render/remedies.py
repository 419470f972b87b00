"""What a person does about a provider that takes nothing more. Knows faults, and no vendors."""

from __future__ import annotations

import re

from imagepipe.model import Fault, FaultKind
from imagepipe.render.text import plain

_MONEY = re.compile(r"credit|balance|budget|billing|payment|insufficient|top up", re.IGNORECASE)
_SPENT = re.compile(r"quota|limit|24 hours|daily|tier", re.IGNORECASE)


def remedy(fault: Fault) -> str:
    """Why it was stopped, and what to do before the same command is given again."""
    said = [plain(fault.message).rstrip(".")]
    if fault.kind is FaultKind.UNCERTAIN:  # the doubts have a step of their own
        return f"{said[0]}; wait until it answers again"
    if fault.advice and plain(fault.advice) not in said[0]:
        said.append(plain(fault.advice).rstrip("."))
    action = _action(fault, " ".join(said))
    return "; ".join([*said, action] if action else said)


def _action(fault: Fault, said: str) -> str:
    """What the reason leaves to be said; nothing where its advice says it."""
    if fault.kind is FaultKind.MODERATED:
        return "" if fault.advice else "change the prompts that it refused"
    match fault.http:
        case 401:
            return "put a valid key into the environment or into .env"
        case 402:
            return "top up its credits"
        case _ if _MONEY.search(f"{said} {fault.code}"):
            return "top up its credits, or raise its budget"
        case 429:
            return "wait until its own quota is free again, or raise it there"
        case _ if _SPENT.search(f"{said} {fault.code}"):
            return "wait until its own quota is free again, or raise it there"
        case 403:
            return "see that the key is valid and that its account may do this"
        case _:
            return "" if fault.advice else "mend that"
