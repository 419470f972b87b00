"""The last words of a run that is made to leave at once: which submits are in doubt."""

from __future__ import annotations

from imagepipe.events import Left, OpenSubmit
from imagepipe.render.pending_text import KEY_SHOWN
from imagepipe.render.text import counted, money, plain


def left_text(event: Left, pending: str) -> str:
    """What is known, without a final line break; `pending` is the command that lists doubts."""
    head = f"{event.signal}: left at once"
    if not event.in_doubt:
        return f"{head}; no submit was without its answer, the next run goes on with its tickets"
    many = counted(len(event.in_doubt), "submit")
    return "\n".join(
        [
            f"{head}. {many} had no answer yet, and may have been paid for:",
            *(f"  {_known(submit)}" for submit in event.in_doubt),
            f"They are not sent again by themselves: `{pending}` shows them.",
        ]
    )


def _known(submit: OpenSubmit) -> str:
    price = "price unknown" if submit.price is None else money(submit.price)
    name, since = plain(submit.provider), submit.since
    return f"{submit.key[:KEY_SHOWN]}  {plain(submit.path)} at {name} since {since}, {price}"
