"""Starts a run: its private directory and board, its environment, and its supervisor with the two pipes to it.

Only what this takes is imported here: without a window, the rest is loaded while the program starts.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from rocketgui import interpreters, supervisor
from rocketgui.agent import layout
from rocketgui.collector.board import Board
from rocketgui.collector.lineage import Lineage
from rocketgui.launch import Launch

#: Files that other interpreters load; packaged or not, they lie beside this one.
PACKAGE = Path(__file__).resolve().parent.parent
AGENT, SUPERVISOR = PACKAGE / "agent" / "inject", PACKAGE / "supervisor.py"
#: Room that the directory in memory must have, so that 256 black boxes fit in it three times.
ROOM = 256 * 1024 * 1024


def private_directory() -> str:
    """A directory for this user alone; in memory where there is room, since maps on a disk are written back to it."""
    memory = "/dev/shm"
    with contextlib.suppress(OSError, AttributeError):
        room = os.statvfs(memory)
        if room.f_bavail * room.f_frsize >= ROOM:
            return tempfile.mkdtemp(prefix="rocketgui-", dir=memory)
    return tempfile.mkdtemp(prefix="rocketgui-")


def environment(launch: Launch, directory: str) -> dict[str, str]:
    """The environment of the program, with what brings the agent into it."""
    variables = interpreters.environment()
    original = variables.get("PYTHONPATH")
    if original is not None:
        variables[layout.ENV_PYTHONPATH] = original
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, (str(AGENT), original)))
    variables[layout.ENV_RUN] = directory
    variables[layout.ENV_WATCH] = ",".join(launch.watch)
    return variables


class Supervised:
    """The supervisor's process, the commands to it, and its reports. Closing the commands is its lifeline's end."""

    def __init__(self, launch: Launch, directory: str) -> None:
        commands, self._commands = os.pipe()
        self._reports, reports = os.pipe()
        passed = [_passable(end) for end in (commands, reports)]
        options: dict[str, Any] = {"pass_fds": passed} if os.name != "nt" else {"close_fds": False}
        session = "own" if launch.own_session else "same"
        # A signal to the window's whole process group must leave the one who clears up after it.
        options["start_new_session"] = launch.own_session
        if os.name == "nt" and launch.own_session:
            options["creationflags"] = subprocess.CREATE_NO_WINDOW  # type: ignore[attr-defined,unused-ignore]
        alone = [interpreters.own(), "-I", "-S", str(SUPERVISOR)]
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
            os.close(self._reports)
            raise
        finally:
            os.close(commands)
            os.close(reports)
        self._unread = b""

    @property
    def pid(self) -> int:
        return self._process.pid

    def death(self) -> int | None:
        """The exit code (-N: signal N) once the supervisor has ended; None while it runs."""
        return self._process.poll()

    def send(self, command: str) -> None:
        """Ask for `stop` or `interrupt`; a supervisor that has ended needs neither."""
        with contextlib.suppress(OSError):
            os.write(self._commands, command.encode() + b"\n")

    def reports(self, *, wait: bool = False) -> list[dict[str, Any]]:
        """What it has reported since the last call; with `wait`, wait until it reports something or ends."""
        if not _readable(self._reports, wait):
            return []
        data = os.read(self._reports, 65536)
        *lines, self._unread = (self._unread + data).split(b"\n")
        return [json.loads(line) for line in lines]

    def abandon(self) -> None:
        """Break the lifeline now, because this process is about to end, which may take a while on a busy machine."""
        os.close(self._commands)

    def close(self) -> None:
        """Let go of it, and wait until it has ended."""
        os.close(self._commands)
        os.close(self._reports)
        self._process.wait()


class Started:
    """A program on its way, with all that whoever follows it needs.

    Raises:
        OSError: the system refuses what a run needs; nothing is left behind then.
    """

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self.launched_ns = time.monotonic_ns()
        self.cpu_before_s = time.process_time()
        self.directory = private_directory()
        self.board = Board(self.directory, launch.rate_hz)
        if launch.source is not None:
            program = Path(self.directory, Path(launch.argv[0]).name)
            program.write_text(launch.source, encoding="utf-8")
            self.launch = launch = launch._replace(argv=(str(program), *launch.argv[1:]))
        supervisor.become_subreaper()  # before there is anything: if the supervisor dies, its orphans come here
        try:
            self.supervised = Supervised(launch, self.directory)
        except OSError:
            self.clear_up()
            raise
        try:  # before the supervisor has started anything: what is there already is not told of
            self.lineage: Lineage | None = Lineage(self.supervised.pid)
        except OSError:
            self.lineage = None

    def clear_up(self) -> None:
        """Remove what the run has in the file system."""
        self.board.close()
        shutil.rmtree(self.directory, ignore_errors=True)


def _readable(descriptor: int, wait: bool) -> bool:
    """Whether a pipe has something to read, or has ended; with `wait`, wait until then."""
    if os.name != "nt":
        return bool(select.select([descriptor], [], [], None if wait else 0)[0])
    import _winapi
    import msvcrt

    handle = msvcrt.get_osfhandle(descriptor)  # type: ignore[attr-defined,unused-ignore]
    while True:
        try:
            if _winapi.PeekNamedPipe(handle, 0)[0]:  # type: ignore[attr-defined,unused-ignore]
                return True
        except BrokenPipeError:
            return True
        if not wait:
            return False
        time.sleep(0.01)  # Windows has nothing to wait on a pipe with


def _passable(descriptor: int) -> int:
    """What another process can be told: on Windows a handle that it inherits."""
    if os.name != "nt":
        return descriptor
    import msvcrt

    handle: int = msvcrt.get_osfhandle(descriptor)  # type: ignore[attr-defined,unused-ignore]
    os.set_handle_inheritable(handle, True)  # type: ignore[attr-defined,unused-ignore]
    return handle
