"""Reads black boxes: files that another process writes, may be writing, or may have died while writing."""

from __future__ import annotations

import mmap
import os
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from rocketgui.agent import layout

_SLOT = struct.Struct(layout.SLOT)
_NUMBER = struct.Struct("<Q")
_HEADER = struct.Struct(layout.HEADER)
_INT = struct.Struct(layout.SAMPLE_INT_BODY)
_FLOAT = struct.Struct(layout.SAMPLE_FLOAT_BODY)
_HEAD = struct.Struct(layout.TEXT_HEAD)

#: How many reads a slot may stay empty or torn before it is given up, if later ones are there.
PATIENCE = 12


class Sample(NamedTuple):
    """A value of the watched name number `which`."""

    t_ns: int
    which: int
    value: int | float


class Record(NamedTuple):
    """Any other record: one of the kinds of `layout`, with its texts."""

    kind: int
    t_ns: int
    texts: tuple[str, ...]


class Lane:
    """Follows one ring of slots. `lost` counts slots that were overwritten before they were read, or left torn."""

    def __init__(self, offset: int, slots: int) -> None:
        self._offset = offset
        self._slots = slots
        self._next = 1
        self._waited = 0
        self._parts: dict[int, list[bytes | None]] = {}
        self.lost = 0

    def is_idle(self, memory: mmap.mmap) -> bool:
        """Whether there is plainly nothing new: most looks at most lanes end here."""
        where = self._offset + (self._next - 1) % self._slots * layout.SLOT_SIZE
        if self._waited < PATIENCE and _NUMBER.unpack_from(memory, where)[0] < self._next:
            self._waited += 1
            return True
        return False

    def read(self, memory: mmap.mmap, patience: int = PATIENCE) -> Iterator[tuple[int, bytes]]:
        """Yield kind and payload of every record that is new and whole; not for ever, since a writer may well be faster
        than a reader, but a ring's worth for certain, though what is lost costs looks as well."""
        for _ in range(2 * self._slots):
            where = self._offset + (self._next - 1) % self._slots * layout.SLOT_SIZE
            (number,) = _NUMBER.unpack_from(memory, where)
            if number == self._next:
                # One copy, of which everything is read: the writer may be at it in this moment.
                slot = memory[where : where + layout.SLOT_SIZE]
                number, check, kind, size, part, parts, payload = _SLOT.unpack(slot)
                if zlib.crc32(slot[12:], number & 0xFFFFFFFF) == check and number == self._next:
                    self._step()
                    record = self._joined(number, kind, payload[:size], part, parts)
                    if record is not None:
                        yield kind, record
                    continue
            elif number > self._next:
                self._jump(memory)
                continue
            # Not there yet, or torn: nothing new if no later slot is there either; else a writer was interrupted
            # between taking the number and filling the slot, or died in between.
            self._waited += 1
            if self._waited <= patience:
                return
            self._waited = 0
            if not self._later(memory):
                return
            self.lost += 1
            self._step()

    def _step(self) -> None:
        self._next += 1
        self._waited = 0

    def _later(self, memory: mmap.mmap) -> bool:
        for ahead in (1, 2):
            number = self._next + ahead
            where = self._offset + (number - 1) % self._slots * layout.SLOT_SIZE
            if _NUMBER.unpack_from(memory, where)[0] >= number:
                return True
        return False

    def _jump(self, memory: mmap.mmap) -> None:
        """The writer has lapped the reader: go on with the oldest slot that it will not overwrite at once."""
        end = self._offset + self._slots * layout.SLOT_SIZE
        newest = max(_NUMBER.unpack_from(memory, at)[0] for at in range(self._offset, end, layout.SLOT_SIZE))
        target = max(self._next + 1, newest - self._slots * 3 // 4)
        self.lost += target - self._next
        self._next = target
        self._waited = 0

    def _joined(self, number: int, kind: int, payload: bytes, part: int, parts: int) -> bytes | None:
        if parts == 1:
            return payload
        if len(payload) < layout.LINK_SIZE:
            self.lost += 1
            return None
        (first,) = _NUMBER.unpack_from(payload)
        pieces = self._parts.setdefault(first, [None] * parts)
        if part < len(pieces):
            pieces[part] = payload[layout.LINK_SIZE :]
        whole = [piece for piece in pieces if piece is not None]
        if len(whole) < len(pieces):
            if len(self._parts) > 64:  # parts whose rest was lost
                del self._parts[next(iter(self._parts))]
            return None
        del self._parts[first]
        return b"".join(whole)


class NotABox(ValueError):
    """The file is not a black box of this version."""


class Box:
    """One process's black box.

    `thread` is 0, or the system's number of the thread that made the interpreter whose box it is. `samples_lost` and
    `lines_lost` count what the process wrote and this reader never saw, `bad` the records that made no sense.

    Raises:
        NotABox: the file is something else.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:
            if os.fstat(descriptor).st_size != layout.BOX_SIZE:
                raise NotABox(f"{os.path.basename(path)} has the wrong size")
            self._memory = mmap.mmap(descriptor, layout.BOX_SIZE, access=mmap.ACCESS_READ)
        finally:
            os.close(descriptor)
        magic, self.pid, self.parent_pid, self.began_ns, self.thread = _HEADER.unpack_from(self._memory)
        if magic != layout.MAGIC:
            raise NotABox(f"{os.path.basename(path)} is not a black box")
        self._events = Lane(layout.EVENT_OFFSET, layout.EVENT_SLOTS)
        self._flow = Lane(layout.FLOW_OFFSET, layout.FLOW_SLOTS)
        self._last_sample = self._samples_seen = 0
        self._last_line = 0
        self.lines_lost = 0
        self.bad = 0

    @property
    def samples_lost(self) -> int:
        return max(0, self._last_sample - self._samples_seen)

    @property
    def events_lost(self) -> int:
        return self._events.lost

    def read(self, patience: int = PATIENCE) -> Iterator[Sample | Record]:
        """Yield what is new: samples and output first, then lifecycle."""
        for lane in (self._flow, self._events):
            if patience and lane.is_idle(self._memory):
                continue
            for kind, payload in lane.read(self._memory, patience):
                try:
                    yield self._parsed(kind, payload)
                except (ValueError, struct.error):
                    self.bad += 1

    def close(self) -> None:
        """Let go of the file and remove it."""
        self._memory.close()
        os.unlink(self.path)

    def _parsed(self, kind: int, payload: bytes) -> Sample | Record:
        if kind == layout.SAMPLE_INT:
            number, t_ns, index, value = _INT.unpack(payload)
            self._count_sample(number)
            return Sample(t_ns, index, value)
        if kind == layout.SAMPLE_FLOAT:
            number, t_ns, index, value = _FLOAT.unpack(payload)
            self._count_sample(number)
            return Sample(t_ns, index, value)
        if kind not in layout.KINDS:
            raise ValueError("unknown kind of record")
        number, t_ns = _HEAD.unpack_from(payload)
        texts = tuple(payload[layout.TEXT_HEAD_SIZE :].decode("utf-8", "replace").split(layout.SEPARATOR))
        if kind == layout.SAMPLE_BIG:
            self._count_sample(number)
            return Sample(t_ns, int(texts[0]), int(texts[1]))
        if kind == layout.OUTPUT:
            self.lines_lost += number - self._last_line - 1
            self._last_line = number
        return Record(kind, t_ns, texts)

    def _count_sample(self, number: int) -> None:
        # Threads that sample at the same time may write in another order than they took their numbers.
        self._samples_seen += 1
        self._last_sample = max(self._last_sample, number)
