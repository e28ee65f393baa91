"""A collector that observes nothing: it tells of as many workers as wanted, 60 times a second, and uses next to no CPU.

The frames go the way of the real ones: encoded, through the bounded queue of a process of their own, into the bridge.
The run's first minutes are not sent but put into the model by the window's process; then it says so with a command.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.queues import Queue

from benchmarks.system import FOREVER
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Frame, Message
from rocketgui.protocol.variant import Variant

RATE = 60
NS = 1_000_000_000
#: Counts per second of each worker at the beginning; each is a little slower than the one before.
SPEED = 4_000_000
NAME = "rocket"
#: The number of the first worker; 1 is the program itself.
FIRST = 2

StartedRun = tuple[multiprocessing.process.BaseProcess, "Queue[Frame]", Connection]


def beginning(workers: int, cores: int) -> list[Message]:
    """What a run begins with: the program, and all its workers at work."""
    said: list[Message] = [
        messages.RunStarted(
            argv=("rocket.py",),
            executable="python3",
            variant=Variant(start_method="fork"),
            os="Linux",
            cores=cores,
            launched="2026-01-01T00:00:00.000000+00:00",
            workers=workers,
            limit=FOREVER,
            watch=(NAME,),
        ),
        messages.ControlState(workers, FOREVER, False),
        messages.ProcessSeen(1, None, 1000, "process", "MainProcess", True),
        messages.LifecycleEvent(1, "began", 0),
    ]
    for number in range(FIRST, FIRST + workers):
        name = f"func{number - FIRST + 1}"
        said.append(messages.ProcessSeen(number, 1, 1000 + number, "process", name, True))
        said += [messages.LifecycleEvent(number, moment, 0) for moment in ("start_called", "began", "target_entered")]
    return said


def samples(workers: int, t_ns: int) -> messages.Samples:
    """The counters of all workers at a time since launch."""
    numbers = tuple(range(FIRST, FIRST + workers))
    values = tuple(t_ns * SPEED // NS * (200 - number) // 200 for number in numbers)
    return messages.Samples(numbers, (NAME,) * workers, (t_ns,) * workers, values)


def loads(workers: int, t_ns: int) -> messages.ProcessLoad:
    """What the system says of all workers, as often as the real collector tells it."""
    numbers = tuple(range(FIRST, FIRST + workers))
    used, size, switches = (t_ns / NS,) * workers, (10_000_000,) * workers, (t_ns // 1000,) * workers
    return messages.ProcessLoad(
        t_ns, numbers, (25.0,) * workers, used, (0,) * workers, switches, switches, size, size, switches
    )


def core_load(cores: int, t_ns: int) -> messages.CoreLoad:
    return messages.CoreLoad(t_ns, tuple(95.0 + (t_ns // 100_000_000 + core) % 5 for core in range(cores)))


def live(workers: int, cores: int, tick: int, t_ns: int) -> list[Message]:
    """The messages of one tick."""
    said: list[Message] = [samples(workers, t_ns)]
    if tick % 6 == 0:
        said.append(core_load(cores, t_ns))
    if tick % 15 == 0:
        said += [loads(workers, t_ns), messages.Overhead(tick / 1e5, tick / 1e3, tick / 1e2)]
    return said


def history(workers: int, cores: int, until_ns: int) -> list[Frame]:
    """What was sampled of a run up to a time, a frame per second of it."""
    frames = []
    for begin in range(0, until_ns, NS):
        end = min(begin + NS, until_ns)
        said: list[Message] = [samples(workers, t_ns) for t_ns in range(begin, end, NS // RATE)]
        said += [core_load(cores, t_ns) for t_ns in range(begin, end, NS // 10)]
        frames.append(Frame(end, tuple(said)))
    return frames


def main(frames: Queue[Frame], commands: Connection, workers: int, cores: int, after_ns: int) -> None:
    """Say that a run began; after the first command send frames at their deadlines, the first of them of `after_ns`
    since launch, until the window is gone or says Quit."""
    frames.cancel_join_thread()
    frames.put(Frame(0, tuple(beginning(workers, cores))))
    try:
        commands.recv()
        _send(frames, commands, workers, cores, after_ns)
    except (EOFError, OSError):
        return


def _send(frames: Queue[Frame], commands: Connection, workers: int, cores: int, after_ns: int) -> None:
    deadline = time.monotonic_ns()
    began = deadline - after_ns
    said: list[Message] = []
    tick = 0
    while True:
        while commands.poll(max(0, deadline - time.monotonic_ns()) / NS):
            if commands.recv() is messages.Request.QUIT:
                return
        now = time.monotonic_ns() - began
        said += live(workers, cores, tick, now)
        if not frames.full():
            frames.put_nowait(Frame(now, tuple(said)))
            said = []
        tick += 1
        deadline = max(deadline + NS // RATE, time.monotonic_ns())


def starter(workers: int, cores: int, after_ns: int) -> Callable[[int], StartedRun]:
    """What takes the place of `rocketgui.collector.service.start`."""

    def start(rate: int) -> StartedRun:
        context = multiprocessing.get_context("spawn")
        frames: Queue[Frame] = context.Queue(32)
        reader, writer = context.Pipe(duplex=False)
        process = context.Process(target=main, args=(frames, reader, workers, cores, after_ns), daemon=True)
        process.start()
        reader.close()
        frames._writer.close()  # type: ignore[attr-defined]
        return process, frames, writer

    return start
