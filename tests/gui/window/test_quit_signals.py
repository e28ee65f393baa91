"""A signal ends the event loop in the ordinary way."""

from __future__ import annotations

import os
import signal

import pytest
from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal
from pytestqt.qtbot import QtBot

from rocketgui.gui.window.quit_signals import QuitOnSignal


class Quittable(QObject):
    """Stands in for the application, which a test must not quit."""

    quitted = Signal()

    def quit(self) -> None:
        self.quitted.emit()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_quits_an_idle_window(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, number: signal.Signals) -> None:
    app = QCoreApplication.instance()
    assert app is not None
    before = signal.getsignal(number)
    stand_in = Quittable()
    watcher = QuitOnSignal(app)
    monkeypatch.setattr(watcher, "_app", stand_in)
    with qtbot.waitSignal(stand_in.quitted):
        QTimer.singleShot(0, lambda: os.kill(os.getpid(), number))
    watcher.restore()
    assert signal.getsignal(number) is before


def test_a_signal_closes_nothing_in_the_middle_of_other_work(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    app = QCoreApplication.instance()
    assert app is not None
    stand_in = Quittable()
    watcher = QuitOnSignal(app)
    monkeypatch.setattr(watcher, "_app", stand_in)
    quits: list[None] = []
    stand_in.quitted.connect(lambda: quits.append(None))
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        assert quits == []
        qtbot.waitUntil(lambda: len(quits) == 1)
    finally:
        watcher.restore()
