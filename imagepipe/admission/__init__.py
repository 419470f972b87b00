"""How fast one account may be asked, and when to stop asking: decisions, without clock or network.

`Admission` says when the next submit may leave and learns limits from refusals (`adaptive`,
`refusals`); `Breaker` says when an account is to be given up; `Memory` carries what was found
from one run to the next.
"""

from __future__ import annotations

from imagepipe.admission.account import Admission
from imagepipe.admission.adaptive import Rate, Window
from imagepipe.admission.breaker import Breaker
from imagepipe.admission.lesson import Memory
from imagepipe.admission.refusals import Cause, Turn, told

__all__ = ["Admission", "Breaker", "Cause", "Memory", "Rate", "Turn", "Window", "told"]
