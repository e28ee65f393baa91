"""The parts of a tick: carries out commands, samples the cores, follows the run. It neither sleeps nor sends.

Tested by tests/collector/test_run_observer.py.
"""

from __future__ import annotations

import logging
import time

from rocketgui.collector.cpu_load import CpuLoad
from rocketgui.collector.emitter import Emitter
from rocketgui.collector.launcher import RunInfo
from rocketgui.collector.processes.program_tree import ProgramTree
from rocketgui.collector.run_files import RunFiles
from rocketgui.collector.run_observer import RunObserver
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Command, Frame

NS = 1_000_000_000
#: Frames per second while a program runs; enough for every frame that a screen draws.
RATE = 60
#: Samples of the cores per second, at all times.
CORES_RATE = 10

_log = logging.getLogger(__name__)


class Collector:
    """Follows at most one run at a time. `cores` may have been made, and have begun to sample, earlier."""

    def __init__(self, cores: CpuLoad | None = None) -> None:
        now = time.monotonic_ns()
        self._emitter = Emitter(now)
        self._ticked_ns = self._cores_due = now
        self._cores = cores or CpuLoad()
        self.run: RunObserver | None = None

    @property
    def running(self) -> bool:
        return self.run is not None and not self.run.ended

    @property
    def period_ns(self) -> int:
        """The time between ticks, in ns; longer without a running program, when only the load of the cores changes."""
        return NS // (RATE if self.running else CORES_RATE)

    def obey(self, command: Command | ProgramTree) -> None:
        """Carry out a command. Without a running program it is ignored: the run may have ended while the command was
        sent. The owner itself interrupts and ends the program; the collector only notes that the owner does."""
        run = self.run
        if run is None or run.ended:
            return
        match command:
            case messages.SetWorkers(workers):
                run.set_workers(workers)
            case messages.SetLimit(limit):
                run.set_limit(limit)
            case messages.Request.PAUSE:
                run.pause()
            case messages.Request.RESUME:
                run.resume()
            case messages.Request.INTERRUPT:
                run.note_interrupt()
            case messages.Request.STOP | messages.Request.QUIT:
                run.note_stop()
            case ProgramTree():
                run.note_adoption(command)

    def observe(self, info: RunInfo, files: RunFiles, rings: list[int]) -> None:
        """Follow a program that was launched. `files` and `rings`, descriptors for `PerfEvents`, are closed by this
        object in the end.

        Raises:
            OSError: a file or a ring cannot be mapped or read.
        """
        if self.run is not None:
            self.run.release()
        self._emitter.launched_ns = info.launched_ns
        self.run = RunObserver(info, files, rings, self._emitter)
        if self._cores.began_ns < info.launched_ns:
            self._cores = CpuLoad()  # the load before the launch is not this run's

    def tick(self) -> Frame:
        """Gather the messages since the last tick into a frame."""
        now = time.monotonic_ns()
        seconds, self._ticked_ns = (now - self._ticked_ns) / NS, now
        if now >= self._cores_due and (self.run is None or self.running):
            self._cores_due = max(self._cores_due + NS // CORES_RATE, now)
            self._sample_cores(self._emitter.run_time(now))
        if self.run is not None:
            try:
                self.run.tick(seconds)
            except Exception as error:  # the next tick goes on
                _log.error("an error while observing", exc_info=error)
        return Frame(self._emitter.run_time(now), self._emitter.take())

    def _sample_cores(self, t_ns: int) -> None:
        try:
            load = self._cores.sample()
        except Exception as error:  # the system's: nothing else depends on this load
            _log.warning("the cores' load is not to be had", exc_info=error)
            return
        if load is not None:
            self._emitter.emit(messages.CoreLoad(t_ns, load))
