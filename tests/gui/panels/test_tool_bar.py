"""The tool bar: its menus, and how the run ended."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from rocketgui.gui.main_window import MainWindow
from rocketgui.gui.window.presentation import Shape
from rocketgui.protocol import messages
from tests.gui.conftest import MakeWindow
from tests.gui.fake_bridge import FakeBridge
from tests.gui.inspection import state


@pytest.mark.usefixtures("usual_text")
def test_a_menu_opens_by_a_key_even_if_its_button_is_hidden(make_window: MakeWindow, qtbot: QtBot) -> None:
    window, _ = make_window()
    window.presentation.show(Shape.P720)
    menu = window.top.lessons.menu()
    QTest.keyClick(window, Qt.Key.Key_L)
    qtbot.waitUntil(menu.isVisible)
    assert len(menu.actions()) == 9
    menu.close()


@pytest.mark.parametrize(
    ("ended", "code", "shown"), [("failed", 3, "exit code 3"), ("killed", -9, "SIGKILL"), ("finished", 0, "")]
)
def test_how_it_ended_stands_beside_the_time(
    opened: tuple[MainWindow, FakeBridge], advance: Callable[[FakeBridge, int], None], ended: str, code: int, shown: str
) -> None:
    window, bridge = opened
    window.launch()
    advance(bridge, 5)
    bridge.say(messages.RunEnded(1_500_000_000, ended, code))
    advance(bridge, 1)
    assert state(window).value == ended.capitalize()
    assert window.top.time_label.text() == "  ·  ".join(["1.5 s", *filter(None, [shown])])
