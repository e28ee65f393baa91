"""Workers, and parts of rocketgui, killed or stopped at random moments: never a hang, never a wrong row, nothing left.

A few kills by default. `ROCKETGUI_CHAOS_KILLS=200 ROCKETGUI_CHAOS_DEATHS=10` gives the full counts.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from rocketgui.system import run_directory
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
    state,
    supervisors,
    until,
    window_process,
    workers_of,
)
from tests.helpers import run_directory as given_directory

__all__ = ["mark", "window_process"]

pytestmark = [pytest.mark.chaos, pytest.mark.slow]

KILLS = int(os.environ.get("ROCKETGUI_CHAOS_KILLS", "20"))
DEATHS = int(os.environ.get("ROCKETGUI_CHAOS_DEATHS", "1"))
#: How long a part stands still, in s.
STILL_S = float(os.environ.get("ROCKETGUI_CHAOS_STILL", "0.5"))
WORKERS = 8
LIMIT = 1_500_000


def worker_pids(mark: str, program: int, method: str) -> list[int]:
    """The processes that the program started, by what the system says of them."""
    found = []
    for pid in marked(mark):
        words = " ".join(command(pid))
        if method == "spawn":
            is_worker = "from multiprocessing.spawn import spawn_main" in words and parent_of(pid) == program
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


# ---------------------------------------------------------------- the parts of rocketgui

PARTS = ("owner", "collector", "supervisor", "parent")
#: How long what an agent ends by itself may take, in s: it waits some seconds for the supervisor to do so.
BY_AGENTS = PROMISED + 6


def _collectors(owner: int, mark: str) -> list[int]:
    """An owner's collectors that have come so far as to be of a process group of their own."""
    children = [pid for pid in marked(mark) if parent_of(pid) == owner and "spawn_main" in " ".join(command(pid))]
    return [pid for pid in children if _group(pid) == pid]


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


def _pids(parts: Sequence[str], owner: int, mark: str) -> list[int]:
    """The pids of these parts; all of them run."""

    def look() -> dict[str, int] | None:
        found = {"owner": [owner], "collector": _collectors(owner, mark), "supervisor": supervisors(mark)}
        found["parent"] = [pid for pid in find(mark, "rocket.py") if parent_of(pid) in found["supervisor"]]
        return {part: pids[0] for part, pids in found.items()} if all(found.values()) else None

    pids = until(look, "all parts")
    return [pids[part] for part in parts]


def _bound(parts: Sequence[str]) -> float:
    """How soon nothing may be left once the owner has gone, or was told to end."""
    return BY_AGENTS if {"owner", "supervisor"} <= set(parts) else PROMISED


SOME_PARTS = [*((part,) for part in PARTS), *itertools.combinations(PARTS, 2)]
some_parts = pytest.mark.parametrize("parts", SOME_PARTS, ids="+".join)


@pytest.mark.timeout(60 + 30 * DEATHS)
@some_parts
@pytest.mark.parametrize("method", START_METHODS[:DEATHS])
def test_parts_killed_at_a_random_moment(parts: Sequence[str], method: str, mark: str, tmp_path: Path) -> None:
    """Of the program nothing is left once its owner is gone or was told to end; neither is of rocketgui."""
    for _ in range(DEATHS):
        report = str(tmp_path / "r.json")
        words = ["--workers", "4", "--limit", str(sys.maxsize), "--start-method", method, "--report", report]
        with Cli(mark, "--headless", *words) as cli:
            cli.wait_for(4)
            directory = cli.directory()
            pids = _pids(parts, cli.process.pid, mark)
            time.sleep(random.random() * 0.5)  # the random moment, not a wait for anything
            kill_all(pids)
            if "owner" not in parts and "parent" not in parts:
                assert cli.process.poll() is None
                cli.process.send_signal(signal.SIGTERM)
            cli.process.wait(LONGEST)
            nothing_is_left(mark, _bound(parts))
        if not {"owner", "supervisor"} <= set(parts):
            until(lambda: not directory.exists(), "the run's directory to go", PROMISED)  # noqa: B023
        else:
            run_directory.sweep()  # as the next start does
            assert not directory.exists()


@pytest.mark.timeout(60 + 30 * DEATHS)
@some_parts
@pytest.mark.parametrize("method", START_METHODS[:DEATHS])
def test_parts_killed_beside_a_window(
    parts: Sequence[str], method: str, window_process: StartWindow, mark: str
) -> None:
    for _ in range(DEATHS):
        process = window_process(method)
        directory = given_directory(mark)
        pids = _pids(parts, process.pid, mark)
        time.sleep(random.random() * 0.5)  # the random moment, not a wait for anything
        kill_all(pids)
        if "owner" not in parts:
            process.send_signal(signal.SIGKILL)  # a window that is gone ends all
        process.wait(LONGEST)
        nothing_is_left(mark, BY_AGENTS if "supervisor" in parts else PROMISED)
        if "supervisor" in parts:
            run_directory.sweep()
        assert directory is not None
        until(lambda: not directory.exists(), "the run's directory to go", PROMISED)  # noqa: B023


