"""What several tests need: bounded waits, the machine's interpreters, programs under the agent, marked processes."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

import rocketgui
from rocketgui.agent import trace_format
from rocketgui.collector.control_block import ControlBlockWriter
from rocketgui.collector.emitter import Emitter
from rocketgui.collector.trace.reader import Record, Sample, TraceReader
from rocketgui.protocol.messages import Message

T = TypeVar("T")

TOP = Path(rocketgui.__file__).parent.parent
INJECT = TOP / "rocketgui" / "agent" / "inject"
START_METHODS = ("fork", "spawn", "forkserver")
#: An environment variable of no meaning, by which the processes of one test can be told from all others.
MARK = "ROCKETGUI_TEST_MARK"
#: No wait in a test is longer than this, in s.
LONGEST = 30.0
#: How soon nothing may be left when a part of rocketgui dies, in s: 2 where the machine has nothing else to do, and
#: more where several processes wait for each core, since to end takes CPU time too.
PROMISED = 2.0 * min(5.0, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))


def emitter_into(out: list[Message], launched_ns: int = 0) -> Emitter:
    """An emitter whose messages stand in `out`."""
    emitter = Emitter(launched_ns)
    emitter.pending = out
    return emitter


def until(condition: Callable[[], T | None], what: str, seconds: float = LONGEST) -> T:
    """Wait until `condition` gives something true, and return that; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:g} s for {what}", pytrace=True)
        time.sleep(0.01)
    return found


# ---------------------------------------------------------------- interpreters


@dataclass(frozen=True)
class Python:
    """A CPython of this machine."""

    executable: str
    version: tuple[int, int, int]

    def __str__(self) -> str:
        return ".".join(map(str, self.version)) + ("-system" if self.executable.startswith("/usr/bin/") else "")


@functools.cache
def pythons() -> list[Python]:
    """Every CPython from 3.8 that can be found: this one, those installed beside it, those on PATH."""
    candidates = [sys.executable]
    candidates += map(str, Path(sys.base_prefix).parent.glob("*/bin/python3"))
    for folder in (*os.get_exec_path(), "/usr/bin", "/usr/local/bin"):
        candidates += map(str, Path(folder).glob("python3.[0-9]*"))
    found: dict[str, Python] = {}
    for candidate in candidates:
        if not re.fullmatch(r"python(3(\.\d+)?)?", os.path.basename(candidate)):
            continue
        answer = _ask(candidate)
        if answer is not None and answer[1] >= (3, 8, 0):
            found.setdefault(answer[0], Python(candidate, answer[1]))
    return sorted(found.values(), key=lambda python: (python.version, python.executable))


def _ask(executable: str) -> tuple[str, tuple[int, int, int]] | None:
    """Where an interpreter is at home, and its version; None if it is no CPython or does not run."""
    question = "import sys; print(sys.implementation.name, *sys.version_info[:3], sys.base_prefix)"
    with contextlib.suppress(OSError, ValueError, subprocess.TimeoutExpired):
        done = subprocess.run(
            [executable, "-I", "-c", question], capture_output=True, text=True, timeout=20, check=False
        )
        kind, major, minor, micro, prefix = done.stdout.strip().split(" ", 4)
        if kind == "cpython":
            return prefix, (int(major), int(minor), int(micro))
    return None


def this_python() -> Python:
    return Python(sys.executable, sys.version_info[:3])


# ---------------------------------------------------------------- processes


@pytest.fixture
def mark() -> Iterator[str]:
    """A mark for the processes of one test; what of them is left at its end fails it, and is killed."""
    value = uuid.uuid4().hex
    yield value
    deadline = time.monotonic() + PROMISED
    while (left := marked(value)) and time.monotonic() < deadline:
        time.sleep(0.02)
    described = [f"{pid} ({' '.join(command(pid))[:100]})" for pid in left]
    kill_all(left)
    if left:
        pytest.fail("left behind: " + "; ".join(described), pytrace=False)


