"""A run without a window, with the same owner, collector and model; then a report and a summary.

The program's output goes where it would go without rocketgui; rocketgui's own sentences go to stderr.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from rocketgui.cli.follow import Follower
from rocketgui.options import Options
from rocketgui.system.signals import TO_GROUPS, SignalReader

if TYPE_CHECKING:
    from rocketgui.model.run import Run
    from rocketgui.protocol.launch_spec import Launch
    from rocketgui.protocol.messages import Message

NS = 1_000_000_000
#: Time between changes of the live line, in ns, so that it can be read.
LINE_EVERY = NS // 4
#: After an interrupt, how long the supervisor's report of one is waited for, in ns: if it comes, the whole process
#: group got the interrupt, and so did the program.
ALONE = NS // 4
#: Interrupts within this time, in ns, count as one: `timeout` sends one to the process and one to its group.
TOGETHER = NS // 4
NOT_STARTED = 127
#: The signals that end the program at once.
ENDING = frozenset(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


class Signals:
    """The user's signals: the number of `interrupts` (Ctrl-C), and whether one asked for the `end`.

    The sender decides: signals that the program sends to its process group, to which this process belongs, concern only
    the program. Use it in a `with` statement. A request to end is carried out at once, in the thread that gets the
    signals.
    """

    def __init__(self) -> None:
        self.interrupts = 0
        self.end = False
        self._interrupted_ns = 0
        self._passed_on = True
        self._follower: Follower | None = None
        self._reader: SignalReader | None = None

    def __enter__(self) -> Signals:
        self._reader = SignalReader(TO_GROUPS, self._received)
        return self

    def __exit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.close()

    def begin(self, follower: Follower | None) -> None:
        """Apply signals from now on to this follower's program; None: the program has ended."""
        self._follower = follower
        if follower is None:
            return
        self._passed_on = False
        if self._reader is not None:
            self._reader.read()  # only now: processes that were started before have unchanged signals

    def _received(self, number: int, sender: int) -> None:
        follower = self._follower
        if follower is not None and follower.is_of_program(sender):
            return
        if number == signal.SIGINT:
            now = time.monotonic_ns()
            self.interrupts += now - self._interrupted_ns > TOGETHER
            self._interrupted_ns = now
        elif number in ENDING:
            self.end = True
        else:
            return  # SIGQUIT: the program has got it too, and decides
        if follower is not None and (self.end or self.interrupts > 1):
            follower.stop()

    def pass_on(self) -> None:
        """Send an interrupt that only this process got to the program. To be called at each frame."""
        follower = self._follower
        if follower is None or not (self.interrupts or self.end) or self._passed_on:
            return
        if self.end or self.interrupts > 1:  # the signal may have come before `begin`
            self._passed_on = True
            follower.stop()
            return
        if time.monotonic_ns() - self._interrupted_ns > ALONE:
            self._passed_on = True
            if not follower.owner.group_interrupted:  # else the program has got the interrupt
                from rocketgui.protocol import messages

                follower.obey(messages.Request.INTERRUPT)


def run(options: Options) -> int:
    """Run a script or the built-in program without a window; return its exit code (128 + N if signal N killed it, as a
    shell does), `NOT_STARTED` if it did not start, or 1 if the report could not be written."""
    signals = Signals()
    with signals, Follower() as follower:
        follow(follower, options.command(own_session=False), signals)
        run = follower.model.run
        failed = _reported(options, run, [])
        _summarise(run)
    return failed or _exit_code(run)


def run_lesson(options: Options, number: int, given: frozenset[str]) -> int:
    """Run every step of a lesson; return 0, or 1 if a step did not start or was interrupted, if none could run, or if
    the report could not be written. Controls whose names are in `given` are the user's, the others the lesson's."""
    from rocketgui import lessons, python_installations

    lesson = lessons.lesson(number, python_installations.known(options.python))
    signals = Signals()
    runs: list[Run] = []
    with signals, Follower() as follower:
        for index, step in enumerate(lesson.steps, 1):
            tell(f"Lesson {number}: {lesson.title}, {index} of {len(lesson.steps)}: {step.title}")
            for line in (step.text, *(f"- {sight}" for sight in step.look_for)):
                tell(line)
            if step.unavailable:
                tell(step.unavailable)
                continue
            mine = step.options.with_controls({name: options.controls[name] for name in given | {"python"}})
            follow(follower, lessons.launch_of(step, mine, own_session=False), signals, work_for(step.seconds))
            runs.append(follower.model.run)
            _summarise(runs[-1], step.shows)
            if signals.interrupts or signals.end or runs[-1].root is None:
                break
    if not runs:
        return 1
    early = runs[-1].root is None or signals.interrupts or signals.end
    return _reported(options, runs[-1], runs[:-1]) or int(bool(early))


