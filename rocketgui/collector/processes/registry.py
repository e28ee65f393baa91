"""Which process and thread is which: one row for each, whoever told of it first, the system, its parent, or itself."""

from __future__ import annotations

import dataclasses
import os
import re
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rocketgui.protocol import messages
from rocketgui.protocol.messages import NAME_MOST, Message, cut

ROOT_NAME = "MainProcess"
#: What Ctrl-C does to a Python program that does not expect it.
INTERRUPT = "KeyboardInterrupt"


@dataclass(slots=True)
class Row:
    """What is known of one process, or of one thread in it. Two processes may have had the same pid, so `id` tells them
    apart. `thread` is the number that the agent gave a thread, `tid` the one that the system did. A thread that has an
    interpreter of its own is of the kind `interpreter`."""

    id: int
    pid: int
    parent: int | None
    name: str = ""
    #: The name is no more than a guess by its command line, or by nothing but its pid.
    guessed: bool = True
    kind: str = "process"
    agent: bool = False
    #: When its latest agent began, and when it was last seen to become another program (monotonic ns).
    agent_since: int = 0
    executed: int = 0
    #: Whether it is a Python; None: nobody has told yet.
    python: bool | None = None
    #: Whose values are meant by the indices in this process's trace buffer: the row's id, and the name.
    names: dict[int, tuple[int, str]] = field(default_factory=dict)
    moments: dict[str, int] = field(default_factory=dict)
    exit_code: int | None = None
    #: The last line of the traceback that it printed.
    error: str = ""
    #: The agent said that it was about to exit with `exit_code`; the system has not confirmed it.
    exiting: bool = False
    ended: bool = False
    reaped: bool = False
    stopped: bool = False
    cpu_s: float = 0.0
    agent_cpu_s: float = 0.0
    thread: int | None = None
    tid: int | None = None
    #: Whether its Python has a GIL, as far as it has said.
    gil: bool = True
    #: Errors inside its agent that were told of.
    agent_errors: int = 0
    #: Why it is not observed any more: empty while it is.
    unobserved: str = ""
    unobserved_ns: int = 0
    #: When it was made, as psutil tells (s since the epoch): another process of the same pid has another time.
    created: float | None = None

    @property
    def who(self) -> str:
        """How the control block names it."""
        if self.thread is None:
            return str(self.pid)
        return f"{self.pid}:i{self.tid}" if self.kind == "interpreter" else f"{self.pid}:{self.thread}"


