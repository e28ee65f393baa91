"""What a collector leaves for the one that takes over when it dies: what it knew, and how far it had read.

    positions     a map in memory, written at each tick: a head, then an entry per black box that is being read
    checkpoint    lines of JSON, `[key, value]`, appended when something changed: the last line of a key is right

A collector reads black boxes, appends to the checkpoint what it learnt, notes the positions, and sends. Whatever moment
it is killed at, its successor knows all that it had learnt, reads on where it stopped, and can count what was read and
never arrived. Two checkpoint files take turns: when one has grown, what still holds is written to the other.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from rocketgui.collector.launcher import RunFiles
from rocketgui.collector.trace.reader import Box, Position

_HEAD = struct.Struct("<10qd")
_HEAD_SIZE = 256
#: pid, beginning and thread of a black box, whose row it is, and a `Position`.
_ENTRY = struct.Struct("<4q8q")
_IDENTITY = struct.Struct("<3q")
#: A checkpoint file is left for the other when it has passed so many bytes, and is mostly what no longer holds.
LARGE = 1 << 22


class Head(NamedTuple):
    """What stands once in the positions: which checkpoint file is right, losses of black boxes that were put away
    (samples, lines, events, nonsense), records that made no sense, samples and lines handed on, the offset up to which
    the supervisor's reports were read, errors of the collector's own, its CPU seconds and those of its predecessors."""

    current: int = 0
    samples_lost: int = 0
    lines_lost: int = 0
    events_lost: int = 0
    bad: int = 0
    nonsense: int = 0
    samples: int = 0
    lines: int = 0
    reports: int = 0
    errors: int = 0
    cpu_s: float = 0.0


class Positions:
    """How far the black boxes were read; `of(box)` is an entry that was found there."""

    def __init__(self, files: RunFiles) -> None:
        self._memory = mmap.mmap(files.positions, 0)
        self.head = Head(*_HEAD.unpack_from(self._memory))
        self._places: dict[tuple[int, int, int], int] = {}
        self._free: list[int] = []
        for at in range(_HEAD_SIZE, len(self._memory) - _ENTRY.size, _ENTRY.size):
            identity = _IDENTITY.unpack_from(self._memory, at)
            if identity[0]:
                self._places[identity] = at
            else:
                self._free.append(at)
        self._free.reverse()

    def of(self, box: Box) -> tuple[int, Position] | None:
        """Whose row a black box is, and how far it was read; None if it was not read before."""
        at = self._places.get(_identity(box))
        if at is None:
            return None
        row, *position = _ENTRY.unpack_from(self._memory, at)[3:]
        return row, Position(*position)

    def rows(self) -> list[int]:
        """The rows whose black boxes are being read."""
        return [_ENTRY.unpack_from(self._memory, at)[3] for at in self._places.values()]

    def note(self, box: Box, row: int) -> None:
        """Note how far a black box was read. Where there is no room left, its successor reads it from its beginning."""
        identity = _identity(box)
        at = self._places.get(identity)
        if at is None:
            if not self._free:
                return
            at = self._places[identity] = self._free.pop()
        _ENTRY.pack_into(self._memory, at, *identity, row, *box.position)

    def forget(self, box: Box) -> None:
        """The black box is put away."""
        at = self._places.pop(_identity(box), None)
        if at is not None:
            _IDENTITY.pack_into(self._memory, at, 0, 0, 0)
            self._free.append(at)

    def note_head(self, head: Head) -> None:
        if head != self.head:
            self.head = head
            _HEAD.pack_into(self._memory, 0, *head)

    def close(self) -> None:
        self._memory.close()


def _identity(box: Box) -> tuple[int, int, int]:
    return box.pid, box.began_ns, box.thread


class Checkpoint:
    """What is known of a run, by keys; `write` appends what has changed.

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
                continue  # torn: its writer was killed
        self._size = os.fstat(descriptor).st_size
        if self._size:
            self._begin_line()

    def _begin_line(self) -> None:
        """What comes next must not be joined to a torn line."""
        os.write(self._files[self._positions.head.current], b"\n")

    def items(self) -> Iterator[tuple[str, Any]]:
        """All that is known, in the order in which it became known first."""
        for key, value in self._known.items():
            yield key, json.loads(value)

    def note(self, key: str, value: Any) -> None:
        """This is how it is now; None: it is not known any more."""
        text = json.dumps(value)
        if self._known.get(key) != text:
            self._changed[key] = text

    def write(self) -> None:
        """Append what has changed.

        Raises:
            OSError: there is no room for it.
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
    """All of a file. By a duplicate's own reads where the system can read at an offset: the file's position is
    shared."""
    if not hasattr(os, "pread"):  # Windows, where every process opens it anew
        os.lseek(descriptor, 0, os.SEEK_SET)
        with open(descriptor, "rb", closefd=False) as file:
            return file.read()
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)