def marked(mark: str) -> list[int]:
    """The pids of all running processes with this mark in their environment; zombies have none."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in os.listdir("/proc"):  # not by glob(), which raises where a process vanishes under it
        if entry.isdigit():
            with contextlib.suppress(OSError):
                if wanted in Path(f"/proc/{entry}/environ").read_bytes():
                    found.append(int(entry))
    return sorted(found)


def command(pid: int) -> list[str]:
    """The command line of a process; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except OSError:
        return []


def state(pid: int) -> str:
    """The letter that Linux gives for the state of a process (R, S, D, T, Z); empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    except OSError:
        return ""


def is_gone(pid: int) -> bool:
    return state(pid) in ("", "Z", "X")


def find(mark: str, *words: str) -> list[int]:
    """The marked processes whose command line holds all these words."""
    return [pid for pid in marked(mark) if all(word in " ".join(command(pid)) for word in words)]


def supervisors(mark: str) -> list[int]:
    return find(mark, "supervisor.py")


def parent_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[1])
    except OSError:
        return 0


def run_directory(mark: str) -> Path | None:
    """The run's directory, as the supervisor was told of it."""
    for pid in supervisors(mark):
        words = command(pid)
        for word in words:
            if os.path.basename(word).startswith("rocketgui-") and os.path.isabs(word):
                return Path(word)
    return None


def kill_all(pids: Sequence[int], number: int = signal.SIGKILL) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def nothing_is_left(mark: str, seconds: float = PROMISED) -> None:
    """Wait until no marked process runs any more; fail when that takes longer than it may."""
    deadline = time.monotonic() + seconds
    while left := marked(mark):
        if time.monotonic() > deadline:
            described = "; ".join(f"{pid} ({' '.join(command(pid))[:100]})" for pid in left)
            kill_all(left)
            pytest.fail(f"left after {seconds:g} s: {described}", pytrace=False)
        time.sleep(0.01)


def clean() -> dict[str, str]:
    """This environment without what changes how Python runs: unbuffered lines, for one, are written in two parts."""
    kept = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON") or name in kept}


def environment(mark: str = "", **more: str) -> dict[str, str]:
    """Such an environment with the mark, and with rocketgui to import."""
    return {**clean(), MARK: mark, "PYTHONPATH": str(TOP), **more}


# ---------------------------------------------------------------- programs under the agent


@dataclass
class Told:
    """All that stood in one trace buffer."""

    pid: int
    parent_pid: int
    began_ns: int
    samples: list[Sample]
    records: list[Record]
    lost: int
    #: Of the thread that made the interpreter; 0: it is the process's first one.
    thread: int = 0

    def of(self, kind: int) -> list[Record]:
        return [record for record in self.records if record.kind == kind]

    def one(self, kind: int) -> Record:
        [record] = self.of(kind)
        return record

    @property
    def kinds(self) -> list[int]:
        """The kinds of the lifecycle's records in order, without what comes again and again."""
        again = trace_format.OVERHEAD, trace_format.OUTPUT, trace_format.ACTIVITY
        return [record.kind for record in self.records if record.kind not in again]

    @property
    def name(self) -> str:
        named = self.of(trace_format.NAMED)
        return named[0].texts[0] if named else ""

    @property
    def helper(self) -> str:
        """Which of Python's own helpers it is; empty for a process of the program."""
        began = self.of(trace_format.BEGAN)
        return began[0].texts[3] if began else ""

    def values(self, index: int = 0) -> list[int | float]:
        return [sample.value for sample in self.samples if sample.which == index]

    def lines(self, stream: str) -> list[str]:
        records = [record for record in self.of(trace_format.OUTPUT) if record.texts[0].partition(":")[0] == stream]
        return [line for record in records for line in trace_format.SEPARATOR.join(record.texts[1:]).split("\n")]

    @property
    def errors(self) -> list[str]:
        """What went wrong inside the agent."""
        return [record.texts[2] for record in self.of(trace_format.OVERHEAD) if record.texts[1] != "0"]