class Census:
    """Hands out numbers, joins what several sources say of one process, and puts each change into `out`.

    `launched_ns` is the monotonic time to which all times in messages are relative.
    """

    def __init__(self, out: list[Message], launched_ns: int) -> None:
        self._out = out
        self._launched_ns = launched_ns
        self._count = 0
        #: The numbers of rows that have changed; see checkpoint.py.
        self.touched: set[int] = set()
        self._rows: dict[int, Row] = {}
        self._by_pid: dict[int, Row] = {}
        #: The threads of a process, by its id.
        self._threads: dict[int, list[Row]] = {}
        #: The user has pressed Ctrl-C.
        self.interrupted = False
        #: Rows whose parents are not known yet, and the parents' pids.
        self._orphans: dict[int, int] = {}

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def __getitem__(self, process: int) -> Row:
        return self._rows[process]

    def get(self, process: int) -> Row | None:
        """The row of this number; None if it is not kept any more."""
        return self._rows.get(process)

    def newer_than(self, number: int) -> list[Row]:
        """The rows after the one of this number."""
        return [self._rows[later] for later in range(number + 1, self._count + 1) if later in self._rows]

    @property
    def root(self) -> Row | None:
        return self._rows.get(1)

    def find(self, pid: int) -> Row | None:
        """The row of the process that has this pid now, or had it last."""
        return self._by_pid.get(pid)

    def running(self) -> list[Row]:
        return [row for row in self if not row.ended]

    def workers(self) -> list[Row]:
        """The processes and threads that the program's first process started, in the order of the calls."""
        return [row for row in self if row.parent == 1 and row.kind != "helper" and "start_called" in row.moments]

    # -- learning

    def meet(self, pid: int, parent_pid: int | None, *, reborn: bool) -> Row:
        """The row of a running process, made if it is new; `reborn` if the source is sure that it is another one than
        an ended process of the same pid."""
        row = self._by_pid.get(pid)
        if row is None or (reborn and row.ended):
            parent = None if parent_pid is None else self._by_pid.get(parent_pid)
            row = Row(self._new(), pid, parent.id if parent else (1 if self._rows else None))
            row.name = f"process {pid}" if self._rows else ROOT_NAME
            row.guessed = bool(self._rows)
            self._rows[row.id] = self._by_pid[pid] = row
            self.announce(row)
            if parent is None and parent_pid is not None and row.id != 1:
                self._orphans[row.id] = parent_pid
            self._adopt(row)
        return row

    def _new(self) -> int:
        self._count += 1
        return self._count

    def _adopt(self, parent: Row) -> None:
        """Those that told of themselves before their parent was known."""
        for number in [number for number, pid in self._orphans.items() if pid == parent.pid]:
            del self._orphans[number]
            child = self._rows.get(number)
            if child is not None and child.guessed:  # else whoever started it has told
                child.parent = parent.id
                self.announce(child)

    def meet_thread(self, process: Row, number: int, name: str) -> Row:
        """The new row of a thread of a process."""
        row = Row(self._new(), process.pid, process.id, cut(name, NAME_MOST), kind="thread", agent=True)
        row.thread = number
        self._rows[row.id] = row
        self._threads.setdefault(process.id, []).append(row)
        self.announce(row)
        return row

    def threads_of(self, process: Row) -> list[Row]:
        """The threads of a process, whether or not they are over."""
        return list(self._threads.get(process.id, ()))

    def touch(self, row: Row) -> None:
        """It has changed: note so wherever no message tells of it."""
        self.touched.add(row.id)

    def announce(self, row: Row) -> None:
        self.touch(row)
        self._out.append(messages.ProcessSeen(row.id, row.parent, row.pid, row.kind, row.name, row.agent))

    def name(self, row: Row, name: str, parent_pid: int | None) -> None:
        """A process's name became known, and who called start() for it."""
        parent = None if parent_pid is None else self._by_pid.get(parent_pid)
        changed = (cut(name, NAME_MOST), parent.id if parent else row.parent)
        if changed != (row.name, row.parent) and row.id != 1:
            row.name, row.parent = changed
            self.announce(row)
        row.guessed, row.python = False, True
        self.touch(row)

    def guess(self, row: Row, words: Sequence[str]) -> None:
        """The beginning of a process's command line became known."""
        row.python = is_python(words)
        self.touch(row)
        name = cut(title(words), NAME_MOST)
        if row.guessed and name not in ("", row.name):
            row.name = name
            self.announce(row)

    def execute(self, row: Row, name: str, t_ns: int) -> None:
        """The process became another program; an agent that began there since then knows better what it is."""
        row.executed = t_ns
        if row.agent_since < t_ns:
            self.guess(row, [name])

    def moment(self, row: Row, moment: str, t_ns: int, *, better: bool = False) -> None:
        """Note a moment (monotonic ns); the first report of each is kept, unless this one is `better`."""
        if moment not in row.moments or better:
            row.moments[moment] = t_ns
            self.touch(row)
            self._out.append(messages.Moment(row.id, moment, t_ns - self._launched_ns))

    # -- ends

    def exiting(self, row: Row, code: int | None, t_ns: int) -> None:
        """The process itself said that it is about to exit; whoever else tells of its end saw it later."""
        self.moment(row, "exited", t_ns, better=t_ns < row.moments.get("exited", t_ns))
        if code is not None and not row.ended:
            row.exit_code, row.exiting = code, True
            self.touch(row)

    def copied(self, row: Row) -> None:
        """The process is a copy of its parent, made by a fork: what is no Python forks to be two of the same."""
        parent = None if row.parent is None else self._rows[row.parent]
        if row.guessed and parent is not None and row.id != 1:
            row.python = parent.python
            row.name = parent.name if parent.python is False else copy_of(parent.name)
            self.announce(row)

    def fail(self, row: Row, error: str) -> None:
        """An exception ended the process; `error` is the last line of its traceback."""
        row.error = error
        self.touch(row)
        self._out.append(messages.Failed(row.id, error))
        if row.ended and not row.stopped and self._is_of_interrupt(row):
            row.stopped = True
            self._tell_end(row)

    def _is_of_interrupt(self, row: Row) -> bool:
        """Whether it died of the user's Ctrl-C, and not by itself."""
        return self.interrupted and (row.exit_code in (None, -signal.SIGINT) or row.error.startswith(INTERRUPT))

    def end(self, row: Row, code: int | None, t_ns: int, *, stopped: bool = False) -> None:
        """The process is gone. `code` is what the system said (-N: signal N); None: nobody knows. `stopped`: the user
        had asked for the end of the program.

        Whoever tells of the end saw it afterwards: the earliest one is right about the time.
        """
        self.moment(row, "exited", t_ns, better=t_ns < row.moments.get("exited", t_ns))
        if row.ended and (row.reaped or code is None):
            return
        row.reaped = code is not None
        if code is None and row.exiting:
            code = row.exit_code
        row.ended = True
        row.exit_code = code
        row.stopped |= (stopped and (code is None or code < 0)) or self._is_of_interrupt(row)
        self._tell_end(row)

    def _tell_end(self, row: Row) -> None:
        code = row.exit_code
        self.touch(row)
        killed = code is not None and code < 0
        number = -code if code is not None and killed else None
        self._out.append(messages.Ended(row.id, None if killed else code, number, row.stopped))

    # -- what is kept

    def stop_observing(self, row: Row, reason: str, t_ns: int) -> None:
        """Nothing more will be learnt from the process itself."""
        if not row.unobserved:
            row.unobserved, row.unobserved_ns = reason, t_ns
            self.touch(row)
            self._tell_unobserved(row)

    def _tell_unobserved(self, row: Row) -> None:
        self._out.append(messages.Unobserved(row.id, row.unobserved_ns - self._launched_ns, row.unobserved))

    def forget(self, before_ns: int) -> list[Row]:
        """Let go of rows that ended before this time and about which nothing more will be told; return them."""
        parents = {row.parent for row in self if not row.ended}
        old = [
            row
            for row in self
            if row.ended and row.id != 1 and row.id not in parents and row.moments.get("exited", before_ns) < before_ns
        ]
        for row in old:
            del self._rows[row.id]
            self._orphans.pop(row.id, None)
            self._threads.pop(row.id, None)
            if self._by_pid.get(row.pid) is row:
                del self._by_pid[row.pid]
        for parent in {row.parent for row in old if row.thread is not None and row.parent in self._threads}:
            self._threads[parent] = [thread for thread in self._threads[parent] if thread.id in self._rows]
        return old

    def dump(self, number: int) -> dict[str, Any] | None:
        """All that is known of a row, as plain JSON values; None if it is not kept any more."""
        row = self._rows.get(number)
        return None if row is None else dataclasses.asdict(row)

    def restore(self, known: dict[str, Any]) -> Row:
        """A row as it was dumped, told of again."""
        known["names"] = {int(index): (whose, name) for index, (whose, name) in known["names"].items()}
        row = Row(**known)
        self._count = max(self._count, row.id)
        self._rows[row.id] = row
        if row.thread is None:
            self._by_pid[row.pid] = row
        elif row.parent is not None:
            self._threads.setdefault(row.parent, []).append(row)
        self.announce(row)
        for moment, t_ns in row.moments.items():
            self._out.append(messages.Moment(row.id, moment, t_ns - self._launched_ns))
        if row.error:
            self._out.append(messages.Failed(row.id, row.error))
        if row.unobserved:
            self._tell_unobserved(row)
        if row.ended:
            self._tell_end(row)
        return row


