"""The time axis that all plots share, moved with the mouse and by keys.

Also tests rocketgui.gui.plots.cursor_item.
"""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from rocketgui.options import Options
from tests.gui.conftest import Advance, MakeWindow


def test_dragging_stops_following_and_a_double_click_follows_again(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(limit=10**12))
    window.launch()
    advance(bridge, 60)
    axis = window.plots.axis
    axis.show_stretch(0.2, 0.4)
    advance(bridge, 60)
    assert (axis.t0, axis.t1) == (0.2, 0.4)
    axis.follow()
    window.plots.draw()
    assert (axis.t0, axis.t1) == (0.0, 4.0)


def test_the_plots_are_moved_by_keys(make_window: MakeWindow, advance: Advance, qtbot: QtBot) -> None:
    window, bridge = make_window(Options(limit=10**12))
    window.launch()
    advance(bridge, 120)
    axis, control, alt = window.plots.axis, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
    t0, t1 = axis.t0, axis.t1
    QTest.keyClick(window, Qt.Key.Key_Plus, control)
    assert axis.t1 - axis.t0 == pytest.approx((t1 - t0) / 2)
    assert not axis.is_following
    QTest.keyClick(window, Qt.Key.Key_Minus, control)
    QTest.keyClick(window, Qt.Key.Key_Left, control)
    assert [axis.t0, axis.t1] == pytest.approx([t0 - (t1 - t0) / 4, t1 - (t1 - t0) / 4])
    QTest.keyClick(window, Qt.Key.Key_Right, control)
    QTest.keyClick(window, Qt.Key.Key_Right, alt)
    QTest.keyClick(window, Qt.Key.Key_Left, alt)
    assert window.plots.counters.rows_at(window.plots._pointed or 0.0)
    QTest.keyClick(window, Qt.Key.Key_0, control)
    assert axis.is_following
