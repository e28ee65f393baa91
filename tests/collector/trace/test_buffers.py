"""The trace buffers of a run: whose is read first, and in which order lines come."""

from __future__ import annotations

import time
from pathlib import Path

from rocketgui.agent import trace_format
from rocketgui.agent.trace_buffer import TraceBuffer
from rocketgui.collector.processes.activity import ActivityTracker
from rocketgui.collector.processes.registry import ProcessRegistry
from rocketgui.collector.run_files import RunFiles
from rocketgui.collector.trace.buffers import TraceBuffers
from rocketgui.collector.trace.decoder import Decoder
from rocketgui.collector.trace.positions import Positions
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Message
from tests.helpers import emitter_into

#: What the agent has mapped must live as long as this process.
KEPT: list[TraceBuffer] = []


def reader(folder: Path, pid: int) -> TraceBuffer:
    KEPT.append(TraceBuffer(str(folder), pid, 10))
    return KEPT[-1]


def trace_buffers(folder: Path, out: list[Message]) -> TraceBuffers:
    emitter = emitter_into(out)
    registry = ProcessRegistry(emitter)
    positions = Positions(RunFiles.create(str(folder)))
    return TraceBuffers(
        str(folder),
        ("rocket",),
        Decoder(registry, emitter, ActivityTracker(emitter)),
        lambda: None,
        positions,
        registry,
    )


def test_processes_are_met_in_the_order_of_their_starts(tmp_path: Path) -> None:
    """However their buffers are named, and whichever of them began first."""
    root = reader(tmp_path, 10)
    out: list[Message] = []
    readers = trace_buffers(tmp_path, out)
    for number, pid in ((1, 999), (2, 98), (3, 1000)):
        root.event(trace_format.START_CALLED, time.monotonic_ns(), pid, f"func{number}")
    for pid in (1000, 999, 98, 97):  # of the last one its parent has not told yet
        reader(tmp_path, pid)
    readers.find()
    readers.read()
    seen = {message.process: message.pid for message in out if isinstance(message, messages.ProcessSeen)}
    assert seen == {1: 10, 2: 999, 3: 98, 4: 1000, 5: 97}
    readers.read_rest()


def test_lines_of_all_processes_come_in_order_of_time(tmp_path: Path) -> None:
    writers = [reader(tmp_path, pid) for pid in (10, 11, 12)]
    out: list[Message] = []
    readers = trace_buffers(tmp_path, out)
    for number in range(9):
        writers[number % 3].output(time.monotonic_ns(), "stdout", [str(number)])
    readers.find()
    writers[0].output(time.monotonic_ns(), "stdout", ["later"])  # before it, others may print what is read later
    readers.read()
    assert [message.text for message in out if isinstance(message, messages.Output)] == [str(n) for n in range(9)]
    readers.find()
    readers.read()
    assert [message.text for message in out if isinstance(message, messages.Output)][9:] == ["later"]
    readers.read_rest()