#: What a copy of a process is called, and the copy of a copy.
_COPY = re.compile(r"fork of (.*?)(?: \((\d+) generations\))?", re.DOTALL)


def copy_of(name: str) -> str:
    """What to call a process that a process of this name made as its copy: `fork of sh`, then `fork of sh (2
    generations)`, and so on, since a program may go on for thousands."""
    known = _COPY.fullmatch(name)
    if known is None:
        return f"fork of {name}"
    return f"fork of {known[1]} ({int(known[2] or 1) + 1} generations)"


def is_python(words: Sequence[str]) -> bool:
    """Whether a command line starts a Python."""
    return bool(words) and "python" in os.path.basename(words[0]).lower()


def title(words: Sequence[str]) -> str:
    """What to call a process with this command line: the program, and of a Python what it runs."""
    if not words:
        return ""
    program = os.path.basename(words[0])
    if not is_python(words):
        return program
    for place, word in enumerate(words[1:], 1):
        if word in ("-c", "-"):
            return f"{program} {word}"
        if word == "-m":
            return " ".join((program, *words[place : place + 2]))
        if not word.startswith("-") and words[place - 1] not in ("-W", "-X"):
            return f"{program} {os.path.basename(word)}"
    return program


def signal_name(number: int) -> str:
    """SIGKILL for 9, and so on."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
