"""Series: what goes in comes out, in order, whatever was overwritten."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rocketgui.model.series import Series, averaged, sampled

VALUES = st.one_of(st.integers(-(10**400), 10**400), st.floats(allow_nan=False, allow_infinity=False))
STEPS = st.floats(0, 10)


def filled(points: int, capacity: int = 1_000) -> Series:
    series = Series(capacity)
    for k in range(points):
        series.append(k / 10, k * k)
    return series


@given(st.lists(st.tuples(STEPS, VALUES)), st.integers(1, 20))
def test_the_newest_points_are_kept_in_order(points: list[tuple[float, int | float]], capacity: int) -> None:
    series, t = Series(capacity), 0.0
    times = []
    for step, value in points:
        t += step
        times.append(t)
        series.append(t, value)
    kept = min(len(points), capacity)
    assert len(series) == kept
    assert series.total == len(points)
    assert series.oldest == len(points) - kept
    assert series.t.tolist() == times[len(points) - kept :]
    assert len(series.v) == kept
    assert np.isfinite(series.v).all()
    if points:
        assert series.last == points[-1][1]
        assert series.head == series.v[-1]
        assert series.last_t == t


def test_the_views_are_contiguous_and_no_copies() -> None:
    series = filled(2_500)
    assert series.t.flags.c_contiguous
    assert series.t.base is not None


def test_large_integers_stay_exact() -> None:
    series = Series(4)
    series.append(0.0, 2**63 - 1)
    assert series.last == 2**63 - 1


def test_time_does_not_run_backwards() -> None:
    series = Series(4)
    series.append(2.0, 1)
    series.append(1.0, 2)
    assert series.t.tolist() == [2.0, 2.0]


def test_since_gives_what_is_left_of_it() -> None:
    series = filled(1_500)
    assert series.since(1_498)[1].tolist() == [1_498**2, 1_499**2]
    assert len(series.since(0)[0]) == 1_000
    assert len(series.since(1_500)[0]) == 0


def test_value_at_a_time() -> None:
    series = filled(10)
    assert (series.at(-1.0), series.at(0.35), series.at(99.0)) == (None, 9.0, 81.0)


def test_slope_over_a_window() -> None:
    series = Series()
    assert series.slope(0.5) is None
    for k in range(100):
        series.append(k / 60, 1_000 * k)
    slope = series.slope(0.5)
    assert slope is not None
    assert math.isclose(slope, 60_000)


def test_slope_of_points_at_one_time_is_not_known() -> None:
    series = Series()
    series.append(1.0, 1)
    series.append(1.0, 5)
    assert series.slope(0.5) is None


@given(st.integers(0, 3_000), st.floats(-10, 400), st.floats(0, 400), st.integers(16, 300))
def test_thinned_curves_cover_the_stretch(points: int, t0: float, span: float, wanted: int) -> None:
    series = filled(points)
    for thin in (sampled, averaged):
        t, v = thin(series, t0, t0 + span, wanted)
        assert len(t) == len(v) <= wanted + 2
        assert (np.diff(t) >= 0).all()
        inside = series.t[(series.t >= t0) & (series.t <= t0 + span)]
        if len(inside):
            assert t[-1] >= inside[-1]


def test_thinning_keeps_choosing_the_same_points() -> None:
    shorter, longer = filled(900), filled(907)
    chosen = sampled(shorter, 0, 200, 100)[0][:-1]
    later = sampled(longer, 0, 200, 100)[0]
    assert set(chosen.tolist()) <= set(later.tolist())


def test_averaging_keeps_the_mean() -> None:
    series = Series(1_000)
    for k in range(800):
        series.append(k / 10, 100 * (k % 2))
    assert set(averaged(series, 0, 100, 100)[1][:-1].tolist()) == {50.0}
