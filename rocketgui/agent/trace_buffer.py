"""The trace buffer of this process: the agent writes, the collector reads, and neither ever waits for the other.

Tested by tests/collector/trace/test_reader.py.
"""

from __future__ import annotations

import errno
import itertools
import mmap
import os
import stat
import struct
import time
import zlib

from . import mapped_file, trace_format

TYPE_CHECKING = False  # typing would take longer to import than all of the agent
if TYPE_CHECKING:
    from typing import Sequence


class Ring:
    """One ring of slots. Any thread may write. Each record gets slot numbers of its own without a lock, so that a
    signal handler or a fork in the middle of one write can neither block nor corrupt another write."""

    def __init__(self, memory: mmap.mmap, offset: int, slots: int) -> None:
        self._memory = memory
        self._offset = offset
        self._slots = slots
        self._numbers = itertools.count(1)
        self._slot = struct.Struct(trace_format.SLOT)
        self._rest = struct.Struct(trace_format.SLOT_REST)
        self._link = struct.Struct(trace_format.LINK)
        self._cut = False

    def write(self, kind: int, payload: bytes) -> None:
        """Write one record of at most `trace_format.MAX_PARTS` slots."""
        if len(payload) <= trace_format.PAYLOAD_SIZE:
            self._put(next(self._numbers), kind, payload, 0, 1)
            return
        room = trace_format.PAYLOAD_SIZE - trace_format.LINK_SIZE
        pieces = [payload[i : i + room] for i in range(0, len(payload), room)]
        # One number at a time: where an exception ends this loop half-way, at most one slot stays empty.
        first = number = next(self._numbers)
        link = self._link.pack(first)
        for part, piece in enumerate(pieces):
            if part:
                number = next(self._numbers)
            self._put(number, kind, link + piece, part, len(pieces))

    def _put(self, number: int, kind: int, payload: bytes, part: int, parts: int) -> None:
        if self._cut:
            return
        where = self._offset + (number - 1) % self._slots * trace_format.SLOT_SIZE
        # Once for each page that a record is in.
        if (not part or where % mmap.PAGESIZE == 0) and not mapped_file.is_there(
            self._memory, where, trace_format.SLOT_SIZE, mapped_file.WRITE
        ):
            self._cut = True  # the program has cut the file short, and goes on unobserved
            return
        rest = self._rest.pack(kind, len(payload), part, parts, payload)
        check = zlib.crc32(rest, number & 0xFFFFFFFF)
        self._slot.pack_into(self._memory, where, number, check, kind, len(payload), part, parts, payload)

    def leave(self) -> None:
        """Write nothing more."""
        self._cut = True


