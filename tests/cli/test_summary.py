"""What a run without a window leaves on stderr stays readable, however many processes and threads it had."""

from __future__ import annotations

import signal

from rocketgui.cli import summary
from tests.model.builder import Story
from tests.model.many_rows import Storm

#: Lines that can be read.
MOST = 50


def test_few_processes_have_a_line_each() -> None:
    story = Story()
    story.count(200, p1=0, p2=1_000_000, p3=7)
    story.leave(2, 300)
    story.leave(3, 300)
    story.end(400)
    assert summary.lines(story.run)[:3] == [
        "MainProcess  pid 100      finished           rocket = 0",
        "func1        pid 101      finished           rocket = 1,000,000",
        "func2        pid 102      finished           rocket = 7",
    ]


def test_threads_of_a_process_share_a_line() -> None:
    storm = Storm()
    storm.lives(20_000, "Thread-{} (work)", "thread")
    storm.finish()
    lines = summary.lines(storm.model.run)
    assert lines[:2] == [
        "MainProcess  pid 100      finished           ",
        "20,000 threads of MainProcess: all finished",
    ]
    assert len(lines) < 5


def test_threads_that_failed_are_told() -> None:
    storm = Storm()
    storm.lives(1_000, "Thread-{} (work)", "thread")
    storm.lives(3, "Thread-{} (work)", "thread", code=1)
    storm.lives(997, "Thread-{} (work)", "thread")
    storm.finish()
    assert summary.lines(storm.model.run)[1] == "2,000 threads of MainProcess: 1,997 finished, 3 exit code 1"


def test_processes_with_the_same_name_and_end_share_a_line() -> None:
    storm = Storm()
    storm.lives(700)
    storm.lives(1, "make", code=2)
    storm.lives(900, "worker-{}")
    for _ in range(40):
        storm.end(storm.begin("sort"), None, signal.SIGKILL)
    storm.finish()
    lines = summary.lines(storm.model.run)
    assert "make         pid 802      exit code 2        " in lines
    assert "700 × sh           finished" in lines
    assert "900 × worker-*     finished" in lines
    assert "40 × sort         killed by SIGKILL" in lines


def test_it_is_short_whatever_they_are_called() -> None:
    storm = Storm()
    letters = "abcdefghijklmnopqrst"
    for place in range(3_000):
        storm.lives(1, letters[place % 20] + letters[place // 20 % 20] + letters[place // 400], code=place % 3)
    for _ in range(100):
        storm.lives(1, "x" * 10_000, "thread", code=1)
    storm.finish()
    lines = summary.lines(storm.model.run)
    assert len(lines) <= MOST
    assert max(map(len, lines)) <= 400
    counted = next(line for line in lines if line.startswith("and ") and "findings" not in line)
    told = int(counted.removeprefix("and ").removesuffix(" more").replace(",", ""))
    assert 3_101 - 3_000 < told <= 3_101 + 100
    assert lines[1].split()[-1] in ("1", "2")  # those that failed come before those that did not


def test_those_that_run_still_are_said_to() -> None:
    storm = Storm()
    for _ in range(60):
        storm.begin("sleep")
    lines = summary.lines(storm.model.run)
    assert "60 × sleep        still running" in lines