@dataclass
class Done:
    """A program that has ended, with what its agents told."""

    code: int
    stdout: str
    stderr: str
    readers: list[Told]

    @property
    def root(self) -> Told:
        return self.readers[0]

    @property
    def children(self) -> list[Told]:
        """The buffers of the program's own processes but the first, in the order in which they began."""
        return [reader for reader in self.readers[1:] if not reader.helper]

    def named(self, name: str) -> Told:
        [reader] = [reader for reader in self.readers if reader.name == name]
        return reader


class Observed:
    """A program under the agent alone: no supervisor, no collector, but a run's directory with a control block."""

    def __init__(
        self,
        python: Python,
        arguments: Sequence[str],
        *,
        watch: str = "rocket",
        rate_hz: float = 60.0,
        base: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = tempfile.mkdtemp(prefix="observed-")
        self.control_block = control_block_in(self.directory, rate_hz)
        base = dict(clean() if base is None else base)
        variables = dict(base)
        if "PYTHONPATH" in base:
            variables[trace_format.ENV_PYTHONPATH] = base["PYTHONPATH"]
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, (str(INJECT), base.get("PYTHONPATH", ""))))
        variables[trace_format.ENV_RUN] = self.directory
        variables[trace_format.ENV_WATCH] = watch
        self.process = start(python, arguments, variables)
        self._lines = Lines(self.process)

    def __enter__(self) -> Observed:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        self.control_block.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def line(self) -> str:
        """The next line of its standard output."""
        return self._lines.next().rstrip("\n")

    def readers(self) -> list[Told]:
        """Read all trace buffers from their beginning; the program's first process stands first."""
        return sorted(
            (read_trace(str(path)) for path in Path(self.directory).glob(f"*{trace_format.TRACE_SUFFIX}")),
            key=lambda reader: (reader.pid != self.process.pid, reader.began_ns),
        )

    def finish(self) -> Done:
        """Wait for the end of the program and of what it has begun; return all that is known of it."""
        stdout, stderr = self.process.communicate(timeout=LONGEST)
        return Done(self.process.returncode, self._lines.rest() + stdout, stderr, self.readers())


