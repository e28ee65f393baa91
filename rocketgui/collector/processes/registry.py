"""One entry for each process and thread, whichever source reports it first: the system, its parent, or its own
agent."""

from __future__ import annotations

import dataclasses
import os
import re
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rocketgui.collector.emitter import Emitter
from rocketgui.protocol import messages
from rocketgui.protocol.messages import NAME_MOST, cut

ROOT_NAME = "MainProcess"
#: The exception that Ctrl-C raises in a Python program.
INTERRUPT = "KeyboardInterrupt"


@dataclass(slots=True)
class ProcessEntry:
    """What is known of one process, or of one thread.

    Two processes may have had the same pid; their `id` differs. `parent` is the `id` of the parent; of a thread, that
    of its process. `thread` is the agent's number of a thread, `tid` the system's. A thread with an interpreter of its
    own is of the kind `interpreter`. `events` holds the time (monotonic ns) of each lifecycle event.
    """

    id: int
    pid: int
    parent: int | None
    name: str = ""
    #: Whether the name is a guess, made from the command line or the pid.
    guessed: bool = True
    kind: str = "process"
    agent: bool = False
    #: When its latest agent began, and when the process last executed another program (monotonic ns).
    agent_since: int = 0
    executed: int = 0
    #: Whether the process is a Python; None: unknown yet.
    python: bool | None = None
    #: Meaning of the indices in this process's trace buffer: index -> (id of the entry that has the variable, name).
    names: dict[int, tuple[int, str]] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    exit_code: int | None = None
    #: The last line of the traceback of the exception that ended it.
    error: str = ""
    #: The agent reported that the process was about to exit with `exit_code`; the system has not confirmed this.
    exiting: bool = False
    ended: bool = False
    reaped: bool = False
    stopped: bool = False
    cpu_s: float = 0.0
    agent_cpu_s: float = 0.0
    thread: int | None = None
    tid: int | None = None
    #: Whether its Python has a GIL; True until its agent has reported this.
    gil: bool = True
    #: How many errors its agent has reported.
    agent_errors: int = 0
    #: Why the process is not observed any more, and since when (ns); empty while it is observed.
    unobserved: str = ""
    unobserved_ns: int = 0
    #: When the process was made, by psutil (s since the epoch): another process of the same pid has another time.
    created: float | None = None

    @property
    def who(self) -> str:
        """The WHO of this process, thread or interpreter on the control block; see `trace_format`."""
        if self.thread is None:
            return str(self.pid)
        return f"{self.pid}:i{self.tid}" if self.kind == "interpreter" else f"{self.pid}:{self.thread}"


