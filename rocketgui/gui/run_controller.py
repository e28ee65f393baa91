"""Between the bridge and the widgets: it keeps the model, the state of the run, and sends the commands.

bridge.received -> Model -> changed ----> plots (each frame), tables and sentences (four times a second)
buttons, sliders -> RunController -> bridge.send
"""

from __future__ import annotations

import logging
import sys
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal, SignalInstance

from rocketgui.gui.widgets.throttle import Throttle
from rocketgui.model.formatting import message_lines
from rocketgui.model.model import Model
from rocketgui.model.report import report
from rocketgui.model.run import Run
from rocketgui.protocol import messages
from rocketgui.protocol.launch_spec import Launch
from rocketgui.recording.files import write_json

_log = logging.getLogger(__name__)

#: The least time between commands of a dragged slider, in ms.
SEND_INTERVAL_MS = 50


class RunState(StrEnum):
    """The state of the run that is shown."""

    IDLE = "Ready"
    STARTING = "Starting"
    RUNNING = "Running"
    PAUSED = "Paused"
    STOPPING = "Stopping"
    CLOSING = "Closing"
    FINISHED = "Finished"
    FAILED = "Failed"
    STOPPED = "Stopped"
    KILLED = "Killed"
    LOST = "Lost"


LIVE = frozenset({RunState.STARTING, RunState.RUNNING, RunState.PAUSED, RunState.STOPPING, RunState.CLOSING})

_ENDINGS = {
    "finished": RunState.FINISHED,
    "failed": RunState.FAILED,
    "stopped": RunState.STOPPED,
    "killed": RunState.KILLED,
    "lost": RunState.LOST,
}


class BridgeLike(Protocol):
    """What the window needs of a bridge; see rocketgui/bridge.py."""

    @property
    def received(self) -> SignalInstance: ...
    @property
    def closed(self) -> SignalInstance: ...
    def start(self) -> None: ...
    def send(self, command: messages.Command) -> None: ...
    def close(self) -> None: ...
    def wait(self) -> None: ...


