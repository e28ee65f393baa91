"""Ctrl-C and SIGTERM end the application in the ordinary way, so that nothing is left running.

Python runs its signal handlers between two instructions of Python code, which an idle Qt event loop does not execute,
and which may be in the middle of a paint or of a frame, where no window can be closed. So the handlers do nothing; the
wake-up descriptor, to which Python writes the numbers of signals, is watched by Qt and read in its event loop.
"""

from __future__ import annotations

import signal
import socket
from types import FrameType
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QSocketNotifier


class QuitOnSignal(QObject):
    """Calls `quit` of the application on SIGINT and SIGTERM, until `restore`.

    Does nothing outside the main thread, where Python allows no handlers.
    """

    def __init__(self, app: QCoreApplication) -> None:
        super().__init__(app)
        self._app = app
        self._before: dict[int, Any] = {}
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._drain)
        self._wakeup = -1
        try:
            self._wakeup = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, _leave_it_to_the_event_loop)
        except ValueError:
            self._notifier.setEnabled(False)

    def restore(self) -> None:
        """Put back what was there before."""
        self._notifier.setEnabled(False)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._before:
            signal.set_wakeup_fd(self._wakeup)
        self._before = {}
        self._reader.close()
        self._writer.close()

    def _drain(self) -> None:
        try:
            numbers = self._reader.recv(64)
        except BlockingIOError:
            return
        if any(number in self._before for number in numbers):
            self._app.quit()


def _leave_it_to_the_event_loop(number: int, frame: FrameType | None) -> None:
    pass
