"""The files of a run that outlive its collectors.

Tested by tests/collector/trace/test_buffers.py.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from rocketgui.agent import trace_format

#: Whether open files can be passed to another process; they then need no names.
PASSES_DESCRIPTORS: bool = os.name != "nt"
#: Bytes: room for the positions in some thousand trace buffers; see trace/positions.py.
POSITIONS_SIZE = 1 << 18


class RunFiles:
    """These files, open for reading and writing.

    reports         lines of JSON, written by the supervisor
    checkpoint      what the collectors know, in one of two files; see checkpoint.py
    positions       how far the collectors have read; see trace/positions.py
    control_block   see control_block.py; the only file that agents open, and that keeps its name

    Where the system can pass descriptors, the other files have no names: nothing that the program does in the run
    directory changes them.
    """

    NAMES = ("reports", "checkpoint", "checkpoint2", "positions", trace_format.CONTROL_BLOCK_FILE)

    def __init__(self, descriptors: Sequence[int]) -> None:
        self.descriptors = tuple(descriptors)
        self.reports, self.checkpoint, self.checkpoint2, self.positions, self.control_block = descriptors

    @classmethod
    def create(cls, directory: str) -> RunFiles:
        """Make new files in the run directory.

        Raises:
            OSError: the files cannot be made, or there is no room for them.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
        descriptors: list[int] = []
        try:
            for name in cls.NAMES:
                path = os.path.join(directory, name)
                appended = name in ("reports", "checkpoint", "checkpoint2")
                descriptors.append(os.open(path, flags if appended else flags & ~os.O_APPEND, 0o600))
                if PASSES_DESCRIPTORS and name != trace_format.CONTROL_BLOCK_FILE:
                    os.unlink(path)
            os.write(descriptors[3], bytes(POSITIONS_SIZE))  # all blocks: a full disk must show here
            os.write(descriptors[4], bytes(trace_format.CONTROL_BLOCK_SIZE))
        except OSError:
            for descriptor in descriptors:
                os.close(descriptor)
            raise
        return cls(descriptors)

    @classmethod
    def open(cls, directory: str) -> RunFiles:
        """Open the files that another process made, where descriptors cannot be passed.

        Raises:
            OSError: a file cannot be opened.
        """
        flags = os.O_RDWR | getattr(os, "O_BINARY", 0)
        return cls([os.open(os.path.join(directory, name), flags) for name in cls.NAMES])

    def close(self) -> None:
        for descriptor in self.descriptors:
            os.close(descriptor)
