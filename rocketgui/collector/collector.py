"""What a tick is made of: commands obeyed, cores sampled, the run followed. It neither sleeps nor sends."""

from __future__ import annotations

import time

from rocketgui import messages
from rocketgui.collector.cores import Cores
from rocketgui.collector.launching import Started
from rocketgui.collector.run import Run
from rocketgui.messages import Command, Frame, Message

NS = 1_000_000_000
#: Frames per second while a program runs; enough for every frame that a screen draws.
RATE = 60
#: Samples of the cores per second, at all times.
CORES_RATE = 10


class Collector:
    """Follows at most one run at a time."""

    def __init__(self) -> None:
        self._out: list[Message] = []
        self._began_ns = time.monotonic_ns()
        self._ticked_ns = self._began_ns
        self._cores_due = self._began_ns
        self._cores = Cores()
        self.run: Run | None = None

    @property
    def running(self) -> bool:
        return self.run is not None and not self.run.ended

    @property
    def period_ns(self) -> int:
        """How long to wait between ticks: nothing but the cores moves while no program runs."""
        return NS // (RATE if self.running else CORES_RATE)

    def obey(self, command: Command) -> None:
        """Carry out a command; one that makes no sense now is ignored, since it may cross with the end of a run."""
        if isinstance(command, messages.Launch):
            if not self.running:
                self._launch(command)
            return
        run = self.run
        if run is None or run.ended:
            return
        match command:
            case messages.SetWorkers(workers):
                run.set_workers(workers)
            case messages.SetLimit(limit):
                run.set_limit(limit)
            case messages.Pause():
                run.pause()
            case messages.Resume():
                run.resume()
            case messages.Interrupt():
                run.interrupt()
            case messages.Stop() | messages.Quit():
                run.stop()

    def _launch(self, command: messages.Launch) -> None:
        try:
            self.follow(Started(command))
        except OSError as error:
            self._out.append(messages.Notice(f"The program could not be launched: {error.strerror or error}."))

    def follow(self, started: Started) -> None:
        """Follow a program that is already on its way."""
        self.run = Run(started, self._out)
        self._cores = Cores()  # what was before is not this run's

    def tick(self) -> Frame:
        """Gather what is new since the last tick."""
        now = time.monotonic_ns()
        seconds, self._ticked_ns = (now - self._ticked_ns) / NS, now
        since = self._began_ns if self.run is None else self.run.launched_ns
        if now >= self._cores_due and (self.run is None or self.running):
            self._cores_due = max(self._cores_due + NS // CORES_RATE, now)
            load = self._cores.sample()
            if load is not None:
                self._out.append(messages.CoreLoad(now - since, load))
        if self.run is not None:
            self.run.tick(seconds)
        frame = Frame(now - since, tuple(self._out))
        self._out.clear()  # the run holds on to this very list
        return frame
