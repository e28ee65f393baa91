"""What rocketgui is, in a dialog.

Also tests rocketgui.gui.widgets.details_text.
"""

from __future__ import annotations

import sys

import numpy
import PySide6
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import rocketgui
from rocketgui.gui.dialogs.about_dialog import AboutDialog, details, version_of
from rocketgui.gui.main_window import MainWindow
from rocketgui.gui.style.theme import ColourScheme
from tests.gui.conftest import MakeWindow
from tests.gui.inspection import buttons, cut_in


def about_dialogs(window: MainWindow) -> list[AboutDialog]:
    return [dialog for dialog in window.findChildren(AboutDialog) if dialog.isVisible()]


def test_the_menu_shows_once_what_this_is(make_window: MakeWindow, qtbot: QtBot) -> None:
    window, _ = make_window()
    for _ in range(2):
        window.top.help.menu().actions()[1].trigger()
    (dialog,) = about_dialogs(window)
    assert not dialog.isModal()
    text = dialog.text.toPlainText()
    for version in (rocketgui.__version__, PySide6.__version__, numpy.__version__, "not packaged", "offscreen"):
        assert version in text
    buttons(dialog)["Copy"].click()
    assert QGuiApplication.clipboard().text() == text
    assert "Copied" in buttons(dialog)
    qtbot.waitUntil(dialog.isActiveWindow)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: about_dialogs(window) == [])


@pytest.mark.parametrize("scheme", [ColourScheme.DARK, ColourScheme.LIGHT])
def test_the_dialog_is_in_the_colours_of_the_theme_and_nothing_is_cut(
    make_window: MakeWindow, scheme: ColourScheme
) -> None:
    window, _ = make_window(scheme=scheme)
    window.show_about()
    (dialog,) = about_dialogs(window)
    QApplication.processEvents()
    assert cut_in(dialog) == []
    assert dialog.text.horizontalScrollBar().maximum() == 0
    theme = window.themes.theme
    assert dialog.grab().toImage().pixelColor(3, 3) == theme.colour("window")
    inside = dialog.text.geometry().bottomRight()
    assert dialog.grab().toImage().pixelColor(inside.x() - 20, inside.y() - 8) == theme.colour("panel")


def test_every_control_of_a_dialog_has_a_name(make_window: MakeWindow) -> None:
    window, _ = make_window()
    window.show_about()
    (dialog,) = about_dialogs(window)
    for control in (*buttons(dialog).values(), dialog.text):
        assert control.accessibleName()
        assert control.accessibleDescription()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_versions_are_known_where_nothing_but_the_modules_was_packaged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.distribution", _no_distribution)
    assert version_of("numpy") == numpy.__version__
    assert version_of("no such library") == ""


def test_a_packaged_one_says_so(monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    monkeypatch.setattr(sys, "_MEIPASS", "/somewhere", raising=False)
    assert details().splitlines()[0] == f"rocketgui {rocketgui.__version__}, packaged"


def _no_distribution(name: str) -> None:
    import importlib.metadata

    raise importlib.metadata.PackageNotFoundError(name)
