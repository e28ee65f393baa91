"""A bridge that emits made-up frames: the window without a collector."""

from __future__ import annotations

import random
import signal

from PySide6.QtCore import QObject, QTimer, Signal

from rocketgui.protocol import messages
from rocketgui.protocol.messages import Frame, Message

TICK_NS = 16_666_667
RATE = 12_000_000.0


class FakeBridge(QObject):
    """Has the interface of `rocketgui.bridge.Bridge`.

    Frames come when `tick` is called; with `real_time` a timer calls it 60 times a second. `sent` keeps the commands.
    """

    received = Signal(object)
    closed = Signal()

    def __init__(self, *, cores: int = 2, real_time: bool = False, noise: float = 0.02) -> None:
        super().__init__()
        self.sent: list[messages.Command] = []
        self.closes = 0
        #: Whether `closed` is emitted by the test, as by a bridge whose program takes its time.
        self.closes_late = False
        self.started = False
        #: Launches come to nothing.
        self.refuses = False
        self._cores = cores
        self._noise = noise
        self._t = 0
        self._ticks = 0
        self._random = random.Random(7)
        self._live = False
        self._paused = False
        #: Whether it is the built-in program, which is made up; what one of the user's does, a test says.
        self._made_up = True
        self._workers = 0
        self._limit = 0
        self._counts: dict[int, float] = {}
        self._over: set[int] = set()
        self._queue: list[Message] = []
        self._timer = QTimer(self)
        self._timer.setInterval(16)
        self._timer.timeout.connect(self.tick)
        self._real_time = real_time

    def start(self) -> None:
        self.started = True
        if self._real_time:
            self._timer.start()

    def close(self) -> None:
        self.closes += 1
        self._timer.stop()
        if not self.closes_late:
            self.closed.emit()

    def wait(self) -> None:
        if not self.closes:
            self.close()

    def send(self, command: messages.Command) -> None:
        self.sent.append(command)
        match command:
            case messages.Launch() if not self.refuses:
                self._launch(command)
            case messages.Request.STOP if self._live:
                for number in self._active():
                    self._end(number, None, signal.SIGKILL, stopped=True)
                self._end_run("stopped", None)
            case messages.Request.PAUSE | messages.Request.RESUME:
                self._paused = command is messages.Request.PAUSE
                self._queue.append(messages.ControlState(self._workers, self._limit, self._paused))
            case messages.SetWorkers():
                for number in range(self._workers + 2, command.workers + 2):
                    self._start_worker(number)
                self._workers = max(self._workers, command.workers)
                self._queue.append(messages.ControlState(self._workers, self._limit, self._paused))
            case messages.SetLimit():
                self._limit = command.limit
                self._queue.append(messages.ControlState(self._workers, self._limit, self._paused))

    # ------------------------------------------------------------ the made-up program

    def _active(self) -> list[int]:
        return [number for number in self._counts if number not in self._over]

    def _launch(self, command: messages.Launch) -> None:
        self._t = self._ticks = 0
        self._counts, self._over, self._paused, self._live = {}, set(), False, True
        self._workers, self._limit, self._made_up = command.workers, command.limit, command.variant.is_built_in
        self._queue = [
            messages.RunStarted(
                command.argv, command.python, command.variant, "Linux", self._cores,
                "2026-11-22T12:00:00.000000+00:00", command.workers, command.limit, command.watch,
            ),
            messages.PythonInfo("3.11.7", True),
            messages.ProcessSeen(1, None, 4711, "process", "MainProcess", True),
            messages.LifecycleEvent(1, "began", 30_000_000),
        ]  # fmt: skip
        if self._made_up:
            self._queue.append(messages.ControlState(command.workers, command.limit, False))
        for number in range(2, command.workers + 2):
            self._start_worker(number)

    def _start_worker(self, number: int) -> None:
        name = f"func{number - 1}"
        self._queue += [
            messages.ProcessSeen(number, 1, 4710 + number, "process", name, True),
            messages.LifecycleEvent(number, "start_called", self._t + 40_000_000 + number * 2_000_000),
            messages.LifecycleEvent(number, "began", self._t + 60_000_000 + number * 2_000_000),
            messages.LifecycleEvent(number, "target_entered", self._t + 90_000_000 + number * 3_000_000),
            messages.Output(number, self._t + 90_000_000 + number * 3_000_000, "stdout", f"start {name}"),
        ]
        self._counts[number] = 0.0

    def _end(self, number: int, code: int | None, by: int | None, *, stopped: bool) -> None:
        self._over.add(number)
        self._queue += [messages.LifecycleEvent(number, "exited", self._t), messages.Ended(number, code, by, stopped)]

    def _end_run(self, ended: str, code: int | None) -> None:
        self._end(1, code, None, stopped=ended == "stopped")
        self._queue.append(messages.RunEnded(self._t, ended, code))
        self._live = False

    def kill(self, number: int) -> None:
        """SIGKILL for one worker."""
        self._end(number, None, signal.SIGKILL, stopped=False)

    def fail(self, number: int, error: str) -> None:
        """An exception in one worker."""
        lines = ["Traceback (most recent call last):", '  File "rocket.py", line 22, in count', error]
        self._queue += [messages.Output(number, self._t, "stderr", line) for line in lines]
        self._queue.append(messages.Failed(number, error))
        self._end(number, 1, None, stopped=False)

    def say_long(self) -> None:
        """A notice and a line of output that are longer than the room for them."""
        self.say(messages.Notice("A sentence that is far too long for one line of the window. " * 6))
        self.say(messages.Output(1, self._t, "stdout", "x" * 5_000))

    def say(self, *said: Message) -> None:
        """Put any message into the next frame."""
        self._queue += said

    def tick(self) -> None:
        """One tick of the collector."""
        self.received.emit([self.frame()])

    def frame(self) -> Frame:
        """The next frame."""
        self._t += TICK_NS
        self._ticks += 1
        queue, self._queue = self._queue, []
        if self._live and not self._paused and self._made_up:
            queue.append(self._samples())
            queue += self._queue
            self._queue = []
        if self._ticks % 6 == 0:
            load = 97.0 if self._live and not self._paused else 6.0
            queue.append(
                messages.CoreLoad(
                    self._t, tuple(min(100.0, max(0.0, self._random.gauss(load, 2))) for _ in range(self._cores))
                )
            )
        if self._ticks % 15 == 0 and self._live and self._made_up:
            queue += self._loads()
        return Frame(self._t, tuple(queue))

    def _samples(self) -> messages.Samples:
        running = self._active()
        step = RATE * TICK_NS / 1e9 * min(1.0, self._cores / max(len(running), 1))
        rows: list[tuple[int, int]] = [(1, 0)]
        for number in running:
            if self._t < 90_000_000 + number * 3_000_000:
                continue
            skill = 1 - 0.004 * (number % 7)
            self._counts[number] += step * skill * max(0.0, self._random.gauss(1, self._noise * 10))
            if self._counts[number] >= self._limit:
                self._counts[number] = self._limit
                self._queue += [
                    messages.LifecycleEvent(number, "target_left", self._t),
                    messages.Output(number, self._t, "stdout", f"end func{number - 1}"),
                ]
                self._end(number, 0, None, stopped=False)
            rows.append((number, int(self._counts[number])))
        if self._counts and not self._active():
            self._queue += [messages.LifecycleEvent(n, "joined", self._t) for n in self._counts]
            self._end_run("finished", 0)
        count = len(rows)
        return messages.Samples(
            tuple(n for n, _ in rows), ("rocket",) * count, (self._t,) * count, tuple(v for _, v in rows)
        )

    def _loads(self) -> list[Message]:
        running = self._active()
        count = len(running) + 1
        share = 100.0 * min(1.0, self._cores / max(len(running), 1))
        age = self._t / 1e9
        load = messages.ProcessLoad(
            self._t, (1, *running), (0.3, *(share,) * (count - 1)), (0.04, *(age * share / 100,) * (count - 1)),
            (0, *(n % self._cores for n in running)), (12,) * count, (3, *(int(age * 40),) * (count - 1)),
            (11_800_000,) * count, (12_800_000,) * count, (0, *(int(age * 12),) * (count - 1)),
        )  # fmt: skip
        program = age * min(len(running), self._cores)
        return [load, messages.Overhead(0.004 * program, 0.02 * age, program), messages.Losses(0, 0, 0, 0)]