class ProcessRegistry:
    """Gives each process and thread a number from 1 on, merges what several sources report of it, and emits each
    change. Number 1 is the program's first process."""

    def __init__(self, emitter: Emitter) -> None:
        self._emitter = emitter
        self._count = 0
        #: The numbers of entries that have changed since they were written to the checkpoint.
        self.touched: set[int] = set()
        self._entries: dict[int, ProcessEntry] = {}
        self._by_pid: dict[int, ProcessEntry] = {}
        #: The threads of a process, by its id.
        self._threads: dict[int, list[ProcessEntry]] = {}
        #: Whether the user has pressed Ctrl-C.
        self.interrupted = False
        #: Entries whose parents are not known yet: number -> pid of the parent.
        self._orphans: dict[int, int] = {}

    def __iter__(self) -> Iterator[ProcessEntry]:
        return iter(self._entries.values())

    def __getitem__(self, process: int) -> ProcessEntry:
        return self._entries[process]

    def get(self, process: int) -> ProcessEntry | None:
        """The entry with this number; None if it is no longer kept."""
        return self._entries.get(process)

    def newer_than(self, number: int) -> list[ProcessEntry]:
        """The entries with higher numbers than this one."""
        return [self._entries[later] for later in range(number + 1, self._count + 1) if later in self._entries]

    @property
    def root(self) -> ProcessEntry | None:
        return self._entries.get(1)

    def find(self, pid: int) -> ProcessEntry | None:
        """The entry of the process that has this pid now, or had it last."""
        return self._by_pid.get(pid)

    def running(self) -> list[ProcessEntry]:
        return [entry for entry in self if not entry.ended]

    def workers(self) -> list[ProcessEntry]:
        """The processes and threads that the program's first process started, in the order of the calls."""
        return [
            entry for entry in self if entry.parent == 1 and entry.kind != "helper" and "start_called" in entry.events
        ]

    # -- learning

    def get_or_add(self, pid: int, parent_pid: int | None, *, is_new: bool) -> ProcessEntry:
        """The entry of the process with this pid, made if there is none. With `is_new`, the source is sure that the
        process runs: an entry that has ended is that of another process."""
        entry = self._by_pid.get(pid)
        if entry is None or (is_new and entry.ended):
            parent = None if parent_pid is None else self._by_pid.get(parent_pid)
            entry = ProcessEntry(self._new(), pid, parent.id if parent else (1 if self._entries else None))
            entry.name = f"process {pid}" if self._entries else ROOT_NAME
            entry.guessed = bool(self._entries)
            self._entries[entry.id] = self._by_pid[pid] = entry
            self.announce(entry)
            if parent is None and parent_pid is not None and entry.id != 1:
                self._orphans[entry.id] = parent_pid
            self._adopt(entry)
        return entry

    def _new(self) -> int:
        self._count += 1
        return self._count

    def _adopt(self, parent: ProcessEntry) -> None:
        """Make this process the parent of those that became known before it."""
        for number in [number for number, pid in self._orphans.items() if pid == parent.pid]:
            del self._orphans[number]
            child = self._entries.get(number)
            if child is not None and child.guessed:  # else the process that started it has reported its parent
                child.parent = parent.id
                self.announce(child)

    def add_thread(self, process: ProcessEntry, number: int, name: str) -> ProcessEntry:
        """Add an entry for a thread of a process."""
        entry = ProcessEntry(self._new(), process.pid, process.id, cut(name, NAME_MOST), kind="thread", agent=True)
        entry.thread = number
        self._entries[entry.id] = entry
        self._threads.setdefault(process.id, []).append(entry)
        self.announce(entry)
        return entry

    def threads_of(self, process: ProcessEntry) -> list[ProcessEntry]:
        """The threads of a process, also those that have ended."""
        return list(self._threads.get(process.id, ()))

    def touch(self, entry: ProcessEntry) -> None:
        """Mark an entry as changed, so that the checkpoint keeps it: for changes that no message carries."""
        self.touched.add(entry.id)

    def announce(self, entry: ProcessEntry) -> None:
        self.touch(entry)
        self._emitter.emit(messages.ProcessSeen(entry.id, entry.parent, entry.pid, entry.kind, entry.name, entry.agent))

    def name(self, entry: ProcessEntry, name: str, parent_pid: int | None) -> None:
        """Take in the name of a process, and the pid of the process that called start() for it."""
        parent = None if parent_pid is None else self._by_pid.get(parent_pid)
        changed = (cut(name, NAME_MOST), parent.id if parent else entry.parent)
        if changed != (entry.name, entry.parent) and entry.id != 1:
            entry.name, entry.parent = changed
            self.announce(entry)
        entry.guessed, entry.python = False, True
        self.touch(entry)

    def guess(self, entry: ProcessEntry, words: Sequence[str]) -> None:
        """Take in the beginning of a process's command line, and make a name from it until a better one is known."""
        entry.python = is_python(words)
        self.touch(entry)
        name = cut(title(words), NAME_MOST)
        if entry.guessed and name not in ("", entry.name):
            entry.name = name
            self.announce(entry)

    def execute(self, entry: ProcessEntry, name: str, t_ns: int) -> None:
        """Note that a process has executed the program `name` at `t_ns`. If an agent began there after that, its report
        of the program is better and stays."""
        entry.executed = t_ns
        if entry.agent_since < t_ns:
            self.guess(entry, [name])

    def note_event(self, entry: ProcessEntry, moment: str, t_ns: int, *, better: bool = False) -> None:
        """Note the time of a lifecycle event (monotonic ns). The first report of an event is kept, unless this one is
        `better`."""
        if moment not in entry.events or better:
            entry.events[moment] = t_ns
            self.touch(entry)
            self._emitter.emit(messages.LifecycleEvent(entry.id, moment, self._emitter.run_time(t_ns)))

    # -- ends

    def exiting(self, entry: ProcessEntry, code: int | None, t_ns: int) -> None:
        """Note that a process's own agent reported that it is about to exit: other sources see its end later."""
        self.note_event(entry, "exited", t_ns, better=t_ns < entry.events.get("exited", t_ns))
        if code is not None and not entry.ended:
            entry.exit_code, entry.exiting = code, True
            self.touch(entry)

    def copied(self, entry: ProcessEntry) -> None:
        """Note that a process is a copy of its parent, made by a fork. A copy of a program that is not a Python gets
        its parent's name, a copy of a Python "fork of ..."."""
        parent = None if entry.parent is None else self._entries[entry.parent]
        if entry.guessed and parent is not None and entry.id != 1:
            entry.python = parent.python
            entry.name = parent.name if parent.python is False else copy_of(parent.name)
            self.announce(entry)

    def fail(self, entry: ProcessEntry, error: str) -> None:
        """Note that an exception ended a process; `error` is the last line of its traceback."""
        entry.error = error
        self.touch(entry)
        self._emitter.emit(messages.Failed(entry.id, error))
        if entry.ended and not entry.stopped and self._is_of_interrupt(entry):
            entry.stopped = True
            self._tell_end(entry)

    def _is_of_interrupt(self, entry: ProcessEntry) -> bool:
        """Whether the user's Ctrl-C ended a process."""
        return self.interrupted and (entry.exit_code in (None, -signal.SIGINT) or entry.error.startswith(INTERRUPT))

    def end(self, entry: ProcessEntry, code: int | None, t_ns: int, *, stopped: bool = False) -> None:
        """Note that a process has ended. `code` is its exit code from the system (-N: signal N), None if unknown;
        `stopped`: rocketgui ended the program or the process. Every source sees the end afterwards, so the earliest
        time is kept."""
        self.note_event(entry, "exited", t_ns, better=t_ns < entry.events.get("exited", t_ns))
        if entry.ended and (entry.reaped or code is None):
            return
        entry.reaped = code is not None
        if code is None and entry.exiting:
            code = entry.exit_code
        entry.ended = True
        entry.exit_code = code
        entry.stopped |= (stopped and (code is None or code < 0)) or self._is_of_interrupt(entry)
        self._tell_end(entry)

    def _tell_end(self, entry: ProcessEntry) -> None:
        code = entry.exit_code
        self.touch(entry)
        killed = code is not None and code < 0
        number = -code if code is not None and killed else None
        self._emitter.emit(messages.Ended(entry.id, None if killed else code, number, entry.stopped))

    # -- what is kept

    def stop_observing(self, entry: ProcessEntry, reason: str, t_ns: int) -> None:
        """Note that a process can no longer be observed from inside."""
        if not entry.unobserved:
            entry.unobserved, entry.unobserved_ns = reason, t_ns
            self.touch(entry)
            self._tell_unobserved(entry)

    def _tell_unobserved(self, entry: ProcessEntry) -> None:
        self._emitter.emit(messages.Unobserved(entry.id, self._emitter.run_time(entry.unobserved_ns), entry.unobserved))

    def forget(self, before_ns: int) -> list[ProcessEntry]:
        """Remove the entries that ended before this time (monotonic ns) and are not a parent of a running process;
        return them. Number 1 is kept."""
        parents = {entry.parent for entry in self if not entry.ended}
        old = [
            entry
            for entry in self
            if entry.ended
            and entry.id != 1
            and entry.id not in parents
            and entry.events.get("exited", before_ns) < before_ns
        ]
        for entry in old:
            del self._entries[entry.id]
            self._orphans.pop(entry.id, None)
            self._threads.pop(entry.id, None)
            if self._by_pid.get(entry.pid) is entry:
                del self._by_pid[entry.pid]
        for parent in {entry.parent for entry in old if entry.thread is not None and entry.parent in self._threads}:
            self._threads[parent] = [thread for thread in self._threads[parent] if thread.id in self._entries]
        return old

    def dump(self, number: int) -> dict[str, Any] | None:
        """An entry as plain JSON values; None if it is no longer kept."""
        entry = self._entries.get(number)
        return None if entry is None else dataclasses.asdict(entry)

    def restore(self, known: dict[str, Any]) -> ProcessEntry:
        """Add an entry from a `dump`, and emit again all that is known of it."""
        known["names"] = {int(index): (whose, name) for index, (whose, name) in known["names"].items()}
        entry = ProcessEntry(**known)
        self._count = max(self._count, entry.id)
        self._entries[entry.id] = entry
        if entry.thread is None:
            self._by_pid[entry.pid] = entry
        elif entry.parent is not None:
            self._threads.setdefault(entry.parent, []).append(entry)
        self.announce(entry)
        for moment, t_ns in entry.events.items():
            self._emitter.emit(messages.LifecycleEvent(entry.id, moment, self._emitter.run_time(t_ns)))
        if entry.error:
            self._emitter.emit(messages.Failed(entry.id, entry.error))
        if entry.unobserved:
            self._tell_unobserved(entry)
        if entry.ended:
            self._tell_end(entry)
        return entry


#: The name of a copy of a process, and of a copy of a copy.
_COPY = re.compile(r"fork of (.*?)(?: \((\d+) generations\))?", re.DOTALL)


def copy_of(name: str) -> str:
    """The name of a process that is a copy of one with this name: `fork of sh`, then `fork of sh (2 generations)`, and
    so on. It stays short, since a program may make thousands of generations."""
    known = _COPY.fullmatch(name)
    if known is None:
        return f"fork of {name}"
    return f"fork of {known[1]} ({int(known[2] or 1) + 1} generations)"


def is_python(words: Sequence[str]) -> bool:
    """Whether a command line starts a Python interpreter."""
    return bool(words) and "python" in os.path.basename(words[0]).lower()


def title(words: Sequence[str]) -> str:
    """A name for a process with this command line: the program, and for a Python also the script or module that it
    runs."""
    if not words:
        return ""
    program = os.path.basename(words[0])
    if not is_python(words):
        return program
    for index, word in enumerate(words[1:], 1):
        if word in ("-c", "-"):
            return f"{program} {word}"
        if word == "-m":
            return " ".join((program, *words[index : index + 2]))
        if not word.startswith("-") and words[index - 1] not in ("-W", "-X"):
            return f"{program} {os.path.basename(word)}"
    return program
