"""What has to wait for the window to be on the screen; and when that was, for `python -m benchmarks startup`.

That is written to the file that the environment variable ROCKETGUI_STARTUP names, if there is one.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget


class FirstFrame(QObject):
    """Calls `then` once, when the first frame of a window for which `counts` is true has been handed to the screen."""

    def __init__(self, window: QWidget, then: Callable[[], None], counts: Callable[[], bool] = lambda: True) -> None:
        super().__init__(window)
        self._then, self._counts = then, counts
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.UpdateRequest and self._counts():
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, self._then)  # when this event has been handled
        return False


def note_times(window: QWidget, has_sample: Callable[[], bool]) -> None:
    """Write `{"painted_ns": ..., "sample_ns": ...}`, times of the monotonic clock, if they are asked for."""
    file = os.environ.get("ROCKETGUI_STARTUP")
    if not file:
        return
    times: dict[str, int] = {}

    def note(what: str) -> None:
        times[what] = time.monotonic_ns()
        Path(file).write_text(json.dumps(times), encoding="utf-8")

    FirstFrame(window, lambda: note("painted_ns"))
    FirstFrame(window, lambda: note("sample_ns"), has_sample)
