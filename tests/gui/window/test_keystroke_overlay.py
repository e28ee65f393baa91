"""The keys that are pressed, shown to those who watch."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from rocketgui.options import Options
from tests.gui.conftest import MakeWindow


def test_pressed_keys_are_shown_if_wanted(make_window: MakeWindow, qtbot: QtBot) -> None:
    window, _ = make_window(Options(limit=10**12))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    show = window.top.present.menu().actions()[-1]
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_2)
    assert not window.keystrokes.isVisible()
    show.trigger()
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_3)
    assert (window.keystrokes.isVisible(), window.keystrokes.text()) == (True, "3   Show: Rate")
    assert window.keystrokes.geometry().bottom() < window.height()
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_X, Qt.KeyboardModifier.ControlModifier)
    assert window.keystrokes.text() == "Ctrl+X"
    qtbot.waitUntil(lambda: not window.keystrokes.isVisible(), timeout=5000)
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_3)
    show.trigger()
    assert not window.keystrokes.isVisible()
