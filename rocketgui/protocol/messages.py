"""The messages and commands between the parts of rocketgui, one class per meaning.

Messages go from the collector to the model, as Python objects over the frame queue, a *frame* of them at a time.
Commands go the other way. In a file, a frame is a line of JSON, `[t_ns, [[kind, fields], ...]]`; see `encode`.

A message is a named tuple: to make its class takes a fifth of the time that a dataclass takes, in two processes of each
run. Named tuples of different types can be equal, so messages are distinguished by their type, never by comparison.

Times are nanoseconds of `time.monotonic_ns()` since the run was launched (before the first launch: since the collector
began). `process` is the number of a process entry, which is unique in a run; a pid may be used twice.
"""

from __future__ import annotations

import builtins
import functools
import json
import math
import types
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

from rocketgui.protocol.launch_spec import Launch as Launch
from rocketgui.protocol.variant import Variant

Number = int | float

#: Lifecycle events of a process, in their order.
LIFECYCLE_EVENTS = ("start_called", "began", "target_entered", "target_left", "exited", "joined")

#: Activities of a process; see `Activity`.
ACTIVITIES = ("python", "native", "lock", "queue", "full queue", "pipe", "join", "sleep", "io", "waiting")

#: How a run can end; see `RunEnded`.
ENDINGS = ("finished", "failed", "stopped", "killed", "lost")

#: Kinds of process entries; see `ProcessSeen`.
PROCESS_KINDS = ("process", "thread", "interpreter", "helper")

STREAMS = ("stdout", "stderr")

#: What can happen to left-overs; see `LeftOver`.
FATES = ("end", "ask", "keep")


def cut(text: str, most: int) -> str:
    """A text of at most `most` characters; a longer text is cut and ends in an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + "…"


# ---------------------------------------------------------------- what a field can hold

#: Characters of a text in a frame at most. A longer text is an error; the model keeps less of it.
TEXT_MOST = 2**20
#: Bits of a watched integer at most, since Python does not write out longer ones. The agent sends none that are longer.
BITS_MOST = 14_000


class Within(NamedTuple):
    """A number from `least` to `most`."""

    least: float
    most: float


class OneOf(NamedTuple):
    """A text that is one of `words`."""

    words: tuple[str, ...]


class Letters(NamedTuple):
    """A text of `least` to `most` characters."""

    least: int
    most: int


#: ns; 30 years in either direction.
Time = Annotated[int, Within(-(10**18), 10**18)]
ProcessId = Annotated[int, Within(0, 2**53)]
Pid = Annotated[int, Within(1, 2**31 - 1)]
#: A number of things or of bytes.
Count = Annotated[int, Within(0, 2**63 - 1)]
#: The largest number of losses: a million in each second of ten days. A larger number is damage.
LOSSES_MOST = 10**12
LossCount = Annotated[int, Within(0, LOSSES_MOST)]
Small = Annotated[int, Within(0, 2**31 - 1)]
#: Windows has exit codes of 32 bits without a sign.
ExitCode = Annotated[int, Within(-(2**31), 2**32 - 1)]
Signal = Annotated[int, Within(1, 1_024)]
Core = Annotated[int, Within(0, 2**16 - 1)]
CpuSeconds = Annotated[float, Within(0, 1e12)]
#: Percent of one core. A process may use several cores, and CPU time may step back a little.
Percent = Annotated[float, Within(-1e3, 1e9)]
Text = Annotated[str, Letters(0, TEXT_MOST)]
#: Characters of a name at most. The collector cuts a longer name.
NAME_MOST = 200
Name = Annotated[str, Letters(1, NAME_MOST)]
Value = Annotated[int | float, Within(-(2**BITS_MOST), 2**BITS_MOST)]
LifecycleEventName = Annotated[str, OneOf(LIFECYCLE_EVENTS)]
ActivityName = Annotated[str, OneOf(ACTIVITIES)]
Ending = Annotated[str, OneOf(ENDINGS)]
ProcessKind = Annotated[str, OneOf(PROCESS_KINDS)]
Stream = Annotated[str, OneOf(STREAMS)]
Fate = Annotated[str, OneOf(FATES)]


class BadMessage(ValueError):
    """Data is not a frame or a message that this version knows. The text says what is wrong."""


# ---------------------------------------------------------------- collector -> model


class RunStarted(NamedTuple):
    """A program was launched: the built-in one in a variant, or a script, whose variant is `OTHER`."""

    argv: tuple[Text, ...]
    executable: Text
    variant: Variant
    os: Text
    cores: Small
    launched: Text  #: wall-clock time, ISO 8601, UTC
    workers: Small
    limit: Count
    watch: tuple[Text, ...]


class PythonInfo(NamedTuple):
    """The Python of the program's first process: its version, and whether it has a GIL."""

    python: Text
    gil: bool