def work_for(seconds: float | None) -> Callable[[Run], bool] | None:
    """A condition for `follow` that ends a run after so many seconds of work; None: the run is not ended."""
    return None if seconds is None else lambda run: (run.work_s() or 0) > seconds


def follow(follower: Follower, command: Launch, signals: Signals, enough: Callable[[Run], bool] | None = None) -> None:
    """Launch a program and follow it to its end. If `enough` is given, stop the program once `enough(run)` is true, or
    once it is not observed any more."""
    follower.launch(command, lambda: signals.begin(follower))
    # No live line on a terminal that the program uses: the line would overwrite the program's output.
    from rocketgui.protocol import messages  # late, as other imports: the program is launched before they are loaded

    line = LiveLine(sys.stderr.isatty() and command.output is not None)
    for frame in follower.frames():
        signals.pass_on()
        for message in frame.messages:
            _say(message, line)
        line.show(follower.model.run)
        if enough is not None and (enough(follower.model.run) or not follower.owner.observes):
            follower.obey(messages.Request.STOP)
    signals.begin(None)
    line.clear()


def _reported(options: Options, run: Run, before: list[Run]) -> int:
    """Write the report, if one is wanted, with those of a lesson's earlier steps (`before`); return 0, or 1 if this
    failed."""
    if options.report is None:
        return 0
    from rocketgui.model.report import report
    from rocketgui.recording.files import write_json

    told = report(run)
    if before:
        told["before"] = [report(earlier) for earlier in before]
    try:
        write_json(options.report, told)
    except OSError as error:
        tell(f"the report could not be written: {error}")
        return 1
    return 0


def tell(text: str) -> None:
    """Print a sentence on stderr; once stderr is closed, print nothing."""
    from rocketgui.model.formatting import message_lines  # loaded after the program was launched

    try:
        print(f"rocketgui: {message_lines(text)}", file=sys.stderr, flush=True)
    except (OSError, ValueError):
        _silence()


def _silence() -> None:
    """Send stderr to the null device, so that no later write fails, also at the interpreter's end."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stderr.fileno())
        os.close(nowhere)


def _say(message: Message, line: LiveLine) -> None:
    from rocketgui.protocol import messages

    if isinstance(message, messages.Notice):
        line.clear()
        tell(message.text)


class LiveLine:
    """A line on the terminal that shows the values and changes in place, if it is `wanted`."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted
        self._due = 0
        self._shown = False

    def show(self, run: Run) -> None:
        now = time.monotonic_ns()
        if not self._wanted or now < self._due:
            return
        self._due = now + LINE_EVERY
        try:
            width = os.get_terminal_size(sys.stderr.fileno()).columns
        except OSError:
            self._wanted = False  # the terminal is gone
            return
        from rocketgui.model.formatting import harmless

        values = [
            harmless(f"{process.name} {value.last:,}")
            for process in run.processes.values()
            for value in process.values.values()
            if process.kind != "helper"
        ]
        self._write("  ".join(values)[: width - 1])
        self._shown = True

    def clear(self) -> None:
        if self._shown:
            self._write("")
            self._shown = False

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write("\r\x1b[K" + text)
            sys.stderr.flush()


def _summarise(run: Run, first: Collection[str] = ()) -> None:
    """Print the summary of a run."""
    from rocketgui.cli import summary
    from rocketgui.model.formatting import harmless

    for line in summary.lines(run, first):
        tell(harmless(line))


def _exit_code(run: Run) -> int:
    ended = run.ended
    if ended is None or ended.exit_code is None:
        return NOT_STARTED if not run.processes else 1
    return ended.exit_code if ended.exit_code >= 0 else 128 - ended.exit_code
