"""Connects the owner of a run with Qt: passes frames on as signals, and commands to the owner.

    collector (a process) ── queue ─▶ Reader (in a QThread) ── received ─▶ window
    supervisor            ◀── pipe ──       ▲
                                            └── commands ── Bridge.send ◀────┘

The owner (see owner.py) runs in the thread, so that the window does not wait for slow work such as starting a process.
The thread waits on the queue and on a wake-up pipe. The queue has no writer in this process, so the collector's death
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
#: How many batches of frames may wait for the window. While the window is busy, further frames wait on the queue, and
#: the collector sees that the queue is full.
BATCHES = 2
LAST_BATCHES = 1_000_000
#: How long to wait for a frame or a command at most, in s, before the next `Owner.step`.
LONGEST_S = 0.1
#: How long the thread may take to end the program, the collector and itself, in ms.
PATIENCE_MS = 15_000


class Reader(QObject):
    """Runs the owner in a QThread until the command None comes. `wake` becomes readable when there is a command; `room`
    has one resource for each batch of frames that may still be emitted."""

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
        """Carry out the commands that have come; return False if one of them was None."""
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
    """Owns the thread in which the owner runs.

    Signals:
        received: a list of `messages.Frame`, in the thread of this object.
        closed: the program, the collector and the thread have ended, and all frames were received.
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
        """Send a command to the owner, and start the thread if it does not run; after `close`, do nothing."""
        if self._thread is None and not self._closed:
            self.start()
        if self._thread is not None and not self._closed:
            self._post(command)

    def _post(self, command: Command | None) -> None:
        self._commands.append(command)
        self._wake.send_bytes(b"\0")

    def close(self) -> None:
        """Begin to end the program, the collector and the thread; `closed` is emitted when they have ended."""
        if self._closed:
            return
        self._closed = True
        if self._thread is None:
            self.closed.emit()
        else:
            self._post(None)

    def wait(self) -> None:
        """Close, and wait at most `PATIENCE_MS` until all have ended: for callers without an event loop, or without
        time to wait for `closed`. The last frames are then posted to this object's thread."""
        self.close()
        if self._thread is not None:
            self._room.release(LAST_BATCHES)  # this thread waits here, and cannot make room
            self._thread.wait(PATIENCE_MS)
            self._finished()

    @Slot()
    def _finished(self) -> None:
        if self._thread is None:
            return  # `wait` was called
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
