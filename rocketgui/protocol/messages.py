"""Every message that crosses a border inside rocketgui, one class per meaning.

Messages travel from the collector to the model: a *frame* of them at a time, as it is, over the frame queue. Commands
travel the other way. What is kept in a file is a line of JSON per frame, `[t_ns, [[kind, fields], ...]]`; see `encode`.

A message is a named tuple: its class takes a fifth of the time to make that a dataclass takes, in two processes of each
run. So messages are told apart by their type, never by comparing them.

Times are nanoseconds of `time.monotonic_ns()` since the run was launched (before the first launch: since the collector
began). `process` is the number by which a run knows a process; pids can be used twice, these numbers cannot.
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
from typing import Annotated, Any, NamedTuple

from rocketgui.protocol.launch_spec import Launch as Launch
from rocketgui.protocol.variant import Variant

Number = int | float

#: Moments in the life of a process, in the order in which they come.
LIFECYCLE_EVENTS = ("start_called", "began", "target_entered", "target_left", "exited", "joined")

#: What a process can be doing; see `Activity`.
ACTIVITIES = ("python", "native", "lock", "queue", "full queue", "pipe", "join", "sleep", "io", "waiting")

#: How a run can end; see `RunEnded`.
ENDINGS = ("finished", "failed", "stopped", "killed", "lost")

#: What a row can be; see `ProcessSeen`.
PROCESS_KINDS = ("process", "thread", "interpreter", "helper")

STREAMS = ("stdout", "stderr")

#: What can become of processes that outlive the program's first one; see `LeftOver`.
FATES = ("end", "ask", "keep")


def cut(text: str, most: int) -> str:
    """A text of at most so many letters; one that is cut ends in an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + "…"


# ---------------------------------------------------------------- what a field can hold

#: Letters of a text in a frame. What is longer makes no sense; the model keeps less.
TEXT_MOST = 2**20
#: Bits of a watched integer: Python does not write out longer ones. The agent sends none that are longer.
BITS_MOST = 14_000


class Within(NamedTuple):
    """A number from `least` to `most`."""

    least: float
    most: float


class OneOf(NamedTuple):
    """One of these words."""

    words: tuple[str, ...]


class Letters(NamedTuple):
    """A text of `least` letters to `most`."""

    least: int
    most: int


#: ns; 30 years in either direction.
Time = Annotated[int, Within(-(10**18), 10**18)]
ProcessId = Annotated[int, Within(0, 2**53)]
Pid = Annotated[int, Within(1, 2**31 - 1)]
#: What is counted, or measured in bytes.
Count = Annotated[int, Within(0, 2**63 - 1)]
#: Of what was lost: a million in each second of ten days. What says more has been damaged.
LOSSES_MOST = 10**12
LossCount = Annotated[int, Within(0, LOSSES_MOST)]
Small = Annotated[int, Within(0, 2**31 - 1)]
#: Windows has exit codes of 32 bits without a sign.
ExitCode = Annotated[int, Within(-(2**31), 2**32 - 1)]
Signal = Annotated[int, Within(1, 1_024)]
Core = Annotated[int, Within(0, 2**16 - 1)]
CpuSeconds = Annotated[float, Within(0, 1e12)]
#: Of one core: of the core itself, or of a process, which can have many. CPU time may step back a little.
Percent = Annotated[float, Within(-1e3, 1e9)]
Text = Annotated[str, Letters(0, TEXT_MOST)]
#: Of a watched value. What is longer is cut where it becomes known.
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
    """What arrived is not a message that this version knows. The text says what is wrong with it."""


# ---------------------------------------------------------------- collector -> model


class RunStarted(NamedTuple):
    """A program was launched: the built-in one in a variant, or one of the user's, whose variant is `OTHER`."""

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
    """What the program's first process said of its Python: the version, and whether it has a GIL."""

    python: Text
    gil: bool


class ProcessSeen(NamedTuple):
    """rocketgui learnt of a process, or learnt more of it: the last one that came is right.

    `kind` is `process`, `thread`, or `helper` for Python's own fork server and resource tracker. A thread has the pid
    of its process, which is its parent.
    `agent` tells whether the process itself reports, or only the system was seen to have it.
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

    It comes again when more becomes known. `stopped` tells that rocketgui itself ended it: because the user said so, or
    because the program's first process, or the supervisor, was gone.
    """

    process: ProcessId
    exit_code: ExitCode | None
    signal: Signal | None
    stopped: bool


class Terminated(NamedTuple):
    """The process's parent called terminate() or kill() for it, which sent this signal."""

    process: ProcessId
    t_ns: Time
    signal: Signal


class Failed(NamedTuple):
    """An exception left the process's target; `error` is the last line of its traceback."""

    process: ProcessId
    error: Text


class StartFailed(NamedTuple):
    """`process` called start() for a child named `name` and the system refused it."""

    process: ProcessId
    name: Text
    t_ns: Time
    error: Text


