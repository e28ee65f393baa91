"""Runs without a window, through the real command line: what the user gets, and what the report says."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rocketgui.protocol.messages import LIFECYCLE_EVENTS
from tests.helpers import (
    LONGEST,
    PROMISED,
    START_METHODS,
    Cli,
    Python,
    environment,
    is_gone,
    kill_all,
    mark,
    marked,
    nothing_is_left,
    parent_of,
    pythons,
    read_report,
    root_of,
    run_directory,
    this_python,
    until,
    workers_of,
)

__all__ = ["mark"]

LIMIT = 2_000_000
FOR_EVER = "sys.maxsize"

every_method = pytest.mark.parametrize("method", START_METHODS)

#: Every key of the report, as docs/report.md promises.
REPORT = {
    "version", "program", "system", "wall_s", "exit_code", "ended", "processes", "folded", "core_load", "output",
    "findings", "losses", "cost",
}  # fmt: skip
PARTS = {
    "program": {"argv", "executable", "python", "gil", "run_as", "start_method", "work", "variable", "pinned"},
    "system": {"os", "cores", "launched"},
    "core_load": {"samples", "mean"},
    "losses": {"samples_dropped", "bad_messages", "agents_lost", "output_lines_dropped", "events_dropped"},
    "cost": {"agents_cpu_s", "collector_cpu_s", "program_cpu_s"},
}
ROWS = {
    "processes": {
        "id", "parent", "pid", "kind", "name", *(f"{event}_ns" for event in LIFECYCLE_EVENTS), "exit_code", "signal",
        "error",
        "values", "cpu_s", "switches_voluntary", "switches_involuntary", "peak_rss", "cores", "moves",
        "doing_s", "last_doing", "unobserved",
    },
    "output": {"t_ns", "process", "stream", "text"},
    "findings": {"id", "text", "figures"},
}  # fmt: skip


def arguments(report: Path, *, workers: int = 2, limit: object = LIMIT, method: str = "fork") -> list[str]:
    return [
        "--headless", "--workers", str(workers), "--limit", str(limit), "--start-method", method,
        "--report", str(report),
    ]  # fmt: skip


def no_losses(report: dict[str, Any]) -> None:
    assert set(report["losses"].values()) == {0}, report["losses"]


@every_method
def test_two_rockets(method: str, mark: str, tmp_path: Path) -> None:
    """The main job, exactly."""
    path = tmp_path / "r.json"
    with Cli(mark, *arguments(path, method=method)) as cli:
        assert cli.finish() == 0, cli.stderr
    report = read_report(path)
    check_two_rockets(report, method)
    assert sorted(cli.stdout.splitlines()) == sorted(line["text"] for line in report["output"])
    assert "func1" in cli.stderr
    nothing_is_left(mark)


def check_two_rockets(report: dict[str, Any], method: str) -> None:
    """Hold the report of a run of two workers up to `LIMIT` against all that the main job promises."""
    assert REPORT <= set(report) <= REPORT | {"helpers"}
    for key, inner in PARTS.items():
        assert set(report[key]) == inner
    for key, inner in ROWS.items():
        assert all(set(row) == inner for row in report[key])

    assert (report["version"], report["exit_code"], report["ended"]) == (1, 0, "finished")
    assert report["program"]["argv"] == [
        "rocket.py", "--workers", "2", "--limit", str(LIMIT), "--start-method", method,
    ]  # fmt: skip
    assert report["program"]["start_method"] == method
    no_losses(report)

    assert len(report["processes"]) == 3
    root, workers = root_of(report), workers_of(report)
    assert (root["name"], root["exit_code"], root["signal"]) == ("MainProcess", 0, None)
    assert {key: root["values"]["rocket"][key] for key in ("first", "last")} == {"first": 0, "last": 0}
    assert sorted(worker["name"] for worker in workers) == ["func1", "func2"]
    for worker in workers:
        times = [worker[f"{moment}_ns"] for moment in LIFECYCLE_EVENTS]
        assert None not in times, worker
        assert times == sorted(times), worker
        assert 0 <= times[0] < times[-1] <= 1e9 * report["wall_s"]
        assert (worker["values"]["rocket"]["first"], worker["values"]["rocket"]["last"]) == (0, LIMIT)
        assert (worker["parent"], worker["exit_code"], worker["signal"]) == (root["id"], 0, None)
        assert (worker["kind"], worker["error"]) == ("process", None)
        assert worker["cpu_s"] > 0
        assert worker["peak_rss"] > 1e6
        assert isinstance(worker["switches_voluntary"], int)
        lines = [line["text"] for line in report["output"] if line["process"] == worker["id"]]
        assert lines == [f"start {worker['name']}", f"end {worker['name']}"]
    assert [line["text"] for line in report["output"] if line["process"] == root["id"]] == ["rocket in the parent: 0"]
    assert {line["stream"] for line in report["output"]} == {"stdout"}
    assert report["core_load"]["samples"] > 0
    assert all(0 <= load <= 100 for load in report["core_load"]["mean"])
    assert "isolation" in [finding["id"] for finding in report["findings"]]
    assert 0 < report["cost"]["agents_cpu_s"] < report["cost"]["program_cpu_s"]


@pytest.mark.parametrize("python", [python for python in pythons() if python != this_python()], ids=str)
def test_another_python(python: Python, mark: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    with Cli(mark, *arguments(path, limit=20_000, method="spawn"), "--python", python.executable) as cli:
        assert cli.finish() == 0, cli.stderr
    report = read_report(path)
    no_losses(report)
    assert report["program"]["python"] == ".".join(map(str, python.version))
    assert os.path.samefile(report["program"]["executable"], python.executable)
    assert [worker["values"]["rocket"]["last"] for worker in workers_of(report)] == [20_000] * 2


def test_python_that_does_not_start(mark: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    with Cli(mark, *arguments(path), "--python", "/bin/false") as cli:
        assert cli.finish() == 2
    assert cli.stderr == "rocketgui: argument --python: /bin/false does not start as a Python 3 does\n"
    assert (cli.stdout, path.exists()) == ("", False)


@every_method
def test_report_of_many_workers(method: str, mark: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    with Cli(mark, *arguments(path, workers=12, limit=20_000, method=method)) as cli:
        assert cli.finish() == 0, cli.stderr
    report = read_report(path)
    no_losses(report)
    assert sorted(worker["name"] for worker in workers_of(report)) == sorted(f"func{n}" for n in range(1, 13))
    assert {worker["values"]["rocket"]["last"] for worker in workers_of(report)} == {20_000}
    assert all(worker[f"{moment}_ns"] is not None for worker in workers_of(report) for moment in LIFECYCLE_EVENTS)


@every_method
def test_worker_killed(method: str, mark: str, tmp_path: Path) -> None:
    """The others go on; its row says which signal it was."""
    path = tmp_path / "r.json"
    with Cli(mark, *arguments(path, workers=3, limit=20_000_000, method=method)) as cli:
        cli.wait_for(3)
        victim = until(lambda: _busy(cli), "a worker that counts")
        kill_all([victim])
        assert cli.finish(50) == 0, cli.stderr
    report = read_report(path)
    [killed] = [worker for worker in workers_of(report) if worker["pid"] == victim]
    assert (killed["signal"], killed["exit_code"]) == (signal.SIGKILL, None)
    assert killed["exited_ns"] is not None
    others = [worker for worker in workers_of(report) if worker is not killed]
    assert [(row["exit_code"], row["signal"], row["values"]["rocket"]["last"]) for row in others] == [
        (0, None, 20_000_000)
    ] * 2
    assert report["ended"] == "finished"
    [finding] = [finding for finding in report["findings"] if finding["id"] == "killed"]
    assert (finding["figures"]["pid"], finding["figures"]["signal"]) == (victim, signal.SIGKILL)
    assert {killed["name"], f"{victim})"} <= set(finding["text"].split())
    assert finding["text"] in cli.stderr
    nothing_is_left(mark)


def _busy(cli: Cli) -> int | None:
    """The newest process of the program that uses most of a core."""
    program = cli.program()
    busy = [pid for pid in marked(cli.mark) if pid > program and _cpu_ticks(pid) > 10]
    candidates = [pid for pid in busy if parent_of(pid) != cli.process.pid]  # which is the collector's
    return candidates[-1] if len(candidates) >= 3 else None  # a fork server may be busy before they are


def _cpu_ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


@every_method
def test_ctrl_c(method: str, mark: str, tmp_path: Path) -> None:
    """The terminal sends it to the whole group: the program ends as it would alone, and the report is written."""
    path = tmp_path / "r.json"
    with Cli(mark, *arguments(path, limit=FOR_EVER, method=method), group=True) as cli:
        cli.wait_for(2)
        os.killpg(cli.process.pid, signal.SIGINT)
        code = cli.finish()
    report = read_report(path)
    assert report["ended"] == "stopped"
    assert code in (1, 130)
    assert "headless.py" not in cli.stderr
    nothing_is_left(mark)


def test_interrupt_of_the_command_alone(mark: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    with Cli(mark, *arguments(path, limit=FOR_EVER)) as cli:
        cli.wait_for(2)
        cli.process.send_signal(signal.SIGINT)
        code = cli.finish()
    assert read_report(path)["ended"] == "stopped"
    assert code in (1, 130)
    nothing_is_left(mark)


def test_second_interrupt_ends_a_program_that_ignores_the_first(mark: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    with Cli(mark, *arguments(path, limit=FOR_EVER)) as cli:
        cli.wait_for(2)
        kill_all([cli.program()], signal.SIGSTOP)
        cli.process.send_signal(signal.SIGINT)
        # Only then is the second one a signal of its own: it has handled the first, and told the program.
        until(lambda: _is_pending(cli.program(), signal.SIGINT), "the interrupt")
        cli.process.send_signal(signal.SIGINT)
        cli.finish()
    assert read_report(path)["ended"] == "stopped"
    nothing_is_left(mark)


def _is_pending(pid: int, number: int) -> bool:
    masks = re.findall(r"^(?:Shd|Sig)Pnd:\s*(\w+)", Path(f"/proc/{pid}/status").read_text(), re.M)
    return any(int(mask, 16) >> (number - 1) & 1 for mask in masks)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_request_to_end(number: signal.Signals, mark: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    with Cli(mark, *arguments(path, limit=FOR_EVER, method="spawn")) as cli:
        cli.wait_for(2)
        directory = cli.directory()
        cli.process.send_signal(number)
        code = cli.finish()
    report = read_report(path)
    assert report["ended"] == "stopped"
    assert code == 128 + signal.SIGTERM  # which comes first; SIGKILL gets what does not end of it
    # On a busy machine, one may not get round to ending of SIGTERM in time.
    assert {row["signal"] for row in workers_of(report)} <= {signal.SIGTERM, signal.SIGKILL}
    assert not directory.exists()
    nothing_is_left(mark)


def test_request_to_end_to_the_whole_group(mark: str, tmp_path: Path) -> None:
    """As `timeout` and service managers send it: the supervisor gets it too, and the report is written all the same."""
    path = tmp_path / "r.json"
    with Cli(mark, *arguments(path, limit=FOR_EVER, method="spawn"), group=True) as cli:
        cli.wait_for(2)
        os.killpg(cli.process.pid, signal.SIGTERM)
        cli.finish()
    assert "Traceback" not in cli.stderr
    assert read_report(path)["ended"] == "stopped"
    nothing_is_left(mark)


def test_fewer_workers_than_asked_for(mark: str, tmp_path: Path) -> None:
    """More than the system lets start: those that started run to their end, and it says how many did not, and why."""
    path = tmp_path / "r.json"
    words = arguments(path, workers=60, limit=10_000, method="spawn")
    with Cli(mark, *words, limits="ulimit -n 40") as cli:
        assert cli.finish(50) == 0, cli.stderr
    report = read_report(path)
    [finding] = [finding for finding in report["findings"] if finding["id"] == "start_failed"]
    started = workers_of(report)
    assert 1 <= len(started) < 60
    assert {row["values"]["rocket"]["last"] for row in started} == {10_000}
    assert (finding["figures"]["wanted"], finding["figures"]["failed"]) == (60, 60 - len(started))
    assert any("Too many open files" in reason for reason in finding["figures"]["reasons"])
    assert "Too many open files" in cli.stderr
    nothing_is_left(mark)


@every_method
def test_parent_killed(method: str, mark: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    with Cli(mark, *arguments(path, limit=FOR_EVER, method=method)) as cli:
        cli.wait_for(2)
        directory = cli.directory()
        program = cli.program()
        kill_all([program])
        assert cli.finish() == 128 + signal.SIGKILL
    report = read_report(path)
    assert (report["ended"], root_of(report)["signal"]) == ("killed", signal.SIGKILL)
    assert cli.stderr.count("The parent process was killed by SIGKILL.") == 1
    assert all(worker["exited_ns"] is not None for worker in workers_of(report))
    # What rocketgui itself ended was not killed by somebody.
    killed = [finding["figures"] for finding in report["findings"] if finding["id"] == "killed"]
    assert [figures["pid"] for figures in killed if "pid" in figures] == [program]
    assert not directory.exists()
    nothing_is_left(mark)


def test_supervisor_killed(mark: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    with Cli(mark, *arguments(path, limit=FOR_EVER, method="forkserver")) as cli:
        cli.wait_for(2)
        directory = cli.directory()
        kill_all([cli.supervisor()])
        cli.process.send_signal(signal.SIGTERM)
        cli.finish()
    report = read_report(path)
    assert report["ended"] == "stopped"
    assert "rocketgui's supervisor was killed by SIGKILL" in cli.stderr
    assert all(worker["exited_ns"] is not None for worker in workers_of(report))
    assert not directory.exists()
    nothing_is_left(mark)


@every_method
def test_program_goes_on_without_its_supervisor(method: str, mark: str, tmp_path: Path) -> None:
    """Its owner takes the supervisor's place: values, ends and the exit code are seen as before."""
    path = tmp_path / "r.json"
    with Cli(mark, *arguments(path, limit=20_000_000, method=method)) as cli:
        cli.wait_for(2)
        directory = cli.directory()
        kill_all([cli.supervisor()])
        assert cli.finish(50) == 0, cli.stderr
    report = read_report(path)
    assert report["ended"] == "finished"
    assert [(row["exit_code"], row["values"]["rocket"]["last"]) for row in workers_of(report)] == [(0, 20_000_000)] * 2
    assert not directory.exists()
    nothing_is_left(mark)


