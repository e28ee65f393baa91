"""Ranges change rarely, in steps, and always hold what they must show."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocketgui.gui.plots.ranges import (
    HISTORY_S,
    idle_range,
    limit_is_near,
    nice_above,
    ticks,
    time_label,
    time_range,
    value_label,
    value_range,
    value_top,
)


@given(st.floats(0, 1e6))
def test_now_is_in_the_stretch_of_time_with_room_for_a_rocket(t_s: float) -> None:
    t0, t1 = time_range(t_s)
    assert t0 <= t_s <= t1 - 0.02 * (t1 - t0)
    assert t1 - t0 <= HISTORY_S


@given(st.floats(0, 580))
def test_the_whole_run_is_shown_while_it_is_kept(t_s: float) -> None:
    assert time_range(t_s)[0] == 0


def test_an_hour_changes_the_range_less_than_a_hundred_times() -> None:
    assert len({time_range(k / 60) for k in range(3600 * 60)}) < 100


@given(st.floats(0, 1e6))
def test_the_idle_stretch_holds_now(t_s: float) -> None:
    t0, t1 = idle_range(t_s)
    assert t0 <= t_s <= t1


@given(st.floats(1e-6, 1e290))
def test_a_nice_number_is_a_little_above(value: float) -> None:
    assert value * (1 - 1e-9) <= nice_above(value) <= 2.5 * value


@given(st.floats(0, 1e290), st.none() | st.integers(1, sys.maxsize))
def test_the_top_is_above_curves_and_limit(highest: float, limit: int | None) -> None:
    top = value_top(highest, limit)
    assert top > highest
    assert limit is None or top > limit


def test_when_a_limit_is_near() -> None:
    assert limit_is_near(0, 20e6, 100e6)
    assert limit_is_near(30e6, None, 100e6)
    assert not limit_is_near(0, 20e6, sys.maxsize)
    assert not limit_is_near(0, None, 100e6)


@given(st.floats(-1e9, 1e9), st.floats(1e-3, 1e18), st.integers(1, 20))
def test_ticks_are_round_few_and_inside(lo: float, span: float, at_most: int) -> None:
    step, positions = ticks(lo, lo + span, at_most)
    assert len(positions) <= at_most + 1
    slack = step * 1e-6 + 1e-15 * abs(lo)  # as exact as numbers of this size are
    assert all(lo - slack <= position <= lo + span + slack for position in positions)
    assert f"{step:.6e}"[0] in "125"


@pytest.mark.parametrize(("t_s", "step", "text"), [(0.0, 0.5, "0"), (2.5, 0.5, "2.5"), (20.0, 10.0, "20")])
def test_times_are_labelled_with_as_many_digits_as_needed(t_s: float, step: float, text: str) -> None:
    assert time_label(t_s, step) == text


def test_nothing_to_divide_has_no_ticks() -> None:
    assert ticks(1.0, 1.0, 5) == (0.0, [])


@pytest.mark.parametrize(
    ("lowest", "highest", "shown"),
    [
        (0, 0, (0, 1)), (7, 7, (0, 8)), (-7, -7, (-8, 0)), (0, 35, (0, 40)), (0, 0.0004, (0, 0.0005)),
        (-104.5, 0, (-150, 0)), (-3, 8, (-4, 10)), (1000, 1010, (997.5, 1012.5)), (5e11, 5.001e11, (0, 6e11)),
        (-1010, -1000, (-1012.5, -997.5)),
    ],
)  # fmt: skip
def test_the_range_of_values(lowest: float, highest: float, shown: tuple[float, float]) -> None:
    assert value_range(lowest, highest) == pytest.approx(shown)


@given(st.floats(-1e200, 1e200), st.floats(0, 1e200))
def test_a_range_holds_its_values(lowest: float, span: float) -> None:
    bottom, top = value_range(lowest, lowest + span)
    assert bottom - 1e-300 <= lowest <= lowest + span <= top + 1e-300
    assert bottom < top


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [(40.0, 20.0, "40"), (1002.0, 2.0, "1.002 k"), (0.0005, 0.0001, "0.0005"), (4e7, 1e7, "40 M"),
     (-1005.0, 5.0, "-1.005 k")],
)  # fmt: skip
def test_what_stands_on_the_axis(value: float, step: float, text: str) -> None:
    assert value_label(value, step) == text
