"""Starts a run: makes its private directory, files and environment, and starts its supervisor.

Only what is needed for this is imported here: without a window, the rest is loaded while the program starts.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rocketgui import python_installations, supervisor
from rocketgui.agent import owner_watchdog, trace_format
from rocketgui.collector.control_block import ControlBlockWriter
from rocketgui.collector.processes.perf_events import PerfRings
from rocketgui.collector.run_files import RunFiles
from rocketgui.protocol.launch_spec import Launch
from rocketgui.system import process_tree, run_directory

if TYPE_CHECKING:
    from rocketgui.protocol.messages import RunStarted

#: The package's folder, packaged or not: other interpreters load files from it.
PACKAGE = Path(__file__).resolve().parent.parent
AGENT, SUPERVISOR = PACKAGE / "agent" / "inject", PACKAGE / "supervisor.py"


def environment(launch: Launch, directory: str) -> dict[str, str]:
    """The environment of the program, with the variables that bring the agent into each of its Python processes."""
    variables = python_installations.environment()
    original = variables.get("PYTHONPATH")
    if original is not None:
        variables[trace_format.ENV_PYTHONPATH] = original
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, (str(AGENT), original)))
    variables[trace_format.ENV_RUN] = directory
    variables[trace_format.ENV_WATCH] = ",".join(launch.watch)
    variables[trace_format.ENV_OWNER] = owner_watchdog.identity(os.getpid()) or ""
    return variables


class RunInfo(NamedTuple):
    """What the owner sends to a collector that has to observe a run. The open files follow, see run_files.py, then the
    descriptors of `perf_events.PerfRings`, of which there are `rings`.

    `supervisor` is the supervisor's pid, `launched_ns` a monotonic time. `resumes` is given if another collector
    observed the run before, and died.
    """

    launch: Launch
    directory: str
    supervisor: int
    launched_ns: int
    rings: int
    resumes: Resumption | None = None


class Resumption(NamedTuple):
    """What the owner knows of the collectors of a run that have died: whether a `RunStarted` came from them, the exit
    code of the last one, when its last frame came (monotonic ns), how many samples and lines of output came from all of
    them, and how many collectors have died."""

    announced: bool
    exit_code: int
    heard_ns: int
    samples: int
    lines: int
    times: int


def announcement(info: RunInfo) -> RunStarted:
    """The first message of a run."""
    import datetime
    import platform

    from rocketgui.protocol import messages

    launch = info.launch
    began = time.time() - (time.monotonic_ns() - info.launched_ns) / 1e9
    return messages.RunStarted(
        argv=(os.path.basename(launch.argv[0]), *launch.argv[1:]),
        executable=launch.python,
        variant=launch.variant,
        os=platform.system(),
        cores=os.cpu_count() or 1,
        launched=datetime.datetime.fromtimestamp(began, datetime.UTC).isoformat(timespec="microseconds"),
        workers=launch.workers,
        limit=launch.limit,
        watch=launch.watch,
    )


class SupervisorProcess:
    """The supervisor's process, and the pipe of commands to it. The pipe is its lifeline: when it is closed, the
    supervisor ends the program. The supervisor writes its reports to the descriptor `reports`.

    Raises:
        OSError: the supervisor cannot be started, or the program's output file cannot be opened.
    """

    def __init__(self, launch: Launch, directory: str, reports: int) -> None:
        commands, self._commands = os.pipe()
        passed = [_passable(end) for end in (commands, reports)]
        options: dict[str, Any] = {"pass_fds": passed} if os.name != "nt" else {"close_fds": False}
        session = "own" if launch.own_session else "same"
        # A signal to the window's whole process group must not end the supervisor, which clears up after the window.
        options["start_new_session"] = launch.own_session
        if os.name == "nt" and launch.own_session:
            options["creationflags"] = subprocess.CREATE_NO_WINDOW  # type: ignore[attr-defined,unused-ignore]
        # -B: compiled modules are used and not written; this process has written them where it may.
        alone = [python_installations.own(), "-I", "-S", "-B", "-c", supervisor.CODE, str(SUPERVISOR)]
        try:
            with open(launch.output, "wb") if launch.output else contextlib.nullcontext() as output:
                self._process = subprocess.Popen(
                    [*alone, *map(str, passed), directory, session, launch.python, *launch.argv],
                    env=environment(launch, directory),
                    cwd=launch.folder,
                    stdout=output,
                    stderr=output,
                    **options,
                )
        except OSError:
            os.close(self._commands)
            raise
        finally:
            os.close(commands)

    @property
    def pid(self) -> int:
        return self._process.pid

    def death(self) -> int | None:
        """The exit code (-N: signal N) once the supervisor has ended; None while it runs."""
        return self._process.poll()

    def send(self, command: str) -> None:
        """Send a command (see supervisor.py), and continue the supervisor in case it was stopped. If it has ended,
        nothing happens."""
        with contextlib.suppress(OSError):
            os.write(self._commands, command.encode() + b"\n")
        self._continue()

    def _continue(self) -> None:
        if os.name != "nt":
            self._process.send_signal(signal.SIGCONT)

    def close(self, patience_s: float) -> bool:
        """Close the lifeline, and wait for the supervisor's end; return whether it ended within `patience_s`
        seconds."""
        os.close(self._commands)
        self._continue()
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


class StartedRun:
    """A program that was launched, with its files, its supervisor and the kernel's rings. `ready` gets the supervisor's
    pid just before the supervisor starts the program.

    Raises:
        OSError: a file cannot be made, or the supervisor cannot be started; nothing is left behind then.
    """

    def __init__(self, launch: Launch, ready: Callable[[int], None] = lambda supervisor: None) -> None:
        self.launched_ns = time.monotonic_ns()
        self.directory = run_directory.create()
        self._created = run_directory.identity(self.directory)
        self._claim = run_directory.Claim(self.directory)
        try:
            self.files = RunFiles.create(self.directory)
        except OSError:
            self._remove()
            raise
        self.rings: PerfRings | None = None
        try:
            # Before there is a collector: the first agents may begin earlier, and need the sampling rate.
            ControlBlockWriter(self.files.control_block, launch.rate_hz).close()
            if launch.source is not None:
                program = Path(self.directory, Path(launch.argv[0]).name)
                program.write_text(launch.source, encoding="utf-8")
                # Run in the run directory: the path of its children begins with the current folder, which elsewhere may
                # hold other files.
                launch = launch._replace(argv=(str(program), *launch.argv[1:]), folder=launch.folder or self.directory)
            self.launch = launch
            process_tree.become_subreaper()  # first: if the supervisor dies, its children become this process's
            self.supervised = SupervisorProcess(launch, self.directory, self.files.reports)
        except OSError:
            self.clear_up()
            raise
        # Before the supervisor starts the program: the rings report only what happens from now on.
        with contextlib.suppress(OSError):
            self.rings = PerfRings(self.supervised.pid)
        if launch.asks:
            self.supervised.send("ask")
        ready(self.supervised.pid)
        self.supervised.send("start")

    def told(self, resumes: Resumption | None = None) -> RunInfo:
        """What is sent to a collector that has to observe this run."""
        return RunInfo(
            self.launch, self.directory, self.supervised.pid, self.launched_ns,
            len(self.rings.descriptors) if self.rings is not None else 0, resumes,
        )  # fmt: skip

    @property
    def descriptors(self) -> list[int]:
        """The descriptors of the files and the kernel's rings, which are passed to a collector where the system can."""
        return [*self.files.descriptors, *(self.rings.descriptors if self.rings is not None else ())]

    def close_rings(self) -> None:
        """Close the kernel's rings, to free their descriptors; the run can do without the rings."""
        if self.rings is not None:
            self.rings.close()
            self.rings = None

    def report_end(self) -> None:
        """Report the end of the program in place of a supervisor that died.

        Raises:
            OSError: there is no room for the report.
        """
        report = {"event": "ended", "t_ns": time.monotonic_ns(), "lost": True}
        os.write(self.files.reports, json.dumps(report).encode() + b"\n")

    def clear_up(self) -> None:
        """Close the files and the rings, and remove the run directory."""
        self.files.close()
        self.close_rings()
        self._remove()

    def _remove(self) -> None:
        self._claim.release()
        run_directory.remove(self.directory, self._created)


def _passable(descriptor: int) -> int:
    """The number by which a child process can use a descriptor; on Windows, the handle that the child inherits."""
    if os.name != "nt":
        return descriptor
    import msvcrt

    handle: int = msvcrt.get_osfhandle(descriptor)  # type: ignore[attr-defined,unused-ignore]
    os.set_handle_inheritable(handle, True)  # type: ignore[attr-defined,unused-ignore]
    return handle
