"""A plot over the shared time axis follows the size of the window."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from rocketgui.gui.panels.plots_panel import TIMELINE
from rocketgui.options import Options
from tests.gui.conftest import Advance, MakeWindow


@pytest.mark.parametrize("core_view", [0, TIMELINE])
def test_plots_are_drawn_anew_in_another_size(
    make_window: MakeWindow, advance: Advance, qtbot: QtBot, core_view: int
) -> None:
    window, bridge = make_window(Options(workers=2, limit=10**6))
    plots = window.plots
    plots.core_views.choose(core_view)
    window.launch()
    advance(bridge, 60)
    window.resize(1400, 900)
    drawn = (plots.counters, plots.timeline if core_view else plots.cores)
    qtbot.waitUntil(lambda: all(plot.item.view == plot._view() for plot in drawn))
