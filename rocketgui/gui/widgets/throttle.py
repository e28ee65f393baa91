"""How often things are done at most: curves are drawn at the screen's pace, words slower so that they can be read, a
slider that is dragged sends 20 numbers a second; nothing is done when nothing changes."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer


class Throttle(QObject):
    """Calls `work` soon after `wake`, but never twice within `interval_ms`. Without `wake` nothing happens at all.

    A timer that runs all the time would draw the same picture again, and up to an interval later than it could.
    """

    def __init__(self, work: Callable[[], None], interval_ms: int, parent: QObject) -> None:
        super().__init__(parent)
        self._work = work
        self._interval_s = interval_ms / 1000
        self._last = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer if interval_ms < 50 else Qt.TimerType.CoarseTimer)
        self._timer.timeout.connect(self._run)

    def wake(self) -> None:
        """Call `work` as soon as the interval allows."""
        if not self._timer.isActive():
            wait = self._last + self._interval_s - time.monotonic()
            self._timer.start(max(0, round(1000 * wait)))

    def now(self) -> None:
        """Call `work` at once."""
        self._timer.stop()
        self._run()

    def rest(self) -> None:
        """Cancel a pending call."""
        self._timer.stop()

    def _run(self) -> None:
        self._last = time.monotonic()
        self._work()
