"""The collector's process: it reads commands from a pipe, and puts frames on a bounded queue.

Its owner is the window's process, or the command where there is no window. The collector is the queue's only writer and
the pipe's only reader. It ends when its owner is gone. When it dies, its owner starts another one.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from multiprocessing import reduction, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.queues import Queue
from typing import TYPE_CHECKING

from rocketgui import log_file
from rocketgui.collector.launcher import RunInfo
from rocketgui.collector.run_files import PASSES_DESCRIPTORS, RunFiles
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Frame, Message, Request
from rocketgui.system.signals import TO_GROUPS

if TYPE_CHECKING:
    from rocketgui.collector.collector import Collector

#: How many frames may wait on the queue. Further ones are joined into one frame; if it has more than `MOST_WAITING`
#: rows, its samples and lines of output are dropped and counted.
QUEUE_SIZE = 32
MOST_WAITING = 20_000
NS = 1_000_000_000

_log = logging.getLogger(__name__)


class Sender:
    """Puts frames on the queue, at most `rate` times a second, and never waits for room on the queue."""

    def __init__(self, frames: Queue[Frame], rate: int) -> None:
        self._frames = frames
        self._every_ns = NS // rate
        self._due = 0
        self._waiting: list[Message] = []
        self._rows = 0
        self._samples_dropped = 0
        self._lines_dropped = 0

    def begin(self) -> None:
        """Begin a run: forget what earlier runs lost."""
        self._samples_dropped = self._lines_dropped = 0

    def send(self, frame: Frame, *, now: bool = True) -> None:
        """Send a frame: at once if `now` is set, else together with later frames when the next one is due."""
        for message in frame.messages:
            self._waiting.append(self._with_losses(message))
            self._rows += _rows(message)
        if not self._waiting or (not now and time.monotonic_ns() < self._due):
            return
        if self._frames.full():
            if self._rows > MOST_WAITING:
                self._drop()
            return
        self._due = time.monotonic_ns() + self._every_ns
        self._frames.put_nowait(Frame(frame.t_ns, tuple(self._waiting)))
        self._waiting = []
        self._rows = 0

    def _drop(self) -> None:
        """Drop waiting samples, output and loads, since the owner does not read; count the samples and lines. Messages
        about what happens only once are kept."""
        kept: list[Message] = []
        for message in self._waiting:
            if isinstance(message, messages.Samples):
                self._samples_dropped += len(message.t_ns)
            elif isinstance(message, messages.Output):
                self._lines_dropped += 1
            elif not isinstance(message, messages.CoreLoad | messages.ProcessLoad | messages.Overhead):
                kept.append(message)
        self._waiting = kept
        self._rows = sum(map(_rows, kept))

    def _with_losses(self, message: Message) -> Message:
        if isinstance(message, messages.Losses):
            return message._replace(
                samples_dropped=message.samples_dropped + self._samples_dropped,
                output_lines_dropped=message.output_lines_dropped + self._lines_dropped,
            )
        return message


def _rows(message: Message) -> int:
    """The size of a message in rows, see `MOST_WAITING`."""
    return len(message.t_ns) if isinstance(message, messages.Samples) else 1


def main(frames: Queue[Frame], commands: Connection, rate: int, log_level: str | None) -> None:
    """Run in the collector's process until the owner sends QUIT or is gone. Send at most `rate` frames a second, and
    log at `log_level`, or not at all for None."""
    from rocketgui.system import process_tree

    log_file.begin(log_level)
    try:
        # Imported here: the owner, which imports this module, needs no psutil.
        from rocketgui.collector.cpu_load import CpuLoad

        cores = CpuLoad()  # first: a program may be over by the time that the rest is loaded
        from rocketgui.collector.collector import Collector

        collector = Collector(cores)
    except Exception as error:  # psutil needs /proc; the owner reports that this process has ended
        _log.error("the collector cannot be loaded", exc_info=error)
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the owner handles Ctrl-C in the terminal
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)  # and signals to the whole process group, which the program may send
    process_tree.wake_when_parent_dies()
    if hasattr(signal, "pthread_sigmask"):  # the owner may have blocked signals to read them
        for number in TO_GROUPS:
            signal.signal(number, signal.SIG_IGN)  # discards signals to the group that came before setpgid
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        for number in TO_GROUPS:
            signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else signal.SIG_DFL)
    sender = Sender(frames, rate)
    owner = os.getppid()
    deadline = time.monotonic_ns()
    quitting = False
    while not quitting:
        try:
            while not quitting and commands.poll(max(0, deadline - time.monotonic_ns()) / NS):
                command = commands.recv()
                quitting = command is Request.QUIT
                if isinstance(command, RunInfo):
                    sender.begin()
                    if not _observe(collector, command, commands):
                        return
                else:
                    _obey(collector, command)
                deadline = min(deadline, time.monotonic_ns())  # the effect of a command should show at once
        except (EOFError, OSError):
            break  # the owner is gone
        if os.getppid() != owner:
            break
        was_running = collector.running
        frame = collector.tick()
        sender.send(frame, now=quitting or was_running is not collector.running)
        deadline = max(deadline + collector.period_ns, time.monotonic_ns())
    if not quitting:
        frames.cancel_join_thread()  # nobody is left to read what is still on the queue


def _obey(collector: Collector, command: messages.Command) -> None:
    """Carry out a command. An error in it does not end the run."""
    try:
        collector.obey(command)
    except Exception as error:
        _log.error("an error at a command", exc_info=error)


def _observe(collector: Collector, info: RunInfo, commands: Connection) -> bool:
    """Observe a run from now on. Return False if that failed: this process then ends, and the owner starts another one.

    Raises:
        EOFError: the owner is gone.
    """
    try:
        _take_over(collector, info, commands)
    except EOFError:
        raise
    except Exception as error:
        _log.error("a run cannot be observed", exc_info=error)
        return False
    return True


def _take_over(collector: Collector, info: RunInfo, commands: Connection) -> None:
    if PASSES_DESCRIPTORS:
        files = RunFiles([reduction.recv_handle(commands) for _ in RunFiles.NAMES])
        rings = [reduction.recv_handle(commands) for _ in range(info.rings)]
    else:
        files, rings = RunFiles.open(info.directory), []
    collector.observe(info, files, rings)


def observe(commands: Connection, info: RunInfo, descriptors: list[int], pid: int) -> None:
    """Called by the owner: have the collector with the pid `pid`, which reads `commands`, observe a run. `descriptors`
    are those of `StartedRun.descriptors`.

    Raises:
        OSError: the collector is gone.
    """
    commands.send(info)
    if PASSES_DESCRIPTORS:
        for descriptor in descriptors:
            reduction.send_handle(commands, descriptor, pid)


def start(rate: int) -> tuple[multiprocessing.process.BaseProcess, Queue[Frame], Connection]:
    """Start the collector's process; return it, the queue to read frames from, and the pipe to write commands into.

    Raises:
        OSError: the queue, the pipe or the process cannot be made.
    """
    with _mask_kept():
        return _start(rate)


@contextlib.contextmanager
def _mask_kept() -> Iterator[None]:
    """Keep SIGINT and SIGTERM blocked while Python's resource tracker is started, which would unblock both. The owner
    blocks them to read each signal with its sender."""
    found = getattr(resource_tracker, "_HAVE_SIGMASK", False)
    if not found:
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        if signal.SIGTERM in before:
            resource_tracker._HAVE_SIGMASK = False  # type: ignore[attr-defined]
        yield
    finally:
        resource_tracker._HAVE_SIGMASK = found  # type: ignore[attr-defined]
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(rate: int) -> tuple[multiprocessing.process.BaseProcess, Queue[Frame], Connection]:
    context = multiprocessing.get_context("spawn")
    frames: Queue[Frame] = context.Queue(QUEUE_SIZE)
    # Duplex makes it a socket; descriptors cannot be passed through a pipe.
    theirs, ours = context.Pipe(duplex=True)
    process = context.Process(target=main, args=(frames, theirs, rate, log_file.level()), name="collector", daemon=True)
    try:
        process.start()
    except BaseException:
        for end in (theirs, ours, frames._reader, frames._writer):  # type: ignore[attr-defined]
            with contextlib.suppress(OSError):
                end.close()
        raise
    theirs.close()
    # With the writing end closed here, the end of the collector ends every read, even in the middle of a frame.
    frames._writer.close()  # type: ignore[attr-defined]
    return process, frames, ours
