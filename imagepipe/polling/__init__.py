"""When to look at a submitted job again. Pure: the caller holds the clock.

The vendor says what is too soon; beyond that, a look is made where it buys most: how long the jobs
of each provider and model take is learnt from the polls themselves, and a schedule is made of it
that weighs what a poll costs against the time that a finished picture waits.
"""

from imagepipe.polling.learner import COST, Learner, Watch, usual
from imagepipe.polling.polls import Polls

LONGEST = 15.0
"""After errors, the pauses between polls grow up to this many seconds."""


def soonest(every: float, hint: float | None = None) -> float:
    """Seconds for which the vendor wants no poll.

    Args:
        every: The vendor's least interval between two polls of one job.
        hint: What the last reply asked for, if it did.
    """
    return every if hint is None else max(every, hint)


__all__ = ["COST", "LONGEST", "Learner", "Polls", "Watch", "soonest", "usual"]
