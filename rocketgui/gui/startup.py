"""Notes when the window was first painted and when the first sample was, for `python -m benchmarks startup`.

Only if the environment variable ROCKETGUI_STARTUP names a file to write it to.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget


class StartupNotes(QObject):
    """Watches a window's frames; writes `{"painted_ns": ..., "sample_ns": ...}`, times of the monotonic clock.

    `has_sample` says whether the frame that is about to be painted shows one.
    """

    def __init__(self, window: QWidget, file: Path, has_sample: Callable[[], bool]) -> None:
        super().__init__(window)
        self._window, self._file, self._has_sample = window, file, has_sample
        self._times: dict[str, int] = {}
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.UpdateRequest:
            if "painted_ns" not in self._times:
                QTimer.singleShot(0, self, lambda: self._note("painted_ns"))
            elif self._has_sample():
                self._window.removeEventFilter(self)
                QTimer.singleShot(0, self, lambda: self._note("sample_ns"))
        return False

    def _note(self, what: str) -> None:
        """By now the frame has been handed to the screen."""
        self._times.setdefault(what, time.monotonic_ns())
        self._file.write_text(json.dumps(self._times), encoding="utf-8")
