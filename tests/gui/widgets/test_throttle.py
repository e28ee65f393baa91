"""When things are drawn: soon after something changed, and not more often than so."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from rocketgui.gui.widgets.throttle import Throttle


def test_many_changes_are_one_piece_of_work(qtbot: QtBot) -> None:
    parent, done = QObject(), list[float]()
    throttle = Throttle(lambda: done.append(time.monotonic()), 80, parent)
    for _ in range(5):
        throttle.wake()
    assert done == []
    qtbot.waitUntil(lambda: len(done) == 1)
    throttle.wake()
    qtbot.waitUntil(lambda: len(done) == 2)
    assert done[1] - done[0] > 0.07  # Qt's coarse timers may be early by a twentieth


def test_at_once_or_not_at_all(qtbot: QtBot) -> None:
    parent, done = QObject(), list[int]()
    throttle = Throttle(lambda: done.append(1), 20, parent)
    throttle.wake()
    throttle.now()
    assert done == [1]
    throttle.wake()
    throttle.rest()
    qtbot.wait(50)
    assert done == [1]
