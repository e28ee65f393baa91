"""How far the trace buffers of a run were read: a mapped file, written at each tick, that outlives the collector.

The file holds a head, then an entry for each trace buffer that is being read.

Tested by tests/collector/trace/test_buffers.py.
"""

from __future__ import annotations

import mmap
import struct
from typing import NamedTuple

from rocketgui.collector.run_files import RunFiles
from rocketgui.collector.trace.reader import Position, TraceReader

_HEAD = struct.Struct("<10qd")
_HEAD_SIZE = 256
#: pid, beginning (ns) and thread of a trace buffer, the id of the process entry that it belongs to, and a `Position`.
_ENTRY = struct.Struct("<4q8q")
_IDENTITY = struct.Struct("<3q")


class Head(NamedTuple):
    """The head of the positions.

    `current` is the number of the valid checkpoint file, 0 or 1. The next four are the losses of trace buffers that
    were removed (`bad`: records that made no sense). `nonsense` is `Decoder.bad`; `samples` and `lines` were emitted;
    `reports` is the offset up to which the supervisor's reports were read; `errors` and `cpu_s` (CPU seconds) are those
    of the run's collectors so far.
    """

    current: int = 0
    samples_lost: int = 0
    lines_lost: int = 0
    events_lost: int = 0
    bad: int = 0
    nonsense: int = 0
    samples: int = 0
    lines: int = 0
    reports: int = 0
    errors: int = 0
    cpu_s: float = 0.0


class Positions:
    """Reads and writes the positions; `head` is the head as written last.

    Raises:
        OSError, ValueError: the file cannot be mapped.
    """

    def __init__(self, files: RunFiles) -> None:
        self._memory = mmap.mmap(files.positions, 0)
        self.head = Head(*_HEAD.unpack_from(self._memory))
        self._offsets: dict[tuple[int, int, int], int] = {}
        self._free: list[int] = []
        for at in range(_HEAD_SIZE, len(self._memory) - _ENTRY.size, _ENTRY.size):
            identity = _IDENTITY.unpack_from(self._memory, at)
            if identity[0]:
                self._offsets[identity] = at
            else:
                self._free.append(at)
        self._free.reverse()

    def of(self, reader: TraceReader) -> tuple[int, Position] | None:
        """The process entry's id and the position of a trace buffer; None if the buffer was not read before."""
        at = self._offsets.get(_identity(reader))
        if at is None:
            return None
        entry, *position = _ENTRY.unpack_from(self._memory, at)[3:]
        return entry, Position(*position)

    def entries(self) -> list[int]:
        """The ids of the process entries whose trace buffers are being read."""
        return [_ENTRY.unpack_from(self._memory, at)[3] for at in self._offsets.values()]

    def note(self, reader: TraceReader, entry: int) -> None:
        """Write how far the trace buffer of a process entry was read. Where the file has no room left, a later
        collector reads the buffer from its beginning."""
        identity = _identity(reader)
        at = self._offsets.get(identity)
        if at is None:
            if not self._free:
                return
            at = self._offsets[identity] = self._free.pop()
        _ENTRY.pack_into(self._memory, at, *identity, entry, *reader.position)

    def forget(self, reader: TraceReader) -> None:
        """Remove the entry of a trace buffer that is read no more."""
        at = self._offsets.pop(_identity(reader), None)
        if at is not None:
            _IDENTITY.pack_into(self._memory, at, 0, 0, 0)
            self._free.append(at)

    def note_head(self, head: Head) -> None:
        if head != self.head:
            self.head = head
            _HEAD.pack_into(self._memory, 0, *head)

    def close(self) -> None:
        self._memory.close()


def _identity(reader: TraceReader) -> tuple[int, int, int]:
    return reader.pid, reader.began_ns, reader.thread
