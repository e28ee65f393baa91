"""The question what is to become of the processes that outlive the program."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QPushButton

from rocketgui.gui.main_window import MainWindow
from rocketgui.protocol import messages
from rocketgui.protocol.launch_spec import Script
from tests.gui.conftest import MakeWindow
from tests.gui.fake_bridge import FakeBridge


def boxes(window: MainWindow) -> list[QMessageBox]:
    return [box for box in window.findChildren(QMessageBox) if box.isVisible()]


def leave(window: MainWindow, bridge: FakeBridge, then: str = "ask") -> None:
    """The program leaves two processes."""
    window.controller.launch(Script(("daemon.py",)).launch("python", own_session=True))
    bridge.say(
        messages.ProcessSeen(2, 1, 5001, "process", "<b>server</b>", True),
        messages.ProcessSeen(3, 1, 5002, "process", "logger", True),
        messages.LeftOver(10**9, (5001, 5002), then),
    )
    bridge.tick()


@pytest.mark.parametrize(("button", "command"), [("End them", messages.Request.STOP), ("Keep", messages.Request.KEEP)])
def test_the_answer_is_sent(make_window: MakeWindow, button: str, command: messages.Command) -> None:
    window, bridge = make_window()
    leave(window, bridge)
    [box] = boxes(window)
    assert box.text() == "The program has ended, and 2 processes that it started still run. End them?"
    assert box.informativeText().splitlines()[:2] == ["<b>server</b>, pid 5001", "logger, pid 5002"]
    assert box.textFormat() is Qt.TextFormat.PlainText
    [wanted] = [found for found in box.findChildren(QPushButton) if found.text().replace("&", "") == button]
    QTest.mouseClick(wanted, Qt.MouseButton.LeftButton)
    assert bridge.sent[-1] == command
    bridge.tick()
    assert not boxes(window)  # it is asked once


def test_it_is_not_asked_what_is_settled(make_window: MakeWindow) -> None:
    window, bridge = make_window()
    leave(window, bridge, "end")
    assert not boxes(window)


def test_the_end_of_the_run_takes_the_question_back(make_window: MakeWindow) -> None:
    window, bridge = make_window()
    leave(window, bridge)
    assert boxes(window)
    bridge.say(messages.RunEnded(2 * 10**9, "finished", 0))
    bridge.tick()
    assert not boxes(window)
