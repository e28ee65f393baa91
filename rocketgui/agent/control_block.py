"""Reads the control block: the sampling rate and the values that variables have to hold, as the collector sets them.

Tested by tests/collector/test_control_block.py.
"""

from __future__ import annotations

import mmap
import os
import struct
import zlib

from . import mapped_file, trace_format


class ControlBlockReader:
    """Reads the file `control_block` in the run directory. While the file has not changed, `poll` costs next to
    nothing. Where the program cuts the file short, the last settings stay.

    Raises:
        OSError: the file is missing, or is not a regular file of the right size.
    """

    def __init__(self, directory: str) -> None:
        path = os.path.join(directory, trace_format.CONTROL_BLOCK_FILE)
        descriptor = mapped_file.open_file(path, os.O_RDONLY, trace_format.CONTROL_BLOCK_SIZE)
        self._memory = mapped_file.map_file(descriptor, trace_format.CONTROL_BLOCK_SIZE, mmap.ACCESS_READ)
        self._head = struct.Struct(trace_format.CONTROL_BLOCK_HEAD).unpack_from
        self._version = 0
        #: Samples per second.
        self.rate = 60.0
        #: Number of the collector that reads now, among those of the run.
        self.generation = 0
        #: Variables to hold at a value: [(who, name, value)], those for every process first; see `trace_format`.
        self.settings: list[tuple[str, str, int | float]] = []

    def poll(self) -> bool:
        """Read new settings; return whether there were any."""
        if not mapped_file.is_there(self._memory, 0, trace_format.CONTROL_BLOCK_TEXT, mapped_file.READ):
            return False
        version, check, length = self._head(self._memory, 0)
        if version == self._version or not mapped_file.is_there(
            self._memory, 0, trace_format.CONTROL_BLOCK_TEXT + length, mapped_file.READ
        ):
            return False
        text = self._memory[trace_format.CONTROL_BLOCK_TEXT : trace_format.CONTROL_BLOCK_TEXT + length]
        if zlib.crc32(text, version & 0xFFFFFFFF) != check:
            return False  # the collector is writing the text; the next sample sees it whole
        self._version = version
        settings: list[tuple[str, str, int | float]] = []
        for line in text.decode().splitlines():
            words = line.split()
            if words[0] == "rate":
                self.rate = float(words[1])
            elif words[0] == "generation":
                self.generation = int(words[1])
            elif words[0] == "set":
                settings.append((words[1], words[2], _number(words[3])))
        self.settings = sorted(settings, key=lambda setting: setting[0] != "0")
        return True


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)
