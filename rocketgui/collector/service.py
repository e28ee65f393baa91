"""The collector as a process beside the window: commands come in by a pipe, frames go out by a bounded queue.

It is the queue's only writer and the pipe's only reader. When the window is gone, so is it, and with it the program.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from multiprocessing.connection import Connection
from multiprocessing.queues import Queue

from rocketgui import messages
from rocketgui.messages import Frame, Message, Quit

#: Frames that may wait for the window. More are joined into one; beyond `MOST_WAITING` rows
#: samples and lines of output are dropped and counted.
QUEUE_SIZE = 32
MOST_WAITING = 20_000
NS = 1_000_000_000


class Sender:
    """Puts frames on the queue without ever waiting for it."""

    def __init__(self, frames: Queue[str]) -> None:
        self._frames = frames
        self._waiting: list[Message] = []
        self._rows = 0
        self._samples_dropped = 0
        self._lines_dropped = 0

    def send(self, frame: Frame) -> None:
        for message in frame.messages:
            if isinstance(message, messages.RunStarted):
                self._samples_dropped = self._lines_dropped = 0
            self._waiting.append(self._with_losses(message))
            self._rows += _rows(message)
        if not self._waiting:
            return
        if self._frames.full():
            if self._rows > MOST_WAITING:
                self._drop()
            return
        self._frames.put_nowait(messages.encode(frame.t_ns, self._waiting))
        self._waiting = []
        self._rows = 0

    def _drop(self) -> None:
        """Nobody reads: let go of what comes again and again, count it, and keep all that happens only once."""
        kept: list[Message] = []
        for message in self._waiting:
            if isinstance(message, messages.Samples):
                self._samples_dropped += len(message.t_ns)
            elif isinstance(message, messages.Output):
                self._lines_dropped += 1
            elif not isinstance(message, messages.CoreLoad | messages.ProcessLoad | messages.Cost):
                kept.append(message)
        self._waiting = kept
        self._rows = sum(map(_rows, kept))

    def _with_losses(self, message: Message) -> Message:
        if isinstance(message, messages.Losses):
            return messages.Losses(
                message.samples_dropped + self._samples_dropped,
                message.bad_messages,
                message.agents_lost,
                message.output_lines_dropped + self._lines_dropped,
            )
        return message


def _rows(message: Message) -> int:
    """How much room a message takes, in rows."""
    return len(message.t_ns) if isinstance(message, messages.Samples) else 1


def main(frames: Queue[str], commands: Connection) -> None:
    """Serve one window until it says Quit or is gone."""
    from rocketgui.collector.collector import Collector  # here: the window, which imports this module, needs no psutil

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is the window's business
    collector = Collector()
    sender = Sender(frames)
    window = os.getppid()
    deadline = time.monotonic_ns()
    quitting = False
    while not quitting or collector.running:
        try:
            while commands.poll(max(0, deadline - time.monotonic_ns()) / NS):
                command = commands.recv()
                collector.obey(command)
                if isinstance(command, Quit):
                    quitting = True
                deadline = min(deadline, time.monotonic_ns())  # what was asked for should show at once
        except (EOFError, OSError):
            break  # the window is gone
        if os.getppid() != window:
            break
        sender.send(collector.tick())
        deadline = max(deadline + collector.period_ns, time.monotonic_ns())
    if not quitting:
        frames.cancel_join_thread()  # nobody is left to read what is still in the queue
        if collector.run is not None and collector.running:
            collector.run.abandon()


def start() -> tuple[multiprocessing.process.BaseProcess, Queue[str], Connection]:
    """Start the collector's process; return it, the queue to read frames from, and the pipe to write commands into."""
    context = multiprocessing.get_context("spawn")
    frames: Queue[str] = context.Queue(QUEUE_SIZE)
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=main, args=(frames, reader), name="collector", daemon=True)
    process.start()
    reader.close()
    # Only the collector writes: without a writer here, its end ends every read, even one in the middle of a frame.
    frames._writer.close()  # type: ignore[attr-defined]
    return process, frames, writer
