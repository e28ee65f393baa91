"""The load of every core over time."""

from __future__ import annotations

from rocketgui.options import Options
from tests.gui.conftest import Advance, MakeWindow


def test_many_cores_become_a_heat_map(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(limit=10**12), cores=32)
    window.launch()
    advance(bridge, 40)
    window.plots.draw()
    assert window.plots.cores.is_heat_map
    window.grab()