class ProcessSeen(NamedTuple):
    """A process became known, or more of it: the last such message is valid.

    `kind` is `process`, `thread`, `interpreter` for a thread with an interpreter of its own, or `helper` for a fork
    server or resource tracker. A thread has the pid of its process, which is its parent. `agent`: whether an agent in
    the process reports; if not, the process is known from the system or its parent only.
    """

    process: ProcessId
    parent: ProcessId | None
    pid: Pid
    kind: ProcessKind
    name: Text
    agent: bool


class LifecycleEvent(NamedTuple):
    """A process reached one of `LIFECYCLE_EVENTS`."""

    process: ProcessId
    event: LifecycleEventName
    t_ns: Time


class Ended(NamedTuple):
    """How a process ended: its exit code, or the number of the signal that killed it; both None where unknown.

    Sent again when more becomes known. `stopped`: rocketgui ended the process, because the user asked for it or the
    program's first process or the supervisor was gone; or the user's Ctrl-C ended it.
    """

    process: ProcessId
    exit_code: ExitCode | None
    signal: Signal | None
    stopped: bool


class Terminated(NamedTuple):
    """The parent of a process called its terminate() or kill(), which sent this signal."""

    process: ProcessId
    t_ns: Time
    signal: Signal


class Failed(NamedTuple):
    """An exception ended the target of a process; `error` is the last line of its traceback."""

    process: ProcessId
    error: Text


class StartFailed(NamedTuple):
    """`process` called start() for a child named `name`, and the call failed; `error` may be empty."""

    process: ProcessId
    name: Text
    t_ns: Time
    error: Text


class WorkersNotStarted(NamedTuple):
    """The system refused to start workers: of `wanted` in all, `missing` did not start."""

    wanted: Small
    missing: Small


class LeftOver(NamedTuple):
    """The program's first process has ended, and these processes still run. `then`: what happens to them: `end`, `ask`
    (they run until `Keep` or `Stop` comes) or `keep`."""

    t_ns: Time
    pids: tuple[Pid, ...]
    then: Fate


class Unobserved(NamedTuple):
    """From `t_ns` on a process is not observed from inside any more; `reason` says why."""

    process: ProcessId
    t_ns: Time
    reason: Text


class CollectorRestarted(NamedTuple):
    """The collector died, as `how` says ("was killed by SIGKILL"), and another one took over at `t_ns`. `gap_ns`: the
    time from the last frame until then. `deaths`: how many collectors of this run have died by now."""

    t_ns: Time
    gap_ns: Time
    how: Text
    deaths: Small


class Samples(NamedTuple):
    """Values of watched variables, as columns of one length. Rows of one process and name are in order of time."""

    process: tuple[ProcessId, ...]
    name: tuple[Name, ...]
    t_ns: tuple[Time, ...]
    value: tuple[Value, ...]


class CoreLoad(NamedTuple):
    """Load of every core in percent (0 to 100) over the last 0.4 s, or since sampling began if that is less."""

    t_ns: Time
    percent: tuple[Percent, ...]


class ProcessLoad(NamedTuple):
    """The system's figures of some processes, as columns of one length. None: not sampled this time, or not available.

    `cpu` is percent of one core since the sample before, `cpu_s` CPU seconds since the process began, `core` the core
    that it ran on last, `voluntary` and `involuntary` context switches since it began, `rss` and `peak_rss` bytes,
    `migrations` how often the system moved it to another core since it began.
    """

    t_ns: Time
    process: tuple[ProcessId, ...]
    cpu: tuple[Percent | None, ...]
    cpu_s: tuple[CpuSeconds | None, ...]
    core: tuple[Core | None, ...]
    voluntary: tuple[Count | None, ...]
    involuntary: tuple[Count | None, ...]
    rss: tuple[Count | None, ...]
    peak_rss: tuple[Count | None, ...]
    migrations: tuple[Count | None, ...]


