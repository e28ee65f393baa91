"""Who owns a run: a collector that dies, or does not answer, ends no program.

Also tests rocketgui.collector.checkpoint.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import pytest

from rocketgui import owner
from rocketgui.collector import service
from rocketgui.model.model import Model
from rocketgui.model.run import Run
from rocketgui.options import rocket_launch
from rocketgui.owner import Owner
from rocketgui.protocol import messages
from rocketgui.protocol.launch_spec import Script
from rocketgui.protocol.messages import RunEnded
from rocketgui.protocol.variant import Variant
from tests.helpers import (
    LONGEST,
    MARK,
    PROMISED,
    START_METHODS,
    Cli,
    command,
    find,
    kill_all,
    mark,
    marked,
    nothing_is_left,
    parent_of,
    read_report,
    state,
    supervisors,
    until,
    workers_of,
)

__all__ = ["mark"]

#: Prints, counts in two processes, and ends with 7, after so many seconds; without a word where a file is there.
PROGRAM = """\
import multiprocessing, os, sys, time
count = 0
def work(seconds):
    global count
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        count += 1
    sys.exit(3)
if __name__ == "__main__":
    seconds = float(sys.argv[1])
    context = multiprocessing.get_context(sys.argv[2])
    children = [context.Process(target=work, args=(seconds,)) for _ in range(2)]
    for child in children:
        child.start()
    for number in range(round(seconds * 20)):
        print("line", number, flush=True)
        time.sleep(0.05)
    for child in children:
        child.join()
    print([child.exitcode for child in children])
    sys.exit(7)
