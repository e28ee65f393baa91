"""Reads trace buffers: files that another process writes, may be writing, or may have died while writing.

A buffer is read by `pread`, not through a map: the program may cut its files short, and an access to a map beyond the
end of its file would end the collector (SIGBUS).
"""

from __future__ import annotations

import os
import stat
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from rocketgui.agent import trace_format

_SLOT = struct.Struct(trace_format.SLOT)
_NUMBER = struct.Struct("<Q")
_HEADER = struct.Struct(trace_format.HEADER)
_INT = struct.Struct(trace_format.SAMPLE_INT_BODY)
_FLOAT = struct.Struct(trace_format.SAMPLE_FLOAT_BODY)
_HEAD = struct.Struct(trace_format.TEXT_HEAD)

#: How many reads a slot may stay empty or half written before it is given up, if a later slot is filled.
PATIENCE = 12
#: How many slots are read at once.
CHUNK = 64
#: The shortest time between two records of a process, in ns. A larger record number than this allows is damage.
FASTEST_NS = 50
#: How many lines a program may print in `FASTEST_NS`: one that prints blocks has lines that are counted but not
#: written.
LINES = 100


#: (size, offset) -> bytes of a file.
Read = Callable[[int, int], bytes]


class Sample(NamedTuple):
    """A value of the watched name number `which`, at the time `t_ns` (monotonic)."""

    t_ns: int
    which: int
    value: int | float


class Record(NamedTuple):
    """Any other record: its kind (see `trace_format`), time (monotonic) and texts."""

    kind: int
    t_ns: int
    texts: tuple[str, ...]


class NotATraceBuffer(ValueError):
    """The file is not a trace buffer of this version."""


class Damaged(Exception):
    """The file was cut short."""


