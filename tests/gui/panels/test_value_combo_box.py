"""The choice of the watched value that is drawn."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from rocketgui.gui.panels.plots_panel import LANES, RATE
from rocketgui.protocol import messages
from tests.gui.conftest import Advance
from tests.gui.inspection import has
from tests.gui.script_story import MS, ROOT, Launched, cells, show


def test_one_of_the_found_values_is_chosen_and_all_follow(
    launch: Callable[..., Launched], advance: Advance, qtbot: QtBot
) -> None:
    window, bridge, told = launch()
    plots, values = window.plots, window.plots.values
    told.process(2, "func1")
    for k in range(60):
        told.value(2, "jobs", k, 50 + 10 * k)
    show(window, bridge, advance)
    assert not values.isVisible()
    assert plots.counters_card.heading.text() == "COUNTERS · jobs"
    before = [widget.geometry() for widget in (plots.counters_card, plots.counters, plots.counter_views.buttons[0])]
    for k in range(60):
        told.value(2, "depth", -5.5 * k, 50 + 10 * k)
    told.value(ROOT, "jobs", 7, 60)
    told.value(ROOT, "jobs", 9, 70)
    show(window, bridge, advance)
    assert values.isVisible()
    assert [values.itemText(k) for k in range(values.count())] == ["jobs", "depth"]
    QTest.keyClick(window, Qt.Key.Key_W)
    qtbot.waitUntil(values.view().isVisible)
    QTest.keyClick(values.view(), Qt.Key.Key_Down)
    QTest.keyClick(values.view(), Qt.Key.Key_Return)
    assert window.controller.run.watch == "depth"
    assert [curve.name for curve in plots.counters.item.canvas.curves] == ["func1"]
    assert (plots.counters.bottom, plots.counters.top) == (-400.0, 0.0)
    assert window.processes.model.headerData(1, Qt.Orientation.Horizontal) == "depth"
    assert cells(window, "value") == ["–", "-324.5"]
    assert window.program.parent_value.text() == "depth = –"
    QApplication.processEvents()
    after = [widget.geometry() for widget in (plots.counters_card, plots.counters, plots.counter_views.buttons[0])]
    assert after == before
    plots.counter_views.choose(LANES)
    assert has(plots.lanes, window.themes.theme.worker(0))
    plots.counter_views.choose(RATE)
    assert plots.rates.item.canvas.curves
    assert plots.rates._values[0] < -500


def test_the_value_that_changes_in_most_processes_is_drawn_as_soon_as_it_does(
    launch: Callable[..., Launched], advance: Advance
) -> None:
    window, bridge, told = launch()
    for number in (2, 3):
        told.process(number, f"func{number - 1}")
    for k in range(3):
        told.value(2, "early", k, 50 + 10 * k)
    show(window, bridge, advance)
    assert [curve.name for curve in window.plots.counters.item.canvas.curves] == ["func1"]
    for number in (2, 3):
        for k in range(3):
            told.value(number, "late", 100 * k, 90 + 10 * k)
    show(window, bridge, advance)
    assert window.plots.values.currentText() == "late"
    assert [curve.name for curve in window.plots.counters.item.canvas.curves] == ["func1", "func2"]
    assert window.plots.counters.top == 250
    assert window.processes.model.headerData(1, Qt.Orientation.Horizontal) == "late"


def test_the_choice_holds_for_the_next_run(launch: Callable[..., Launched], advance: Advance) -> None:
    window, bridge, told = launch()
    for name in ("jobs", "depth"):
        told.value(ROOT, name, 1, 50)
        told.value(ROOT, name, 2, 60)
    show(window, bridge, advance)
    window.plots.values.setCurrentIndex(1)
    bridge.say(messages.RunEnded(900 * MS, "finished", 0))
    advance(bridge, 1)
    window.launch()
    advance(bridge, 3)
    assert window.controller.run.watch != "depth"
    for name in ("jobs", "depth"):
        told.value(ROOT, name, 1, 50)
        told.value(ROOT, name, 2, 60)
    show(window, bridge, advance)
    assert window.controller.run.watch == "depth"
    assert window.plots.values.currentText() == "depth"
