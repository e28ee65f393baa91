"""Random workers killed at random moments: never a hang, never a wrong row.

A few kills by default. `ROCKETGUI_CHAOS_KILLS=200 ROCKETGUI_CHAOS_DEATHS=10` gives the full counts.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import (
    LONGEST,
    PROMISED,
    START_METHODS,
    Cli,
    StartWindow,
    command,
    find,
    kill_all,
    mark,
    marked,
    nothing_is_left,
    parent_of,
    read_report,
    root_of,
    run_directory,
    state,
    supervisors,
    until,
    window_process,
    workers_of,
)

__all__ = ["mark", "window_process"]

pytestmark = pytest.mark.chaos

KILLS = int(os.environ.get("ROCKETGUI_CHAOS_KILLS", "20"))
DEATHS = int(os.environ.get("ROCKETGUI_CHAOS_DEATHS", "1"))
WORKERS = 8
LIMIT = 1_500_000


def worker_pids(mark: str, program: int, method: str) -> list[int]:
    """The processes that the program started, by what the system says of them."""
    found = []
    for pid in marked(mark):
        words = " ".join(command(pid))
        if method == "spawn":
            is_worker = "from multiprocessing.spawn import spawn_main" in words
        elif method == "fork":
            is_worker = parent_of(pid) == program and "resource_tracker" not in words
        else:
            # A child of the fork server, which is a child of the program, and of the supervisor in the end.
            is_worker = all("multiprocessing.forkserver" in said for said in (words, " ".join(command(parent_of(pid)))))
        if is_worker:
            found.append(pid)
    return found


@pytest.mark.timeout(60 + 3 * KILLS)
@pytest.mark.parametrize("method", START_METHODS)
def test_workers_killed_at_random_moments(method: str, mark: str, tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"random seed {seed}")
    choice = random.Random(seed)
    wanted = -(-KILLS // len(START_METHODS))
    killed = 0
    while killed < wanted:
        report = tmp_path / "r.json"
        words = ["--workers", str(WORKERS), "--limit", str(LIMIT), "--start-method", method, "--report", str(report)]
        with Cli(mark, "--headless", *words) as cli:
            victims = _kill_some(cli, method, choice, min(choice.randint(1, 4), wanted - killed))
            code = cli.finish()
        killed += _check(report, victims, code, cli.stderr)
        nothing_is_left(mark)


def _kill_some(cli: Cli, method: str, choice: random.Random, count: int) -> set[int]:
    program = cli.program()
    victims: set[int] = set()
    deadline = time.monotonic() + 20
    while len(victims) < count and cli.process.poll() is None and time.monotonic() < deadline:
        time.sleep(choice.random() * 0.2)  # the random moment, not a wait for anything
        alive = [pid for pid in worker_pids(cli.mark, program, method) if pid not in victims]
        if alive:
            victim = choice.choice(alive)
            victims.add(victim)
            kill_all([victim])
    return victims


def _check(path: Path, victims: set[int], code: int, stderr: str) -> int:
    """Every row is right; return how many of the victims were still running when they were killed."""
    report = read_report(path)
    rows = {row["pid"]: row for row in workers_of(report)}
    root = root_of(report)
    assert len(rows) == len(workers_of(report))
    assert (root["values"]["rocket"]["first"], root["values"]["rocket"]["last"]) == (0, 0)
    died = 0
    for pid, row in rows.items():
        if pid in victims and row["signal"] == signal.SIGKILL:
            assert row["exit_code"] is None
            assert row["values"].get("rocket", {"last": 0})["last"] <= LIMIT
            died += 1
        else:  # a victim may have been gone before the signal came
            assert (row["signal"], row["exit_code"]) == (None, 0), row
            assert row["values"]["rocket"]["last"] == LIMIT, row
            assert row["name"].startswith("func"), row
        assert row["exited_ns"] is not None
    assert victims <= set(rows), (victims, rows, stderr)
    assert report["ended"] == "finished", stderr
    assert code == 0
    assert len(rows) == WORKERS
    return died


def _collector_itself(cli: Cli) -> int:
    return cli.process.pid


def _supervisor(cli: Cli) -> int:
    return cli.supervisor()


def _program(cli: Cli) -> int:
    return cli.program()


@pytest.mark.timeout(60 + 20 * DEATHS)
@pytest.mark.parametrize("method", START_METHODS)
@pytest.mark.parametrize(
    "victim", [_collector_itself, _supervisor, _program], ids=["collector", "supervisor", "parent"]
)
def test_part_killed_at_a_random_moment(victim: Callable[[Cli], int], method: str, mark: str, tmp_path: Path) -> None:
    """Without a window the collector is rocketgui's own process."""
    for _ in range(DEATHS):
        report = str(tmp_path / "r.json")
        words = ["--workers", "4", "--limit", str(sys.maxsize), "--start-method", method, "--report", report]
        with Cli(mark, "--headless", *words) as cli:
            pid = victim(cli)
            directory = cli.directory()
            time.sleep(random.random() * 0.5)  # the random moment, not a wait for anything
            kill_all([pid])
            cli.process.wait(10)
            nothing_is_left(mark)
        until(lambda: not directory.exists(), "the run's directory to go", 2)  # noqa: B023


def _window(process: int, mark: str) -> int:
    return process


def _collector(process: int, mark: str) -> int:
    [pid] = [pid for pid in marked(mark) if parent_of(pid) == process and "spawn_main" in " ".join(command(pid))]
    return pid


def _its_supervisor(process: int, mark: str) -> int:
    [pid] = supervisors(mark)
    return pid


def _its_program(process: int, mark: str) -> int:
    [pid] = [pid for pid in find(mark, "rocket.py") if parent_of(pid) == _its_supervisor(process, mark)]
    return pid


@pytest.mark.timeout(60 + 20 * DEATHS)
@pytest.mark.parametrize("method", START_METHODS)
@pytest.mark.parametrize(
    "victim", [_window, _collector, _its_supervisor, _its_program], ids=["window", "collector", "supervisor", "parent"]
)
def test_part_killed_beside_a_window(
    victim: Callable[[int, str], int], method: str, window_process: StartWindow, mark: str
) -> None:
    """What stays, when it is not the window that dies, is the window with its collector: of the program, nothing."""
    for _ in range(DEATHS):
        process = window_process(method)
        pids, directory = set(marked(mark)), run_directory(mark)
        kept = {pid for pid in pids if pid == process.pid or parent_of(pid) == process.pid}
        pid = victim(process.pid, mark)
        time.sleep(random.random() * 0.5)  # the random moment, not a wait for anything
        kill_all([pid])
        _only_these_are_left(kept, mark)
        process.kill()
        process.wait(LONGEST)
        nothing_is_left(mark)
        assert directory is not None
        until(lambda: not directory.exists(), "the run's directory to go", PROMISED)  # noqa: B023


def _only_these_are_left(kept: set[int], mark: str) -> None:
    deadline = time.monotonic() + PROMISED
    while left := set(marked(mark)) - kept:
        assert time.monotonic() < deadline, [(pid, parent_of(pid), state(pid), command(pid)) for pid in left]
        time.sleep(0.01)
