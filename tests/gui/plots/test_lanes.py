"""The lanes: a rocket for each worker, as they are drawn.

Also tests rocketgui.gui.plots.sprites.
"""

from __future__ import annotations

from rocketgui.gui.panels.plots_panel import LANES
from rocketgui.options import Options
from tests.gui.conftest import Advance, MakeWindow
from tests.gui.inspection import has


def test_lanes(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=3, limit=10**7))
    window.plots.counter_views.choose(LANES)
    window.launch()
    advance(bridge, 30)
    window.plots.draw()
    theme = window.themes.theme
    assert all(has(window.plots.lanes, theme.worker(place)) for place in range(3))
    assert not has(window.plots.lanes, theme.worker(3))
    assert has(window.plots.lanes, theme.colour("accent")), "no line at the limit"


def test_lanes_without_an_end(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=2, limit=2**63 - 1))
    window.plots.counter_views.choose(LANES)
    window.launch()
    advance(bridge, 30)
    window.plots.draw()
    assert window.plots.counters.shown_limit is None
    assert not has(window.plots.lanes, window.themes.theme.colour("accent"))
