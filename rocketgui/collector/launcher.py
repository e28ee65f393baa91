"""Starts a run: its private directory and control block, its environment, and its supervisor with the two pipes to it.

Only what this takes is imported here: without a window, the rest is loaded while the program starts.
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

#: Files that other interpreters load; packaged or not, they lie beside this one.
PACKAGE = Path(__file__).resolve().parent.parent
AGENT, SUPERVISOR = PACKAGE / "agent" / "inject", PACKAGE / "supervisor.py"


def environment(launch: Launch, directory: str) -> dict[str, str]:
    """The environment of the program, with the variables that bring the agent into each of its Pythons."""
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
    """What the owner passes to a collector that has to observe a run; the open files follow, see run_files.py.

    `resumes` is given where another collector observed the run before, and died. `launched_ns` is a monotonic time.
    `rings` is the number of descriptors of `perf_events.PerfRings` that follow.
    """

    launch: Launch
    directory: str
    supervisor: int
    launched_ns: int
    rings: int
    resumes: Resumption | None = None


class Resumption(NamedTuple):
    """What the owner knows of the collectors of a run that died: whether the beginning of the run was announced, the
    exit code of the last one, when its last frame came (monotonic ns), how many samples and lines of output came
    from all of them, and how many they were."""

    announced: bool
    exit_code: int
    heard_ns: int
    samples: int
    lines: int
    times: int


def announcement(info: RunInfo) -> RunStarted:
    """The message that begins a run."""
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
    """The supervisor's process and the pipe of commands to it, which is its lifeline: the supervisor ends the program
    when the pipe is closed. It writes reports to the descriptor `reports`."""

    def __init__(self, launch: Launch, directory: str, reports: int) -> None:
        commands, self._commands = os.pipe()
        passed = [_passable(end) for end in (commands, reports)]
        options: dict[str, Any] = {"pass_fds": passed} if os.name != "nt" else {"close_fds": False}
        session = "own" if launch.own_session else "same"
        # A signal to the window's whole process group must leave the one who clears up after it.
        options["start_new_session"] = launch.own_session
        if os.name == "nt" and launch.own_session:
            options["creationflags"] = subprocess.CREATE_NO_WINDOW  # type: ignore[attr-defined,unused-ignore]
        # Compiled modules are used, and never written: this process has done so where it may.
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
        """Send a command (see supervisor.py), and continue the supervisor in case it was stopped. One that has ended is
        ignored."""
        with contextlib.suppress(OSError):
            os.write(self._commands, command.encode() + b"\n")
        self._continue()

    def _continue(self) -> None:
        if os.name != "nt":
            self._process.send_signal(signal.SIGCONT)

    def close(self, patience_s: float) -> bool:
        """Break the lifeline, and wait until it has ended; return whether it did so within `patience_s` seconds."""
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
    """A program that was launched, with the files, the supervisor and the kernel's rings that its owner holds. `ready`
    gets the supervisor's pid just before the program is started.

    Raises:
        OSError: the system refuses what a run needs; nothing is left behind then.
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
            # Before there is any collector: the agents read from it at what rate to sample.
            ControlBlockWriter(self.files.control_block, launch.rate_hz).close()
            if launch.source is not None:
                program = Path(self.directory, Path(launch.argv[0]).name)
                program.write_text(launch.source, encoding="utf-8")
                # In its own folder: its children's path begins with the current one, where foreign files may lie.
                launch = launch._replace(argv=(str(program), *launch.argv[1:]), folder=launch.folder or self.directory)
            self.launch = launch
            process_tree.become_subreaper()  # before there is anything: if the supervisor dies, its orphans come here
            self.supervised = SupervisorProcess(launch, self.directory, self.files.reports)
        except OSError:
            self.clear_up()
            raise
        with contextlib.suppress(OSError):  # before the supervisor has started anything: what is there is not told of
            self.rings = PerfRings(self.supervised.pid)
        if launch.asks:
            self.supervised.send("ask")
        ready(self.supervised.pid)
        self.supervised.send("start")

    def told(self, resumes: Resumption | None = None) -> RunInfo:
        """What a collector gets to know of this run."""
        return RunInfo(
            self.launch, self.directory, self.supervised.pid, self.launched_ns,
            len(self.rings.descriptors) if self.rings is not None else 0, resumes,
        )  # fmt: skip

    @property
    def descriptors(self) -> list[int]:
        """What is passed to a collector, where the system can do so: the files and the kernel's rings."""
        return [*self.files.descriptors, *(self.rings.descriptors if self.rings is not None else ())]

    def close_rings(self) -> None:
        """Close the kernel's rings: descriptors are few, and the run can do without them."""
        if self.rings is not None:
            self.rings.close()
            self.rings = None

    def report_end(self) -> None:
        """Report the end of the program in the place of a supervisor that died."""
        report = {"event": "ended", "t_ns": time.monotonic_ns(), "lost": True}
        os.write(self.files.reports, json.dumps(report).encode() + b"\n")

    def clear_up(self) -> None:
        """Close the files, and remove the run's directory."""
        self.files.close()
        self.close_rings()
        self._remove()

    def _remove(self) -> None:
        self._claim.release()
        run_directory.remove(self.directory, self._created)


def _passable(descriptor: int) -> int:
    """A number by which another process can use a descriptor; on Windows a handle that it inherits."""
    if os.name != "nt":
        return descriptor
    import msvcrt

    handle: int = msvcrt.get_osfhandle(descriptor)  # type: ignore[attr-defined,unused-ignore]
    os.set_handle_inheritable(handle, True)  # type: ignore[attr-defined,unused-ignore]
    return handle
