"""The usual troubles of programs with several processes: found in a real run, and not in one that is well."""

from __future__ import annotations

import re
import signal
import sys
import time
from pathlib import Path

import pytest

from rocketgui.cli.follow import Follower
from rocketgui.model.findings import URGENT, Finding, findings
from rocketgui.model.report import report
from rocketgui.model.run import Run
from rocketgui.protocol.launch_spec import Script
from rocketgui.protocol.messages import Request
from tests.helpers import LONGEST, START_METHODS, mark, nothing_is_left

__all__ = ["mark"]

PROGRAMS = Path(__file__).parent.with_name("programs")
TROUBLES = {"one_lock", "full_queue", "pool_worker_died"}

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads what the system tells of waiting")


def follow(program: str, *arguments: str, until_found: str = "") -> tuple[Run, list[Finding]]:
    """Run a program to its end, or until something is found; what was found by then, if it was."""
    launch = Script((str(PROGRAMS / program), *arguments)).launch(sys.executable, own_session=False)
    deadline = time.monotonic() + LONGEST
    found: list[Finding] = []
    with Follower() as follower:
        follower.launch(launch._replace(output="/dev/null"))
        for _ in follower.frames():
            if not found and until_found:
                found = [finding for finding in findings(follower.model.run) if finding.id == until_found]
                if found or time.monotonic() > deadline:
                    follower.obey(Request.STOP)
    return follower.model.run, found


@pytest.mark.parametrize(
    ("program", "trouble", "involved", "data"),
    [
        ("stuck_in_a_lock.py", "one_lock", {"processes": ["Process-2", "Process-3"], "killed": ["Process-1"]},
         ["stuck_in_a_lock.py:17"]),
        ("join_before_get.py", "full_queue", {"parent": ["MainProcess"], "child": ["filler"]}, []),
        ("lost_task.py", "pool_worker_died", {"process": ["[A-Za-z]*PoolWorker-[0-9]+"], "parent": ["MainProcess"]},
         ["exit code 5", "lost_task.py:19"]),
    ],
)  # fmt: skip
def test_a_program_that_is_stuck(
    program: str, trouble: str, involved: dict[str, list[str]], data: list[str], mark: str
) -> None:
    """`involved`: who is named in the figures, by what they are called; `data`: what else the sentence tells."""
    run, found = follow(program, until_found=trouble)
    assert len(found) == 1, [finding.text for finding in findings(run)]
    for figure, patterns in involved.items():
        told = found[0].figures[figure]
        names = [run.processes[number].name for number in (told if isinstance(told, list) else [told])]
        assert len(names) == len(patterns)
        assert all(re.fullmatch(pattern, name) for pattern, name in zip(patterns, names, strict=True)), names
        assert figure == "processes" or all(name in found[0].text for name in names), found[0].text
    assert all(piece in found[0].text for piece in data), found[0].text
    assert trouble in URGENT
    # It is in the report too, though nothing waits any more.
    assert [finding["id"] for finding in report(run)["findings"]].count(trouble) == 1
    nothing_is_left(mark)


@pytest.mark.parametrize(
    ("program", "argument"),
    [("stuck_in_a_lock.py", "released"), ("join_before_get.py", "get"), ("lost_task.py", "raise")],
)
def test_a_program_that_is_well(program: str, argument: str, mark: str) -> None:
    run, _ = follow(program, argument)
    assert run.ended is not None
    assert run.ended.ended == "finished"
    assert not TROUBLES & {finding.id for finding in findings(run)}
    nothing_is_left(mark)


@pytest.mark.parametrize("method", START_METHODS)
def test_workers_that_their_pool_ends_are_no_trouble(method: str, mark: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import multiprocessing, sys, time\n"
        "def stay(queue):\n"
        "    queue.put(0)\n"
        "    time.sleep(600)\n"
        "if __name__ == '__main__':\n"
        "    context = multiprocessing.get_context(sys.argv[1])\n"
        "    queue = context.SimpleQueue()\n"
        "    with context.Pool(2, stay, (queue,)) as pool:\n"
        "        queue.get(), queue.get()\n"
    )
    run, _ = follow(str(program), method)
    workers = [process for process in run.processes.values() if "PoolWorker" in process.name]
    assert [worker.signal for worker in workers] == [signal.SIGTERM] * 2
    assert not ({"killed", "killed_more", "failed"} | TROUBLES) & {finding.id for finding in findings(run)}
    nothing_is_left(mark)
