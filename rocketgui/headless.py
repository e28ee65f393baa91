"""A run without a window: the same collector, in this process, and the same model; a live line, then a summary.

What the program prints goes where it would go alone; what rocketgui itself has to say goes to stderr.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from rocketgui import following
from rocketgui.arguments import Options

if TYPE_CHECKING:
    from rocketgui.collector.collector import Collector
    from rocketgui.launch import Launch
    from rocketgui.messages import Message
    from rocketgui.model.session import Model, Session

NS = 1_000_000_000
#: The live line changes this often, in ns, so that it can be read.
LINE_EVERY = NS // 4
#: After an interrupt, how long the supervisor may take to say that it got it too, in ns: then the program did as well.
ALONE = NS // 4
#: Interrupts that come within this time are one: `timeout` sends one to the process and one to its group.
TOGETHER = NS // 4
NOT_STARTED = 127


class Signals:
    """Counts what the user sent: interrupts (Ctrl-C), and requests to end at once."""

    def __init__(self) -> None:
        self.interrupts = 0
        self.end = False
        self.interrupted_ns = 0
        self.passed_on = False

    def interrupt(self, *_: object) -> None:
        now = time.monotonic_ns()
        self.interrupts += now - self.interrupted_ns > TOGETHER
        self.interrupted_ns = now

    def terminate(self, *_: object) -> None:
        self.end = True

    @contextlib.contextmanager
    def caught(self) -> Iterator[None]:
        handlers = {signal.SIGINT: self.interrupt, signal.SIGTERM: self.terminate}
        if hasattr(signal, "SIGHUP"):
            handlers[signal.SIGHUP] = self.terminate
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def run(options: Options) -> int:
    """Run the rocket program; return its exit code (128 + N if signal N killed it, as a shell would say)."""
    signals = Signals()
    with signals.caught():
        session = follow(options.command(own_session=False), signals).session
    _summarise(session)
    return _reported(options, session, []) or _exit_code(session)


def run_lesson(options: Options, number: int, given: frozenset[str]) -> int:
    """Run every step of a lesson; return 0, or 1 if one could not be run to its end. The controls whose names are in
    `given` are the user's, the others the lesson's."""
    from rocketgui import interpreters, lessons

    lesson = lessons.lesson(number, interpreters.known(options.python))
    signals = Signals()
    model: Model | None = None
    sessions: list[Session] = []
    with signals.caught():
        for place, step in enumerate(lesson.steps, 1):
            tell(f"Lesson {number}: {lesson.title}, {place} of {len(lesson.steps)}: {step.title}")
            for line in (step.text, *(f"- {sight}" for sight in step.look_for)):
                tell(line)
            if step.unavailable:
                tell(step.unavailable)
                continue
            mine = step.options._replace(**{name: getattr(options, name) for name in given | {"python"}})
            model = follow(lessons.launch_of(step, mine, own_session=False), signals, work_for(step.seconds), model)
            sessions.append(model.session)
            _summarise(model.session, step.shows)
            if signals.interrupts or signals.end or model.session.root is None:
                break
    if not sessions:
        return 1
    early = sessions[-1].root is None or signals.interrupts or signals.end
    return _reported(options, sessions[-1], sessions[:-1]) or int(bool(early))


def work_for(seconds: float | None) -> Callable[[Session], bool]:
    """Whether a run has gone on for so long; None: never."""
    return lambda session: seconds is not None and (session.work_s() or 0) > seconds


def follow(
    command: Launch, signals: Signals, enough: Callable[[Session], bool] = lambda _: False, before: Model | None = None
) -> Model:
    """Launch a program and follow it to its end, or until enough was seen of it; `before`: see following.launch."""
    collector, model = following.launch(command, before)
    line = LiveLine()
    # The signals first: what one to the whole group has ended was ended by the user.
    for frame in following.frames(collector, model, before=lambda: _obey(signals, collector)):
        for message in frame.messages:
            _say(message, line)
        line.show(model.session)
        if enough(model.session):
            from rocketgui import messages

            collector.obey(messages.Stop())
    line.clear()
    return model


def _reported(options: Options, session: Session, before: list[Session]) -> int:
    """Write the report, if one is wanted, with those of the lesson's steps before; return 0, or 1 if that failed."""
    if options.report is None:
        return 0
    from rocketgui.model.report import report
    from rocketgui.recording.files import write_json

    told = report(session)
    if before:
        told["before"] = [report(earlier) for earlier in before]
    try:
        write_json(options.report, told)
    except OSError as error:
        tell(f"the report could not be written: {error}")
        return 1
    return 0


def tell(text: str) -> None:
    """Say something beside what the program prints."""
    print(f"rocketgui: {text}", file=sys.stderr, flush=True)


def _obey(signals: Signals, collector: Collector) -> None:
    from rocketgui import messages  # here, and below likewise: the program is launched before they are loaded

    run = collector.run
    if run is None:
        return
    if signals.end or signals.interrupts > 1:
        collector.obey(messages.Stop())
        signals.end, signals.interrupts = False, min(signals.interrupts, 1)
    elif signals.interrupts == 1:
        run.note_interrupt()
        if not signals.passed_on and time.monotonic_ns() - signals.interrupted_ns > ALONE:
            signals.passed_on = True
            if not run.group_interrupted:
                collector.obey(messages.Interrupt())


def _say(message: Message, line: LiveLine) -> None:
    from rocketgui import messages

    if isinstance(message, messages.Notice):
        line.clear()
        tell(message.text)


class LiveLine:
    """One line on stderr that changes in place; nothing where stderr is no terminal."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._due = 0
        self._shown = False

    def show(self, session: Session) -> None:
        now = time.monotonic_ns()
        if not self._terminal or now < self._due:
            return
        self._due = now + LINE_EVERY
        width = os.get_terminal_size(sys.stderr.fileno()).columns
        values = [
            f"{process.name} {value.last:,}"
            for process in session.processes.values()
            for value in process.values.values()
            if process.kind != "helper"
        ]
        sys.stderr.write("\r\x1b[K" + "  ".join(values)[: width - 1])
        sys.stderr.flush()
        self._shown = True

    def clear(self) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False


def _summarise(session: Session, first: Collection[str] = ()) -> None:
    """What was seen, a line per process, then the findings; notices were told as they came."""
    from rocketgui.model.findings import findings

    for process in session.processes.values():
        if process.kind != "helper":
            values = "  ".join(f"{name} = {value.last:,}" for name, value in process.values.items())
            print(
                f"rocketgui: {process.name:<12} pid {process.pid:<8} {process.outcome():<18} {values}", file=sys.stderr
            )
    for finding in findings(session, first):
        if finding.id != "notice":
            tell(finding.text)


def _exit_code(session: Session) -> int:
    ended = session.ended
    if ended is None or ended.exit_code is None:
        return NOT_STARTED if not session.processes else 1
    return ended.exit_code if ended.exit_code >= 0 else 128 - ended.exit_code
