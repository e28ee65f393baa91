"""Which process and thread is which: one row for each, whoever told of it first, the system, its parent, or itself."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass, field

from rocketgui import messages
from rocketgui.messages import Message

ROOT_NAME = "MainProcess"


@dataclass(slots=True)
class Row:
    """What is known of one process, or of one thread in it. Two processes may have had the same pid, so `id` tells them
    apart. `thread` is the number that the agent gave a thread, `tid` the one that the system did. A thread that has an
    interpreter of its own is of the kind `interpreter`."""

    id: int
    pid: int
    parent: int | None
    name: str = ""
    kind: str = "process"
    agent: bool = False
    python: bool = True
    #: Whose values are meant by the indices in this process's black box: the row's id, and the name.
    names: dict[int, tuple[int, str]] = field(default_factory=dict)
    moments: dict[str, int] = field(default_factory=dict)
    exit_code: int | None = None
    #: The agent said that it was about to exit with `exit_code`; the system has not confirmed it.
    exiting: bool = False
    ended: bool = False
    reaped: bool = False
    stopped: bool = False
    cpu_s: float = 0.0
    agent_cpu_s: float = 0.0
    thread: int | None = None
    tid: int | None = None

    @property
    def who(self) -> str:
        """How the board names it."""
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
        self._rows: dict[int, Row] = {}
        self._by_pid: dict[int, Row] = {}

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def __getitem__(self, process: int) -> Row:
        return self._rows[process]

    def newer_than(self, count: int) -> list[Row]:
        """The rows after the first `count`."""
        return [self._rows[number] for number in range(count + 1, len(self._rows) + 1)]

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
            row = Row(len(self._rows) + 1, pid, parent.id if parent else (1 if self._rows else None))
            row.name = ROOT_NAME if row.id == 1 else f"process {pid}"
            self._rows[row.id] = self._by_pid[pid] = row
            self.announce(row)
        return row

    def meet_thread(self, process: Row, number: int, name: str) -> Row:
        """The new row of a thread of a process."""
        row = Row(len(self._rows) + 1, process.pid, process.id, name, "thread", agent=True, thread=number)
        self._rows[row.id] = row
        self.announce(row)
        return row

    def threads_of(self, process: Row) -> list[Row]:
        """The threads of a process, whether or not they are over."""
        return [row for row in self if row.parent == process.id and row.thread is not None]

    def announce(self, row: Row) -> None:
        self._out.append(messages.ProcessSeen(row.id, row.parent, row.pid, row.kind, row.name, row.agent))

    def name(self, row: Row, name: str, parent_pid: int | None) -> None:
        """A process's name became known, and who called start() for it."""
        parent = None if parent_pid is None else self._by_pid.get(parent_pid)
        changed = (name, parent.id if parent else row.parent)
        if changed != (row.name, row.parent) and row.id != 1:
            row.name, row.parent = changed
            self.announce(row)

    def moment(self, row: Row, moment: str, t_ns: int, *, better: bool = False) -> None:
        """Note a moment (monotonic ns); the first report of each is kept, unless this one is `better`."""
        if moment not in row.moments or better:
            row.moments[moment] = t_ns
            self._out.append(messages.Moment(row.id, moment, t_ns - self._launched_ns))

    # -- ends

    def exiting(self, row: Row, code: int | None, t_ns: int) -> None:
        """The process itself said that it is about to exit."""
        self.moment(row, "exited", t_ns)
        if code is not None and not row.ended:
            row.exit_code, row.exiting = code, True

    def end(self, row: Row, code: int | None, t_ns: int, *, stopped: bool = False) -> None:
        """The process is gone. `code` is what the system said (-N: signal N); None: nobody knows."""
        if row.ended and (row.reaped or code is None):
            return
        row.reaped = code is not None
        if code is None and row.exiting:
            code = row.exit_code
        row.ended = True
        row.stopped = row.stopped or (stopped and (code is None or code < 0))
        row.exit_code = code
        self.moment(row, "exited", t_ns)
        killed = code is not None and code < 0
        number = -code if code is not None and killed else None
        self._out.append(messages.Ended(row.id, None if killed else code, number, row.stopped))


def signal_name(number: int) -> str:
    """SIGKILL for 9, and so on."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
