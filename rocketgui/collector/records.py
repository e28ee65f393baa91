"""Turns what stands in black boxes into messages."""

from __future__ import annotations

import bisect
import math
import sys
from collections.abc import Callable, Iterable

from rocketgui import messages
from rocketgui.agent import layout
from rocketgui.collector.boxes import Box, Record, Sample
from rocketgui.collector.census import Census, Row
from rocketgui.collector.doings import Doings
from rocketgui.collector.ends import runs
from rocketgui.messages import Message

#: What multiprocessing takes for the exit code of a process whose fork server is gone, whether or not it runs on.
#: Source: Popen.poll in multiprocessing/popen_forkserver.py.
MADE_UP = 255


class Translator:
    """Puts messages into `out`. `bad` counts records that made no sense.

    With `found`, the watched names were found and not asked for: only those matter that change in some process.
    """

    def __init__(
        self, census: Census, out: list[Message], launched_ns: int, doings: Doings, *, found: bool = False
    ) -> None:
        self._census = census
        self._doings = doings
        self._out = out
        self._launched_ns = launched_ns
        self._samples: list[tuple[int, str, int, messages.Number]] = []
        #: Samples whose names are not known yet, by process and index: names stand among the events, read later.
        self._nameless: dict[tuple[int, int], list[Sample]] = {}
        #: Values of found names that have not changed yet anywhere: name -> process -> first sample.
        self._unchanged: dict[str, dict[int, tuple[int, messages.Number]]] = {}
        self._changing: set[str] = set()
        self._found = found
        self._lines: list[messages.Output] = []
        self._threads: dict[tuple[int, int], Row] = {}
        #: Lines of threads that are not known yet.
        self._early: list[tuple[Row, int, tuple[str, ...]]] = []
        self._agent_errors: dict[int, int] = {}
        #: Who has which pid among the children of a process, since pids come again.
        self._children: dict[tuple[int, int], Row] = {}
        self.bad = 0
        #: How many start() calls of the program's first process the system refused.
        self.refused = 0
        self._handlers: dict[int, Callable[[Row, int, tuple[str, ...]], None]] = {
            layout.OUTPUT: self._output,
            layout.NAME: self._name,
            layout.BEGAN: self._began,
            layout.NAMED: self._named,
            layout.START_CALLED: self._start_called,
            layout.START_FAILED: self._start_failed,
            layout.TARGET_ENTERED: lambda row, t, _: self._target(row, "target_entered", t),
            layout.TARGET_LEFT: lambda row, t, _: self._target(row, "target_left", t),
            layout.FAILED: lambda row, t, texts: self._census.fail(row, texts[0]),
            layout.EXITING: self._exiting,
            layout.REAPED: self._reaped,
            layout.JOINED: self._joined,
            layout.TERMINATED: self._terminated,
            layout.COST: self._cost,
            layout.THREAD: self._thread,
            layout.SPAWNED: self._spawned,
            layout.DOING: lambda row, t, texts: self._doings.told(row.id, t, texts),
        }

    def meet(self, box: Box, *, patient: bool = True) -> Row | None:
        """A new black box: the process that writes it, or the thread whose interpreter does. None, if `patient`: it is
        not known yet which thread that is."""
        if box.thread:
            return self._meet_interpreter(box, patient)
        known = self._census.find(box.pid)
        # A process may have come and gone between two looks at the directory; its row then waits for the box, and for
        # one more where it ran exec.
        late = known is not None and known.ended and box.began_ns <= known.moments["exited"]
        row = self._census.meet(box.pid, box.parent_pid, reborn=not late)
        row.agent_since = box.began_ns
        if row.agent:  # the same process after exec, with a new agent
            return row
        row.agent = True
        self._census.announce(row)
        self._census.moment(row, "began", box.began_ns)
        return row

    def _meet_interpreter(self, box: Box, patient: bool) -> Row | None:
        process = self._census.find(box.pid)
        if process is None:
            return None if patient else self._census.meet(box.pid, box.parent_pid, reborn=False)
        threads = [
            row
            for row in self._census.threads_of(process)
            if row.tid == box.thread and row.kind == "thread" and row.moments["began"] <= box.began_ns
        ]
        if threads:
            row = threads[-1]  # the system gives numbers again
        elif patient and box.thread != box.pid:
            return None
        else:  # made by the main thread, which makes others too: it is nobody's but its own
            number = -len(self._census.threads_of(process)) - 1
            row = self._census.meet_thread(process, number, f"interpreter {-number}")
            row.tid = box.thread
            self._census.moment(row, "began", box.began_ns)
        row.kind = "interpreter"
        self._census.announce(row)
        return row

    def _target(self, row: Row, moment: str, t_ns: int) -> None:
        # Of an interpreter, the thread's agent knows only when the thread began and ended.
        self._census.moment(row, moment, t_ns, better=row.kind == "interpreter")

    def take(self, row: Row, records: Iterable[Sample | Record]) -> None:
        """Translate the new records of one box; its samples come out of `flush`."""
        for record in records:
            try:
                if isinstance(record, Sample):
                    if not math.isfinite(record.value):
                        raise ValueError("a value that is no number")
                    self._sample(row, record)
                else:
                    self._handlers[record.kind](row, record.t_ns, record.texts)
            except (ValueError, IndexError, KeyError):
                self.bad += 1

    def flush(self, until_ns: int = sys.maxsize) -> None:
        """Put out the samples of this tick as one message, and in order of time the lines that were printed until then
        (monotonic ns), by whichever process."""
        if self._samples:
            self._out.append(messages.Samples(*zip(*self._samples, strict=True)))
            self._samples = []
        if self._lines:
            self._lines.sort(key=lambda line: line.t_ns)
            ripe = bisect.bisect_right(self._lines, until_ns - self._launched_ns, key=lambda line: line.t_ns)
            self._out += self._lines[:ripe]
            del self._lines[:ripe]

    def _output(self, row: Row, t_ns: int, texts: tuple[str, ...]) -> None:
        stream, text = texts[0], layout.SEPARATOR.join(texts[1:])
        stream, _, number = stream.partition(":")
        if stream not in ("stdout", "stderr"):
            raise ValueError("unknown stream")
        if not number:
            self._lines.append(messages.Output(row.id, t_ns - self._launched_ns, stream, text))
            return
        thread = self._threads.get((row.id, int(number)))
        if thread is None:  # what makes it known stands among the events, which are read later
            self._early.append((row, t_ns, texts))
        else:
            self._lines.append(messages.Output(thread.id, t_ns - self._launched_ns, stream, text))

    def _sample(self, row: Row, sample: Sample) -> None:
        whose = row.names.get(sample.which)
        if whose is None:
            self._nameless.setdefault((row.id, sample.which), []).append(sample)
        else:
            self._put_sample(*whose, sample.t_ns - self._launched_ns, sample.value)

    def _put_sample(self, process: int, name: str, t_ns: int, value: messages.Number) -> None:
        if self._found and name not in self._changing:
            waiting = self._unchanged.setdefault(name, {})
            if waiting.setdefault(process, (t_ns, value))[1] == value:
                return
            self._changing.add(name)
            for other, (first_ns, first) in self._unchanged.pop(name).items():
                self._samples.append((other, name, first_ns, first))
        self._samples.append((process, name, t_ns, value))

    def _name(self, row: Row, t_ns: int, texts: tuple[str, ...]) -> None:
        index, name, number = int(texts[0]), texts[1], int(texts[2])
        owner = self._threads[row.id, number] if number else row
        row.names[index] = owner.id, name
        for sample in self._nameless.pop((row.id, index), ()):
            self._sample(row, sample)

    def _thread(self, row: Row, t_ns: int, texts: tuple[str, ...]) -> None:
        number, moment, text = int(texts[0]), texts[1], layout.SEPARATOR.join(texts[2:])
        if moment == "start_called":
            self._threads[row.id, number] = self._census.meet_thread(row, number, text)
            early, self._early = self._early, []
            for line in early:
                self._output(*line)
        thread = self._threads[row.id, number]
        if moment == "failed":
            thread.exit_code = 1
            self._out.append(messages.Failed(thread.id, text))
        elif moment == "start_failed":
            self._out.append(messages.StartFailed(row.id, thread.name, t_ns - self._launched_ns, text))
            self._census.end(thread, None, t_ns)
            self.refused += row.id == 1
        else:
            self._census.moment(thread, moment, t_ns)
            if moment == "began":
                thread.tid = _number(text)
            elif moment == "target_left":
                self._census.end(thread, thread.exit_code or 0, t_ns)

    def _began(self, row: Row, t_ns: int, texts: tuple[str, ...]) -> None:
        version, gil, how, helper, *command = texts
        if how == "exec":
            self._census.guess(row, command)
        elif how == "fork" and row.executed < t_ns:
            self._census.copied(row)
        self._doings.meet(row.id, t_ns, gil=gil == "1")
        if helper:
            row.kind, row.name = "helper", helper
            self._census.announce(row)
        if row.id == 1:
            self._out.append(messages.Interpreter(version, gil == "1"))

    def _named(self, row: Row, t_ns: int, texts: tuple[str, ...]) -> None:
        self._census.name(row, texts[0], int(texts[1]))

    def _child(self, row: Row, pid: int, t_ns: int) -> Row:
        """The child with this pid that a process began to start at this time."""
        known = self._census.find(pid)
        # The pid's former owner had ended before this call.
        reborn = known is not None and known.ended and t_ns > known.moments["exited"]
        child = self._children[row.id, pid] = self._census.meet(pid, row.pid, reborn=reborn)
        return child

    def _spawned(self, row: Row, t_ns: int, texts: tuple[str, ...]) -> None:
        child = self._child(row, int(texts[0]), t_ns)
        if not child.agent:
            self._census.guess(child, texts[1:])
        self._census.moment(child, "began", t_ns)

    def _start_called(self, row: Row, t_ns: int, texts: tuple[str, ...]) -> None:
        child = self._child(row, int(texts[0]), t_ns)
        self._census.name(child, texts[1], row.pid)
        self._census.moment(child, "start_called", t_ns)

    def _start_failed(self, row: Row, t_ns: int, texts: tuple[str, ...]) -> None:
        self.refused += row.id == 1
        self._out.append(messages.StartFailed(row.id, texts[0], t_ns - self._launched_ns, texts[1]))

    def _exiting(self, row: Row, t_ns: int, texts: tuple[str, ...]) -> None:
        code, cpu_s, voluntary, involuntary, peak_rss = texts
        row.cpu_s = float(cpu_s)
        self._census.exiting(row, int(code) if code else None, t_ns)
        self._out.append(
            messages.ProcessLoad(
                t_ns - self._launched_ns,
                (row.id,),
                (None,),
                (round(row.cpu_s, 6),),
                (None,),
                (_number(voluntary),),
                (_number(involuntary),),
                (None,),
                (_number(peak_rss),),
                (None,),
            )
        )

    def _reaped(self, row: Row, t_ns: int, texts: tuple[str, ...]) -> None:
        child, code = self._children[row.id, int(texts[0])], int(texts[1])
        if code == MADE_UP and runs(child.pid):
            return  # the supervisor, which inherits it, will tell how it ended
        self._census.end(child, code, t_ns)

    def _joined(self, row: Row, t_ns: int, texts: tuple[str, ...]) -> None:
        self._census.moment(self._children[row.id, int(texts[0])], "joined", t_ns)

    def _terminated(self, row: Row, t_ns: int, texts: tuple[str, ...]) -> None:
        child = self._children[row.id, int(texts[0])]
        self._out.append(messages.Terminated(child.id, t_ns - self._launched_ns, int(texts[1])))

    def _cost(self, row: Row, t_ns: int, texts: tuple[str, ...]) -> None:
        row.agent_cpu_s = float(texts[0])
        errors = int(texts[1])
        new = errors - self._agent_errors.get(row.id, 0)
        if new > 0:
            self._agent_errors[row.id] = errors
            self.bad += new
            self._out.append(messages.Notice(f"The agent in {row.name} had an error and went on: {texts[2]}"))


def _number(text: str) -> int | None:
    return int(text) if text else None
