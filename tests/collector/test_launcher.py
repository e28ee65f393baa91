"""Starting a run, and letting go of it."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rocketgui.collector.launcher import StartedRun
from rocketgui.protocol.launch_spec import Launch
from rocketgui.system import run_directory
from tests.helpers import LONGEST, state, until


@pytest.fixture
def started(tmp_path: Path) -> Iterator[StartedRun]:
    path = tmp_path / "program.py"
    path.write_text("import time\ntime.sleep(60)\n")
    launch = Launch((str(path),), sys.executable, watch=(), output=str(tmp_path / "output"))
    started = StartedRun(launch)
    yield started
    started.clear_up()
    assert not os.path.exists(started.directory)


def _reports(started: StartedRun) -> list[str]:
    """The kinds of what the supervisor has reported."""
    data = os.pread(started.files.reports, 1 << 20, 0)
    return [json.loads(line)["event"] for line in data.splitlines()]


def _stop(started: StartedRun) -> None:
    started.supervised.send("stop")
    until(lambda: "ended" in _reports(started), "the end of the program")


@pytest.mark.skipif(os.name == "nt", reason="nothing is stopped there")
@pytest.mark.parametrize("let_go", [_stop, lambda _: None], ids=["stop", "close"])
def test_stopped_supervisor_goes_on_to_end_the_program(
    let_go: Callable[[StartedRun], None], started: StartedRun
) -> None:
    """By SIGSTOP; it would leave the program behind, and its owner waiting for ever."""
    pid = started.supervised.pid
    until(lambda: "started" in _reports(started), "the program")
    os.kill(pid, signal.SIGSTOP)
    until(lambda: state(pid) == "T", "it to be stopped")
    let_go(started)
    assert started.supervised.close(LONGEST)
    assert started.supervised.death() == 0


def test_directory_is_claimed(started: StartedRun) -> None:
    assert Path(started.directory, run_directory.OWNER).read_text() == f"{os.getpid()}\n"
    assert started.supervised.close(LONGEST)
