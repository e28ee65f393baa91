"""One run of an observed program, from its launch until nothing of it is left."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rocketgui import messages, supervisor
from rocketgui.agent import layout
from rocketgui.collector import processes
from rocketgui.collector.board import Board
from rocketgui.collector.boxes import Box, NotABox
from rocketgui.collector.census import Census, Row, signal_name
from rocketgui.collector.cores import Cores
from rocketgui.collector.crew import Crew
from rocketgui.collector.records import Translator
from rocketgui.messages import Launch, Message

AGENT = Path(__file__).resolve().parent.parent / "agent" / "inject"
NS = 1_000_000_000
#: How often the system is asked which processes there are, in ns.
SCAN_EVERY = NS // 2
#: Room that the directory in memory must have, so that 256 black boxes fit in it three times.
ROOM = 256 * 1024 * 1024


class Run:
    """Starts a program and follows it; `tick` puts what is new into `out`."""

    def __init__(self, launch: Launch, out: list[Message]) -> None:
        self._launch = launch
        self._out = out
        self.launched_ns = time.monotonic_ns()
        self._cpu_before = time.process_time()
        self._directory = _private_directory()
        self._board = Board(self._directory, launch.rate_hz)
        self._census = Census(out, self.launched_ns)
        self._translator = Translator(self._census, out, self.launched_ns)
        self._crew = Crew(launch.workers)
        self._limit = launch.limit
        self._refused = 0
        self._boxes: dict[str, tuple[Box, Row]] = {}
        self._closed_losses = [0, 0, 0]
        self._listed_ns = -1
        self._scan_due = 0
        self._slow_due = 0
        self._looks = processes.Processes()
        self._ends = processes.Ends()
        self._watched: set[int] = set()
        self._paused = False
        self._stopping = False
        self._interrupted = False
        self._program_gone = False
        self.ended = False
        self._announce()
        self._supervisor, self._commands, self._reports = _start_supervisor(launch, self._directory)
        self._unread = b""

    def _announce(self) -> None:
        launch = self._launch
        self._out.append(
            messages.RunStarted(
                argv=(os.path.basename(launch.argv[0]), *launch.argv[1:]),
                executable=launch.python,
                run_as=launch.run_as,
                start_method=launch.start_method,
                os=platform.system(),
                cores=Cores.count(),
                launched=datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds"),
                workers=launch.workers,
                limit=launch.limit,
                watch=launch.watch,
            )
        )
        self._say_controls()

    # -- commands

    def set_workers(self, workers: int) -> None:
        """Have that many workers fly: start more, or end the newest ones gently."""
        rows = self._census.workers()
        started = [row.pid for row in rows]
        alive = [row.pid for row in rows if not row.ended]
        for pid in self._crew.resize(workers, started, alive):
            # Nothing is left to count for it, so its loop ends as it would at the limit.
            self._board.set(pid, "limit", 0)
        self._ask_for_workers()
        self._say_controls()

    def _ask_for_workers(self) -> None:
        root = self._census.root
        if root is not None and not root.ended:
            self._board.set(root.pid, "workers", self._crew.to_launch)

    def set_limit(self, limit: int) -> None:
        """Set the limit in every process of the program."""
        self._limit = limit
        self._board.set(0, "limit", limit)
        self._say_controls()

    def pause(self) -> None:
        """Suspend every process: the system does it, so that C code and foreign programs stand still as well."""
        root = self._census.root
        if root is not None and not self._paused and not self._program_gone:
            self._paused = True
            processes.suspend(root.pid)
            self._say_controls()

    def resume(self) -> None:
        root = self._census.root
        if root is not None and self._paused:
            self._paused = False
            processes.resume(root.pid)
            self._say_controls()

    def interrupt(self) -> None:
        """Send the first process what Ctrl-C would."""
        self._interrupted = True
        self._command("interrupt")

    def note_interrupt(self) -> None:
        """The user pressed Ctrl-C, and the terminal sent it to the program as well."""
        self._interrupted = True

    def stop(self) -> None:
        """End the program at once."""
        self._stopping = True
        self._command("stop")

    def _command(self, word: str) -> None:
        with contextlib.suppress(OSError):
            os.write(self._commands, word.encode() + b"\n")

    def _say_controls(self) -> None:
        self._out.append(messages.Controls(self._crew.workers, self._limit, self._paused))

    # -- what happens

    def tick(self, seconds: float) -> None:
        """Read everything that is new. `seconds` have passed since the last tick."""
        if self.ended:
            return
        now = time.monotonic_ns()
        self._find_boxes()
        self._read_boxes()
        self._watch_new()
        self._look(seconds)
        self._read_reports()
        self._find_ends()
        if now >= self._scan_due and not self._program_gone:
            self._scan_due = now + SCAN_EVERY
            self._scan()
        if now >= self._slow_due:
            self._slow_due = now + NS // 4
            self._say_costs()
        if self._supervisor.poll() is not None and not self._program_gone:
            self._supervisor_died()
        if self._program_gone:
            self._finish()

    def _find_boxes(self) -> None:
        """Look for new files, but only when the directory has changed."""
        changed = os.stat(self._directory).st_mtime_ns
        if changed == self._listed_ns:
            return
        names = sorted(name for name in os.listdir(self._directory) if name.endswith(layout.BOX_SUFFIX))
        # A file made in the same tick of the file system's clock must be seen next time.
        self._listed_ns = changed if time.time_ns() - changed > NS // 20 else -1
        for name in names:
            if name not in self._boxes:
                with contextlib.suppress(FileNotFoundError):
                    self._open_box(name)

    def _open_box(self, name: str) -> None:
        path = os.path.join(self._directory, name)
        try:
            box = Box(path)
        except NotABox:
            self._translator.bad += 1
            os.unlink(path)
            return
        if self._census.root is None:
            # The supervisor's report of the first process may come later than that process's black box.
            self._read_reports(wait=True)
        row = self._translator.meet(box)
        self._boxes[name] = box, row
        # The names of the watched values come among the events, the values before them.
        row.names.update(enumerate(self._launch.watch))

    def _read_boxes(self) -> None:
        for name, (box, row) in list(self._boxes.items()):
            self._translator.take(row, box.read())
            if row.ended:
                self._translator.take(row, box.read(patience=0))
                self._close_box(name)
        self._translator.flush()
        if self._translator.refused > self._refused:
            self._refused = self._translator.refused
            self._crew.refused(len(self._census.workers()))
            self._ask_for_workers()
            self._say_controls()

    def _read_boxes_of(self, row: Row) -> None:
        for box, owner in self._boxes.values():
            if owner is row:
                self._translator.take(row, box.read(patience=0))
        self._translator.flush()

    def _close_box(self, name: str) -> None:
        box, _ = self._boxes.pop(name)
        for index, lost in enumerate(_losses(box)):
            self._closed_losses[index] += lost
        box.close()

    def _watch_new(self) -> None:
        for row in self._census.newer_than(len(self._watched)):
            self._watched.add(row.id)
            if not row.ended:
                self._looks.add(row.id, row.pid)
                self._ends.add(row.id, row.pid)

    def _look(self, seconds: float) -> None:
        found = self._looks.looks(seconds)
        if not found:
            return
        for look in found:
            row = self._census[look.process]
            row.cpu_s = look.cpu_s or row.cpu_s
        self._out.append(
            messages.ProcessLoad(
                time.monotonic_ns() - self.launched_ns,
                *(
                    tuple(getattr(look, field) for look in found)
                    for field in ("process", "cpu", "cpu_s", "core", "voluntary", "involuntary", "rss", "peak_rss")
                ),
            )
        )

    def _scan(self) -> None:
        """Processes that the system has and nobody has told of."""
        if self._census.root is None:
            return
        for pid, parent_pid in processes.descendants(self._supervisor.pid):
            known = self._census.find(pid)
            if known is not None and not known.ended:
                continue
            words = processes.command(pid)
            if words is None:
                continue  # gone already, or a zombie
            row = self._census.meet(pid, parent_pid, reborn=True)
            row.python = bool(words) and "python" in os.path.basename(words[0]).lower()

    def _find_ends(self) -> None:
        """Ends that nobody reports: of children that their parent does not wait for yet."""
        for process in self._ends.new():
            row = self._census[process]
            self._read_boxes_of(row)  # its last words, written after this tick's reading
            self._end(row, processes.exit_status(row.pid), time.monotonic_ns())

    def _end(self, row: Row, code: int | None, t_ns: int) -> None:
        self._census.end(row, code, t_ns, stopped=self._stopping)
        self._looks.remove(row.id)
        self._board.forget(row.pid)

    # -- the supervisor

    def _read_reports(self, *, wait: bool = False) -> None:
        if wait:
            os.set_blocking(self._reports, True)
        try:
            data = os.read(self._reports, 65536)
        except BlockingIOError:
            return
        finally:
            os.set_blocking(self._reports, False)
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            self._report(json.loads(line))

    def _report(self, report: dict[str, Any]) -> None:
        match report:
            case {"event": "started", "pid": pid}:
                self._census.meet(pid, None, reborn=True)
                if self._crew.to_launch != self._launch.workers:
                    self._ask_for_workers()
            case {"event": "not_started", "error": error}:
                self._out.append(messages.Notice(f"{self._launch.python} could not be started: {error}"))
                self._program_gone = True
            case {"event": "exited", "pid": pid, "code": code, "t_ns": t_ns}:
                row = self._census.find(pid)
                if row is not None:
                    self._end(row, code, t_ns)
                    if row.id == 1:
                        self._root_ended(code)
            case {"event": "left_over", "count": count}:
                self._out.append(messages.Notice(_left_over(count, self._census)))
            case {"event": "ended"}:
                self._program_gone = True

    def _root_ended(self, code: int) -> None:
        if code < 0 and not self._stopping and not self._interrupted:
            self._out.append(messages.Notice(f"The parent process was killed by {signal_name(-code)}."))

    def _supervisor_died(self) -> None:
        """Its orphans are this process's children now, because this is a subreaper too; end them all."""
        self._read_reports()
        if self._program_gone:
            return
        code = self._supervisor.returncode
        how = f"was killed by {signal_name(-code)}" if code < 0 else f"ended with exit code {code}"
        self._out.append(
            messages.Notice(f"rocketgui's supervisor {how}; every process of the program was ended with it.")
        )
        if hasattr(os, "WNOHANG"):
            now = time.monotonic_ns()
            self._end_orphans(now)
        self._program_gone = True
        self._lost = True

    def _end_orphans(self, now: int) -> None:
        def reaped(pid: int, status: int) -> None:
            row = self._census.find(pid)
            if row is not None:
                self._end(row, os.waitstatus_to_exitcode(status), now)

        supervisor.end_descendants(reaped)

    _lost = False

    # -- the end

    def _finish(self) -> None:
        self._find_boxes()
        self._read_boxes()
        self._supervisor.wait()
        now = time.monotonic_ns()
        for row in self._census.running():
            self._read_boxes_of(row)
            self._end(row, None, now)
        for name in list(self._boxes):
            self._close_box(name)
        self._say_costs()
        root = self._census.root
        code = None if root is None else root.exit_code
        t_ns = (now if root is None else root.moments["exited"]) - self.launched_ns
        self._out.append(messages.RunEnded(t_ns, self._ending(code), code))
        self._release()

    def _ending(self, code: int | None) -> str:
        if self._lost:
            return "lost"
        if self._stopping or (self._interrupted and code in (-signal.SIGINT, 130, 1)):
            return "stopped"
        if code is not None and code < 0:
            return "killed"
        return "finished" if code == 0 else "failed"

    def _release(self) -> None:
        self.ended = True
        os.close(self._commands)
        os.close(self._reports)
        self._ends.close()
        self._board.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _say_costs(self) -> None:
        rows = list(self._census)
        losses = [sum(column) for column in zip(self._closed_losses, *map(_losses, self._open_boxes()), strict=True)]
        silent = [row for row in rows if row.ended and row.python and not row.agent]
        self._out.append(
            messages.Losses(
                samples_dropped=losses[0],
                bad_messages=losses[2] + self._translator.bad,
                agents_lost=len(silent),
                output_lines_dropped=losses[1],
            )
        )
        self._out.append(
            messages.Cost(
                agents_cpu_s=round(sum(row.agent_cpu_s for row in rows), 6),
                collector_cpu_s=round(time.process_time() - self._cpu_before, 6),
                program_cpu_s=round(sum(row.cpu_s for row in rows), 6),
            )
        )

    def _open_boxes(self) -> list[Box]:
        return [box for box, _ in self._boxes.values()]