class RunController(QObject):
    """Launches, pauses and stops runs, and keeps the model.

    Signals:
        changed: frames were applied to the model.
        run_began: the model holds a new run.
        state_changed: the new `RunState`.
        problem: a sentence about something that went wrong.
        closed: nothing is left of the run and the bridge.
    """

    changed = Signal()
    run_began = Signal()
    state_changed = Signal(object)
    problem = Signal(str)
    closed = Signal()

    def __init__(self, bridge: BridgeLike, report_path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        #: Where the report of each run is written; None: nowhere.
        self.report_path = report_path
        self.model = Model()
        self.state = RunState.IDLE
        self._launching = False
        self._stopping = False
        self._closing = self._closed = False
        self._takes_controls = True
        self._told = 0
        self._workers = self._limit = 0
        self._send_workers = Throttle(self._tell_workers, SEND_INTERVAL_MS, self)
        self._send_limit = Throttle(self._tell_limit, SEND_INTERVAL_MS, self)
        # Queued if the bridge emits in another thread: the model belongs to this one.
        bridge.received.connect(self._received, Qt.ConnectionType.AutoConnection)
        bridge.closed.connect(self._bridge_closed, Qt.ConnectionType.AutoConnection)

    @property
    def run(self) -> Run:
        """The present run."""
        return self.model.run

    # ------------------------------------------------------------ commands

    def launch(self, command: Launch) -> None:
        """Start a program, unless something runs already."""
        if self.state in LIVE or self._closing or self._closed:
            return
        self._launching = True
        self._stopping = False
        # In a user's program, variables named workers and limit may be anything.
        self._takes_controls = command.variant.is_built_in
        self._bridge.send(command._replace(asks=True))
        self._refresh()

    def keep(self) -> None:
        """Let left-overs live."""
        self._bridge.send(messages.Request.KEEP)

    def pause(self) -> None:
        """Suspend the run."""
        if self.state is RunState.RUNNING:
            self._bridge.send(messages.Request.PAUSE)

    def resume(self) -> None:
        """Resume the run."""
        if self.state is RunState.PAUSED:
            self._bridge.send(messages.Request.RESUME)

    def stop(self) -> None:
        """End the run now."""
        if self.state in LIVE:
            self._stopping = True
            self._send_workers.rest()
            self._send_limit.rest()
            self._bridge.send(messages.Request.STOP)
            self._refresh()

    def set_workers(self, workers: int) -> None:
        """Change the number of workers of a live run; without one, the next launch takes it."""
        if self.state in LIVE and self._takes_controls:
            self._workers = workers
            self._send_workers.wake()

    def set_limit(self, limit: int) -> None:
        """Change the limit of a live run; without one, the next launch takes it."""
        if self.state in LIVE and self._takes_controls:
            self._limit = limit
            self._send_limit.wake()

    def _tell_workers(self) -> None:
        self._bridge.send(messages.SetWorkers(self._workers))

    def _tell_limit(self) -> None:
        self._bridge.send(messages.SetLimit(self._limit))

    def begin_close(self) -> None:
        """Begin to end the run and the bridge; `closed` is emitted when nothing is left of them."""
        if not self._closing:
            self._closing = True
            self._refresh()
            self._bridge.close()

    @property
    def is_closed(self) -> bool:
        """Whether nothing is left of the run and the bridge."""
        return self._closed

    def close(self) -> None:
        """End the run and the bridge, and wait for that. For use without an event loop."""
        if not self._closed:
            self._closing = True
            self._bridge.wait()
            self._bridge_closed()

    def _bridge_closed(self) -> None:
        """Take in that the bridge has closed. A run that is still live counts as stopped."""
        if self._closed:
            return
        self._closed = True
        self.problem.connect(_say_on_stderr)  # the window will not be there to show it
        # Signals that the bridge emitted before it closed may still be queued.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.MetaCall)
        if self.run.is_live:
            self.run.apply(messages.RunEnded(self.run.t_ns, "stopped", None))
            self._ended()
        self._launching = self._closing = False
        self._refresh()
        self.closed.emit()

    # ------------------------------------------------------------ what arrives

    def _received(self, frames: list[messages.Frame]) -> None:
        before = self.run
        was_live = before.is_live
        for frame in frames:
            self.model.apply_frame(frame)
        run = self.run
        if run is not before:
            self._launching = False
            self._told = 0
            self.run_began.emit()
        notices = run.notices
        for text in notices[self._told :]:
            self.problem.emit(text)
        # If a launch fails, a notice is all that comes.
        if len(notices) > self._told and self._launching:
            self._launching = False
        self._told = len(notices)
        if run.ended is not None and (was_live or run is not before):
            self._ended()
        self._refresh()
        self.changed.emit()

    def _ended(self) -> None:
        self._stopping = False
        self._send_workers.rest()
        self._send_limit.rest()
        if self.report_path is not None:
            try:
                write_json(self.report_path, report(self.run))
            except OSError as error:
                self.problem.emit(f"The report could not be written: {error}")

    def _refresh(self) -> None:
        state = self._state()
        if state is not self.state:
            _log.info("the run is %s", state)
            self.state = state
            self.state_changed.emit(state)

    def _state(self) -> RunState:
        run = self.run
        if self._closing:
            return RunState.CLOSING
        if self._launching:
            return RunState.STOPPING if self._stopping else RunState.STARTING
        if run.program is None:
            return RunState.IDLE
        if run.ended is not None:
            return _ENDINGS.get(run.ended.ended, RunState.LOST)
        if self._stopping:
            return RunState.STOPPING
        if run.is_paused:
            return RunState.PAUSED
        return RunState.RUNNING if run.has_begun else RunState.STARTING


def _say_on_stderr(sentence: str) -> None:
    print(f"rocketgui: {message_lines(sentence)}", file=sys.stderr)


def as_bridge(bridge: Any) -> BridgeLike:
    """Type an object as a bridge: the type hints of Qt's signals are those of the class, not of the instance."""
    checked: BridgeLike = bridge
    return checked
