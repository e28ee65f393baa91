"""Keeps what a collector knows of a run in files, for the collector that takes over when it dies.

    positions     how far the trace buffers were read; see trace/positions.py
    checkpoint    lines of JSON, `[key, value]`, appended when a value has changed: the last line of a key is valid

In each tick a collector reads trace buffers, appends what it learnt to the checkpoint, writes the positions, and then
sends. At whatever moment it is killed, its successor knows all that it had learnt, reads on where it stopped, and can
count what was read and never sent. Two checkpoint files take turns: when one has grown, the valid values are written to
the other.

Tested by tests/test_owner.py.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from rocketgui.collector.run_files import RunFiles
from rocketgui.collector.trace.positions import Positions

#: The collector changes to the other checkpoint file when one has more bytes than this, most of them no longer valid.
LARGE = 1 << 22


class Checkpoint:
    """What is known of a run: values that JSON can hold, by keys. `write` appends those that have changed.

    Raises:
        OSError: the files cannot be read.
    """

    def __init__(self, files: RunFiles, positions: Positions) -> None:
        self._files = files.checkpoint, files.checkpoint2
        self._positions = positions
        self._known: dict[str, str] = {}
        self._changed: dict[str, str] = {}
        descriptor = self._files[positions.head.current]
        for line in _content(descriptor).split(b"\n"):
            try:
                key, value = json.loads(line)
                self._known[key] = json.dumps(value)
            except (ValueError, TypeError):
                continue  # half a line: its writer was killed
        self._size = os.fstat(descriptor).st_size
        if self._size:
            self._begin_line()

    def _begin_line(self) -> None:
        """Write a line feed, in case the last line is incomplete because its writer was killed."""
        os.write(self._files[self._positions.head.current], b"\n")

    def items(self) -> Iterator[tuple[str, Any]]:
        """All keys and values, in the order in which the keys were first noted."""
        for key, value in self._known.items():
            yield key, json.loads(value)

    def note(self, key: str, value: Any) -> None:
        """Keep this value under this key; None removes the key. `write` appends it to the file."""
        text = json.dumps(value)
        if self._known.get(key) != text:
            self._changed[key] = text

    def write(self) -> None:
        """Append what has changed.

        Raises:
            OSError: there is no room in the file.
        """
        if not self._changed:
            return
        changed, self._changed = self._changed, {}
        for key, text in changed.items():
            if text == "null":
                self._known.pop(key, None)
            else:
                self._known[key] = text
        self._size += self._append(self._positions.head.current, changed)
        if self._size > LARGE and self._size > 4 * sum(map(len, self._known.values())):
            self._change_files()

    def _change_files(self) -> None:
        head = self._positions.head
        other = 1 - head.current
        os.ftruncate(self._files[other], 0)
        self._size = self._append(other, self._known)
        self._positions.note_head(head._replace(current=other))
        os.ftruncate(self._files[1 - other], 0)

    def _append(self, which: int, known: dict[str, str]) -> int:
        data = "".join(f"[{json.dumps(key)},{text}]\n" for key, text in known.items()).encode()
        written = os.write(self._files[which], data)
        if written < len(data):
            raise OSError("no room for what is known of the run")
        return written


def _content(descriptor: int) -> bytes:
    """The whole content of a file. It is read with `pread` where the system has it, since other processes share the
    descriptor's position."""
    if not hasattr(os, "pread"):  # Windows, where every process opens the file itself
        os.lseek(descriptor, 0, os.SEEK_SET)
        with open(descriptor, "rb", closefd=False) as file:
            return file.read()
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)