def _losses(box: Box) -> tuple[int, int, int]:
    return box.samples_lost, box.lines_lost, box.bad + box.events_lost


def _left_over(count: int, census: Census) -> str:
    what = "1 process" if count == 1 else f"{count} processes"
    root = census.root
    after = "was killed" if root is not None and (root.exit_code or 0) < 0 else "had ended"
    return f"{what} still ran when the parent {after}; rocketgui ended {'it' if count == 1 else 'them'}."


def _private_directory() -> str:
    """A directory for this user alone; in memory where there is room, since maps on a disk are written back to it."""
    memory = "/dev/shm"
    with contextlib.suppress(OSError):
        room = os.statvfs(memory)
        if room.f_bavail * room.f_frsize >= ROOM:
            return tempfile.mkdtemp(prefix="rocketgui-", dir=memory)
    return tempfile.mkdtemp(prefix="rocketgui-")


def _environment(launch: Launch, directory: str) -> dict[str, str]:
    """The environment of the program, with what brings the agent into it."""
    environment = dict(os.environ)
    original = environment.get("PYTHONPATH")
    if original is not None:
        environment[layout.ENV_PYTHONPATH] = original
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(AGENT), original)))
    environment[layout.ENV_RUN] = directory
    environment[layout.ENV_WATCH] = ",".join(launch.watch)
    return environment


def _start_supervisor(launch: Launch, directory: str) -> tuple[subprocess.Popen[bytes], int, int]:
    """Start it; return it with the end that commands go into and the end that reports come out of."""
    commands_read, commands_write = os.pipe()
    reports_read, reports_write = os.pipe()
    passed = [_passable(end) for end in (commands_read, reports_write)]
    command = [sys.executable, "-I", "-S", supervisor.__file__]
    command += [str(passed[0]), str(passed[1]), directory, "own" if launch.own_session else "same"]
    options: dict[str, Any] = {"pass_fds": passed} if os.name != "nt" else {"close_fds": False}
    process = subprocess.Popen([*command, launch.python, *launch.argv], env=_environment(launch, directory), **options)
    os.close(commands_read)
    os.close(reports_write)
    os.set_blocking(reports_read, False)
    return process, commands_write, reports_read


def _passable(descriptor: int) -> int:
    if os.name != "nt":
        return descriptor
    import msvcrt

    handle: int = msvcrt.get_osfhandle(descriptor)  # type: ignore[attr-defined,unused-ignore]
    os.set_handle_inheritable(handle, True)  # type: ignore[attr-defined,unused-ignore]
    return handle
