"""The rates: whoever asks, and whenever, they are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocketgui.gui.panels.plots_panel import RATE
from rocketgui.gui.plots.rates import catch_up
from rocketgui.model.series import Series
from rocketgui.options import Options
from tests.gui.conftest import Advance, MakeWindow


def test_rate(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=2, limit=10**9))
    window.launch()
    advance(bridge, 60)
    window.plots.counter_views.choose(RATE)
    curves = window.plots.rates.item.canvas.curves
    assert [curve.name for curve in curves] == ["func1", "func2"]
    # The fake one counts 12 M/s; what went by before anybody looked is there too.
    assert all(curve.series.head == pytest.approx(12e6, rel=0.1) for curve in curves)
    assert all(len(curve.series) > 4 for curve in curves)
    assert window.plots.rates.rows_at(0.8)[1][0].endswith("M/s")


@given(st.lists(st.tuples(st.floats(0.001, 0.5), st.integers(0, 10**12)), min_size=2, max_size=60), st.integers(1, 60))
def test_rates_do_not_depend_on_when_they_are_asked_for(steps: list[tuple[float, int]], cut: int) -> None:
    counts, at_once, bit_by_bit = Series(256), Series(256), Series(256)
    t_s, value = 0.0, 0
    for number, (seconds, more) in enumerate(steps):
        t_s, value = t_s + seconds, value + more
        counts.append(t_s, value)
        if number % cut == 0:
            catch_up(bit_by_bit, counts)
    catch_up(at_once, counts)
    catch_up(bit_by_bit, counts)
    assert abs(len(at_once) - len(bit_by_bit)) <= 1
    assert (at_once.v >= 0).all()
