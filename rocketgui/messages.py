"""Every message that crosses a border inside rocketgui, one class per meaning.

Messages travel from the collector to the model: over the frame queue to the window, in memory when there is no
window. One encoding serves whoever carries or keeps them: a *frame* is one line of JSON,
`[t_ns, [[kind, fields], ...]]`.
Commands travel the other way, from the window to the collector.

Times are nanoseconds of `time.monotonic_ns()` since the run was launched (before the first launch: since the collector
began). `process` is the number by which a run knows a process; pids can be used twice, these numbers cannot.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from rocketgui.launch import Launch as Launch

Number = int | float

#: Moments in the life of a process, in the order in which they come.
MOMENTS = ("start_called", "began", "target_entered", "target_left", "exited", "joined")

#: What a process can be doing; see `Doing`.
DOINGS = ("python", "c", "lock", "queue", "full queue", "pipe", "join", "sleep", "io", "waiting")

#: How a run can end; see `RunEnded`.
ENDINGS = ("finished", "failed", "stopped", "killed", "lost")


class BadMessage(ValueError):
    """What arrived is not a message that this version knows. The text says what is wrong with it."""


# ---------------------------------------------------------------- collector -> model


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A program was launched. `start_method` is what it was asked to use; `work`, `variable` and `pinned` say which of
    the built-in programs it is (see programs/variants.py)."""

    argv: tuple[str, ...]
    executable: str
    run_as: str
    start_method: str
    work: str
    variable: str
    pinned: bool
    os: str
    cores: int
    launched: str  #: wall-clock time, ISO 8601, UTC
    workers: int
    limit: int
    watch: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Interpreter:
    """What the program's first process said of its Python: the version, and whether it has a GIL."""

    python: str
    gil: bool


@dataclass(frozen=True, slots=True)
class ProcessSeen:
    """rocketgui learnt of a process, or learnt more of it: the last one that came is right.

    `kind` is `process`, `thread`, or `helper` for Python's own fork server and resource tracker. A thread has the pid
    of its process, which is its parent.
    `agent` tells whether the process itself reports, or only the system was seen to have it.
    """

    process: int
    parent: int | None
    pid: int
    kind: str
    name: str
    agent: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """A process reached one of `MOMENTS`."""

    process: int
    moment: str
    t_ns: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its exit code, or the number of the signal that killed it; both None where unknown.

    It comes again when more becomes known. `stopped` tells that rocketgui itself ended it: because the user said so, or
    because the program's first process, or the supervisor, was gone.
    """

    process: int
    exit_code: int | None
    signal: int | None
    stopped: bool


@dataclass(frozen=True, slots=True)
class Terminated:
    """The process's parent called terminate() or kill() for it, which sent this signal."""

    process: int
    t_ns: int
    signal: int


@dataclass(frozen=True, slots=True)
class Failed:
    """An exception left the process's target; `error` is the last line of its traceback."""

    process: int
    error: str


@dataclass(frozen=True, slots=True)
class StartFailed:
    """`process` called start() for a child named `name` and the system refused it."""

    process: int
    name: str
    t_ns: int
    error: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The system refused to start workers: of `wanted` in all, `missing` did not start."""

    wanted: int
    missing: int


@dataclass(frozen=True, slots=True)
class Samples:
    """Values of watched names, as columns of one length; rows of one process and name come in order of time."""

    process: tuple[int, ...]
    name: tuple[str, ...]
    t_ns: tuple[int, ...]
    value: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class CoreLoad:
    """Load of every core in percent (0 to 100) over the last 0.4 s, or since sampling began if that is less."""

    t_ns: int
    percent: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ProcessLoad:
    """What the system says of each process, as columns of one length. None: not available on this system.

    `cpu` is percent of one core since the sample before, `cpu_s` CPU seconds since the process began, `core` the core
    that it ran on last, `voluntary` and `involuntary` context switches since it began, `rss` and `peak_rss` bytes,
    `moves` how often the system moved it to another core since it began.
    """

    t_ns: int
    process: tuple[int, ...]
    cpu: tuple[float | None, ...]
    cpu_s: tuple[float | None, ...]
    core: tuple[int | None, ...]
    voluntary: tuple[int | None, ...]
    involuntary: tuple[int | None, ...]
    rss: tuple[int | None, ...]
    peak_rss: tuple[int | None, ...]
    moves: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Doing:
    """What the main thread of a process has been doing from `t_ns` on: one of `DOINGS`, and in which line.

    `python`: it runs Python code, or would if it got a core; `c`: it is busy in C code; `lock`, `queue` (for
    an item), `full queue` (for room in it), `pipe`, `join`: it waits for that; `sleep`: it is asleep; `io`: it waits
    for a file, a terminal or the network; `waiting`: for what is not known.

    `file`, `line` and `function` are those of the innermost frame of the program's own code, or of the innermost frame
    where none of its own is on the stack; empty and 0 where unknown. `on` tells what it waits for, where that is
    known: `lock NAME`, the same name in all processes that wait for one lock; `process PID`, whose end it joins.
    """

    process: int
    t_ns: int
    what: str
    file: str
    line: int
    function: str
    on: str


@dataclass(frozen=True, slots=True)
class Output:
    """One line that a process printed, without its line end. `stream` is `stdout` or `stderr`."""

    process: int
    t_ns: int
    stream: str
    text: str


@dataclass(frozen=True, slots=True)
class Controls:
    """The live controls as they now stand: the wanted number of workers and limit, and whether the run is paused."""

    workers: int
    limit: int
    paused: bool


@dataclass(frozen=True, slots=True)
class Losses:
    """What did not get through since the run began; see docs/report.md."""

    samples_dropped: int
    bad_messages: int
    agents_lost: int
    output_lines_dropped: int


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds since the run began: of all agents' threads, of the collector, of the observed program."""

    agents_cpu_s: float
    collector_cpu_s: float
    program_cpu_s: float


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the user about something that went wrong, or that they should know."""

    text: str


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The whole program is gone. `ended` is one of `ENDINGS`, `exit_code` that of its first process (-N: signal N)."""

    t_ns: int
    ended: str
    exit_code: int | None


