"""Turns the records of trace buffers into messages."""

from __future__ import annotations

import bisect
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rocketgui.agent import trace_format
from rocketgui.collector.emitter import Emitter
from rocketgui.collector.processes.activity import ActivityTracker
from rocketgui.collector.processes.exit_watcher import runs
from rocketgui.collector.processes.registry import ProcessEntry, ProcessRegistry
from rocketgui.collector.trace.reader import Record, Sample, TraceReader
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Message

#: The exit code that multiprocessing assumes for a process whose fork server is gone, even if the process still runs.
#: Source: Popen.poll in multiprocessing/popen_forkserver.py.
MADE_UP = 255

#: How far before the launch, and how far after now, the time of a record may be, in ns. Agents read the same clock, so
#: other times make no sense; both bounds are generous.
EARLIEST, LATEST = 60_000_000_000, 1_000_000_000
#: How many samples wait at most for the record with their name, and how many records of output for that of their
#: thread.
NAMELESS, EARLY = 10_000, 10_000


class Decoder:
    """Turns records into messages, and gives `keep` the messages that a later collector has to emit again.

    With `found`, the agents found the watched names, since the user gave none: only names whose value changes in some
    process are emitted.

    Attributes:
        bad: how many records made no sense, or reported errors of an agent.
        unexplained: how many records refer to a name or thread whose own record was overwritten before it was read.
        samples_taken, lines_taken: how many samples and lines were emitted.
    """

    def __init__(
        self,
        registry: ProcessRegistry,
        emitter: Emitter,
        activity: ActivityTracker,
        keep: Callable[[Message], None] | None = None,
        *,
        found: bool = False,
    ) -> None:
        self._registry = registry
        self._activity = activity
        self._emitter = emitter
        self._keep = keep or emitter.emit
        self._samples: list[tuple[int, str, int, messages.Number]] = []
        #: Samples whose names are not known yet, by process and index. Names are among the events, which are read after
        #: the samples.
        self._nameless: dict[tuple[int, int], list[Sample]] = {}
        self._nameless_count = 0
        #: Found names whose value has not changed in any process yet: name -> process -> (time, value) of the first
        #: sample.
        self._unchanged: dict[str, dict[int, tuple[int, messages.Number]]] = {}
        #: Found names whose value has changed in some process.
        self.changing: set[str] = set()
        self._found = found
        self._lines: list[messages.Output] = []
        #: Names for which a notice said that a value cannot be drawn.
        self._told: set[str] = set()
        self._threads: dict[tuple[int, int], ProcessEntry] = {}
        #: Records of output of threads that are not known yet.
        self._early: list[tuple[ProcessEntry, int, tuple[str, ...]]] = []
        #: The newest child of a process with a pid, since pids are used again: (parent's id, pid) -> entry.
        self._children: dict[tuple[int, int], ProcessEntry] = {}
        self.bad = 0
        self.samples_taken = self.lines_taken = 0
        self.unexplained = 0
        #: How many start() calls of the program's first process the system refused.
        self.refused = 0
        self._handlers: dict[int, Callable[[ProcessEntry, int, tuple[str, ...]], None]] = {
            trace_format.OUTPUT: self._output,
            trace_format.NAME: self._name,
            trace_format.BEGAN: self._began,
            trace_format.NAMED: self._named,
            trace_format.START_CALLED: self._start_called,
            trace_format.START_FAILED: self._start_failed,
            trace_format.TARGET_ENTERED: lambda entry, t, _: self._target(entry, "target_entered", t),
            trace_format.TARGET_LEFT: lambda entry, t, _: self._target(entry, "target_left", t),
            trace_format.FAILED: lambda entry, t, texts: self._registry.fail(entry, texts[0]),
            trace_format.EXITING: self._exiting,
            trace_format.REAPED: self._reaped,
            trace_format.JOINED: self._joined,
            trace_format.TERMINATED: self._terminated,
            trace_format.OVERHEAD: self._cost,
            trace_format.THREAD: self._thread,
            trace_format.SPAWNED: self._spawned,
            trace_format.NOT_DRAWN: self._not_drawn,
            trace_format.ACTIVITY: lambda entry, t, texts: self._activity.told(entry.id, t, texts),
        }

    def restore(self, entry: ProcessEntry) -> None:
        """Take over an entry of the collector before this one."""
        if entry.thread is not None:
            if entry.parent is not None:
                self._threads[entry.parent, entry.thread] = entry
            return
        if entry.parent is not None:
            self._children[entry.parent, entry.pid] = entry
        if entry.agent:
            self._activity.get_or_add(entry.id, entry.agent_since, gil=entry.gil)

    def forget(self, entries: Sequence[ProcessEntry]) -> None:
        """Drop the references to entries that the registry has removed."""
        for entry in entries:
            if entry.parent is not None:
                self._threads.pop((entry.parent, entry.thread or 0), None)
                self._children.pop((entry.parent, entry.pid), None)

    def get_or_add(self, reader: TraceReader, *, patient: bool = True) -> ProcessEntry | None:
        """The entry of the process that writes a new trace buffer, or of the thread whose interpreter writes it. None
        if that thread, or its process, is not known yet and `patient` is set."""
        if reader.thread:
            return self._add_interpreter(reader, patient)
        known = self._registry.find(reader.pid)
        # A process may begin and end between two scans of the directory. The buffer then belongs to the entry that has
        # ended; after exec, a second buffer as well.
        late = known is not None and known.ended and reader.began_ns <= known.events["exited"]
        entry = self._registry.get_or_add(reader.pid, reader.parent_pid, is_new=not late)
        entry.agent_since = reader.began_ns
        if entry.agent:  # the same process after exec, with a new agent
            return entry
        entry.agent = True
        self._registry.announce(entry)
        self._registry.note_event(entry, "began", reader.began_ns)
        return entry

    def _add_interpreter(self, reader: TraceReader, patient: bool) -> ProcessEntry | None:
        process = self._registry.find(reader.pid)
        if process is None:
            return None if patient else self._registry.get_or_add(reader.pid, reader.parent_pid, is_new=False)
        threads = [
            entry
            for entry in self._registry.threads_of(process)
            if entry.tid == reader.thread and entry.kind == "thread" and entry.events.get("began", 0) <= reader.began_ns
        ]
        if threads:
            entry = threads[-1]  # the newest: the system uses the numbers of threads again
        elif patient and reader.thread != reader.pid:
            return None
        else:  # made by the main thread, which may make several: each gets an entry of its own
            number = -len(self._registry.threads_of(process)) - 1
            entry = self._registry.add_thread(process, number, f"interpreter {-number}")
            entry.tid = reader.thread
            self._registry.note_event(entry, "began", reader.began_ns)
        entry.kind = "interpreter"
        self._registry.announce(entry)
        return entry

    def _target(self, entry: ProcessEntry, moment: str, t_ns: int) -> None:
        # The agent of the first interpreter knows when the thread began and ended, but not its calls of the
        # interpreter.
        self._registry.note_event(entry, moment, t_ns, better=entry.kind == "interpreter")

    def take(self, entry: ProcessEntry, records: Iterable[Sample | Record]) -> None:
        """Decode the new records of one buffer. Its samples and lines are emitted by `flush`."""
        earliest, latest = self._emitter.launched_ns - EARLIEST, time.monotonic_ns() + LATEST
        for record in records:
            try:
                if not earliest <= record.t_ns <= latest:
                    raise ValueError("a time of which nothing can be known")
                if isinstance(record, Sample):
                    if not -trace_format.LARGEST <= record.value <= trace_format.LARGEST:
                        raise ValueError("a value that no agent samples")
                    self._sample(entry, record)
                else:
                    self._event(entry, record)
            except KeyError:
                self.unexplained += 1
            except (ValueError, IndexError, OverflowError):
                self.bad += 1

    def _event(self, entry: ProcessEntry, record: Record) -> None:
        handler = self._handlers.get(record.kind)
        if handler is None:
            raise ValueError("unknown kind of record")
        with self._emitter.checked():
            handler(entry, record.t_ns, record.texts)

    def flush(self, until_ns: int = sys.maxsize) -> None:
        """Emit the samples of this tick as one message, and the lines of all processes that were printed until
        `until_ns` (monotonic), in order of time."""
        if self._samples:
            self._emitter.emit(messages.Samples(*zip(*self._samples, strict=True)))
            self.samples_taken += len(self._samples)
            self._samples = []
        if self._lines:
            self._lines.sort(key=lambda line: line.t_ns)
            ripe = bisect.bisect_right(self._lines, self._emitter.run_time(until_ns), key=lambda line: line.t_ns)
            self._emitter.emit_all(self._lines[:ripe])
            self.lines_taken += ripe
            del self._lines[:ripe]

    def _output(self, entry: ProcessEntry, t_ns: int, texts: tuple[str, ...]) -> None:
        stream, text = texts[0], trace_format.SEPARATOR.join(texts[1:])
        stream, _, number = stream.partition(":")
        if stream not in messages.STREAMS:
            raise ValueError("unknown stream")
        thread = self._threads.get((entry.id, int(number))) if number else entry
        if thread is None:  # the record that names it is among the events, which are read later
            if len(self._early) >= EARLY:
                raise KeyError(number)
            self._early.append((entry, t_ns, texts))
            return
        at = self._emitter.run_time(t_ns)
        self._lines += [messages.Output(thread.id, at, stream, line) for line in text.split("\n")]

    def _sample(self, entry: ProcessEntry, sample: Sample) -> None:
        whose = entry.names.get(sample.which)
        if whose is None:
            if self._nameless_count >= NAMELESS:
                raise KeyError(sample.which)
            self._nameless_count += 1
            self._nameless.setdefault((entry.id, sample.which), []).append(sample)
        else:
            self._put_sample(*whose, self._emitter.run_time(sample.t_ns), sample.value)

    def _put_sample(self, process: int, name: str, t_ns: int, value: messages.Number) -> None:
        if self._found and name not in self.changing:
            waiting = self._unchanged.setdefault(name, {})
            if waiting.setdefault(process, (t_ns, value))[1] == value:
                return
            self.changing.add(name)
            for other, (first_ns, first) in self._unchanged.pop(name).items():
                self._samples.append((other, name, first_ns, first))
        self._samples.append((process, name, t_ns, value))

    def _name(self, entry: ProcessEntry, t_ns: int, texts: tuple[str, ...]) -> None:
        index, name, number = int(texts[0]), messages.cut(texts[1], messages.NAME_MOST), int(texts[2])
        if not name:
            raise ValueError("a value without a name")
        owner = self._thread_entry(entry, number) if number else entry
        entry.names[index] = owner.id, name
        self._registry.touch(entry)
        waiting = self._nameless.pop((entry.id, index), [])
        self._nameless_count -= len(waiting)
        for sample in waiting:
            self._sample(entry, sample)

    def _not_drawn(self, entry: ProcessEntry, t_ns: int, texts: tuple[str, ...]) -> None:
        _, name = entry.names[int(texts[0])]
        if name not in self._told:  # once, not for each process with this name
            self._told.add(name)
            self._keep(
                messages.Notice(
                    f"{name} in {entry.name} has a value that cannot be drawn: beyond 1.8e308, infinite or no number. "
                    "What is shown is the last one that can be."
                )
            )

    def _thread(self, entry: ProcessEntry, t_ns: int, texts: tuple[str, ...]) -> None:
        number, moment, text = int(texts[0]), texts[1], trace_format.SEPARATOR.join(texts[2:])
        if moment not in messages.LIFECYCLE_EVENTS and moment not in ("failed", "start_failed"):
            raise ValueError("nothing that becomes of a thread")
        thread = self._thread_entry(entry, number, text if moment == "start_called" else "")
        if moment == "failed":
            thread.exit_code = 1
            self._registry.fail(thread, text)
        elif moment == "start_failed":
            self._keep(messages.StartFailed(entry.id, thread.name, self._emitter.run_time(t_ns), text))
            self._registry.end(thread, None, t_ns)
            self.refused += entry.id == 1
        else:
            self._registry.note_event(thread, moment, t_ns)
            if moment == "began":
                thread.tid = _count(text)
            elif moment == "target_left":
                self._registry.end(thread, thread.exit_code or 0, t_ns)

    def _thread_entry(self, entry: ProcessEntry, number: int, name: str = "") -> ProcessEntry:
        """The entry of a thread of a process, made if there is none. Without `name` it is called by its number: the
        record of its start() was overwritten."""
        thread = self._threads.get((entry.id, number))
        if thread is None:
            if not 0 < number < 1 << 31:
                raise ValueError("a number that no agent gives a thread")
            thread = self._registry.add_thread(entry, number, name or f"thread {number}")
            self._threads[entry.id, number] = thread
            early, self._early = self._early, []
            for line in early:
                self._output(*line)
        return thread

    def _began(self, entry: ProcessEntry, t_ns: int, texts: tuple[str, ...]) -> None:
        version, gil, how, helper, *command = texts
        if how == "exec":
            self._registry.guess(entry, command)
        elif how == "fork" and entry.executed < t_ns:
            self._registry.copied(entry)
        entry.gil = gil == "1"
        self._registry.touch(entry)
        self._activity.get_or_add(entry.id, t_ns, gil=entry.gil)
        if helper:
            entry.kind, entry.name = "helper", helper
            self._registry.announce(entry)
        if entry.id == 1:
            self._keep(messages.PythonInfo(version, entry.gil))

    def _named(self, entry: ProcessEntry, t_ns: int, texts: tuple[str, ...]) -> None:
        self._registry.name(entry, texts[0], _pid(texts[1]))

    def _child(self, entry: ProcessEntry, pid: int, t_ns: int) -> ProcessEntry:
        """The entry of the child with this pid that a process started by a call at the time `t_ns`."""
        known = self._registry.find(pid)
        # An entry with this pid that had ended before the call is that of another process.
        is_new = known is not None and known.ended and t_ns > known.events["exited"]
        child = self._children[entry.id, pid] = self._registry.get_or_add(pid, entry.pid, is_new=is_new)
        return child

    def _known_child(self, entry: ProcessEntry, pid: int) -> ProcessEntry | None:
        """The entry of a child; None if the record of its start() was overwritten, or if it ended long ago."""
        return self._children.get((entry.id, pid))

    def _spawned(self, entry: ProcessEntry, t_ns: int, texts: tuple[str, ...]) -> None:
        child = self._child(entry, _pid(texts[0]), t_ns)
        if not child.agent:
            self._registry.guess(child, texts[1:])
        self._registry.note_event(child, "began", t_ns)

    def _start_called(self, entry: ProcessEntry, t_ns: int, texts: tuple[str, ...]) -> None:
        pid, name = _pid(texts[0]), texts[1]
        child = self._child(entry, pid, t_ns)
        self._registry.name(child, name, entry.pid)
        self._registry.note_event(child, "start_called", t_ns)

    def _start_failed(self, entry: ProcessEntry, t_ns: int, texts: tuple[str, ...]) -> None:
        self._keep(messages.StartFailed(entry.id, texts[0], self._emitter.run_time(t_ns), texts[1]))
        self.refused += entry.id == 1

    def _exiting(self, entry: ProcessEntry, t_ns: int, texts: tuple[str, ...]) -> None:
        code, cpu_s, *counts = texts
        voluntary, involuntary, peak_rss = map(_count, counts)
        entry.cpu_s = _seconds(cpu_s)
        self._registry.exiting(entry, _code(code) if code else None, t_ns)
        row: list[Any] = [None, round(entry.cpu_s, 6), None, voluntary, involuntary, None, peak_rss, None]
        self._emitter.emit(
            messages.ProcessLoad(self._emitter.run_time(t_ns), (entry.id,), *((figure,) for figure in row))
        )

    def _reaped(self, entry: ProcessEntry, t_ns: int, texts: tuple[str, ...]) -> None:
        child, code = self._known_child(entry, int(texts[0])), _code(texts[1])
        if child is None:
            return
        if code == MADE_UP and runs(child.pid):
            return  # the supervisor, which inherits the child, will report how it ended
        self._registry.end(child, code, t_ns)

    def _joined(self, entry: ProcessEntry, t_ns: int, texts: tuple[str, ...]) -> None:
        child = self._known_child(entry, int(texts[0]))
        if child is not None:
            self._registry.note_event(child, "joined", t_ns)

    def _terminated(self, entry: ProcessEntry, t_ns: int, texts: tuple[str, ...]) -> None:
        child = self._known_child(entry, int(texts[0]))
        if child is not None:
            self._keep(messages.Terminated(child.id, self._emitter.run_time(t_ns), int(texts[1])))

    def _cost(self, entry: ProcessEntry, t_ns: int, texts: tuple[str, ...]) -> None:
        errors = _within(int(texts[1]), 0, 2**31 - 1)
        entry.agent_cpu_s = _seconds(texts[0])
        new = errors - entry.agent_errors
        if new > 0:
            entry.agent_errors = errors
            self._registry.touch(entry)
            self.bad += new
            self._keep(messages.Notice(f"The agent in {entry.name} had an error and went on: {texts[2]}"))


def _count(text: str) -> int | None:
    """A count, which is not negative; None for an empty text."""
    return _within(int(text), 0, 2**53) if text else None


def _pid(text: str) -> int:
    return _within(int(text), 1, 2**31 - 1)


def _code(text: str) -> int:
    """An exit code (-N: signal N)."""
    return _within(int(text), -(2**31), 2**32 - 1)


def _within(number: int, least: int, most: int) -> int:
    if not least <= number <= most:
        raise ValueError("a number that cannot be one of these")
    return number


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 1e9:  # nor is NaN
        raise ValueError("a time that nothing takes")
    return seconds