class Lines:
    """Reads the standard output of a process line by line, and leaves nothing in a buffer that `communicate` passes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self._descriptor = process.stdout.fileno()
        self._unread = b""

    def next(self, seconds: float = LONGEST) -> str:
        """The next line with its end; what there is if the output ends before that."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._unread:
            if not select.select([self._descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
                pytest.fail(f"waited {seconds:g} s for a line of output; so far {self._unread!r}")
            data = os.read(self._descriptor, 4096)
            if not data:
                return self.rest()
            self._unread += data
        line, end, self._unread = self._unread.partition(b"\n")
        return (line + end).decode()

    def rest(self) -> str:
        """What was read and not yet given out."""
        unread, self._unread = self._unread, b""
        return unread.decode()


def start(python: Python, arguments: Sequence[str], variables: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [python.executable, *arguments],
        env=dict(variables), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def read_trace(path: str) -> Told:
    reader = TraceReader(path)
    found = list(reader.read(patience=0))
    told = Told(
        reader.pid,
        reader.parent_pid,
        reader.began_ns,
        [entry for entry in found if isinstance(entry, Sample)],
        sorted(
            (entry for entry in found if isinstance(entry, Record)), key=lambda entry: entry.kind == trace_format.OUTPUT
        ),
        reader.samples_lost + reader.lines_lost + reader.events_lost + reader.bad,
        reader.thread,
    )
    reader.release()
    return told


def control_block_in(folder: str | Path, rate_hz: float) -> ControlBlockWriter:
    """A new control block in a folder."""
    descriptor = os.open(
        os.path.join(folder, trace_format.CONTROL_BLOCK_FILE), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600
    )
    try:
        os.ftruncate(descriptor, trace_format.CONTROL_BLOCK_SIZE)
        return ControlBlockWriter(descriptor, rate_hz)
    finally:
        os.close(descriptor)


def alone_and_observed(
    python: Python,
    arguments: Sequence[str],
    *,
    watch: str = "rocket",
    base: Mapping[str, str] | None = None,
) -> tuple[Done, Done]:
    """Run a program twice, at the same time: once as it is, once under the agent."""
    base = dict(clean() if base is None else base)
    with start(python, arguments, base) as alone, Observed(python, arguments, watch=watch, base=base) as observed:
        try:
            stdout, stderr = alone.communicate(timeout=LONGEST)
            return Done(alone.returncode, stdout, stderr, []), observed.finish()
        finally:
            alone.kill()


# ---------------------------------------------------------------- rocketgui itself


class Cli:
    """`python -m rocketgui ...` as a process of its own."""

    def __init__(self, mark: str, *words: str, limits: str = "", group: bool = False, **variables: str) -> None:
        command = [sys.executable, "-m", "rocketgui", *words]
        if limits:
            command = ["sh", "-c", f'{limits}; exec "$@"', "sh", *command]
        self.mark = mark
        self.process = subprocess.Popen(
            command,
            env=environment(mark, **variables), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=group,
        )  # fmt: skip
        self._lines = Lines(self.process)
        self.stdout = ""
        self.stderr = ""

    def __enter__(self) -> Cli:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def line(self) -> str:
        """The next line that the program prints."""
        line = self._lines.next()
        self.stdout += line
        return line.rstrip("\n")

    def wait_for(self, count: int, beginning: str = "start ") -> None:
        """Wait until so many lines with this beginning have been printed."""
        while count:
            line = self.line()
            assert line, f"the program ended before it printed {beginning!r}: {self.finish()} {self.stderr}"
            count -= line.startswith(beginning)

    def finish(self, seconds: float = LONGEST) -> int:
        """Wait for its end; `stdout` and `stderr` then hold what it printed."""
        stdout, stderr = self.process.communicate(timeout=seconds)
        self.stdout += self._lines.rest() + stdout
        self.stderr += stderr
        return self.process.returncode

    def supervisor(self) -> int:
        return until(lambda: supervisors(self.mark), "the supervisor")[0]

    def program(self) -> int:
        """The pid of the program's first process."""
        supervisor = self.supervisor()

        def look() -> list[int]:
            if self.process.poll() is not None:
                self.finish()
                pytest.fail(f"rocketgui has ended: {self.stdout}{self.stderr}")
            return [pid for pid in find(self.mark, "rocket.py") if parent_of(pid) == supervisor]

        return until(look, "the program")[0]

    def directory(self) -> Path:
        return until(lambda: run_directory(self.mark), "the run's directory")


WINDOW = """
import sys
from PySide6.QtCore import QCoreApplication
from rocketgui.options import rocket_launch
from rocketgui.protocol.variant import Variant
from rocketgui.bridge import Bridge
from rocketgui.model.model import Model

if __name__ == "__main__":
    app = QCoreApplication(sys.argv)
    model = Model()
    bridge = Bridge()

    def receive(frames):
        for frame in frames:
            model.apply_frame(frame)
        if all(p.values for p in model.run.workers) and len(model.run.workers) == 4:
            print("running", flush=True)

    bridge.received.connect(receive)
    bridge.start()
    bridge.send(rocket_launch(4, sys.maxsize, Variant(start_method=sys.argv[1]), sys.executable, own_session=True))
    app.exec()
"""


StartWindow = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def window_process(mark: str, tmp_path: Path) -> Iterator[StartWindow]:
    """Starts a window, but for its widgets, in a process of its own, and waits until its workers count."""
    script = tmp_path / "window.py"
    script.write_text(WINDOW)
    started = []

    def start(method: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(script), method],
            env=environment(mark), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        lines = Lines(process)
        while lines.next() != "running\n":
            assert process.poll() is None
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def read_report(path: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return report


def workers_of(report: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of the report but the program's first process."""
    return [row for row in report["processes"] if row["parent"] is not None]


def root_of(report: dict[str, Any]) -> dict[str, Any]:
    [row] = [row for row in report["processes"] if row["parent"] is None]
    assert isinstance(row, dict)
    return row
