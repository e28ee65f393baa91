"""The black box of this process: it writes, the collector reads, and neither ever waits for the other."""

from __future__ import annotations

import itertools
import mmap
import os
import struct
import time
import zlib

from . import layout, maps


class Lane:
    """One ring of slots. Any thread may write: each gets slot numbers of its own, without a lock, so that a signal
    handler or a fork in the middle of a write can neither block nor corrupt another one."""

    def __init__(self, memory: mmap.mmap, offset: int, slots: int) -> None:
        self._memory = memory
        self._offset = offset
        self._slots = slots
        self._numbers = itertools.count(1)
        self._slot = struct.Struct(layout.SLOT)
        self._rest = struct.Struct(layout.SLOT_REST)
        self._link = struct.Struct(layout.LINK)

    def write(self, kind: int, payload: bytes) -> None:
        """Write one record of at most `layout.MAX_PARTS` slots."""
        if len(payload) <= layout.PAYLOAD_SIZE:
            self._put(next(self._numbers), kind, payload, 0, 1)
            return
        room = layout.PAYLOAD_SIZE - layout.LINK_SIZE
        pieces = [payload[i : i + room] for i in range(0, len(payload), room)]
        # One number at a time: where an exception ends this half-way, no more than one slot stays empty.
        first = number = next(self._numbers)
        link = self._link.pack(first)
        for part, piece in enumerate(pieces):
            if part:
                number = next(self._numbers)
            self._put(number, kind, link + piece, part, len(pieces))

    def _put(self, number: int, kind: int, payload: bytes, part: int, parts: int) -> None:
        rest = self._rest.pack(kind, len(payload), part, parts, payload)
        check = zlib.crc32(rest, number & 0xFFFFFFFF)
        where = self._offset + (number - 1) % self._slots * layout.SLOT_SIZE
        self._slot.pack_into(self._memory, where, number, check, kind, len(payload), part, parts, payload)


class Box:
    """The file `<pid>-<ns>-<thread>.box` in the run's directory; `thread` is 0 for a process's first interpreter."""

    def __init__(self, directory: str, pid: int, parent_pid: int, thread: int = 0) -> None:
        began = time.monotonic_ns()
        name = os.path.join(directory, "%d-%d-%d" % (pid, began, thread))
        binary = getattr(os, "O_BINARY", 0)
        descriptor = os.open(name + ".new", os.O_WRONLY | os.O_CREAT | os.O_EXCL | binary, 0o600)
        # Written, not left as a hole: a full disk must show here, as an error, and not as SIGBUS in the program.
        header = struct.pack(layout.HEADER, layout.MAGIC, pid, parent_pid, began, thread)
        written = os.write(descriptor, header.ljust(layout.BOX_SIZE, b"\0"))
        os.close(descriptor)
        if written != layout.BOX_SIZE:
            os.unlink(name + ".new")
            raise OSError("no room for a black box")
        # Mapped under its last name: Windows renames no file that is in use.
        os.rename(name + ".new", name + layout.BOX_SUFFIX)
        descriptor = os.open(name + layout.BOX_SUFFIX, os.O_RDWR | binary)
        self._memory = maps.map_file(descriptor, layout.BOX_SIZE, mmap.ACCESS_WRITE)
        self._events = Lane(self._memory, layout.EVENT_OFFSET, layout.EVENT_SLOTS)
        self._flow = Lane(self._memory, layout.FLOW_OFFSET, layout.FLOW_SLOTS)
        self._counts = {kind: itertools.count(1) for kind in layout.KINDS}
        self._samples = self._counts[layout.SAMPLE_INT]
        self._int = struct.Struct(layout.SAMPLE_INT_BODY).pack
        self._float = struct.Struct(layout.SAMPLE_FLOAT_BODY).pack
        self._head = struct.Struct(layout.TEXT_HEAD).pack

    def sample(self, index: int, t_ns: int, value: int | float) -> None:
        """Note that the watched name number `index` had this value (exactly an int or a float) at this time."""
        number = next(self._samples) & 0xFFFFFFFF
        if isinstance(value, float):
            self._flow.write(layout.SAMPLE_FLOAT, self._float(number, t_ns, index, value))
        elif -0x8000000000000000 <= value <= 0x7FFFFFFFFFFFFFFF:
            self._flow.write(layout.SAMPLE_INT, self._int(number, t_ns, index, value))
        elif value.bit_length() > layout.MAX_BITS:
            raise OverflowError("a watched integer has more than %d bits" % layout.MAX_BITS)
        else:
            text = layout.SEPARATOR.join((str(index), str(value)))
            self._flow.write(layout.SAMPLE_BIG, self._head(number, t_ns) + text.encode()[: layout.MAX_TEXT])

    def output(self, t_ns: int, stream: str, line: str) -> None:
        """Note one printed line; what is longer than a record can hold is cut off."""
        self._flow.write(layout.OUTPUT, self._text(layout.OUTPUT, t_ns, (stream, line)))

    def event(self, kind: int, t_ns: int, *texts: object) -> None:
        """Note a moment in the life of this process, with what belongs to it (None is written as nothing)."""
        self._events.write(kind, self._text(kind, t_ns, texts))

    def _text(self, kind: int, t_ns: int, texts: tuple[object, ...]) -> bytes:
        number = next(self._counts[kind]) & 0xFFFFFFFF
        text = layout.SEPARATOR.join(["" if text is None else str(text) for text in texts])
        return self._head(number, t_ns) + text.encode("utf-8", "backslashreplace")[: layout.MAX_TEXT]


class Nowhere:
    """In place of a black box where there is no room for one: the process goes on unobserved."""

    def sample(self, index: int, t_ns: int, value: int | float) -> None:
        """Nothing is noted."""

    def output(self, t_ns: int, stream: str, line: str) -> None:
        """Nothing is noted."""

    def event(self, kind: int, t_ns: int, *texts: object) -> None:
        """Nothing is noted."""
