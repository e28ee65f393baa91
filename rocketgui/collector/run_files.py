"""The files of a run that outlive its collectors.

Tested by tests/collector/trace/test_buffers.py.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from rocketgui.agent import trace_format

#: Whether an open file can be passed to another process, which needs no name then.
PASSES_DESCRIPTORS: bool = os.name != "nt"
#: Room for how far some thousand trace buffers were read; see trace/positions.py.
POSITIONS_SIZE = 1 << 18


class RunFiles:
    """These files, open for reading and writing.

    reports         lines of JSON, written by the supervisor
    checkpoint      what a collector knows, written by the collectors, in one of two files; see checkpoint.py
    positions       how far the collectors have read; see trace/positions.py
    control_block   see control_block.py; the only one that other processes open, and that keeps its name

    Where the system can pass descriptors, the others have no names: nothing that the program does to the run's
    directory changes them.
    """

    NAMES = ("reports", "checkpoint", "checkpoint2", "positions", trace_format.CONTROL_BLOCK_FILE)

    def __init__(self, descriptors: Sequence[int]) -> None:
        self.descriptors = tuple(descriptors)
        self.reports, self.checkpoint, self.checkpoint2, self.positions, self.control_block = descriptors

    @classmethod
    def create(cls, directory: str) -> RunFiles:
        """Make new files in the run's directory.

        Raises:
            OSError: there is no room for them.
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
            os.write(descriptors[3], bytes(POSITIONS_SIZE))  # not a hole: a full disk must show here
            os.write(descriptors[4], bytes(trace_format.CONTROL_BLOCK_SIZE))
        except OSError:
            for descriptor in descriptors:
                os.close(descriptor)
            raise
        return cls(descriptors)

    @classmethod
    def open(cls, directory: str) -> RunFiles:
        """Open the files that another process made, where descriptors cannot be passed."""
        flags = os.O_RDWR | getattr(os, "O_BINARY", 0)
        return cls([os.open(os.path.join(directory, name), flags) for name in cls.NAMES])

    def close(self) -> None:
        for descriptor in self.descriptors:
            os.close(descriptor)
