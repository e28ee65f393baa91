"""What waits for the window to be on the screen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from rocketgui.gui.window.first_frame import FirstFrame, note_times


def test_it_is_called_once_for_the_first_frame_that_counts(qtbot: QtBot) -> None:
    window, called, counts = QWidget(), list[str](), list[bool]()
    qtbot.addWidget(window)
    FirstFrame(window, lambda: called.append("any"))
    FirstFrame(window, lambda: called.append("counting"), lambda: bool(counts))
    assert called == []
    window.show()
    qtbot.waitUntil(lambda: called == ["any"])
    counts.append(True)
    window.update()
    qtbot.waitUntil(lambda: called == ["any", "counting"])
    window.update()
    QApplication.processEvents()
    assert called == ["any", "counting"]


def test_times_are_noted_where_they_are_asked_for(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "times.json"
    monkeypatch.setenv("ROCKETGUI_STARTUP", str(file))
    window = QWidget()
    qtbot.addWidget(window)
    note_times(window, lambda: file.exists())
    window.show()
    qtbot.waitUntil(file.exists)
    window.update()
    qtbot.waitUntil(lambda: len(json.loads(file.read_text(encoding="utf-8"))) == 2)
    times = json.loads(file.read_text(encoding="utf-8"))
    assert 0 < times["painted_ns"] < times["sample_ns"]
