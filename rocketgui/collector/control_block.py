"""Writes the control block, by which the agents get the sampling rate and values for variables of the program.

The control block has one writer at a time: first the owner, which makes it before there is a collector, then the
collector that runs. Where the program has cut the file short, the next write restores its size.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import struct
import zlib

from rocketgui.agent import mapped_file, trace_format


class ControlBlockWriter:
    """The open file `control_block` of the run directory, new or written by an earlier collector, whose settings stay.

    `generation` counts the collectors of a run that have died: when it changes, agents write the names of variables and
    the main thread's place again, for the new collector.

    Raises:
        OSError, ValueError: the file cannot be mapped.
    """

    def __init__(self, descriptor: int, rate_hz: float, generation: int = 0) -> None:
        self._descriptor = os.dup(descriptor)
        self._restore()
        self._memory = mmap.mmap(self._descriptor, trace_format.CONTROL_BLOCK_SIZE)
        self._rate_hz = rate_hz
        self._generation = generation
        self._settings: dict[tuple[str, str], int] = {}
        self._version, check, length, text = 0, 0, 0, b""
        if mapped_file.is_there(self._memory, 0, trace_format.CONTROL_BLOCK_SIZE, mapped_file.READ):
            self._version, check, length = struct.unpack_from(trace_format.CONTROL_BLOCK_HEAD, self._memory)
            text = self._memory[trace_format.CONTROL_BLOCK_TEXT : trace_format.CONTROL_BLOCK_TEXT + length]
        if zlib.crc32(text, self._version) == check:  # else its writer was killed while it wrote
            for line in text.decode().splitlines():
                match line.split():
                    case ["set", who, name, value]:
                        self._settings[who, name] = int(value)
        self._write()

    def set(self, who: str, name: str, value: int) -> None:
        """Hold the global or attribute `name` at `value` in `who`: a process, thread or interpreter (see
        `ProcessEntry.who`), or 0 for all of them."""
        self._settings[who, name] = value
        self._write()

    def forget(self, pid: int) -> None:
        """Remove the settings of a process that has ended: the system may give its pid to another one."""
        stale = [key for key in self._settings if key[0].partition(":")[0] == str(pid)]
        if stale:
            for key in stale:
                del self._settings[key]
            self._write()

    def close(self) -> None:
        self._memory.close()
        os.close(self._descriptor)

    def _restore(self) -> None:
        with contextlib.suppress(OSError):
            if os.fstat(self._descriptor).st_size < trace_format.CONTROL_BLOCK_SIZE:
                os.ftruncate(self._descriptor, trace_format.CONTROL_BLOCK_SIZE)

    def _write(self) -> None:
        lines = [
            f"rate {self._rate_hz}",
            f"generation {self._generation}",
            *(f"set {who} {name} {value}" for (who, name), value in self._settings.items()),
        ]
        text = "\n".join(lines).encode()
        self._restore()
        if not mapped_file.is_there(self._memory, 0, trace_format.CONTROL_BLOCK_SIZE, mapped_file.WRITE):
            return  # the disk is full: to write there would end this process
        self._version = self._version % 0xFFFFFFFF + 1
        check = zlib.crc32(text, self._version)
        self._memory[trace_format.CONTROL_BLOCK_TEXT : trace_format.CONTROL_BLOCK_TEXT + len(text)] = text
        struct.pack_into(trace_format.CONTROL_BLOCK_HEAD, self._memory, 0, self._version, check, len(text))
