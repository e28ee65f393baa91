"""Which stretch of time and of values a plot shows, and where its ticks stand. Pure functions.

Ranges change rarely and in steps: every change means drawing the whole history anew.
"""

from __future__ import annotations

import bisect
import math

_TIME_STEPS = (2.0, 4.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 240.0, 300.0, 450.0, 600.0)
_NICE = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)

#: Seconds of history that can be shown: what a series keeps.
HISTORY_S = _TIME_STEPS[-1]

#: Share of the width that stays free, so that a rocket at the head of a curve is not cut.
_MARGIN = 0.03

#: Before the first launch the cores show the last half minute.
_IDLE_S, _IDLE_STEP_S = 30.0, 10.0

#: The limit is in the picture when the curves get there within this time, or stand at this share of it.
_NEAR_S, _NEAR_SHARE = 10.0, 0.25
_HEADROOM = 1.1


def time_range(t_s: float) -> tuple[float, float]:
    """The stretch of time to show of a run that has lasted `t_s` seconds: all of it while it is kept."""
    needed = t_s / (1 - _MARGIN)
    if needed <= HISTORY_S:
        return 0.0, _TIME_STEPS[bisect.bisect_left(_TIME_STEPS, needed)]
    end = math.ceil((t_s + HISTORY_S * _MARGIN) / 60.0) * 60.0
    return end - HISTORY_S, end


def idle_range(t_s: float) -> tuple[float, float]:
    """The stretch of time to show of a machine on which nothing was launched yet."""
    end = math.ceil(max(t_s, _IDLE_STEP_S) / _IDLE_STEP_S) * _IDLE_STEP_S
    return end - _IDLE_S, end


def nice_above(value: float) -> float:
    """The smallest round number that is not below `value`, which must be positive."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (*_NICE, 20.0) if step * power >= value * (1 - 1e-12))


def limit_is_near(highest: float, rate: float | None, limit: float) -> bool:
    """Whether the limit belongs into the picture; `rate` is counts/s of the fastest worker, None if not known yet."""
    if highest >= limit * _NEAR_SHARE:
        return True
    return rate is not None and rate > 0 and (limit - highest) / rate < _NEAR_S


def value_top(highest: float, limit: float | None) -> float:
    """The top of the value axis: a little above the limit if there is one to show, else a round number."""
    floor = max(highest * 1.12, 1.0)
    if limit is not None and limit * _HEADROOM >= floor:
        return limit * _HEADROOM
    return nice_above(floor)


def ticks(lo: float, hi: float, at_most: int) -> tuple[float, list[float]]:
    """Round positions between `lo` and `hi`, at most so many, and their distance."""
    span = hi - lo
    if not (span > 0 and math.isfinite(span)) or at_most < 1:
        return 0.0, []
    raw = span / at_most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1.0, 2.0, 5.0, 10.0, 20.0) if m * power >= raw * (1 - 1e-9))
    first = math.ceil(lo / step - 1e-9)
    last = math.floor(hi / step + 1e-9)
    return step, [round(k) * step for k in range(first, last + 1)]


def time_label(t_s: float, step: float) -> str:
    """A time on the axis, with as many digits as the step needs."""
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    return f"{t_s:.{digits}f}" if abs(t_s) > step / 1e6 else "0"
