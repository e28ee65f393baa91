"""Owner and supervisor killed at the same time: the agents end the program; and never where the owner may be there."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from rocketgui.agent import owner_watchdog, trace_format
from tests.agent.conftest import Script
from tests.agent.hooks.test_multiprocessing import every_python
from tests.helpers import (
    PROMISED,
    START_METHODS,
    Cli,
    Observed,
    Python,
    clean,
    environment,
    find,
    is_gone,
    kill_all,
    mark,
    nothing_is_left,
    state,
    until,
)

__all__ = ["mark"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the system must tell when a process began")

NS = 1_000_000_000
#: How soon nothing may be left, in s: the owner has to be gone for 3 s, and a look is taken each second.
SOON = 5.0 + PROMISED

PROGRAM = """
    import multiprocessing, os, subprocess, sys, time

    def work(foreign):
        if foreign:
            subprocess.Popen(["sh", "-c", "sleep 1000 & wait"])
        print("works", flush=True)
        while True:
            time.sleep(0.01)

    if __name__ == "__main__":
        method, foreign = sys.argv[1], sys.argv[2] == "foreign"
        if method == "none":
            work(foreign)
        context = multiprocessing.get_context(method)
        lock = context.Lock()  # so that there is a resource tracker
        for _ in range(2):
            context.Process(target=work, args=(foreign,)).start()
        while True:
            time.sleep(0.01)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("method", "foreign"), [*((method, "") for method in START_METHODS), ("none", "foreign"),
                                                 ("spawn", "foreign")])  # fmt: skip
def test_owner_and_supervisor_killed_together(method: str, foreign: str, script: Script, mark: str) -> None:
    with Cli(mark, "run", "--headless", script(PROGRAM), method, foreign or "own") as cli:
        supervisor, directory = cli.supervisor(), cli.directory()
        cli.wait_for(1 if method == "none" else 2, "works")
        if foreign:
            until(lambda: len(find(mark, "sleep 1000")) >= 1, "the foreign process")
        kill_all([supervisor, cli.process.pid])
        nothing_is_left(mark, SOON)
    shutil.rmtree(directory, ignore_errors=True)  # nobody is left who would, unless another run begins


def test_owner_that_is_not_reaped_is_gone_as_well(script: Script, mark: str) -> None:
    with Cli(mark, "run", "--headless", script(PROGRAM), "fork", "own") as cli:
        directory = cli.directory()
        cli.wait_for(2, "works")
        kill_all([cli.supervisor(), cli.process.pid])
        until(lambda: state(cli.process.pid) == "Z", "the owner to be a zombie")
        nothing_is_left(mark, SOON)
    shutil.rmtree(directory, ignore_errors=True)