@pytest.mark.timeout(120)
@pytest.mark.parametrize("part", PARTS)
def test_part_that_stands_still(part: str, mark: str, tmp_path: Path) -> None:
    """Nobody waits for it for good: the run can be ended while it does, and goes on when it goes on."""
    words = ["--workers", "2", "--limit", str(sys.maxsize), "--start-method", "spawn"]
    with Cli(mark, "--headless", *words, "--report", str(tmp_path / "r.json")) as cli:
        cli.wait_for(2)
        [pid] = _pids([part], cli.process.pid, mark)
        os.kill(pid, signal.SIGSTOP)
        until(lambda: state(pid) == "T", "it to stand still")
        time.sleep(STILL_S)
        assert cli.process.poll() is None
        if part == "owner":
            os.kill(pid, signal.SIGCONT)
        cli.process.send_signal(signal.SIGTERM)
        cli.finish()
        nothing_is_left(mark, PROMISED + 3)
    assert read_report(tmp_path / "r.json")["ended"] == "stopped"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("part", ["supervisor", "collector"])
def test_owner_killed_while_a_part_stands_still(part: str, mark: str) -> None:
    with Cli(mark, "--headless", "--workers", "2", "--limit", str(sys.maxsize), "--start-method", "fork") as cli:
        cli.wait_for(2)
        directory = cli.directory()
        [pid] = _pids([part], cli.process.pid, mark)
        os.kill(pid, signal.SIGSTOP)
        until(lambda: state(pid) == "T", "it to stand still")
        kill_all([cli.process.pid])
        cli.process.wait(LONGEST)
        nothing_is_left(mark)
        until(lambda: not directory.exists(), "the run's directory to go", PROMISED)


# ---------------------------------------------------------------- programs of the user's

#: Programs whose processes come and go, and what they need to do so for some seconds.
RESTLESS = {
    "pool": """\
        import multiprocessing, time
        def square(number):
            time.sleep(0.01)
            return number * number
        if __name__ == "__main__":
            with multiprocessing.Pool(3, maxtasksperchild=5) as pool:
                print(sum(pool.map(square, range(300), 1)))
    """,
    "executor": """\
        import concurrent.futures, time
        def square(number):
            time.sleep(0.01)
            return number * number
        if __name__ == "__main__":
            with concurrent.futures.ProcessPoolExecutor(3) as executor:
                print(sum(executor.map(square, range(300))))
    """,
    "setsid": """\
        import os, time
        pid = os.fork()
        if not pid:
            os.setsid()
            time.sleep(2)
            os._exit(3)
        time.sleep(1)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    """,
    "storm": """\
        import os, time
        end, count, codes = time.monotonic() + 2, 0, set()
        while time.monotonic() < end and count < 400:
            pid = os.fork()
            if not pid:
                os._exit(count % 7)
            codes.add(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            count += 1
            time.sleep(0.002)
        print(sorted(codes))
    """,
    "shared memory": """\
        import multiprocessing, time
        from multiprocessing import shared_memory
        def fill(name, value):
            block = shared_memory.SharedMemory(name)
            time.sleep(2)
            block.buf[0] = value
            block.close()
        if __name__ == "__main__":
            block = shared_memory.SharedMemory(create=True, size=16)
            lock = multiprocessing.Lock()
            child = multiprocessing.get_context("spawn").Process(target=fill, args=(block.name, 7))
            child.start(), child.join()
            print(block.buf[0])
            block.close(), block.unlink()
    """,
}


def _shared_memory() -> set[str]:
    return {name for name in os.listdir("/dev/shm") if not name.startswith(("pymp-", "pytest"))}


@pytest.mark.alone
@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", RESTLESS)
def test_program_whose_collector_is_killed_again_and_again(name: str, mark: str, tmp_path: Path) -> None:
    """It prints what it prints alone, ends as it does alone, and leaves in shared memory what it leaves alone."""
    program, report = tmp_path / "program.py", tmp_path / "r.json"
    program.write_text(textwrap.dedent(RESTLESS[name]))
    before = _shared_memory()
    alone = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=LONGEST, check=False)
    killed: list[int] = []
    with Cli(mark, "run", "--headless", "--report", str(report), str(program)) as cli:
        while cli.process.poll() is None:
            time.sleep(0.1 + 0.6 * random.random())  # the random moment, not a wait for anything
            victims = [pid for pid in _collectors(cli.process.pid, mark) if pid not in killed]
            kill_all(victims)
            killed += victims
        code = cli.finish()
    assert (code, cli.stdout) == (alone.returncode, alone.stdout), cli.stderr
    assert "Traceback" not in cli.stderr
    found = read_report(report)
    assert found["exit_code"] == alone.returncode
    assert all(row["exited_ns"] is not None for row in found["processes"])
    nothing_is_left(mark)
    until(lambda: _shared_memory() <= before, "shared memory to be as before")