class TraceBuffer:
    """The file `<pid>-<ns>-<thread>.trace` in the run directory. `ns` is the time of its creation; `thread` is 0 for a
    process's first interpreter, else the system's number of the thread that made the interpreter.

    Once the program has cut the file short, nothing more is written.

    Raises:
        OSError: there is no room for the file, or the program has removed or replaced the directory.
    """

    def __init__(self, directory: str, pid: int, parent_pid: int, thread: int = 0) -> None:
        if not stat.S_ISDIR(os.lstat(directory).st_mode):
            raise OSError("the directory of the run is gone")
        began = time.monotonic_ns()
        name = os.path.join(directory, "%d-%d-%d" % (pid, began, thread))
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        # On Windows, a file without permission to write could not be removed.
        descriptor = os.open(name + ".new", flags, 0o600 if os.name == "nt" else 0o400)
        header = struct.pack(trace_format.HEADER, trace_format.MAGIC, pid, parent_pid, began, thread)
        try:
            _fill(descriptor, header)
            if os.name != "nt":
                os.rename(name + ".new", name + trace_format.TRACE_SUFFIX)
        except OSError:
            os.close(descriptor)
            os.unlink(name + ".new")
            raise
        if os.name == "nt":  # Windows renames no file that is open
            os.close(descriptor)
            os.rename(name + ".new", name + trace_format.TRACE_SUFFIX)
            descriptor = mapped_file.open_file(name + trace_format.TRACE_SUFFIX, os.O_RDWR, trace_format.TRACE_SIZE)
        self._memory = mapped_file.map_file(descriptor, trace_format.TRACE_SIZE, mmap.ACCESS_WRITE)
        self._events = Ring(self._memory, trace_format.EVENT_OFFSET, trace_format.EVENT_SLOTS)
        self._flow = Ring(self._memory, trace_format.FLOW_OFFSET, trace_format.FLOW_SLOTS)
        self._counts = {kind: itertools.count(1) for kind in trace_format.KINDS}
        self._samples = self._counts[trace_format.SAMPLE_INT]
        self._lines = 0
        self._int = struct.Struct(trace_format.SAMPLE_INT_BODY).pack
        self._float = struct.Struct(trace_format.SAMPLE_FLOAT_BODY).pack
        self._head = struct.Struct(trace_format.TEXT_HEAD).pack

    def leave(self) -> None:
        """Write nothing more. Called in a forked child, where this buffer is the parent's."""
        self._events.leave()
        self._flow.leave()

    def sample(self, index: int, t_ns: int, value: int | float) -> None:
        """Write that the watched name number `index` had this value at the time `t_ns`. The value's type is exactly int
        or float; its size is at most `trace_format.LARGEST`."""
        number = next(self._samples) & 0xFFFFFFFF
        if isinstance(value, float):
            self._flow.write(trace_format.SAMPLE_FLOAT, self._float(number, t_ns, index, value))
        elif -0x8000000000000000 <= value <= 0x7FFFFFFFFFFFFFFF:
            self._flow.write(trace_format.SAMPLE_INT, self._int(number, t_ns, index, value))
        else:
            text = trace_format.SEPARATOR.join((str(index), str(value)))
            self._flow.write(trace_format.SAMPLE_BIG, self._head(number, t_ns) + text.encode())

    def output(self, t_ns: int, stream: str, lines: Sequence[str], dropped: int = 0) -> None:
        """Write printed lines of at most `trace_format.MAX_LINE` bytes each; `dropped` lines before them were left out.
        Only one thread at a time may call this."""
        head = (stream + trace_format.SEPARATOR).encode()
        self._lines += dropped
        begun, size = 0, 0
        texts = [line.encode("utf-8", "backslashreplace") for line in lines]
        for index, text in enumerate(texts):
            if index > begun and size + len(text) > trace_format.MAX_LINE:
                self._block(t_ns, head, texts[begun:index])
                begun, size = index, 0
            size += len(text) + 1
        self._block(t_ns, head, texts[begun:])

    def _block(self, t_ns: int, head: bytes, texts: Sequence[bytes]) -> None:
        self._lines += len(texts)
        text = head + b"\n".join(texts)
        self._flow.write(
            trace_format.OUTPUT, self._head(self._lines & 0xFFFFFFFF, t_ns) + text[: trace_format.MAX_TEXT]
        )

    def event(self, kind: int, t_ns: int, *texts: object) -> None:
        """Write an event of a kind in `trace_format`, with the texts that belong to this kind (None: an empty text)."""
        plain = (*(_plain(text)[: trace_format.MAX_WORD] for text in texts[:-1]), *map(_plain, texts[-1:]))
        self._events.write(kind, self._text(kind, t_ns, plain))

    def _text(self, kind: int, t_ns: int, texts: tuple[str, ...]) -> bytes:
        number = next(self._counts[kind]) & 0xFFFFFFFF
        text = trace_format.SEPARATOR.join(texts)
        return self._head(number, t_ns) + text.encode("utf-8", "backslashreplace")[: trace_format.MAX_TEXT]


def _plain(text: object) -> str:
    """An object as a text of an event, without separators. No method of a str subclass of the program's is called."""
    if text is None:
        return ""
    # A name may be of any length, and a subclass of str may override its methods.
    plain = str.__getitem__(text, slice(trace_format.MAX_TEXT)) if isinstance(text, str) else str(text)
    return plain.replace(trace_format.SEPARATOR, "\\x1f")


def _fill(descriptor: int, header: bytes) -> None:
    """Give a new file its size and its header. All blocks are allocated: a full disk must show here, as an error, and
    not later as SIGBUS in the program.

    Raises:
        OSError: there is no room for the file.
    """
    if hasattr(os, "posix_fallocate"):  # takes half the time of writing zeros
        try:
            os.posix_fallocate(descriptor, 0, trace_format.TRACE_SIZE)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
                raise
        else:
            os.write(descriptor, header)
            return
    if os.write(descriptor, header.ljust(trace_format.TRACE_SIZE, b"\0")) != trace_format.TRACE_SIZE:
        raise OSError("no room for a trace buffer")


class NullTraceBuffer:
    """Takes the place of a trace buffer that could not be made: the process goes on unobserved."""

    def leave(self) -> None:
        """Do nothing."""

    def sample(self, index: int, t_ns: int, value: int | float) -> None:
        """Do nothing."""

    def output(self, t_ns: int, stream: str, lines: Sequence[str], dropped: int = 0) -> None:
        """Do nothing."""

    def event(self, kind: int, t_ns: int, *texts: object) -> None:
        """Do nothing."""
