"""Follows runs without a window: the owner and the model run in this process, the collector in its own.

Tested by tests/e2e/test_waiting.py.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from rocketgui.collector.launcher import StartedRun
from rocketgui.protocol.launch_spec import Launch
from rocketgui.system import process_tree

if TYPE_CHECKING:
    from rocketgui.model.model import Model
    from rocketgui.owner import Owner
    from rocketgui.protocol.messages import Command, Frame

#: Frames per second: enough for the live line, and for the measurements of a sweep.
RATE = 20
#: How long to wait for a frame at most, in s, before the next `Owner.step`.
LONGEST_S = 0.1


class Follower:
    """Launches programs one after another, and follows each to its end. Use it in a `with` statement, at whose end the
    program and the collector are ended."""

    def __init__(self) -> None:
        self._owner: Owner | None = None
        self._model: Model | None = None
        self._supervisor: int | None = None

    def __enter__(self) -> Follower:
        return self

    def __exit__(self, *_: object) -> None:
        if self._owner is not None:
            for frame in self._owner.close():
                self.model.apply_frame(frame)

    @property
    def owner(self) -> Owner:
        """The owner of the program; its module is loaded after the program is launched."""
        if self._owner is None:
            owner: Any = importlib.import_module("rocketgui.owner")
            self._owner = owner.Owner(RATE)
        assert self._owner is not None
        return self._owner

    @property
    def model(self) -> Model:
        """The model of the run. Its module is loaded, with numpy, while the collector starts."""
        if self._model is None:
            self._model = importlib.import_module("rocketgui.model.model").Model()
        assert self._model is not None
        return self._model

    def launch(self, command: Launch, ready: Callable[[], None] = lambda: None) -> None:
        """Launch a program. If this fails, a `Notice` in the first frame says why. `ready()` is called just before the
        program starts, and before the modules that observe it are loaded."""
        # The program starts while the modules that observe it are loaded, which takes longer.
        try:
            started = StartedRun(command, lambda supervisor: self._ready(supervisor, ready))
        except OSError:
            self.owner.launch(command)  # tries again, and says why it fails
        else:
            self.owner.follow(started)

    def _ready(self, supervisor: int, ready: Callable[[], None]) -> None:
        self._supervisor = supervisor
        ready()

    def stop(self) -> None:
        """End the program now. May be called from any thread."""
        if self._owner is not None:
            self._owner.stop()

    def obey(self, command: Command) -> None:
        """Carry out a command of the user's."""
        self.owner.obey(command)

    def is_of_program(self, pid: int) -> bool:
        """Whether a pid is, or was, a process of the program. May be called from any thread."""
        supervisor = (self._owner and self._owner.supervisor_pid) or self._supervisor
        if supervisor is None:
            return False
        known = self._model.run.processes if self._model is not None else {}
        return process_tree.sent_by_program(
            pid, supervisor, lambda sender: any(process.pid == sender for process in list(known.values()))
        )

    def frames(self) -> Iterator[Frame]:
        """Yield every frame until the run has ended, after it was applied to the model. Yields an empty frame where
        none came for `LONGEST_S`."""
        from rocketgui.owner import wait
        from rocketgui.protocol.messages import Frame

        owner, model = self.owner, self.model
        live = True
        while live:
            wait(owner.readable, LONGEST_S)
            live = owner.is_live
            frames = owner.step()
            for frame in frames:
                model.apply_frame(frame)
                yield frame
            if not frames:
                yield Frame(model.run.t_ns, ())
            live = live and owner.is_live
