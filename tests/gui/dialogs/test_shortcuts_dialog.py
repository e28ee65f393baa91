"""The sheet of all keys."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from rocketgui.gui.dialogs.shortcuts_dialog import ShortcutsDialog, rows
from tests.gui.conftest import MakeWindow


def test_the_sheet_shows_every_key(make_window: MakeWindow, qtbot: QtBot) -> None:
    window, _ = make_window()
    for _ in range(2):
        QTest.keyClick(window, Qt.Key.Key_F1)
    (sheet,) = window.findChildren(ShortcutsDialog)
    text = "".join(label.text() for label in sheet.labels)
    for key, what in rows(window.actions()):
        assert key in text
        assert what in text
    sheet.close()
    qtbot.waitUntil(lambda: not window.findChildren(ShortcutsDialog))
