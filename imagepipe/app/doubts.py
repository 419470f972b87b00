"""Which submits in doubt a run will settle by itself, so that a plan can say so."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from imagepipe.provider import Doubt, Provider, Reread, Resend, Search
from imagepipe.store.reader import Attempt
from imagepipe.store.settling import Settles
from imagepipe.store.spool import Spooled
from imagepipe.wire import Reply


def settles(providers: Mapping[str, Provider], now: Callable[[], str]) -> Settles:
    """How each of these instances settles a doubt, in words."""

    def reason(name: str, attempt: Attempt, kept: Spooled | None) -> str | None:
        provider = providers.get(name)
        if provider is None:
            return None
        reply = Reply(kept.status, kept.headers, kept.body) if kept is not None else None
        match provider.recourse(Doubt(attempt.nonce, attempt.since, reply), now()):
            case Reread():
                return "the reply to its submit was kept, and is read again; nothing is sent"
            case Resend():
                return "in doubt; the same request under the same nonce settles it, unpaid"
            case Search():
                return "in doubt; the provider's list of jobs settles it"
            case None:
                return None

    return reason
