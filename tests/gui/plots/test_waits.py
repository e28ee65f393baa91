"""Which stretches of a process's row are drawn as waiting."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rocketgui.gui.plots.canvas import View
from rocketgui.gui.plots.waits import Waits, waiting_pixels
from rocketgui.model.process import Process
from rocketgui.protocol import messages
from tests.gui.script_story import MS


def test_a_restless_process_is_waiting_where_it_waits_most_of_the_time() -> None:
    view = View(0.0, 10.0, 0.0, 1.0, 100.0, 50.0, 1.0)
    begins = np.arange(0.0, 10.0, 0.01)
    busy = np.column_stack((begins, begins + np.where(begins < 5.0, 0.003, 0.007)))
    assert waiting_pixels(busy, view) == ((50.0, 100.0),)
    assert waiting_pixels(np.empty((0, 2)), view) == ()
    assert waiting_pixels(np.array([[1.0, 2.0], [2.0, 3.0], [9.0, 99.0]]), view) == ((10.0, 30.0), (90.0, 100.0))


@given(
    st.lists(st.tuples(st.integers(1, 400), st.sampled_from(["python", "lock", "sleep", "native"])), max_size=60),
    st.integers(0, 30_000),
)
def test_waits_are_those_of_the_process_at_any_time(steps: list[tuple[int, str]], extra: int) -> None:
    process, waits, t_ns = Process(1, agent=True), Waits(), 0
    for step, what in steps:
        t_ns += step * MS
        process.add_activity(messages.Activity(1, t_ns, what, "", 0, "", ""))
        waits.update(process, t_ns + extra)
    waits.update(process, t_ns + extra)
    for begins, ends, what in process.waits_ns(t_ns + extra):
        assert waits.at((begins + ends) / 2e9) == what
    assert waits.at(t_ns / 1e9 + 1e6) is None
