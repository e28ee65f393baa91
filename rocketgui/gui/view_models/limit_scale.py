"""The stops of the limit's slider: ten a decade from 1,000 on, the last one `sys.maxsize`."""

from __future__ import annotations

import bisect

from rocketgui.model.formatting import LIMIT_MAX

#: In tenths, so that every stop is a whole number.
_MANTISSAS = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80)

LIMIT_STOPS: tuple[int, ...] = (
    *(m * 10**k for k in range(2, 18) for m in _MANTISSAS if m * 10**k < LIMIT_MAX),
    LIMIT_MAX,
)

#: Stops from one power of ten to the next.
STOPS_PER_DECADE = len(_MANTISSAS)


def limit_at(stop: int) -> int:
    """The limit at a stop of the slider; stops beyond the ends count as the ends."""
    return LIMIT_STOPS[min(max(stop, 0), len(LIMIT_STOPS) - 1)]


def stop_for(limit: int) -> int:
    """The stop nearest to a limit by ratio; limits off the scale rest at its ends."""
    above = bisect.bisect_left(LIMIT_STOPS, limit)
    if above == 0:
        return 0
    if above == len(LIMIT_STOPS):
        return above - 1
    lower, upper = LIMIT_STOPS[above - 1], LIMIT_STOPS[above]
    return above if limit * limit >= lower * upper else above - 1


def workers_on_slider(cores: int) -> int:
    """The largest number of workers on the slider, on a machine with this number of cores."""
    return max(16, 4 * cores)
