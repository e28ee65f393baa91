"""The trace buffers of a run: finds new ones, reads all of them, and removes those of processes that have ended."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Callable

from rocketgui.agent import trace_format
from rocketgui.collector.processes.exit_watcher import room_for_descriptors
from rocketgui.collector.processes.registry import ProcessEntry, ProcessRegistry
from rocketgui.collector.trace.decoder import Decoder
from rocketgui.collector.trace.positions import Head, Positions
from rocketgui.collector.trace.reader import Damaged, NotATraceBuffer, TraceReader

#: A file system's clock may be this coarse, in ns: a further file within this time may leave the directory's time of
#: change as it was.
CLOCK = 50_000_000
#: How many ticks the entry of an interpreter's thread is waited for, before its buffer gets an entry anyhow.
PATIENCE = 60

_log = logging.getLogger(__name__)


class TraceBuffers:
    """Reads the trace buffers in the run directory.

    `before_first()` is called when the first buffer is found. That buffer belongs to the program's first process, which
    the supervisor may not have reported yet. `positions` holds how far each buffer was read.

    If the program damages a buffer, only the process that writes it is no longer observed from inside.
    """

    def __init__(
        self,
        directory: str,
        watch: tuple[str, ...],
        decoder: Decoder,
        before_first: Callable[[], None],
        positions: Positions,
        registry: ProcessRegistry,
    ) -> None:
        self._directory = directory
        self._watch = watch
        self._decoder = decoder
        self._before_first = before_first
        self._positions = positions
        self._registry = registry
        self._readers: dict[str, tuple[TraceReader, ProcessEntry]] = {}
        #: Buffers whose process entry is not known yet, and how often it was looked for.
        self._unclaimed: dict[str, tuple[TraceReader, int]] = {}
        #: Names of files that are not trace buffers, or are not read any more.
        self._left_out: set[str] = set()
        #: Losses of the trace buffers that were removed: samples, lines of output, events, records that made no sense.
        self.put_away = (0, 0, 0, 0)
        self._listed_ns = -1
        self._looked_ns = 0
        self._opened = 0
        self._room = room_for_descriptors()

    def go_on(self, head: Head) -> None:
        """Take over the losses that the collector before this one counted."""
        self.put_away = head.samples_lost, head.lines_lost, head.events_lost, head.bad
        self._opened = 1

    def find(self) -> None:
        """Look for new files, but only if the directory has changed."""
        self._looked_ns = time.monotonic_ns()
        try:
            changed = os.stat(self._directory, follow_symlinks=False).st_mtime_ns
            if changed == self._listed_ns:
                return
            names = sorted(name for name in os.listdir(self._directory) if name.endswith(trace_format.TRACE_SUFFIX))
        except OSError:
            return  # the program has removed the directory; open buffers are still read
        self._listed_ns = changed if time.time_ns() - changed > CLOCK else -1
        for name in names:
            if name not in self._readers and name not in self._unclaimed and name not in self._left_out:
                if len(self._readers) + len(self._unclaimed) >= self._room:
                    self._listed_ns = -1  # the file is opened when another one was closed, and keeps its records
                    break
                self._open(name)

    def _open(self, name: str) -> None:
        try:
            reader = TraceReader(os.path.join(self._directory, name))
        except FileNotFoundError:
            return
        except (NotATraceBuffer, OSError) as error:
            _log.warning("not a trace buffer: %s", error)
            self._decoder.bad += 1
            self._left_out.add(name)
            return
        if not self._opened:
            self._before_first()
        self._opened += 1
        known = self._positions.of(reader)
        entry = None if known is None else self._registry.get(known[0])
        if known is not None and entry is not None:
            reader.go_on(known[1])
            self._readers[name] = reader, entry
        else:
            self._unclaimed[name] = reader, 0

    def find_again(self) -> None:
        """After a takeover, find the trace buffers that the collector before this one read. A running process whose
        buffer is gone or damaged is marked as no longer observed."""
        self.find()
        found = {id(entry) for _, entry in self._readers.values()}
        for number in self._positions.entries():
            entry = self._registry.get(number)
            if entry is not None and not entry.ended and id(entry) not in found:
                self._registry.stop_observing(entry, "its trace file was removed", time.monotonic_ns())

    def _claim(self, name: str, reader: TraceReader, asked: int) -> None:
        try:
            entry = self._decoder.get_or_add(reader, patient=asked < PATIENCE)
        except Exception as error:
            _log.error("a trace buffer that is nobody's", exc_info=error)
            self._unclaimed.pop(name, None)
            self._left_out.add(name)
            self._decoder.bad += 1
            reader.release()
            return
        if entry is None:
            self._unclaimed[name] = reader, asked + 1
            return
        self._unclaimed.pop(name, None)
        # The names are among the events, which are read after the samples.
        entry.names.update({index: (entry.id, name) for index, name in enumerate(self._watch)})
        self._registry.touch(entry)
        self._readers[name] = reader, entry
        _log.debug("%s, pid %d, writes into %s", entry.name, entry.pid, name)

    def read(self) -> None:
        """Decode all new records.

        A parent reports each start() before it calls the next one. So known buffers are read before new ones are
        claimed: processes become known in the order in which they were started.
        """
        for name in list(self._readers):
            self._read(name)
        for name, (reader, asked) in sorted(self._unclaimed.items(), key=lambda item: item[1][0].began_ns):
            self._claim(name, reader, asked)
            if name in self._readers:
                self._read(name)
        # Of the lines that were printed after the directory was listed, some buffers' may not have been read.
        self._decoder.flush(self._looked_ns)

    def _read(self, name: str) -> None:
        reader, entry = self._readers[name]
        if self._take(name, reader, entry) and entry.ended and self._take(name, reader, entry, patience=0):
            self._put(name)

    def _take(self, name: str, reader: TraceReader, entry: ProcessEntry, **options: int) -> bool:
        """Decode the new records of a buffer. Return False if that failed: then the buffer is read no more."""
        try:
            self._decoder.take(entry, reader.read(**options))
        except Damaged as error:
            self._give_up(name, entry, f"its trace file was damaged: {error}")
        except Exception as error:
            _log.error("%s (pid %d) cannot be observed any more", entry.name, entry.pid, exc_info=error)
            self._decoder.bad += 1
            self._give_up(name, entry, f"an error in rocketgui: {type(error).__name__}: {error}")
        else:
            return True
        return False

    def _give_up(self, name: str, entry: ProcessEntry, reason: str) -> None:
        self._put(name)
        self._left_out.add(name)
        self._registry.stop_observing(entry, reason, time.monotonic_ns())

    def read_last(self, entry: ProcessEntry) -> None:
        """Decode the rest of the buffers of an entry whose process has ended and writes no more."""
        for name, (reader, owner) in list(self._readers.items()):
            if owner is entry:
                self._take(name, reader, entry, patience=0)
        self._decoder.flush(self._looked_ns)

    def read_rest(self) -> None:
        """Decode everything and remove all buffers, once no process writes any more."""
        self._listed_ns = -1
        self.find()
        while self._readers or self._unclaimed:
            for name, (reader, _) in list(self._unclaimed.items()):
                self._claim(name, reader, PATIENCE)
            for name, (reader, entry) in list(self._readers.items()):
                if self._take(name, reader, entry, patience=0):
                    self._put(name)
            self.find()
        self._decoder.flush()

    def note_positions(self) -> None:
        """Write to `positions` how far each buffer was read."""
        for reader, entry in self._readers.values():
            self._positions.note(reader, entry.id)

    def losses(self) -> tuple[int, int, int, int]:
        """Numbers of samples, lines of output and events that were written and never read, and of records that made no
        sense."""
        columns = zip(self.put_away, *(_losses(reader) for reader, _ in self._readers.values()), strict=True)
        samples, lines, events, bad = (sum(column) for column in columns)
        return samples, lines, events, bad

    def _put(self, name: str) -> None:
        reader, _ = self._readers.pop(name)
        self.put_away = tuple(map(sum, zip(self.put_away, _losses(reader), strict=True)))  # type: ignore[assignment]
        self._positions.forget(reader)
        reader.close()

    def close(self) -> None:
        """Close the buffers that are still open; their files stay."""
        for reader, _ in [*self._readers.values(), *self._unclaimed.values()]:
            with contextlib.suppress(OSError):
                reader.release()
        self._readers, self._unclaimed = {}, {}


def _losses(reader: TraceReader) -> tuple[int, int, int, int]:
    return reader.samples_lost, reader.lines_lost, reader.events_lost, reader.bad
