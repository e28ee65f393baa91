"""The bridge between the collector's queue and Qt's signals: the only place that knows both.

    collector (a process) ── queue ─▶ Reader (in a QThread) ── received ─▶ window
                          ◀── pipe ── Bridge.send ◀───────────────────────┘

The thread waits on the queue and on a wake-up pipe; nothing polls. The queue has no writer in this process, so the
collector's death ends a read even in the middle of a frame.
"""

from __future__ import annotations

import contextlib
import multiprocessing.connection
import signal
from multiprocessing.connection import Connection
from multiprocessing.queues import Queue

from PySide6.QtCore import QObject, QSemaphore, QThread, Signal, Slot

from rocketgui.collector import service
from rocketgui.messages import BadMessage, Command, Frame, Launch, Notice, Quit, decode

#: Frames read in one go; more wait for the next signal, so that one signal never keeps the window busy for long.
BATCH = 64
#: Batches that may wait for the window. While it is busy, frames wait in the queue, and the collector knows.
BATCHES = 2
LAST_BATCHES = 1_000_000
#: How long the collector may take to end the program and itself, in s; then it is killed, and its supervisor ends it.
PATIENCE = 3.0


class Reader(QObject):
    """Reads frames in its thread until the queue ends or it is woken."""

    received = Signal(object)  #: list[Frame]
    ended = Signal()

    def __init__(self, frames: Queue[str], wake: Connection, room: QSemaphore) -> None:
        super().__init__()
        self._room = room
        self._frames = frames
        self._wake = wake

    @Slot()
    def run(self) -> None:
        pipe: Connection = self._frames._reader  # type: ignore[attr-defined]
        try:
            while self._wake not in multiprocessing.connection.wait([pipe, self._wake]):
                self._pass_on(pipe)
        except (EOFError, OSError):
            pass  # the collector is gone; Bridge says how
        self.ended.emit()

    def _pass_on(self, pipe: Connection) -> None:
        batch: list[Frame] = []
        try:
            batch.append(self._read())
            while len(batch) < BATCH and pipe.poll():
                batch.append(self._read())
        finally:  # the pipe may end behind the first of them
            if batch:
                self._room.acquire()
                self.received.emit(batch)

    def _read(self) -> Frame:
        try:
            return decode(self._frames.get())
        except BadMessage as error:
            return Frame(0, (Notice(f"The collector sent something that makes no sense: {error}"),))


class Bridge(QObject):
    """Owns the collector's process and the thread that reads from it.

    `received` carries a list of `messages.Frame` into the thread of this object; `lost` a sentence that tells how the
    collector died, after which the next `Launch` starts a new one.
    """

    received = Signal(object)
    lost = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: multiprocessing.process.BaseProcess | None = None
        self._closing = False

    @property
    def collector_pid(self) -> int | None:
        """The pid of the collector while it runs."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the collector and the thread that reads from it."""
        self._process, self._frames, self._commands = service.start()
        wake_read, self._wake = multiprocessing.Pipe(duplex=False)
        self._wake_read = wake_read
        self._thread = QThread()
        self._thread.setObjectName("bridge")
        self._room = QSemaphore(BATCHES)
        self._reader = Reader(self._frames, wake_read, self._room)
        self._reader.moveToThread(self._thread)
        self._thread.started.connect(self._reader.run)
        self._reader.received.connect(self._deliver)
        self._reader.ended.connect(self._collector_ended)
        self._thread.start()

    def send(self, command: Command) -> None:
        """Send a command; one for a collector that is gone is dropped, but a Launch starts a new one."""
        if self._process is None and isinstance(command, Launch) and not self._closing:
            self.start()
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._commands.send(command)

    def close(self) -> None:
        """End the program, the collector and the thread; after that nothing is left of them.

        What the collector had to say until then has been posted to this object's thread.
        """
        self._closing = True
        if self._process is None:
            return
        self.send(Quit())
        self._room.release(LAST_BATCHES)  # this thread waits here, and cannot make room
        self._process.join(PATIENCE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._thread.quit()
        self._thread.wait(round(1000 * PATIENCE))  # the queue has ended, and so does the reader
        self._release()

    @Slot(object)
    def _deliver(self, batch: list[Frame]) -> None:
        try:
            self.received.emit(batch)
        finally:
            self._room.release()

    @Slot()
    def _collector_ended(self) -> None:
        if self._process is None or self._closing:
            return
        self._process.join(PATIENCE)
        code = self._process.exitcode
        self._release()
        self.lost.emit(_sentence(code))

    def _release(self) -> None:
        process, self._process = self._process, None
        self._wake.send_bytes(b"\0")
        self._room.release(BATCHES)
        self._thread.quit()
        self._thread.wait()
        for end in (self._wake, self._wake_read, self._commands):
            end.close()
        self._frames._reader.close()  # type: ignore[attr-defined]
        if process is not None:
            process.close()


def _sentence(code: int | None) -> str:
    if code is not None and code < 0:
        try:
            how = f"was killed by {signal.Signals(-code).name}"
        except ValueError:
            how = f"was killed by signal {-code}"
    else:
        how = f"ended with exit code {code}"
    return f"The collector {how}, and the program was ended with it. Launch starts a new one."
