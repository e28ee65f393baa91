"""Every process is told of, by the kernel where it does, however short it lives.

Also tests rocketgui.collector.processes.system_monitor.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from rocketgui.collector import capabilities
from rocketgui.collector.processes.perf_events import Executed, Exited, Forked, PerfEvents, PerfRings
from tests.helpers import Cli, mark, nothing_is_left, read_report, until

__all__ = ["mark"]

told = pytest.mark.skipif(not capabilities.tells_of_every_process(), reason="the system does not tell of processes")


@told
def test_every_fork_exec_and_exit() -> None:
    waits = "read line; /bin/true; (exit 3); /bin/sh -c 'exec /bin/false'"
    begun = time.monotonic_ns()
    with subprocess.Popen(["sh", "-c", waits], stdin=subprocess.PIPE) as shell:
        rings = PerfRings(shell.pid)
        perf_events = PerfEvents(rings.descriptors)
        try:
            assert not [event for event in perf_events.read() if isinstance(event, Forked)]
            shell.communicate(b"go\n")
            events = perf_events.read()
        finally:
            perf_events.close()
            rings.close()
    assert perf_events.lost == 0
    forked = [event.pid for event in events if isinstance(event, Forked)]
    assert len(forked) == 3
    assert {event.parent_pid for event in events if isinstance(event, Forked)} == {shell.pid}
    assert [event.pid for event in events if isinstance(event, Exited)] == [*forked, shell.pid]
    assert [event.name for event in events if isinstance(event, Executed)] == ["true", "sh", "false"]
    times = [event.t_ns for event in events]
    assert times == sorted(times)
    assert begun <= times[0] <= times[-1] <= time.monotonic_ns()


@told
def test_more_than_a_ring_holds_is_counted() -> None:
    many = "read line; i=0; while [ $i -lt 3000 ]; do (:); i=$((i+1)); done; echo; read line; (:)"
    with subprocess.Popen(["sh", "-c", many], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as shell:
        assert shell.stdin is not None
        assert shell.stdout is not None
        os.sched_setaffinity(shell.pid, [min(os.sched_getaffinity(0))])  # each core has a ring of its own
        rings = PerfRings(shell.pid)
        perf_events = PerfEvents(rings.descriptors)
        try:
            shell.stdin.write(b"go\n")
            shell.stdin.flush()
            shell.stdout.readline()
            events = perf_events.read()
            shell.communicate(b"go on\n")
            events += perf_events.read()  # it is told of with what comes next
        finally:
            perf_events.close()
            rings.close()
    ends = sum(isinstance(event, Exited) for event in events)
    forks = sum(isinstance(event, Forked) for event in events)
    assert perf_events.lost > 0
    assert forks + ends < 6_000


def test_a_process_of_somebody_else_is_refused() -> None:
    with pytest.raises(OSError, match=r"."):
        PerfRings(2**22 + 1)


SCRIPT = """
import os, subprocess, sys
os.system("/bin/true; (exit 3)")
subprocess.run(["/bin/true"])
for number in range(5):
    pid = os.fork()
    if not pid:
        os._exit(number)
    os.waitpid(pid, 0)
"""


@told
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_report_has_as_many_processes_as_were_made(mark: str, tmp_path: Path) -> None:
    script, report, trace = tmp_path / "script.py", tmp_path / "r.json", tmp_path / "trace"
    script.write_text(SCRIPT)
    with Cli(mark, "run", "--headless", "--report", str(report), str(script)) as cli:
        assert cli.finish() == 0
    subprocess.run(["strace", "-f", "-o", trace, "-e", "trace=process", sys.executable, script], check=True)
    made = {line.split()[0] for line in trace.read_text().splitlines()}
    found = read_report(report)
    assert len(found["processes"]) == len(made)
    assert [row["exit_code"] for row in found["processes"][-5:]] == [0, 1, 2, 3, 4]
    assert set(found["losses"].values()) == {0}
    nothing_is_left(mark)


BLIND = """
from rocketgui.collector.processes import perf_events

perf_events._OPEN.clear()
from rocketgui.cli.main import main

main()
"""


def run_blind(program: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The processes in the report of a program, on a system that does not tell of them."""
    script, report = folder / "script.py", folder / "r.json"
    script.write_text(program)
    monkeypatch.setenv("PYTHONPATH", os.getcwd())
    words = ["run", "--headless", "--report", str(report), str(script)]
    done = subprocess.run([sys.executable, "-c", BLIND, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = read_report(report)["processes"]
    return rows


def test_without_the_kernels_word_agents_and_scans_have_to_do(
    mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a system that does not tell: the same program, and all its Pythons."""
    rows = run_blind(SCRIPT, tmp_path, monkeypatch)
    codes = [row["exit_code"] for row in rows if row["name"] == "fork of MainProcess"]
    assert sorted(codes) == [0, 1, 2, 3, 4]
    assert "true" in {row["name"] for row in rows}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system does not tell")
def test_a_scan_finds_when_a_process_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = run_blind("import os\nos.system('sleep 1.5; true')", tmp_path, monkeypatch)
    shell, sleep = (next(row for row in rows if row["name"] == name) for name in ("sh", "sleep"))
    assert rows[0]["began_ns"] <= shell["began_ns"] <= sleep["began_ns"] < sleep["exited_ns"]
    assert sleep["exited_ns"] - sleep["began_ns"] >= 1_500_000_000 - 20_000_000


def test_nothing_of_it_stays_open() -> None:
    before = len(os.listdir("/proc/self/fd")) if sys.platform.startswith("linux") else 0
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    if capabilities.tells_of_every_process():
        rings = PerfRings(child.pid)
        PerfEvents(rings.descriptors).close()
        rings.close()
    child.send_signal(signal.SIGKILL)
    child.communicate()
    if sys.platform.startswith("linux"):
        until(lambda: len(os.listdir("/proc/self/fd")) == before, "the descriptors")