class Activity(NamedTuple):
    """What the main thread of a process has been doing from `t_ns` on: one of `ACTIVITIES`, and in which line.

    `python`: it runs Python code, or would if it got a core; `native`: it is busy in C code; `lock`, `queue` (for
    an item), `full queue` (for room in a queue), `pipe`, `join`: it waits for this; `sleep`: it sleeps; `io`: it waits
    for a file, a terminal or the network; `waiting`: it waits, and for what is unknown.

    `file`, `line` and `function` are those of the innermost frame of the program's own code, or of the innermost frame
    if no such code is on the stack; empty and 0 where unknown. `on` is what the thread waits for, or empty where
    unknown: `lock NAME`, the same name in all processes that wait for one lock; `process PID`, the process it joins.
    """

    process: ProcessId
    t_ns: Time
    what: ActivityName
    file: Text
    line: Small
    function: Text
    on: Text


class Output(NamedTuple):
    """One line that a process printed, without its line end. `stream` is `stdout` or `stderr`."""

    process: ProcessId
    t_ns: Time
    stream: Stream
    text: Text


class ControlState(NamedTuple):
    """The live controls: the wanted number of workers, the limit, and whether the run is paused."""

    workers: Small
    limit: Count
    paused: bool


class Losses(NamedTuple):
    """Losses since the run began, counted by kind; see docs/report.md. `events_dropped` counts events of agents and of
    the kernel that were overwritten before they were read, and records that could not be understood without these."""

    samples_dropped: LossCount
    bad_messages: LossCount
    agents_lost: LossCount
    output_lines_dropped: LossCount
    events_dropped: LossCount = 0


class Overhead(NamedTuple):
    """CPU seconds since the run began: of all agents' threads, of the collectors, of the observed program."""

    agents_cpu_s: CpuSeconds
    collector_cpu_s: CpuSeconds
    program_cpu_s: CpuSeconds


class Notice(NamedTuple):
    """A sentence for the user about an error, or about another thing that they should know."""

    text: Text


class RunEnded(NamedTuple):
    """The whole program has ended: `ended` is one of `ENDINGS`. `exit_code` is that of its first process (-N: signal
    N), None if unknown."""

    t_ns: Time
    ended: Ending
    exit_code: ExitCode | None


Message = (
    RunStarted
    | PythonInfo
    | ProcessSeen
    | LifecycleEvent
    | Ended
    | Terminated
    | Failed
    | StartFailed
    | WorkersNotStarted
    | LeftOver
    | Unobserved
    | CollectorRestarted
    | Samples
    | CoreLoad
    | ProcessLoad
    | Activity
    | Output
    | ControlState
    | Losses
    | Overhead
    | Notice
    | RunEnded
)

KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in typing.get_args(Message)}


# ---------------------------------------------------------------- window -> collector


@dataclass(frozen=True)
class SetWorkers:
    """Have this many workers: more are started at once, or the newest ones end gently."""

    workers: int


@dataclass(frozen=True)
class SetLimit:
    """Set the limit in every running worker."""

    limit: int


class Request(StrEnum):
    """A command without arguments."""

    PAUSE = "pause"  #: Suspend every process of the program.
    RESUME = "resume"  #: Resume every process of the program.
    INTERRUPT = "interrupt"  #: Send the program SIGINT, as Ctrl-C does.
    KEEP = "keep"  #: Let left-overs live.
    STOP = "stop"  #: End every process of the program now.
    QUIT = "quit"  #: End the program, then the collector itself.


Command = Launch | SetWorkers | SetLimit | Request


# ---------------------------------------------------------------- encoding


class Frame(NamedTuple):
    """The messages of one tick of the collector, in order, and the time of the tick."""

    t_ns: int
    messages: tuple[Message, ...]


def encode(t_ns: int, messages: Iterable[Message]) -> str:
    """Write a frame as one line of JSON, without a line end."""
    rows = [[type(message).__name__, message] for message in messages]
    return json.dumps([t_ns, rows], separators=(",", ":"))