Message = (
    RunStarted
    | Interpreter
    | ProcessSeen
    | Moment
    | Ended
    | Terminated
    | Failed
    | StartFailed
    | Refused
    | Samples
    | CoreLoad
    | ProcessLoad
    | Doing
    | Output
    | Controls
    | Losses
    | Cost
    | Notice
    | RunEnded
)

KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in typing.get_args(Message)}


# ---------------------------------------------------------------- window -> collector


@dataclass(frozen=True, slots=True)
class SetWorkers:
    """Let this many workers fly: more are started at once, the newest ones are ended gently."""

    workers: int


@dataclass(frozen=True, slots=True)
class SetLimit:
    """Set the limit in every running worker."""

    limit: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Suspend every process of the program."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Let every process of the program go on."""


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Send the program what Ctrl-C would."""


@dataclass(frozen=True, slots=True)
class Stop:
    """End every process of the program now."""


@dataclass(frozen=True, slots=True)
class Quit:
    """End the program, then the collector itself."""


Command = Launch | SetWorkers | SetLimit | Pause | Resume | Interrupt | Stop | Quit


# ---------------------------------------------------------------- encoding


@dataclass(frozen=True, slots=True)
class Frame:
    """What one tick of the collector brought: the time of the tick and the messages in order."""

    t_ns: int
    messages: tuple[Message, ...]


def encode(t_ns: int, messages: Iterable[Message]) -> str:
    """Write a frame as one line of JSON, without a line end."""
    rows = [[type(m).__name__, [getattr(m, f) for f in _FIELDS[type(m)]]] for m in messages]
    return json.dumps([t_ns, rows], separators=(",", ":"))


def decode(line: str | bytes) -> Frame:
    """Read what `encode` wrote.

    Raises:
        BadMessage: the line is not JSON, not a frame, or holds a message that is unknown or has a wrong field.
    """
    try:
        frame = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadMessage(f"not a line of JSON: {error}") from None
    match frame:
        case [int(t_ns), list(rows)] if not isinstance(t_ns, bool):
            return Frame(t_ns, tuple(_message(row) for row in rows))
    raise BadMessage("not a frame: expected [time, [messages]]")


def _message(row: Any) -> Message:
    match row:
        case [str(kind), list(fields)] if kind in KINDS:
            pass
        case _:
            raise BadMessage(f"not a known message: {str(row)[:80]}")
    checks = _CHECKS[kind]
    if len(fields) != len(checks):
        raise BadMessage(f"{kind} has {len(checks)} fields, not {len(fields)}")
    values: list[Any] = []
    for value, (name, check) in zip(fields, checks, strict=True):
        if isinstance(value, list):
            value = tuple(value)
        if not check(value):
            raise BadMessage(f"{kind}.{name} cannot be {str(value)[:80]}")
        values.append(value)
    message: Message = KINDS[kind](*values)
    columns = _COLUMNS[kind]
    if len({len(getattr(message, name)) for name in columns}) > 1:
        raise BadMessage(f"the columns of {kind} differ in length")
    return message


def _is(kind: type) -> Callable[[Any], bool]:
    if kind is float:
        return lambda value: (type(value) is float and math.isfinite(value)) or type(value) is int
    return lambda value: type(value) is kind


def _check(hint: Any) -> Callable[[Any], bool]:
    """A test of whether a decoded value has the annotated type of a field."""
    if isinstance(hint, types.UnionType):
        tests = [_check(part) for part in typing.get_args(hint)]
        return lambda value: any(test(value) for test in tests)
    if typing.get_origin(hint) is tuple:
        inner = _check(typing.get_args(hint)[0])
        return lambda value: type(value) is tuple and all(map(inner, value))
    return _is(hint)


_FIELDS: dict[type, tuple[str, ...]] = {
    kind: tuple(field.name for field in dataclasses.fields(kind)) for kind in KINDS.values()
}
_HINTS = {name: typing.get_type_hints(kind) for name, kind in KINDS.items()}
_CHECKS = {name: [(field, _check(hint)) for field, hint in hints.items()] for name, hints in _HINTS.items()}
#: The fields that hold one entry per row, in the messages that are tables.
_COLUMNS = {
    name: [field for field, hint in hints.items() if typing.get_origin(hint) is tuple]
    if name in ("Samples", "ProcessLoad")
    else []
    for name, hints in _HINTS.items()
}
