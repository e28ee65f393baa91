"""Many line segments, thinned."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rocketgui.gui.plots.polylines import thinned


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(-50, 50)), min_size=1, max_size=200))
def test_thinning_keeps_both_ends_and_the_order(steps: list[tuple[float, float]]) -> None:
    x = np.cumsum([dx for dx, _ in steps])
    y = np.array([dy for _, dy in steps])
    thin_x, thin_y = thinned(x, y, 4.0)
    assert (thin_x[0], thin_y[0]) == (x[0], y[0])
    assert (thin_x[-1], thin_y[-1]) == (x[-1], y[-1])
    assert (np.diff(thin_x) >= 0).all()
    assert len(thin_x) <= len(x)