WAITS = """
    import os, sys, time
    assert not any(name.startswith("ROCKETGUI_") for name in os.environ)
    os.fork()
    print(os.getpid(), flush=True)
    while True:
        time.sleep(0.01)
"""


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that stands for the owner."""
    with subprocess.Popen(["sleep", "1000"]) as process:
        yield process
        process.kill()


def identity(process: subprocess.Popen[bytes]) -> str:
    found = owner_watchdog.identity(process.pid)
    assert found is not None
    return found


@pytest.mark.slow
@every_python
def test_every_process_follows_the_owner(python: Python, script: Script, sleeper: subprocess.Popen[bytes]) -> None:
    base = {**clean(), trace_format.ENV_OWNER: identity(sleeper)}
    with Observed(python, [script(WAITS)], base=base) as observed:
        pids = [int(observed.line()) for _ in range(2)]
        sleeper.kill()
        for pid in pids:
            until(lambda: is_gone(pid), "its end", SOON)  # noqa: B023
        assert observed.process.wait() == -signal.SIGKILL


@pytest.fixture
def watchdog(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], owner_watchdog.OwnerWatchdog]:
    """Makes a watchdog that does not end this process, but counts."""
    monkeypatch.setattr(owner_watchdog, "_end", lambda: ENDS.append(1))
    ENDS.clear()

    def begin(text: str) -> owner_watchdog.OwnerWatchdog:
        made = owner_watchdog.OwnerWatchdog(text)
        made.begin(0)
        return made

    return begin


ENDS: list[int] = []


def looked(watchdog: owner_watchdog.OwnerWatchdog, seconds: int = 10) -> bool:
    """Whether it would have ended all within this time."""
    ENDS.clear()
    for tenth in range(watchdog._due // (NS // 10), watchdog._due // (NS // 10) + seconds * 10):
        watchdog.look(tenth * NS // 10)
    return bool(ENDS)


def test_owner_has_to_be_gone_for_a_while(
    watchdog: Callable[[str], owner_watchdog.OwnerWatchdog], sleeper: subprocess.Popen[bytes]
) -> None:
    armed = watchdog(identity(sleeper))
    assert armed.armed
    assert not looked(armed)
    sleeper.kill()
    until(lambda: state(sleeper.pid) == "Z", "a zombie")
    assert not looked(armed, 3)
    assert looked(armed, 2)
    sleeper.wait()
    assert looked(armed)


def test_child_that_begins_when_the_owner_is_gone_follows_it(
    watchdog: Callable[[str], owner_watchdog.OwnerWatchdog], sleeper: subprocess.Popen[bytes]
) -> None:
    armed = watchdog(identity(sleeper))
    sleeper.kill()
    sleeper.wait()
    armed.begin(0)  # as in a forked child
    assert looked(armed)
    assert not watchdog(f"{sleeper.pid}:1").armed


@pytest.mark.parametrize("wrong", ["", "0:0", "-1:5", "x", ":", "1" * 30 + ":1", "5", "²:1"])
def test_owner_that_makes_no_sense_is_none(watchdog: Callable[[str], owner_watchdog.OwnerWatchdog], wrong: str) -> None:
    assert not watchdog(wrong).armed
    assert not looked(watchdog(wrong))


def test_another_process_with_the_same_pid_is_not_the_owner(
    watchdog: Callable[[str], owner_watchdog.OwnerWatchdog], sleeper: subprocess.Popen[bytes]
) -> None:
    pid, _, began = identity(sleeper).partition(":")
    assert not watchdog(f"{pid}:{int(began) - 1}").armed
    armed = watchdog(identity(sleeper))
    armed._began, armed._executable = str(int(began) - 1), "/another"
    assert looked(armed)


def test_owner_whose_executable_was_replaced_is_there(
    watchdog: Callable[[str], owner_watchdog.OwnerWatchdog], sleeper: subprocess.Popen[bytes]
) -> None:
    armed = watchdog(identity(sleeper))
    armed._executable = "/renamed"
    assert not looked(armed)


@pytest.mark.parametrize("refused", ["_readlink", "_kill", "_open"])
def test_nothing_is_done_where_there_is_doubt(
    refused: str,
    watchdog: Callable[[str], owner_watchdog.OwnerWatchdog],
    sleeper: subprocess.Popen[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    known = identity(sleeper)
    armed = watchdog(known)
    monkeypatch.setattr(owner_watchdog, refused, refuse)
    assert not looked(armed)
    assert not watchdog(known).armed


@pytest.mark.parametrize("options", [["--pid", "--fork"], ["--pid", "--fork", "--mount-proc"]])
def test_process_in_a_namespace_of_its_own_does_nothing(options: list[str], sleeper: subprocess.Popen[bytes]) -> None:
    question = (
        "import sys; from rocketgui.agent.owner_watchdog import OwnerWatchdog\n"
        "g = OwnerWatchdog(sys.argv[1]); g.begin(0); print(g.armed)"
    )
    asked = [sys.executable, "-c", question, identity(sleeper)]
    told = []
    for command in (asked, ["unshare", *options, *asked]):
        done = subprocess.run(command, capture_output=True, text=True, env=environment())
        if done.returncode:
            pytest.skip("no namespace can be made here")
        told.append(done.stdout)
    assert told == ["True\n", "False\n"]
