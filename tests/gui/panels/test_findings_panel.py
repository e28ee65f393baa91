"""What the run shows, in sentences."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from rocketgui.options import Options
from tests.gui.conftest import Advance, MakeWindow
from tests.gui.inspection import shown


def test_a_killed_worker_is_named(make_window: MakeWindow, advance: Advance, qtbot: QtBot) -> None:
    window, bridge = make_window(Options(workers=3, limit=10**12))
    window.launch()
    advance(bridge, 30)
    bridge.kill(3)
    advance(bridge, 2)
    qtbot.waitUntil(lambda: "func2" in window.status_bar.sentence.text())
    assert "SIGKILL" in window.status_bar.sentence.text()
    assert "killed" in shown(window)
    assert "SIGKILL" in window.findings.text.text()
