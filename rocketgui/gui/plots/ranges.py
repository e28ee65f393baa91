"""Which ranges of time and values a plot shows, and where its ticks are. Pure functions.

Ranges change rarely and in steps, since each change means that all curves are drawn again.
"""

from __future__ import annotations

import bisect
import math

from rocketgui.model.formatting import format_short

_TIME_STEPS = (2.0, 4.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 240.0, 300.0, 450.0, 600.0)
_NICE = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)

#: Seconds of history that can be shown: as much as a series keeps.
HISTORY_S = _TIME_STEPS[-1]

#: Share of the width that stays free, so that a rocket at the head of a curve is not cut.
_MARGIN = 0.03

#: Before the first launch the cores show the last half minute.
_IDLE_S, _IDLE_STEP_S = 30.0, 10.0

#: The limit is shown when curves reach it within this time (s), or have reached this share of it.
_NEAR_S, _NEAR_SHARE = 10.0, 0.25
_HEADROOM = 1.1

#: Curves that change by less than this share of their value are drawn from 0 on: labels would all be the same.
_TOO_FLAT = 0.005
#: Values nearer to 0 are drawn as 0: floats have no round numbers there.
_TINY = 1e-300


def time_range(t_s: float) -> tuple[float, float]:
    """The range of time (s) to show of a run that has lasted `t_s` seconds: all of it, or the last `HISTORY_S`."""
    needed = t_s / (1 - _MARGIN)
    if needed <= HISTORY_S:
        return 0.0, _TIME_STEPS[bisect.bisect_left(_TIME_STEPS, needed)]
    end = math.ceil((t_s + HISTORY_S * _MARGIN) / 60.0) * 60.0
    return end - HISTORY_S, end


def idle_range(t_s: float) -> tuple[float, float]:
    """The range of time (s) to show before the first launch."""
    end = math.ceil(max(t_s, _IDLE_STEP_S) / _IDLE_STEP_S) * _IDLE_STEP_S
    return end - _IDLE_S, end


def nice_above(value: float) -> float:
    """The smallest round number that is not below `value`, which must be positive."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (*_NICE, 20.0) if step * power >= value * (1 - 1e-12))


def limit_is_near(highest: float, rate: float | None, limit: float) -> bool:
    """Whether the limit is shown. `rate` is counts/s of the fastest worker; None: not known yet."""
    if highest >= limit * _NEAR_SHARE:
        return True
    return rate is not None and rate > 0 and (limit - highest) / rate < _NEAR_S


def value_top(highest: float, limit: float | None) -> float:
    """The top of the value axis: a little above the limit if it is shown, else a round number."""
    floor = max(highest * 1.12, 1.0)
    if limit is not None and limit * _HEADROOM >= floor:
        return limit * _HEADROOM
    return nice_above(floor)


def value_range(lowest: float, highest: float) -> tuple[float, float]:
    """The range of values of curves without a limit: from 0 on, unless all values are far from 0."""
    lowest, highest = (0.0 if abs(value) < _TINY else value for value in (lowest, highest))
    if not lowest < highest:
        value = highest
        return (
            (0.0, 1.0) if value == 0 else (0.0, nice_above(value * 1.12)) if value > 0 else (-nice_above(-value), 0.0)
        )
    span, far = highest - lowest, max(abs(lowest), abs(highest))
    if lowest < 0 < highest or min(abs(lowest), abs(highest)) < far / 2 or span < far * _TOO_FLAT:
        bottom = 0.0 if lowest >= 0 else -nice_above(-lowest * 1.05)
        return bottom, 0.0 if highest <= 0 else nice_above(highest * 1.12)
    # In steps of a quarter of the span, so that the range changes rarely.
    step = nice_above(span * 1.2) / 4
    return math.floor(lowest / step) * step, (math.floor((highest + span * 0.1) / step) + 1) * step


def value_label(value: float, step: float) -> str:
    """The label of a value, with enough digits to tell it from its neighbours at the distance `step`."""
    if not step > 0 or abs(value) < 1000 or step >= abs(value) / 100:
        return format_short(value)
    power = 3 * min(int(math.log10(abs(value)) // 3), 6)
    digits = max(0, power - math.floor(math.log10(step) + 1e-9))
    return f"{value / 10.0**power:.{digits}f} {'kMGTPE'[power // 3 - 1]}"


def ticks(lo: float, hi: float, at_most: int) -> tuple[float, list[float]]:
    """The distance of round values between `lo` and `hi`, and these values, `at_most` of them."""
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
    """The label of a time in seconds, with as many digits as the step needs."""
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    return f"{t_s:.{digits}f}" if abs(t_s) > step / 1e6 else "0"