def decode(line: str | bytes) -> Frame:
    """Read what `encode` wrote.

    Raises:
        BadMessage: the line is not JSON, not a frame, or holds a message that is unknown or has a wrong field.
    """
    try:
        frame = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadMessage(f"not a line of JSON: {str(error)[:_SHOWN]}") from None
    match frame:
        case [t_ns, list(rows)] if _IS_TIME(t_ns):
            return Frame(t_ns, tuple(_message(row) for row in rows))
    raise BadMessage("not a frame: expected [time, [messages]]")


def check(message: Message) -> None:
    """Check the types and ranges of a message's fields, and that its columns have one length.

    Raises:
        BadMessage: a check fails; the text says which.
    """
    kind = type(message).__name__
    for (name, fits), value in zip(_fields(kind), message, strict=True):
        if not fits(value):
            raise BadMessage(f"{kind}.{name} cannot be {_shown(value)}")
    if isinstance(message, _TABLES) and len({len(column) for column in message if isinstance(column, tuple)}) > 1:
        raise BadMessage(f"the columns of {kind} differ in length")


def _message(row: Any) -> Message:
    match row:
        case [str(kind), list(fields)] if kind in KINDS:
            pass
        case _:
            raise BadMessage(f"not a known message: {_shown(row)}")
    if len(fields) != len(_fields(kind)):
        raise BadMessage(f"{kind} has {len(_fields(kind))} fields, not {len(fields)}")
    values = [tuple(value) if isinstance(value, list) else value for value in fields]
    if KINDS[kind] is RunStarted and isinstance(variant := values[2], tuple) and len(variant) == len(Variant._fields):
        values[2] = Variant(*variant)
    message: Message = KINDS[kind](*values)
    check(message)
    return message


#: How many characters of wrong data an error shows.
_SHOWN = 80


def _shown(value: Any) -> str:
    try:
        return str(value)[:_SHOWN]
    except (ValueError, RecursionError):  # Python does not write out every integer
        return "that"


def _is(kind: type) -> Callable[[Any], bool]:
    if kind is float:
        return lambda value: (type(value) is float and math.isfinite(value)) or type(value) is int
    return lambda value: type(value) is kind


def _is_limited(kind: Any, limit: Any) -> Callable[[Any], bool]:
    """A test of whether a value has a type and is in a range; both in one function, for speed."""
    match kind, limit:
        case builtins.int, Within(least, most):
            return lambda value: type(value) is int and least <= value <= most
        case _, Within(least, most):  # numbers of either type; NaN and infinity are in no range
            return lambda value: type(value) in (float, int) and least <= value <= most
        case builtins.str, Letters(least, most):
            return lambda value: type(value) is str and least <= len(value) <= most
        case builtins.str, OneOf(words):
            return lambda value: type(value) is str and value in words
    raise TypeError(f"not a range of {kind}: {limit}")


def _check(hint: Any) -> Callable[[Any], bool]:
    """A test of whether a value has the annotated type of a field and is in its range."""
    if typing.get_origin(hint) is Annotated:
        return _is_limited(*typing.get_args(hint))
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        tests = [_check(part) for part in typing.get_args(hint)]
        return lambda value: any(test(value) for test in tests)
    if hint is Variant:
        fits = [_check(inner) for inner in typing.get_type_hints(Variant).values()]
        return lambda value: type(value) is Variant and all(test(part) for test, part in zip(fits, value, strict=True))
    if typing.get_origin(hint) is tuple:
        inner = _check(typing.get_args(hint)[0])
        return lambda value: type(value) is tuple and all(map(inner, value))
    return _is(hint)


_IS_TIME = _check(Time)


@functools.cache  # computed when the first message of a kind is checked: most processes check none
def _fields(kind: str) -> list[tuple[str, Callable[[Any], bool]]]:
    """The fields of a kind of message, and a test of what each can hold."""
    hints = typing.get_type_hints(KINDS[kind], include_extras=True)
    return [(field, _check(hint)) for field, hint in hints.items()]


#: The messages that are tables: each of their fields that is a tuple holds one entry per row.
_TABLES = (Samples, ProcessLoad)
