"""The kernel's reports of each fork, exec and exit below one process, however short-lived, where the kernel allows.

Scans of the system miss processes that begin and end between two scans, and only Python processes have agents. A
performance event of Linux of the kind `dummy` counts nothing. Inherited by children, it reports every fork, exec and
exit with its time, in a ring in memory for each core. It costs the processes next to nothing. Systems with
kernel.perf_event_paranoid above 2, and most containers, refuse it; then agents and scans are the only sources.

Source: perf_event_open(2); include/uapi/linux/perf_event.h.
"""

from __future__ import annotations

import mmap
import os
import platform
import struct
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

#: Number of the system call, by processor.
_OPEN = {"x86_64": 298, "aarch64": 241}
_SOFTWARE, _DUMMY = 1, 9
_CLOCK_MONOTONIC = 1
_CLOSE_ON_EXEC = 8
#: Bits in `struct perf_event_attr`: inherit, exclude_kernel, exclude_hv, comm, task, sample_id_all, comm_exec,
#: use_clockid.
_BITS = 1 << 1 | 1 << 5 | 1 << 6 | 1 << 9 | 1 << 13 | 1 << 18 | 1 << 24 | 1 << 25
#: Each record ends with its time.
_SAMPLE_TIME = 1 << 2
#: type, size, config, sample_period, sample_type, read_format, the bits; then, after fields of no use here, clockid.
_ATTRIBUTES, _CLOCK_AT, _ATTRIBUTES_SIZE = struct.Struct("<IIQQQQQ"), 92, 112
#: A ring has so many pages of records (a power of two), after one page that says where the records begin and end.
_PAGES = 16
_HEAD_AT = 1024
_HEADER = struct.Struct("<IHH")
_TASK = struct.Struct("<IIII")
_PAIR = struct.Struct("<II")
_TIME = struct.Struct("<Q")
_LOST, _COMM, _EXIT, _FORK = 2, 3, 4, 7
_IS_EXEC = 1 << 13


class Forked(NamedTuple):
    """A process was made at `t_ns` (monotonic)."""

    t_ns: int
    pid: int
    parent_pid: int


class Executed(NamedTuple):
    """A process runs another program from `t_ns` on; `name` is the first 15 bytes of its file's name."""

    t_ns: int
    pid: int
    name: str


class Exited(NamedTuple):
    """A process ended at `t_ns`."""

    t_ns: int
    pid: int


Event = Forked | Executed | Exited


class PerfEvents:
    """Reads the rings of `PerfRings`, given by their descriptors. A later reader goes on where this one stopped.

    Attributes:
        lost: how many events the rings had no room for, as far as they were read.

    Raises:
        OSError: a ring cannot be mapped.
    """

    def __init__(self, descriptors: Sequence[int]) -> None:
        self.lost = 0
        self._rings: list[mmap.mmap] = []
        try:
            for descriptor in descriptors:
                self._rings.append(_mapped(descriptor))
        except OSError:
            self.close()
            raise

    def read(self) -> list[Event]:
        """The events since the last call, in order of time."""
        found: list[Event] = []
        for ring in self._rings:
            begin, end = struct.unpack_from("<QQ", ring, _HEAD_AT)[::-1]
            if begin != end:
                found += self._parsed(_records(ring, begin, end))
                struct.pack_into("<Q", ring, _HEAD_AT + 8, end)
        return sorted(found, key=lambda event: event.t_ns)

    def _parsed(self, records: Iterator[tuple[int, int, bytes]]) -> Iterator[Event]:
        for kind, misc, body in records:
            (t_ns,) = _TIME.unpack_from(body, len(body) - _TIME.size)
            if kind in (_FORK, _EXIT):
                pid, parent, thread, _ = _TASK.unpack_from(body)
                if kind == _FORK and pid != parent:
                    yield Forked(t_ns, pid, parent)
                elif kind == _EXIT and pid == thread:
                    yield Exited(t_ns, pid)
            elif kind == _COMM and misc & _IS_EXEC:
                pid, _ = _PAIR.unpack_from(body)
                name = body[_PAIR.size : -_TIME.size].partition(b"\0")[0]
                yield Executed(t_ns, pid, name.decode(errors="replace"))
            elif kind == _LOST:
                self.lost += _TIME.unpack_from(body, 8)[0]

    def close(self) -> None:
        for ring in self._rings:
            ring.close()
        self._rings = []


class PerfRings:
    """The rings with the events of the process `pid` and its descendants, one ring per core. The kernel fills them from
    now on as long as this object is open, whether or not anybody reads them.

    Attributes:
        descriptors: those of the rings, for `PerfEvents`, also in another process.

    Raises:
        OSError: the system has no such events, or refuses them.
    """

    def __init__(self, pid: int) -> None:
        self.descriptors: list[int] = []
        self._maps: list[mmap.mmap] = []  # a ring lives as long as its first map
        try:
            for core in range(os.cpu_count() or 1):
                self.descriptors.append(_opened(pid, core))
                self._maps.append(_mapped(self.descriptors[-1]))
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        for ring in self._maps:
            ring.close()
        for descriptor in self.descriptors:
            os.close(descriptor)
        self._maps, self.descriptors = [], []


def _opened(pid: int, core: int) -> int:
    number = _OPEN.get(platform.machine())
    if not sys.platform.startswith("linux") or number is None:
        raise OSError("this system has no such events")
    import ctypes

    fields = _ATTRIBUTES.pack(_SOFTWARE, _ATTRIBUTES_SIZE, _DUMMY, 0, _SAMPLE_TIME, 0, _BITS)
    asked = bytearray(fields.ljust(_ATTRIBUTES_SIZE, b"\0"))
    struct.pack_into("<i", asked, _CLOCK_AT, _CLOCK_MONOTONIC)
    system = ctypes.CDLL(None, use_errno=True)
    descriptor: int = system.syscall(number, bytes(asked), pid, core, -1, _CLOSE_ON_EXEC)
    if descriptor < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return descriptor


def _mapped(descriptor: int) -> mmap.mmap:
    return mmap.mmap(descriptor, (1 + _PAGES) * mmap.PAGESIZE)


def _records(ring: mmap.mmap, begin: int, end: int) -> Iterator[tuple[int, int, bytes]]:
    """Kind, flags and content of the records between two offsets; a record may go on at the ring's beginning."""
    size = _PAGES * mmap.PAGESIZE
    data = ring[mmap.PAGESIZE : mmap.PAGESIZE + size]
    first, last = begin % size, end % size
    data = data[first:last] if first < last else data[first:] + data[:last]
    offset = 0
    while offset + _HEADER.size <= len(data):
        kind, misc, length = _HEADER.unpack_from(data, offset)
        if length < _HEADER.size:
            return
        yield kind, misc, data[offset + _HEADER.size : offset + length]
        offset += length
