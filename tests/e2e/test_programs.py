"""The programs in `tests/programs/`: each behaves under rocketgui as it does alone, and every process is accounted for.

Each is run twice, alone and observed; what it prints and how it ends has to be the same, byte for byte where one
process prints, line for line where several do. What strace counts meanwhile has to be the processes that are shown.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rocketgui.collector import capabilities
from tests.helpers import (
    LONGEST,
    MARK,
    START_METHODS,
    Python,
    clean,
    mark,
    nothing_is_left,
    pythons,
    read_report,
    root_of,
    this_python,
    workers_of,
)

__all__ = ["mark"]

PROGRAMS = Path(__file__).parent.with_name("programs")
OWN = b"rocketgui: "
#: How many lines flood.py prints.
FLOOD = 100_001
#: What Python starts for each start method.
HELPERS = {"fork": [], "spawn": ["resource tracker"], "forkserver": ["fork server", "resource tracker"]}


@dataclass(frozen=True)
class Case:
    """A program with its arguments. `processes`: how many it has, itself included, but for Python's own `helpers`;
    None: that varies. `path`: what PYTHONPATH holds; `agents_lost`: Pythons that no agent gets into; `lines_dropped`:
    it prints more than can be kept; `own_group`: it is started in a process group of its own."""

    words: tuple[str, ...]
    processes: int | None = 1
    helpers: Sequence[str] = ()
    stdin: bytes = b""
    path: str = ""
    agents_lost: int = 0
    lines_dropped: bool = False
    own_group: bool = False

    def __str__(self) -> str:
        return " ".join(self.words)


def each_method(
    program: str, processes: int, *, fork: Sequence[str] = (), servers: int = 1, path: str = ""
) -> list[Case]:
    """A program that takes the start method as its argument. `fork`: the helpers that fork has; `servers`: the number
    of fork servers that forkserver has."""
    words = ("-m", program) if program == "package" else (program,)
    helpers = {**HELPERS, "fork": list(fork), "forkserver": ["fork server"] * servers + ["resource tracker"]}
    return [Case((*words, method), processes, tuple(helpers[method]), path=path) for method in START_METHODS]


CASES = [
    *each_method("with_process.py", 6),
    *each_method("set_start_method.py", 4),
    *each_method("pool_map.py", 4),
    Case(("pool_recycled.py",), None),
    *each_method("executor.py", 3),
    Case(("broken_pool.py",), 3),
    *each_method("with_manager.py", 5),
    *each_method("nested_pools.py", 7, servers=3),
    *each_method("daemonic.py", 3),
    Case(("with_loky.py",), 3, ("resource tracker",) * 2),
    Case(("with_joblib.py",), 5, ("resource tracker",) * 2),
    Case(("os_fork.py",), 3),
    Case(("os_fork_exit.py",), 5),
    *(Case(("with_subprocess.py", how), 2) for how in ("plain", "copy", "empty", "captured", "foreign")),
    Case(("with_subprocess.py", "isolated"), 2, agents_lost=1),
    Case(("with_subprocess.py", "shell"), 3),
    *([Case(("with_os_system.py",), 6)] if capabilities.tells_of_every_process() else []),  # its shells are soon gone
    Case(("with_posix_spawn.py",), 4),
    Case(("with_execv.py", "2")),
    Case(("with_spawnv.py",), 4),
    *each_method("crash.py", 3),
    *each_method("killed.py", 3),
    *each_method("deadlock.py", 2),
    Case(("many_forks.py",), 201),
    Case(("many_processes.py",), 61),
    Case(("flood.py",), 9, lines_dropped=True),
    Case(("progress.py",)),
    *(Case(("group_signals.py", how), 2, own_group=True) for how in ("handled", "ignored", "default")),
    Case(("closes_descriptors.py",), 2),
    *each_method("with_sitecustomize.py", 3, path="own_sitecustomize"),
    Case(("reads_stdin.py",), 2, stdin=b"one\ntwo\nthree four\nfive"),
    *(Case(("exits.py", how)) for how in ("code", "text", "none", "exception", "interrupt", "signal", "quit")),
    Case(("looks.py", "an argument", "--report", "-x")),
    *each_method("package", 2),
    Case(("with_threads.py",)),
    Case(("thread_pool.py",)),
    *each_method("shared_memory.py", 3, fork=["resource tracker"]),
    *each_method("queues.py", 4),
    *each_method("synchronised.py", 4),
    Case(("with_asyncio.py",), 5),
    *each_method("signals.py", 2),
    Case(("daemon.py", "0.2"), 3),
    *each_method("exit_handlers.py", 2),
    Case(("no_guard.py",), 2, ("resource tracker",)),
    Case(("shadows/program.py",)),
    Case(("stuck_in_a_lock.py", "released"), 4),
    Case(("join_before_get.py", "get"), 2),
]

#: What other Pythons are tried with.
FEW = (
    "with_process.py spawn", "executor.py forkserver", "nested_pools.py forkserver",
    "os_fork.py", "looks.py", "shadows/",
)  # fmt: skip


@dataclass
class Outcome:
    """How a run ended. `own`: what rocketgui itself had to say."""

    code: int
    stdout: bytes
    stderr: bytes
    own: list[str] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Of every process in the report, helpers as well."""
        rows = [*self.report["processes"], *self.report["helpers"]]
        return [row for row in rows if row["kind"] in ("process", "helper")]

    @property
    def pids(self) -> Counter[int]:
        return Counter(row["pid"] for row in self.rows)