@every_method
def test_command_killed(method: str, mark: str, tmp_path: Path) -> None:
    """Nothing is left to speak, but nothing else is left either."""
    with Cli(mark, *arguments(tmp_path / "r.json", limit=FOR_EVER, method=method)) as cli:
        cli.wait_for(2)
        directory = cli.directory()
        kill_all([cli.process.pid])
        cli.process.wait()
        nothing_is_left(mark)
    until(lambda: not directory.exists(), "the run's directory to go", PROMISED)


def test_report_that_cannot_be_written_in_the_end(mark: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with Cli(mark, *arguments(folder / "r.json", limit=3_000_000)) as cli:
        cli.wait_for(2)
        folder.rmdir()
        assert cli.finish() == 1
    assert "the report could not be written" in cli.stderr
    assert "Traceback" not in cli.stderr


def test_unbuffered_program_is_seen_alike(mark: str, tmp_path: Path) -> None:
    """Then each print() is two writes; one line is noted all the same."""
    path = tmp_path / "r.json"
    with Cli(mark, *arguments(path, limit=1000), PYTHONUNBUFFERED="1") as cli:
        assert cli.finish() == 0
    texts = [line["text"] for line in read_report(path)["output"]]
    assert sorted(texts) == ["end func1", "end func2", "rocket in the parent: 0", "start func1", "start func2"]


def test_run_directory_is_private_and_goes(mark: str, tmp_path: Path) -> None:
    with Cli(mark, *arguments(tmp_path / "r.json", limit=5_000_000)) as cli:
        cli.wait_for(2)
        directory = until(lambda: run_directory(mark), "the run's directory")
        assert directory.stat().st_mode & 0o777 == 0o700
        supervisor = cli.supervisor()
        assert cli.finish() == 0
    assert not directory.exists()
    assert is_gone(supervisor)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed(closed: str, mark: str, tmp_path: Path) -> None:
    """The program gets none of rocketgui's own files under their numbers."""
    path = tmp_path / "r.json"
    words = " ".join(shlex.quote(word) for word in arguments(path, limit=1000))
    line = f"{shlex.quote(sys.executable)} -m rocketgui {words} {closed}"
    done = subprocess.run(["sh", "-c", line], env=environment(mark), capture_output=True, timeout=LONGEST, check=False)
    assert done.returncode == 0, done.stderr
    report = read_report(path)
    no_losses(report)
    assert len(report["output"]) == 5
    nothing_is_left(mark)
