"""The owner of a run, in the process that the user started: the window's, or the command's where there is no window.

    owner ── lifeline, commands ──▶ supervisor ── starts, reaps, ends ──▶ program
      │ ▲                              │ reports (a file)
      │ └── frames (a queue) ──┐       ▼
      └──── commands (a pipe) ─┴── collector, which reads what the program's agents write

The program lives as long as it does alone, unless its owner ends or the user stops it. When the collector dies, the
owner starts another one, which goes on where the dead one stopped; if that fails, the program goes on unobserved. When
the supervisor dies, a thread of the owner takes its place.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing.connection
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any

from rocketgui.collector import service
from rocketgui.collector.launcher import Resumption, StartedRun, announcement
from rocketgui.collector.processes.program_tree import ProgramTree
from rocketgui.collector.supervisor_reports import SupervisorReports
from rocketgui.protocol import messages
from rocketgui.protocol.launch_spec import Launch
from rocketgui.protocol.messages import Command, Frame, Message, Request
from rocketgui.supervisor import Supervisor
from rocketgui.system import process_tree, run_directory
from rocketgui.system.signals import how_it_ended

_log = logging.getLogger(__name__)

NS = 1_000_000_000
#: How many frames are read at most in one `step`.
BATCH = 64
#: How many collectors may die in a row without sending a frame, until the program goes on unobserved.
TRIES = 3
#: How long the collector may take to report the end of a run, after the supervisor did, in ns.
PATIENCE = 5 * NS
#: How long the program, the supervisor and the collector may take to end, in s each.
LAST_S = 3.0


class Owner:
    """Starts programs, one at a time, and has a collector observe them, which sends at most `rate` frames a second.

    Call `step` repeatedly: it does what is due, and returns the frames that came. All methods are to be called from one
    thread, unless they say otherwise.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._process: Any = None
        self._frames: Any = None
        self._commands: Connection | None = None
        self._out: list[Frame] = []
        self._tries = 0
        # The run
        self._started: StartedRun | None = None
        self._reports: SupervisorReports | None = None
        self._substitute: Substitute | None = None
        #: Held while a child is started whose pid is not known yet.
        self._starting = threading.Lock()
        self._announced = False
        self._exit_code: int | None = None
        self._gone_ns: int | None = None
        self._stopping = False
        #: Whether the supervisor got SIGINT: if the whole process group did, so did the program.
        self.group_interrupted = False
        self._heard_ns = 0
        self._samples = self._lines = 0
        self._deaths = 0
        self._controls: messages.ControlState | None = None
        #: The newest workers, limit and pause or resume command of the run: type -> command.
        self._asked: dict[type, Command] = {}

    # -- the collector

    @property
    def collector_pid(self) -> int | None:
        """The pid of the collector while it runs."""
        pid: int | None = None if self._process is None else self._process.pid
        return pid

    @property
    def observes(self) -> bool:
        """Whether there is a collector, or another one will be tried."""
        return self._process is not None or self._tries < TRIES

    @property
    def supervisor_pid(self) -> int | None:
        """The pid of the process below which the program's processes are; None without a program."""
        if self._started is None:
            return None
        return os.getpid() if self._substitute is not None else self._started.supervised.pid

    @property
    def readable(self) -> list[Any]:
        """Objects to wait for before `step`, by `multiprocessing.connection.wait`. Wait for a bounded time: the ends of
        a supervisor and of an unobserved program do not make them readable; only `step` finds these ends."""
        return [] if self._process is None else [self._frames._reader, self._process.sentinel]

    def start(self) -> None:
        """Start the collector, which samples the cores until there is a program. If that fails, a `Notice` says so."""
        try:
            os.getcwd()
        except OSError:
            os.chdir(os.sep)  # the folder was deleted, and multiprocessing starts no process there
        try:
            with self._starting:
                self._process, self._frames, self._commands = service.start(self._rate)
            _log.info("collector started, pid %d", self._process.pid)
        except (OSError, RuntimeError) as error:
            _log.error("the collector cannot be started", exc_info=error)
            self._tries = TRIES
            if self._started is not None:
                self._started.close_rings()  # nobody reads the rings, and a lack of descriptors may be the cause
            self._announce()
            self._say(messages.Notice(f"The collector could not be started: {error}. Programs run unobserved."))

    def _say(self, *said: Message) -> None:
        since = time.monotonic_ns() - self._started.launched_ns if self._started is not None else 0
        self._out.append(Frame(since, said))

    def _announce(self) -> None:
        """Emit the `RunStarted` of the run, unless a collector has."""
        if self._started is not None and not self._announced:
            self._announced = True
            self._say(announcement(self._started.told()))

    def _tell(self, command: object) -> None:
        """Send a command to the collector. If the collector is gone nothing happens: `step` finds its end."""
        if self._commands is not None:
            with contextlib.suppress(OSError, ValueError):
                self._commands.send(command)

    def _observe(self, resumes: Resumption | None = None) -> None:
        if self._started is not None and self._commands is not None:
            with contextlib.suppress(OSError):
                service.observe(
                    self._commands, self._started.told(resumes), self._started.descriptors, self._process.pid
                )

    def _collector_died(self) -> None:
        self._read_frames(all_of_them=True)
        code = self._release_collector()
        self._tries += 1
        _log.warning("the collector %s; %d of %d tries", how_it_ended(code), self._tries, TRIES)
        if self._tries > TRIES:
            self._announce()
            self._say(messages.Notice("The collector dies again and again: the program goes on, and is not observed."))
            return
        self.start()
        if self._started is None:
            self._say(messages.Notice(f"The collector {how_it_ended(code)}; another one took over."))
            return
        self._deaths += 1
        self._observe(Resumption(self._announced, code, self._heard_ns, self._samples, self._lines, self._deaths))
        for command in self._asked.values():  # the dead collector may not have carried it out
            self._tell(command)
        if self._stopping:
            self._tell(Request.STOP)
        if self._substitute is not None:
            self._tell(self._tree())

    def _release_collector(self) -> int:
        """Release the process, queue and pipe of a collector that has ended; return its exit code (-N: signal N)."""
        process, self._process = self._process, None
        process.join()
        code: int = process.exitcode
        process.close()
        if self._commands is not None:
            self._commands.close()
        self._frames._reader.close()
        self._commands = self._frames = None
        return code

    def _read_frames(self, *, all_of_them: bool = False) -> None:
        pipe = self._frames._reader
        read = 0
        with contextlib.suppress(EOFError, OSError):  # the collector is gone, perhaps in the middle of a frame
            while (read < BATCH or all_of_them) and pipe.poll():
                self._take(self._frames.get())
                read += 1

    def _take(self, frame: Frame) -> None:
        self._heard_ns = time.monotonic_ns()
        self._tries = 0
        ended: messages.RunEnded | None = None
        for message in frame.messages:
            match message:
                case messages.RunStarted():
                    self._announced = True
                    run_directory.sweep()  # now, since the program has been started and nothing waits for this
                case messages.Samples():
                    self._samples += len(message.t_ns)
                case messages.Output():
                    self._lines += 1
                case messages.ControlState():
                    self._controls = message
                case messages.RunEnded():
                    ended = message
        if ended is None:
            self._out.append(frame)
            return
        self._read_reports()
        if ended.exit_code is None and self._exit_code is not None:  # from the supervisor's report
            told = ended._replace(exit_code=self._exit_code, ended=self._ending())
            frame = Frame(frame.t_ns, tuple(told if message is ended else message for message in frame.messages))
        self._out.append(frame)
        self._release_run()

    def _ending(self) -> str:
        """How a run ended (`RunEnded.ended`), where no collector says so."""
        if self._stopping:
            return "stopped"
        code = self._exit_code
        return "lost" if code is None else "killed" if code < 0 else "failed" if code else "finished"

    # -- the run

    @property
    def is_live(self) -> bool:
        """Whether a program was launched and its `RunEnded` has not come yet."""
        return self._started is not None

    def launch(self, launch: Launch) -> None:
        """Launch a program, unless one runs. If that fails, a `Notice` says so."""
        if self._started is not None:
            return
        try:
            started = StartedRun(launch)
        except OSError as error:
            self._say(messages.Notice(f"The program could not be launched: {error.strerror or error}."))
            return
        self.follow(started)

    def follow(self, started: StartedRun) -> None:
        """Take over a program that was launched."""
        self._started = started
        _log.info("launched %s with %s; supervisor %d", started.launch.argv, started.launch.python, self.supervisor_pid)
        self._reports = SupervisorReports(started.files.reports)
        self._announced = self._stopping = self.group_interrupted = False
        self._exit_code = self._gone_ns = None
        self._samples = self._lines = self._deaths = 0
        self._asked = {}
        self._heard_ns = started.launched_ns
        if self._process is None:
            self._tries = 0
            self.start()
        self._observe()

    def obey(self, command: Command) -> None:
        """Carry out a command of the user's. Without a run that it concerns, it has no effect."""
        if isinstance(command, Launch):
            self.launch(command)
            return
        if command is Request.STOP:
            self.stop()
        elif command in (Request.INTERRUPT, Request.KEEP):
            self._command(str(command))
        else:  # what a collector that takes over has to be told again: the newest of each kind
            self._asked[type(command)] = command
        self._tell(command)

    def stop(self) -> None:
        """End the program now. May be called at any time, also in a signal handler."""
        self._stopping = True
        self._command("stop")

    def _command(self, command: str) -> None:
        """Send a command to the supervisor, or to its substitute."""
        if self._substitute is not None:
            self._substitute.send(command)
        elif self._started is not None:
            self._started.supervised.send(command)

    def step(self) -> list[Frame]:
        """Do what is due without waiting; return the frames that have come."""
        if self._process is not None:
            self._read_frames()
            if self._process is not None and not self._process.is_alive():
                self._collector_died()
        if self._started is not None:
            self._look_after_run(self._started)
        out, self._out = self._out, []
        return out

    def _look_after_run(self, started: StartedRun) -> None:
        dead = self._substitute is None and started.supervised.death() is not None
        self._read_reports()
        if dead and self._gone_ns is None:
            self._supervisor_died(started)
        if self._gone_ns is not None and (self._process is None or time.monotonic_ns() - self._gone_ns > PATIENCE):
            self._end_unobserved(started)

    def _read_reports(self) -> None:
        assert self._reports is not None
        for report in self._reports.new():
            _log.info("supervisor: %s", report)
            match report:
                case {"event": "exited", "pid": int(pid), "code": int(code)} if pid == self._reports.root:
                    self._exit_code = code
                case {"event": "signalled", "signal": signal.SIGINT}:
                    self.group_interrupted = True
                case {"event": "ended" | "not_started"}:
                    self._gone_ns = time.monotonic_ns()

    def _end_unobserved(self, started: StartedRun) -> None:
        """Emit the `RunEnded` of the run, where no collector does."""
        if self._process is not None:  # the collector does not react
            self._process.kill()
            self._release_collector()
        self._announce()
        t_ns = time.monotonic_ns() - started.launched_ns
        self._say(messages.RunEnded(t_ns, self._ending(), self._exit_code))
        self._release_run()
        self._tries = 0
        self.start()

    def _supervisor_died(self, started: StartedRun) -> None:
        """Take the place of a supervisor that died. On Linux this process is a subreaper, and so the parent of the
        program's processes now. Elsewhere, or where no program was started, the run is reported as ended."""
        assert self._reports is not None
        root = self._reports.root
        if root is None or not process_tree.LINUX:
            started.report_end()
            return
        how = how_it_ended(started.supervised.death() or 0)
        _log.warning("the supervisor %s; its owner goes on in its place", how)
        self._substitute = Substitute(
            started.files.reports, root, self._exit_code, self._own_children, ask=started.launch.asks
        )
        self._tell(self._tree())
        self._say(messages.Notice(f"rocketgui's supervisor {how}; the program goes on."))
        if self._stopping:
            self._substitute.send("stop")

    def _own_children(self) -> frozenset[int]:
        """The pids of this process's children that are not the program's. Called from the substitute's thread."""
        with self._starting:
            found = [
                None if self._started is None else self._started.supervised.pid,
                self.collector_pid,
                getattr(resource_tracker._resource_tracker, "_pid", None),
            ]
        return frozenset(pid for pid in found if pid is not None)

    def _tree(self) -> ProgramTree:
        return ProgramTree(os.getpid(), self._own_children())

    # -- the end

    def _release_run(self) -> None:
        """Release a run whose `RunEnded` was passed on."""
        started, self._started = self._started, None
        if started is None:
            return
        _log.info("nothing of the program is left; exit code %s", self._exit_code)
        self._let_go(started)

    def _let_go(self, started: StartedRun) -> None:
        if self._substitute is not None:
            self._substitute.close()
            self._substitute = None
        if not started.supervised.close(LAST_S):
            started.supervised.kill()  # it does not react
        started.clear_up()

    def close(self) -> list[Frame]:
        """End the program, the supervisor and the collector, and remove the run directory. Return the last frames."""
        out: list[Frame] = []
        if self._started is not None:
            self.obey(Request.STOP)
            deadline = time.monotonic() + LAST_S
            while self.is_live and time.monotonic() < deadline:
                wait(self.readable, 0.1)
                out += self.step()
        if self._process is not None:
            self._tell(Request.QUIT)
            self._process.join(LAST_S)
            if self._process.is_alive():
                self._process.kill()
            self._release_collector()
        if self._started is not None:
            started, self._started = self._started, None
            self._let_go(started)
        return out + self._out


class Substitute:
    """A thread of this process that takes the place of a supervisor that died. `reports` is the descriptor for reports;
    see `Supervisor.adopt` for the others."""

    def __init__(
        self, reports: int, root: int, root_code: int | None, spare: Callable[[], frozenset[int]], *, ask: bool
    ) -> None:
        self._read, self._commands = os.pipe()
        adopted = Supervisor.adopt(self._read, reports, root, root_code, spare, ask=ask)
        self._thread = threading.Thread(target=adopted.supervise, name="supervisor", daemon=True)
        self._thread.start()

    def send(self, command: str) -> None:
        os.write(self._commands, command.encode() + b"\n")

    def close(self) -> None:
        """End the rest of the program, and the thread."""
        os.close(self._commands)
        self._thread.join(process_tree.PATIENCE)
        os.close(self._read)


def wait(readable: list[Any], seconds: float) -> None:
    """Wait until one of `Owner.readable` can be read, for at most `seconds`."""
    if readable:
        multiprocessing.connection.wait(readable, seconds)
    else:
        time.sleep(seconds)
