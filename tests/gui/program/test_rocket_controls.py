"""What the built-in program is launched with."""

from __future__ import annotations

import sys

from pytestqt.qtbot import QtBot

from rocketgui.model.formatting import format_duration
from rocketgui.options import Options
from rocketgui.protocol import messages
from tests.gui.conftest import Advance, MakeWindow


def test_sliders_act_live_and_the_last_value_gets_through(
    make_window: MakeWindow, advance: Advance, qtbot: QtBot
) -> None:
    window, bridge = make_window(Options(limit=10**12))
    window.launch()
    advance(bridge, 10)
    for workers in range(3, 12):
        window.program.workers.slider.setValue(workers)
    qtbot.waitUntil(lambda: messages.SetWorkers(11) in bridge.sent)
    assert len([c for c in bridge.sent if isinstance(c, messages.SetWorkers)]) < 9
    window.program.limit.slider.setValue(window.program.limit.slider.maximum())
    qtbot.waitUntil(lambda: messages.SetLimit(sys.maxsize) in bridge.sent)
    advance(bridge, 10)
    assert len(window.controller.run.workers) == 11


def test_a_far_limit_is_as_far_as_the_first_worker_has_to_go(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=2, limit=10**12))
    window.launch()
    advance(bridge, 60)
    window.plots.refresh()
    remark = window.plots.counters_card.remark
    arrival = window.controller.run.first_arrival_s()
    assert arrival is not None
    assert f"limit in {format_duration(arrival)}" in remark.text()
    window.program.refresh(window.controller.run)
    assert window.program.limit.remark.text().startswith("From 0: about ")