class WorkersNotStarted(NamedTuple):
    """The system refused to start workers: of `wanted` in all, `missing` did not start."""

    wanted: Small
    missing: Small


class LeftOver(NamedTuple):
    """The program's first process is gone, and these still run. `then`: what becomes of them: `end`, `ask` (it is
    waited for `Keep` or `Stop`) or `keep`."""

    t_ns: Time
    pids: tuple[Pid, ...]
    then: Fate


class Unobserved(NamedTuple):
    """From `t_ns` on nothing more is learnt from inside a process; `reason` is a sentence."""

    process: ProcessId
    t_ns: Time
    reason: Text


class CollectorRestarted(NamedTuple):
    """The collector died, as `how` says ("was killed by SIGKILL"), and another one took over at `t_ns`. `gap_ns`: for
    how long nothing was heard. `deaths`: how many collectors of this run have died by now."""

    t_ns: Time
    gap_ns: Time
    how: Text
    deaths: Small


class Samples(NamedTuple):
    """Values of watched names, as columns of one length; rows of one process and name come in order of time."""

    process: tuple[ProcessId, ...]
    name: tuple[Name, ...]
    t_ns: tuple[Time, ...]
    value: tuple[Value, ...]


class CoreLoad(NamedTuple):
    """Load of every core in percent (0 to 100) over the last 0.4 s, or since sampling began if that is less."""

    t_ns: Time
    percent: tuple[Percent, ...]


class ProcessLoad(NamedTuple):
    """What the system says of each process, as columns of one length. None: not available on this system.

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
    an item), `full queue` (for room in it), `pipe`, `join`: it waits for that; `sleep`: it is asleep; `io`: it waits
    for a file, a terminal or the network; `waiting`: for what is not known.

    `file`, `line` and `function` are those of the innermost frame of the program's own code, or of the innermost frame
    where none of its own is on the stack; empty and 0 where unknown. `on` tells what it waits for, where that is
    known: `lock NAME`, the same name in all processes that wait for one lock; `process PID`, whose end it joins.
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
    """The live controls as they now stand: the wanted number of workers and limit, and whether the run is paused."""

    workers: Small
    limit: Count
    paused: bool


class Losses(NamedTuple):
    """What did not get through since the run began; see docs/report.md. `events_dropped` counts records about the lives
    of processes that were overwritten before they were read."""

    samples_dropped: LossCount
    bad_messages: LossCount
    agents_lost: LossCount
    output_lines_dropped: LossCount
    events_dropped: LossCount = 0


class Overhead(NamedTuple):
    """CPU seconds since the run began: of all agents' threads, of the collector, of the observed program."""

    agents_cpu_s: CpuSeconds
    collector_cpu_s: CpuSeconds
    program_cpu_s: CpuSeconds


class Notice(NamedTuple):
    """A sentence for the user about something that went wrong, or that they should know."""

    text: Text


class RunEnded(NamedTuple):
    """The whole program is gone. `ended` is one of `ENDINGS`, `exit_code` that of its first process (-N: signal N)."""

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
    """Run this many workers: more are started at once, the newest ones are ended gently."""

    workers: int


@dataclass(frozen=True)
class SetLimit:
    """Set the limit in every running worker."""

    limit: int


@dataclass(frozen=True)
class Pause:
    """Suspend every process of the program."""


@dataclass(frozen=True)
class Resume:
    """Let every process of the program go on."""


@dataclass(frozen=True)
class Interrupt:
    """Send the program what Ctrl-C would."""


@dataclass(frozen=True)
class Keep:
    """Let what outlives the program's first process live on."""


@dataclass(frozen=True)
class Stop:
    """End every process of the program now."""


@dataclass(frozen=True)
class Quit:
    """End the program, then the collector itself."""


Command = Launch | SetWorkers | SetLimit | Pause | Resume | Interrupt | Keep | Stop | Quit


# ---------------------------------------------------------------- encoding


class Frame(NamedTuple):
    """What one tick of the collector brought: the time of the tick and the messages in order."""

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
    """See to it that a message makes sense: kinds, ranges, and columns of one length.

    Raises:
        BadMessage: it does not; the text says why.
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


#: Letters of what made no sense that are shown.
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
    """A test of whether a value has a type and is in a range; one function, since there are thousands of values."""
    match kind, limit:
        case builtins.int, Within(least, most):
            return lambda value: type(value) is int and least <= value <= most
        case _, Within(least, most):  # of numbers of either type; NaN is in no range, nor are the infinite ones
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


@functools.cache  # each kind when its first message is checked: most processes check none
def _fields(kind: str) -> list[tuple[str, Callable[[Any], bool]]]:
    """The fields of a kind of message, and a test of what each can hold."""
    hints = typing.get_type_hints(KINDS[kind], include_extras=True)
    return [(field, _check(hint)) for field, hint in hints.items()]


#: The messages that are tables: each of their fields that is a tuple holds one entry per row.
_TABLES = (Samples, ProcessLoad)