"""


class Watched:
    """An owner, and what its frames told."""

    def __init__(self) -> None:
        self.owner = Owner(60)
        self.model = Model()

    @property
    def run(self) -> Run:
        return self.model.run

    def step(self) -> None:
        owner.wait(self.owner.readable, 0.02)
        for frame in self.owner.step():
            self.model.apply_frame(frame)

    def until(self, condition: Callable[[], object], what: str, seconds: float = LONGEST) -> None:
        def look() -> object:
            self.step()
            return condition()

        until(look, what, seconds)

    def ended(self) -> RunEnded:
        self.until(lambda: self.run.ended, "the end of the run")
        assert self.run.ended is not None
        return self.run.ended


@pytest.fixture
def watched(mark: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    resource_tracker.ensure_running()  # it stays as long as this interpreter, and so must not have the mark
    monkeypatch.setenv(MARK, mark)
    watched = Watched()
    yield watched
    watched.owner.close()
    nothing_is_left(mark)


def script(folder: Path, seconds: float, method: str = "fork") -> messages.Launch:
    program = folder / "program.py"
    program.write_text(PROGRAM)
    launch = Script((str(program), str(seconds), method)).launch(sys.executable, own_session=True)
    return launch._replace(output=str(folder / "output"))


def lines(folder: Path) -> list[str]:
    return (folder / "output").read_text().splitlines()


def collector_of(mark: str, process: int, killed: list[int]) -> int | None:
    """The collector of an owner that is none of those that were killed, whose ends may take a moment."""
    children = [pid for pid in marked(mark) if parent_of(pid) == process and pid not in killed]
    found = [pid for pid in children if "spawn_main" in " ".join(command(pid))]
    return found[0] if found else None


@pytest.mark.slow
@pytest.mark.parametrize("method", START_METHODS)
def test_collector_killed_again_and_again(method: str, mark: str, tmp_path: Path) -> None:
    """The program does what it does alone; the rows, their ends and all lines are right; the gaps are told."""
    (tmp_path / "program.py").write_text(PROGRAM)
    report = tmp_path / "r.json"
    words = ["run", "--headless", "--report", str(report), str(tmp_path / "program.py"), "8", method]
    killed: list[int] = []
    with Cli(mark, *words) as cli:
        cli.wait_for(1, "line ")
        for _ in range(3):
            collector = until(lambda: collector_of(mark, cli.process.pid, killed), "a collector")
            time.sleep(random.random())  # the random moment, not a wait for anything
            kill_all([collector])
            killed.append(collector)
        assert cli.finish() == 7
    assert cli.stdout.splitlines() == [*(f"line {number}" for number in range(160)), "[3, 3]"]
    found = read_report(report)
    assert (found["ended"], found["exit_code"]) == ("failed", 7)
    assert [row["exit_code"] for row in workers_of(found)] == [3, 3]
    assert all(row["name"].endswith(("Process-1", "Process-2")) for row in workers_of(found))
    assert all(row["values"]["count"]["last"] > 0 for row in workers_of(found))
    seen = [line["text"] for line in found["output"]]
    assert len(seen) + found["losses"]["output_lines_dropped"] == 161
    assert len(set(seen)) == len(seen)
    [finding] = [finding for finding in found["findings"] if finding["id"] == "collector_restarted"]
    assert finding["figures"]["restarts"] == len(killed)
    assert found["losses"]["bad_messages"] == found["losses"]["agents_lost"] == 0
    nothing_is_left(mark)


def test_without_a_collector_a_program_runs_unobserved(
    watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(rate: int) -> Any:
        raise OSError("no more processes")

    monkeypatch.setattr(service, "start", refuse)
    watched.owner.start()
    watched.owner.obey(script(tmp_path, 0.2))
    ended = watched.ended()
    assert (ended.ended, ended.exit_code) == ("failed", 7)
    assert lines(tmp_path)[-1] == "[3, 3]"
    assert any("unobserved" in text for text in watched.run.notices)


def _die(frames: Any, commands: Any, rate: int) -> None:
    os._exit(9)


def test_collector_that_dies_each_time_leaves_the_program_alone(
    watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "main", _die)
    watched.owner.start()
    watched.owner.obey(script(tmp_path, 3))
    ended = watched.ended()
    assert (ended.ended, ended.exit_code) == ("failed", 7)
    assert lines(tmp_path)[-1] == "[3, 3]"
    assert any("is not observed" in text for text in watched.run.notices)
    watched.owner.obey(script(tmp_path, 600))
    watched.until(lambda: watched.run.is_live and lines(tmp_path)[:1] == ["line 0"], "the program")
    watched.owner.obey(messages.Request.STOP)
    assert watched.ended().ended == "stopped"


def test_a_collector_that_stands_still_hinders_nobody(watched: Watched, tmp_path: Path, mark: str) -> None:
    """Neither the program, nor Stop, nor the end of its owner."""
    watched.owner.start()
    watched.owner.obey(script(tmp_path, 600))
    watched.until(lambda: watched.run.output_total, "the program's first line")
    pid = watched.owner.collector_pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    until(lambda: state(pid) == "T", "the collector to stand still")
    printed = len(lines(tmp_path))
    until(lambda: len(lines(tmp_path)) > printed + 5, "the program to go on")
    watched.owner.obey(messages.Request.STOP)
    until(lambda: set(find(mark, "program.py")) <= set(supervisors(mark)), "the program's end", PROMISED + 1)
    watched.owner.close()
    nothing_is_left(mark)


def test_a_collector_that_goes_on_again_tells_what_it_missed(watched: Watched, tmp_path: Path) -> None:
    watched.owner.start()
    watched.owner.obey(script(tmp_path, 3))
    watched.until(lambda: watched.run.output_total, "the program's first line")
    pid = watched.owner.collector_pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    until(lambda: len(lines(tmp_path)) > 30, "the program to go on")
    os.kill(pid, signal.SIGCONT)
    assert watched.ended().exit_code == 7
    assert watched.run.restarts == []
    assert [line.text for line in watched.run.output] == lines(tmp_path)


def test_what_is_asked_for_while_the_collector_is_dead_is_done_by_the_next_one(watched: Watched) -> None:
    watched.owner.start()
    watched.owner.obey(rocket_launch(2, sys.maxsize, Variant(), sys.executable, own_session=True))
    watched.until(lambda: len(watched.run.rates()) == 2, "both to count")
    pid = watched.owner.collector_pid
    assert pid is not None
    kill_all([pid])
    watched.owner.obey(messages.SetLimit(1_000))
    watched.owner.obey(messages.SetWorkers(1))
    assert watched.ended().ended == "finished"
    assert watched.run.control_state == messages.ControlState(1, 1_000, False)
    assert len(watched.run.restarts) == 1


def test_collector_killed_while_nothing_runs(watched: Watched) -> None:
    watched.owner.start()
    watched.until(lambda: watched.run.core_samples > 2, "the cores")
    first = watched.owner.collector_pid
    assert first is not None
    kill_all([first])
    watched.until(lambda: watched.owner.collector_pid not in (None, first), "another collector")
    samples = watched.run.core_samples
    watched.until(lambda: watched.run.core_samples > samples + 2, "the cores again")


def test_owner_leaves_no_descriptors(watched: Watched, tmp_path: Path) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("counts descriptors by /proc")

    def once() -> None:
        watched.model = Model()
        watched.owner.obey(script(tmp_path, 0.1))
        watched.ended()

    watched.owner.start()
    once()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        once()
    kill_all([watched.owner.collector_pid or 0])
    first = watched.owner.collector_pid
    watched.until(lambda: watched.owner.collector_pid not in (None, first), "another collector")
    once()
    assert len(os.listdir("/proc/self/fd")) <= before
    assert len(multiprocessing.active_children()) == 1