def start(case: Case, mark: str, before: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    variables = {**clean(), MARK: mark, "PYTHONWARNINGS": "default"}
    if case.path:
        variables["PYTHONPATH"] = case.path
    return subprocess.run(
        [*before, *case.words],
        cwd=PROGRAMS, env=variables, input=case.stdin, capture_output=True, timeout=LONGEST, check=False,
        process_group=0 if case.own_group else None,
    )  # fmt: skip


def alone(case: Case, python: Python, mark: str) -> Outcome:
    done = start(case, mark, [python.executable])
    # As a shell says it.
    return Outcome(done.returncode if done.returncode >= 0 else 128 - done.returncode, done.stdout, done.stderr)


def observed(case: Case, python: Python, mark: str, path: Path, tracer: Sequence[str] = ()) -> Outcome:
    rocketgui = [sys.executable, "-m", "rocketgui", "run", "--headless", "--report", str(path)]
    done = start(case, mark, [*tracer, *rocketgui, "--python", python.executable])
    lines = done.stderr.splitlines(keepends=True)
    own = [line.decode() for line in lines if line.startswith(OWN)]
    rest = b"".join(line for line in lines if not line.startswith(OWN))
    assert path.exists(), rest.decode()
    return Outcome(done.returncode, done.stdout, rest, own, read_report(path))


def same(case: Case, one: Outcome, other: Outcome) -> None:
    """Some warnings of Python's own name the pid."""
    outputs = [re.sub(rb"pid=\d+", b"pid", output) for run in (one, other) for output in (run.stdout, run.stderr)]
    if case.processes != 1:
        outputs = [b"\n".join(sorted(output.splitlines())) for output in outputs]
    assert outputs[2:] == outputs[:2]
    assert other.code == one.code


def accounted(case: Case, seen: Outcome) -> None:
    """Every process has its row, and none was lost on the way."""
    report = seen.report
    losses = dict(report["losses"])
    if case.lines_dropped:
        assert losses.pop("output_lines_dropped") + len(report["output"]) == FLOOD
    assert losses.pop("agents_lost") == case.agents_lost
    assert set(losses.values()) == {0}, losses
    described = [(row["kind"], row["name"], row["exit_code"], row["signal"]) for row in seen.rows]
    assert [row["kind"] for row in seen.rows].count("process") == (case.processes or len(seen.rows)), described
    assert sorted(row["name"] for row in report["helpers"]) == sorted(case.helpers)
    assert all(row["exited_ns"] is not None for row in seen.rows)
    ids = {row["id"] for row in seen.rows}
    assert [row["id"] for row in seen.rows if row["parent"] not in ids] == [root_of(report)["id"]]
    assert root_of(report)["exit_code"] == (None if seen.code > 128 else seen.code)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_alone(case: Case, mark: str, tmp_path: Path) -> None:
    path = tmp_path / "trace"
    traced = STRACE is not None and case in TRACED
    expected = alone(case, this_python(), mark)
    seen = observed(case, this_python(), mark, tmp_path / "r.json", [*TRACER, str(path)] if traced else ())
    same(case, expected, seen)
    accounted(case, seen)
    nothing_is_left(mark)
    if traced:
        every_process_that_the_system_counts(seen, Trace(path.read_text()))


def in_turn() -> list[tuple[Python, Case]]:
    """The oldest and the newest other Python with all of the few, and those between with two each."""
    few = [case for case in CASES if str(case).startswith(FEW)]
    others = [python for python in pythons() if python != this_python()]
    return [
        (python, case)
        for place, python in enumerate(others)
        for number, case in enumerate(few)
        if python in (others[0], others[-1]) or number % 3 == place % 3
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("python", "case"), in_turn(), ids=str)
def test_every_python(python: Python, case: Case, mark: str, tmp_path: Path) -> None:
    expected = alone(case, python, mark)
    seen = observed(case, python, mark, tmp_path / "r.json")
    same(case, expected, seen)
    accounted(case, seen)
    nothing_is_left(mark)


@pytest.mark.parametrize("method", START_METHODS)
def test_two_rockets(method: str, mark: str, tmp_path: Path) -> None:
    """Nothing but the file is given: the counters are found, and the report is written when it is interrupted."""
    path = tmp_path / "r.json"
    timed = ["timeout", "-s", "INT", "3"]
    rocketgui = [sys.executable, "-m", "rocketgui", "run", "--headless", "--report", str(path)]
    done = start(Case(("two.py", method)), mark, [*timed, *rocketgui])
    assert sorted(done.stdout.splitlines()) == [b"start func1", b"start func2"]
    report = read_report(path)
    assert report["ended"] == "stopped"
    assert {"first": 0, "last": 0}.items() <= root_of(report)["values"]["rocket"].items()
    assert len(workers_of(report)) == 2
    assert all(worker["values"]["rocket"]["last"] > 1_000_000 for worker in workers_of(report)), report["processes"]
    assert set(report["losses"].values()) == {0}, report["losses"]
    nothing_is_left(mark)


def test_daemon_that_outlives_its_parent(mark: str, tmp_path: Path) -> None:
    """It is ended, and a sentence says so."""
    case = Case(("daemon.py", "60"), 3)
    seen = observed(case, this_python(), mark, tmp_path / "r.json")
    assert (seen.code, seen.stdout, seen.stderr) == (0, b"the daemon is on its own\n", b"")
    assert "rocketgui: 1 process still ran when the parent had ended; rocketgui ended it" in "".join(seen.own)
    accounted(case, seen)
    assert signal.SIGTERM in [row["signal"] for row in seen.report["processes"]]
    nothing_is_left(mark)


# ---------------------------------------------------------------- what the system itself counts

STRACE = shutil.which("strace")
#: Which processes are made, and how they end; nothing else is traced, so that hardly anything becomes slower.
TRACER = (
    "strace", "--follow-forks", "--seccomp-bpf", "--quiet=attach,personality,thread-execve,superseded",
    "--trace=fork,vfork,clone,clone3", "--signal=INT,KILL,SEGV,TERM", "--output",
)  # fmt: skip
#: One start method is enough here for all but one program: the one that has most processes.
TRACED = [case for case in CASES if case.words[-1] not in ("fork", "spawn") or "with_process.py" in case.words]


def every_process_that_the_system_counts(seen: Outcome, trace: Trace) -> None:
    assert seen.pids == Counter(trace.descendants(root_of(seen.report)["pid"]))
    told = {row["pid"]: (row["exit_code"], row["signal"]) for row in seen.rows}
    unknown = {pid for pid, end in told.items() if end == (None, None)}
    assert told == {pid: (None, None) if pid in unknown else trace.ends[pid] for pid in told}


class Trace:
    """What strace saw. `parents`: of each process that was made, threads are none; `ends`: the exit code, or the signal
    that killed it."""

    def __init__(self, text: str) -> None:
        self.parents: dict[int, int] = {}
        self.ends: dict[int, tuple[int | None, int | None]] = {}
        self._process_of: dict[int, int] = {}
        begun: dict[int, str] = {}
        for line in text.splitlines():
            number, _, what = line.partition(" ")
            caller, what = int(number), what.strip()
            if what.endswith("<unfinished ...>"):
                begun[caller] = what
            elif what.startswith("<..."):
                self._take(caller, begun.pop(caller) + what)
            else:
                self._take(caller, what)

    def _take(self, caller: int, what: str) -> None:
        if made := re.search(r" = (\d+)$", what):  # else the system refused, or the caller was killed meanwhile
            process = self._process_of.get(caller, caller)
            if "CLONE_THREAD" in what:
                self._process_of[int(made[1])] = process
            else:
                self.parents[int(made[1])] = process
        elif ended := re.match(r"\+\+\+ exited with (\d+)", what):
            self.ends[caller] = int(ended[1]), None
        elif killed := re.match(r"\+\+\+ killed by (\w+)", what):
            self.ends[caller] = None, signal.Signals[killed[1]]

    def descendants(self, root: int) -> list[int]:
        """A process and all that came of it."""
        found = [root]
        for pid in found:
            found += [child for child, parent in self.parents.items() if parent == pid]
        return found
