"""The bridge between the collector's queue and Qt's signals: the only place that knows both.

    collector (a process) ── queue ─▶ Reader (in a QThread) ── received ─▶ window
    supervisor            ◀── pipe ──       ▲
                                            └── commands ── Bridge.send ◀────┘

The thread owns the run (see owner.py), so that whatever takes a moment, such as starting a process, keeps no window
waiting. It waits on the queue and on a wake-up pipe. The queue has no writer in this process, so the collector's death
ends a read even in the middle of a frame.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
from collections import deque
from multiprocessing.connection import Connection

from PySide6.QtCore import QObject, QSemaphore, QThread, Signal, Slot

from rocketgui.owner import Owner
from rocketgui.protocol.messages import Command, Frame

#: Frames a second: enough for every frame that a screen draws.
RATE = 60
#: Batches that may wait for the window. While it is busy, frames wait in the queue, and the collector knows.
BATCHES = 2
LAST_BATCHES = 1_000_000
#: How long to wait for a frame or a command at most, in s, before the processes are looked after.
LONGEST_S = 0.1
#: How long the thread may take to end the program, the collector and itself, in ms.
PATIENCE_MS = 15_000


class Reader(QObject):
    """Runs the owner in a QThread until it is told to end."""

    received = Signal(object)  #: list[Frame]

    def __init__(self, commands: deque[Command | None], wake: Connection, room: QSemaphore) -> None:
        super().__init__()
        self._commands = commands
        self._wake = wake
        self._room = room
        self.owner = Owner(RATE)

    @Slot()
    def run(self) -> None:
        self.owner.start()
        while self._obey():
            self._pass_on(self.owner.step())
            multiprocessing.connection.wait([*self.owner.readable, self._wake], LONGEST_S)
        self._pass_on(self.owner.close())
        self.thread().quit()

    def _obey(self) -> bool:
        """Carry out the commands that have come; False if one of them was to end."""
        while self._wake.poll():
            self._wake.recv_bytes()
        while self._commands:
            command = self._commands.popleft()
            if command is None:
                return False
            self.owner.obey(command)
        return True

    def _pass_on(self, frames: list[Frame]) -> None:
        if frames:
            self._room.acquire()
            self.received.emit(frames)


class Bridge(QObject):
    """Owns the thread that owns the run.

    Signals:
        received: a list of `messages.Frame`, in the thread of this object.
        closed: nothing is left of the program, the collector and the thread; all that came of them was received.
    """

    received = Signal(object)
    closed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread: QThread | None = None
        self._closed = False

    @property
    def collector_pid(self) -> int | None:
        """The pid of the collector while it runs."""
        return None if self._thread is None else self._reader.owner.collector_pid

    def start(self) -> None:
        """Start the thread, and in it the collector."""
        self._commands: deque[Command | None] = deque()
        self._wake_read, self._wake = multiprocessing.Pipe(duplex=False)
        self._room = QSemaphore(BATCHES)
        self._thread = QThread()
        self._thread.setObjectName("bridge")
        self._reader = Reader(self._commands, self._wake_read, self._room)
        self._reader.moveToThread(self._thread)
        self._thread.started.connect(self._reader.run)
        self._reader.received.connect(self._deliver)
        self._thread.finished.connect(self._finished)
        self._thread.start()

    def send(self, command: Command) -> None:
        """Have a command carried out; after `close`, it is ignored."""
        if self._thread is None and not self._closed:
            self.start()
        if self._thread is not None and not self._closed:
            self._post(command)

    def _post(self, command: Command | None) -> None:
        self._commands.append(command)
        self._wake.send_bytes(b"\0")

    def close(self) -> None:
        """Begin to end the program, the collector and the thread; `closed` tells when nothing is left of them."""
        if self._closed:
            return
        self._closed = True
        if self._thread is None:
            self.closed.emit()
        else:
            self._post(None)

    def wait(self) -> None:
        """Close, and wait until nothing is left: where there is no event loop, or no time, for `closed`.

        What the collector had to say until then has been posted to this object's thread.
        """
        self.close()
        if self._thread is not None:
            self._room.release(LAST_BATCHES)  # this thread waits here, and cannot make room
            self._thread.wait(PATIENCE_MS)
            self._finished()

    @Slot()
    def _finished(self) -> None:
        if self._thread is None:
            return  # it was waited for
        self._thread = None
        for end in (self._wake, self._wake_read):
            end.close()
        self.closed.emit()

    @Slot(object)
    def _deliver(self, batch: list[Frame]) -> None:
        try:
            self.received.emit(batch)
        finally:
            self._room.release()
