"""How long a run takes, as far as it is known, in one sentence."""

from __future__ import annotations

from imagepipe.planner.forecast import Forecast
from imagepipe.render.text import duration, listed

UNKNOWN = "No limit is declared, so the time it takes is unknown."


def forecast_text(forecast: Forecast | None) -> str:
    """The sentence; what is not known is said."""
    if forecast is None or forecast.seconds is None:
        return UNKNOWN
    how = "At least" if forecast.least or forecast.unknown else "About"
    basis = "as earlier runs went" if forecast.learnt else "by the declared limits"
    names = listed(list(forecast.unknown))
    take = "takes" if len(forecast.unknown) == 1 else "take"
    rest = f"; how long {names} {take} is unknown" if names else ""
    return f"{how} {duration(forecast.seconds)} {basis}{rest}."
