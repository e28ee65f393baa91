"""The stops of the limit's slider."""

from __future__ import annotations

import sys

from hypothesis import given
from hypothesis import strategies as st

from rocketgui.gui.view_models.limit_scale import LIMIT_STOPS, limit_at, stop_for, workers_on_slider
from rocketgui.model.formatting import (
    LIMIT_MAX,
)

LIMITS = st.integers(1, LIMIT_MAX)


def test_the_slider_reaches_from_a_thousand_to_sys_maxsize() -> None:
    assert (LIMIT_STOPS[0], LIMIT_STOPS[-1]) == (1_000, sys.maxsize)
    assert list(LIMIT_STOPS) == sorted(set(LIMIT_STOPS))
    assert [stop_for(limit_at(stop)) for stop in range(len(LIMIT_STOPS))] == list(range(len(LIMIT_STOPS)))
    assert (limit_at(-5), limit_at(10_000)) == (1_000, sys.maxsize)


@given(LIMITS)
def test_a_stop_is_near_its_limit(limit: int) -> None:
    stop = limit_at(stop_for(limit))
    assert limit < 1_000 or 0.7 < stop / limit < 1.4


def test_workers_on_the_slider() -> None:
    assert [workers_on_slider(cores) for cores in (1, 2, 4, 8)] == [16, 16, 16, 32]
