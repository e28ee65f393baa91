"""The two plots in their frames: which views they show, and what their headings say."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from rocketgui.gui.panels.plots_panel import LANES, RATE
from tests.gui.conftest import MakeWindow


def test_keys_choose_the_views(make_window: MakeWindow) -> None:
    window, _ = make_window()
    plots = window.plots
    for key, views, place in (
        (Qt.Key.Key_2, plots.counter_views, 1),
        (Qt.Key.Key_3, plots.counter_views, 2),
        (Qt.Key.Key_1, plots.counter_views, 0),
        (Qt.Key.Key_5, plots.core_views, 1),
        (Qt.Key.Key_4, plots.core_views, 0),
    ):
        QTest.keyClick(window, key)
        assert views.current == place
        assert [button.isChecked() for button in views.buttons] == [k == place for k in range(len(views.buttons))]
    # In a field they are digits.
    window.program.limit.field.setFocus()
    QTest.keyClick(window.program.limit.field, Qt.Key.Key_2)
    assert plots.counter_views.current == 0


def test_heading_says_what_the_view_shows(make_window: MakeWindow) -> None:
    window, _ = make_window()
    card = window.plots.counters_card
    for place, heading in ((RATE, "RATE · rocket per second"), (LANES, "COUNTERS · rocket"), (0, "COUNTERS · rocket")):
        window.plots.counter_views.choose(place)
        assert card.heading.text() == heading