class RingReader:
    """Reads one ring of slots, from slot number `next` on. `lost` counts slots that were overwritten before they were
    read, or were left empty or half written."""

    def __init__(self, offset: int, slots: int) -> None:
        self._offset = offset
        self.slots = slots
        self._waited = 0
        self._parts: dict[int, list[bytes | None]] = {}
        self.next = 1
        self.lost = 0

    def read(self, read: Read, most: int, patience: int = PATIENCE) -> Iterator[tuple[int, bytes]]:
        """Yield kind and payload of every new, complete record. Ends after two rings' worth of slots, since the writer
        may be faster than the reader.

        `most` is the largest number that a slot can have by now; `patience`, how many reads a slot may stay empty or
        half written.

        Raises:
            Damaged: the file is too short.
        """
        samples = 2 * self.slots
        wanted = 1  # most reads of most rings end after one slot
        while samples > 0:
            first = (self.next - 1) % self.slots
            # Everything is read from one copy, since the writer may be changing the slots.
            size = min(wanted, self.slots - first) * trace_format.SLOT_SIZE
            chunk = read(size, self._offset + first * trace_format.SLOT_SIZE)
            wanted = CHUNK
            for at in range(0, size, trace_format.SLOT_SIZE):
                samples -= 1
                number, check, kind, used, part, parts, payload = _SLOT.unpack_from(chunk, at)
                if number == self.next and _check(chunk, at, number) == check:
                    self._step()
                    record = self._joined(number, kind, payload[:used], part, parts)
                    if record is not None:
                        yield kind, record
                    continue
                if number > self.next and self._jump(read, most):
                    break
                # The slot is empty or half written. If no later slot is filled, there is nothing new. Else a writer was
                # interrupted, or died, between taking the number and filling the slot.
                self._waited += 1
                if self._waited <= patience:
                    return
                self._waited = 0
                if not self._later(read):
                    return
                self.lost += 1
                self._step()
                break

    def _step(self) -> None:
        self.next += 1
        self._waited = 0

    def _later(self, read: Read) -> bool:
        for number in (self.next + 1, self.next + 2):
            where = self._offset + (number - 1) % self.slots * trace_format.SLOT_SIZE
            if _NUMBER.unpack(read(_NUMBER.size, where))[0] >= number:
                return True
        return False

    def _jump(self, read: Read, most: int) -> bool:
        """Whether the writer has lapped the reader. The reader then goes on with the oldest slot that will not be
        overwritten at once: a quarter of the ring after the oldest."""
        ring = read(self.slots * trace_format.SLOT_SIZE, self._offset)
        newest = 0
        for at in range(0, len(ring), trace_format.SLOT_SIZE):
            number, check = _SLOT.unpack_from(ring, at)[:2]
            if newest < number <= most and _check(ring, at, number) == check:
                newest = number
        if newest <= self.next:
            return False
        target = max(self.next + 1, newest - self.slots * 3 // 4)
        self.lost += target - self.next
        self.next = target
        self._waited = 0
        return True

    def _joined(self, number: int, kind: int, payload: bytes, part: int, parts: int) -> bytes | None:
        if parts == 1:
            return payload
        if len(payload) < trace_format.LINK_SIZE or part >= parts:
            self.lost += 1
            return None
        (first,) = _NUMBER.unpack_from(payload)
        pieces = self._parts.setdefault(first, [None] * parts)
        if part < len(pieces):
            pieces[part] = payload[trace_format.LINK_SIZE :]
        whole = [piece for piece in pieces if piece is not None]
        if len(whole) < len(pieces):
            if len(self._parts) > 64:  # parts whose rest was lost
                del self._parts[next(iter(self._parts))]
            return None
        del self._parts[first]
        return b"".join(whole)


class Position(NamedTuple):
    """How far a trace buffer was read, and what was counted so far. `events` and `flow` are the numbers of the next
    slot in each ring; see `TraceReader`."""

    events: int = 1
    flow: int = 1
    events_lost: int = 0
    last_sample: int = 0
    samples_seen: int = 0
    last_line: int = 0
    lines_lost: int = 0
    bad: int = 0


class TraceReader:
    """One process's trace buffer.

    `pid`, `parent_pid`, `began_ns` (monotonic) and `thread` are those of the header. `thread` is 0 for the buffer of a
    process's first interpreter, else the system's number of the thread that made the interpreter. `samples_lost`,
    `lines_lost` and `events_lost` count what the process wrote and this reader never saw, `bad` the records that made
    no sense.

    Raises:
        NotATraceBuffer: the file has another size or another header.
        OSError: the file cannot be opened. A pipe in its place is not waited for.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
        self._descriptor = os.open(path, flags)
        try:
            found = os.fstat(self._descriptor)
            if not stat.S_ISREG(found.st_mode) or found.st_size != trace_format.TRACE_SIZE:
                raise NotATraceBuffer(f"{os.path.basename(path)} is no file of the right size")
            header = self._read(_HEADER.size, 0)
            magic, self.pid, self.parent_pid, self.began_ns, self.thread = _HEADER.unpack(header)
            pids = 0 < self.pid < 1 << 31 and 0 <= self.parent_pid < 1 << 31 and 0 <= self.thread < 1 << 31
            if magic != trace_format.MAGIC or not pids or not 0 <= self.began_ns <= time.monotonic_ns():
                raise NotATraceBuffer(f"{os.path.basename(path)} is not a trace buffer")
        except (NotATraceBuffer, Damaged) as error:
            os.close(self._descriptor)
            raise NotATraceBuffer(str(error)) from None
        self._device, self._inode = found.st_dev, found.st_ino
        self._events = RingReader(trace_format.EVENT_OFFSET, trace_format.EVENT_SLOTS)
        self._flow = RingReader(trace_format.FLOW_OFFSET, trace_format.FLOW_SLOTS)
        self._last_sample = self._samples_seen = 0
        self._last_line = 0
        self._most = 0
        self.lines_lost = 0
        self.bad = 0

    @property
    def samples_lost(self) -> int:
        return max(0, self._last_sample - self._samples_seen)

    @property
    def events_lost(self) -> int:
        return self._events.lost

    @property
    def position(self) -> Position:
        """How far this buffer was read."""
        return Position(
            self._events.next,
            self._flow.next,
            self._events.lost,
            self._last_sample,
            self._samples_seen,
            self._last_line,
            self.lines_lost,
            self.bad,
        )

    def go_on(self, position: Position) -> None:
        """Go on where another reader stopped."""
        self._events.next, self._flow.next, self._events.lost = position[:3]
        self._last_sample, self._samples_seen, self._last_line, self.lines_lost, self.bad = position[3:]

    def read(self, patience: int = PATIENCE) -> Iterator[Sample | Record]:
        """Yield the new records: samples and output first, then events.

        Raises:
            Damaged: the program has cut the file short.
        """
        self._most = max(0, time.monotonic_ns() - self.began_ns) // FASTEST_NS
        for ring in (self._flow, self._events):
            for kind, payload in ring.read(self._read, self._most + ring.slots, patience):
                try:
                    yield self._parsed(kind, payload)
                except (ValueError, IndexError, struct.error):
                    self.bad += 1

    def release(self) -> None:
        """Close the file without removing it."""
        os.close(self._descriptor)

    def close(self) -> None:
        """Close the file, and remove it if it is still the one that was opened."""
        self.release()
        try:
            found = os.lstat(self.path)
            if (found.st_dev, found.st_ino) == (self._device, self._inode):
                os.unlink(self.path)
        except OSError:
            pass  # the program has removed the file

    def _read(self, size: int, offset: int) -> bytes:
        if hasattr(os, "pread"):
            data = os.pread(self._descriptor, size, offset)
        else:  # Windows
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            data = os.read(self._descriptor, size)
        if len(data) < size:
            raise Damaged("the file is shorter than it was")
        return data

    def _parsed(self, kind: int, payload: bytes) -> Sample | Record:
        if kind == trace_format.SAMPLE_INT:
            number, t_ns, index, value = _INT.unpack(payload)
            self._count_sample(number)
            return Sample(t_ns, index, value)
        if kind == trace_format.SAMPLE_FLOAT:
            number, t_ns, index, value = _FLOAT.unpack(payload)
            self._count_sample(number)
            return Sample(t_ns, index, value)
        if kind not in trace_format.KINDS:
            raise ValueError("unknown kind of record")
        number, t_ns = _HEAD.unpack_from(payload)
        texts = tuple(payload[trace_format.TEXT_HEAD_SIZE :].decode("utf-8", "replace").split(trace_format.SEPARATOR))
        if kind == trace_format.SAMPLE_BIG:
            self._count_sample(number)
            return Sample(t_ns, int(texts[0]), int(texts[1]))
        if kind == trace_format.OUTPUT:
            self._count_lines(number, payload.count(b"\n", trace_format.TEXT_HEAD_SIZE) + 1)
        return Record(kind, t_ns, texts)

    def _count_sample(self, number: int) -> None:
        if number > self._most + trace_format.FLOW_SLOTS:
            raise ValueError("a number that no agent gave")
        # Threads that sample at the same time may write in another order than they took their numbers.
        self._samples_seen += 1
        self._last_sample = max(self._last_sample, number)

    def _count_lines(self, number: int, count: int) -> None:
        """Count the lines of a record. Its number counts all lines up to its last one."""
        missing = (number - self._last_line - count) & 0xFFFFFFFF
        if missing > self._most * LINES + trace_format.FLOW_SLOTS:
            raise ValueError("a number that no agent gave")
        self.lines_lost += missing
        self._last_line = number


def _check(chunk: bytes, at: int, number: int) -> int:
    """The checksum of a slot, computed from its content."""
    return zlib.crc32(chunk[at + 12 : at + trace_format.SLOT_SIZE], number & 0xFFFFFFFF)
