"""An error anywhere in the agent never reaches the program: each of its functions is broken, one after another. What a
signal handler of the program's raises meanwhile does reach it.
"""

from __future__ import annotations

import inspect
import itertools
import os
import shutil
import signal
import subprocess
import textwrap
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rocketgui.agent import (
    agent,
    control_block,
    errors,
    mapped_file,
    owner_watchdog,
    sampling_thread,
    stack_sampler,
    trace_buffer,
    watched_variables,
)
from rocketgui.agent.hooks import attributes, multiprocessing, streams, threading
from rocketgui.agent.hooks import subprocess as subprocess_hooks
from tests.helpers import INJECT, LONGEST, Done, Observed, Python, clean, pythons, start, this_python

PROGRAM = """
    import asyncio, multiprocessing, os, subprocess, sys, threading, time

    number = 0
    shared = multiprocessing.Value("i", 0)

    def count(limit):
        global number
        for _ in range(limit):
            number += 1
            time.sleep(0.001)
        print("counted", number, flush=True)

    def fail(text):
        raise ValueError(text)

    def leave(code):
        sys.exit(code)

    async def wait():
        process = await asyncio.create_subprocess_exec("sh", "-c", "exit 5")
        print("code", await process.wait(), flush=True)

    if __name__ == "__main__":
        print("begins", flush=True)
        for method in "fork", "spawn":
            context = multiprocessing.get_context(method)
            for target, value in ((count, 50), (fail, "no fuel"), (leave, 3))[method == "spawn" :]:
                process = context.Process(target=target, args=(value,))
                process.start()
                process.join()
                print(method, target.__name__, process.exitcode, flush=True)
        process = multiprocessing.get_context("fork").Process(target=time.sleep, args=(1000,))
        process.start()
        process.terminate()
        process.join()
        print(process.exitcode, flush=True)
        for target, value in (count, 20), (fail, "no wings"):
            thread = threading.Thread(target=target, args=(value,))
            thread.start()
            thread.join()
        child = os.fork()
        if not child:
            count(10)
            os._exit(7)
        print(os.waitpid(child, 0)[1] >> 8, flush=True)
        subprocess.run([sys.executable, "-c", "print('run')"], env={"PYTHONPATH": "/nowhere"}, check=True)
        os.environ["PYTHONPATH"] = "/elsewhere"
        os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", "import os; print(os.environ['PYTHONPATH'])"])
        del os.environ["PYTHONPATH"]
        try:
            subprocess.run(["/no/such/program"])
        except OSError as error:
            print(error.strerror, flush=True)
        asyncio.run(wait())
        count(300)
        sys.stderr.write("no end")
        fail("at the end")
"""

MODULES: list[Any] = [
    agent, attributes, control_block, errors, mapped_file, multiprocessing, owner_watchdog, sampling_thread,
    stack_sampler, streams, subprocess_hooks, threading, trace_buffer, watched_variables,
]  # fmt: skip
#: Functions that get what went wrong in the others; and those that are one `try`, so that what they call may be broken,
#: or what the program itself calls and that can do nothing wrong.
LAST = {"_guard", "_guarded", "guard", "note_error", "_note_error"}
WHOLE = {"find_spec", "_prepared", "_with_agent", "_note", "_taken", "_run", "_is_path"}
ATTRIBUTES = {"__get__", "__set__", "__delete__", "__setitem__", "__delitem__", "__del__"}
#: Without these the thread is still there when the process forks, which Python notices.
NOTICED = {"_before_fork", "stop", "_call_after_forks"}


def functions() -> Iterator[str]:
    """All functions of the agent, but for those that bring it into the process."""
    for module in MODULES:
        short = module.__name__.partition(".agent.")[2].replace(".", "/")
        for scope in (module, *(kind for _, kind in inspect.getmembers(module, inspect.isclass))):
            for name, member in vars(scope).items():
                ours = inspect.isfunction(member) and member.__module__ == module.__name__
                if ours and name not in LAST | WHOLE | ATTRIBUTES | NOTICED | {"begin"}:
                    yield f"{short}.{'' if scope is module else scope.__name__}.{name}"


BREAKS = """

def _break():
    def broken(*_, **__):
        raise RuntimeError("broken")

    module, kind, name = {function!r}.split(".")
    scope = sys.modules[__package__ + "." + module.replace("/", ".")]
    setattr(getattr(scope, kind) if kind else scope, name, broken)


_break()
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("program") / "program.py"
    path.write_text(textwrap.dedent(PROGRAM))
    return str(path)


@pytest.fixture(scope="module")
def alone(program: str) -> dict[Python, Done]:
    """What it does without an agent."""
    found = {}
    for python in (pythons()[0], this_python(), pythons()[-1]):
        with start(python, [program], clean()) as process:
            stdout, stderr = process.communicate(timeout=LONGEST)
        found[python] = Done(process.returncode, stdout, stderr, [])
    assert this_python() in found
    assert "counted 320" in found[this_python()].stdout
    return found


def broken_agent(folder: Path, function: str, python: Python) -> Path:
    """A copy of the agent in which a function raises an exception; where it is injected."""
    copy = folder / "agent"
    shutil.copytree(INJECT.parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    with open(copy / "agent.py", "a") as file:
        file.write(BREAKS.format(function=function))
    # The program's many processes would each do so.
    subprocess.run([python.executable, "-m", "compileall", "-q", str(copy)], env=clean(), check=True)
    return copy / "inject"


#: Of all functions, the share that is tried: by what they are called, so that it is the same in each test process.
SHARE = float(os.environ.get("ROCKETGUI_CHAOS_ERRORS", "0.15"))
CHOSEN = [function for function in functions() if zlib.crc32(function.encode()) % 1000 < 1000 * SHARE]


@pytest.mark.slow
@pytest.mark.parametrize("function", CHOSEN)
def test_a_broken_function_changes_nothing(
    function: str, program: str, alone: dict[Python, Done], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    oldest, newest = pythons()[0], pythons()[-1]
    python = [this_python(), oldest, newest][sum(map(ord, function)) % 3]
    monkeypatch.setattr("tests.helpers.INJECT", broken_agent(tmp_path, function, python))
    with Observed(python, [program], watch="") as observed:
        stdout, stderr = observed.process.communicate(timeout=LONGEST)
    expected = alone[python]
    assert (observed.process.returncode, stdout, stderr) == (expected.code, expected.stdout, expected.stderr)


#: Prints until a timer's handler raises, a thousand times, and once more at the end.
TIMED = """
    import signal, sys

    class TimeUp(Exception):
        pass

    def ring(number, frame):
        raise TimeUp

    signal.signal(signal.SIGALRM, ring)
    caught = missed = 0
    for turn in range(1000):
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.0005 + turn * 1e-6)
            for _ in range(200_000):
                print("line")
            missed += 1
        except TimeUp:
            caught += 1
    print(caught, missed, file=sys.stderr)
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    while True:
        print("line")
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no such timer")
def test_what_a_signal_handler_raises_reaches_the_program(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(TIMED))
    with Observed(this_python(), [str(path)], watch="") as observed:
        _, stderr = observed.process.communicate(timeout=LONGEST)
    first, *rest = stderr.splitlines()
    assert first == "1000 0"
    assert rest[-1].endswith("TimeUp")
    # A signal may arrive as a function of the agent's is entered, before its `try`: that entry cannot be taken away.
    entries = [following.strip() for line, following in itertools.pairwise(rest) if "rocketgui" in line]
    assert all(entry.startswith("def ") for entry in entries)


def raised_by(*arguments: Any) -> ValueError:
    """What this function raises when it is called by nobody but itself."""
    try:
        raise ValueError(len(arguments))
    except ValueError as error:
        return error


def raised_by_handler(handler: Any) -> ValueError:
    before = signal.signal(signal.SIGINT, handler)
    try:
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("the handler did nothing")
    except ValueError as error:
        return error
    finally:
        signal.signal(signal.SIGINT, before)


class Handler:
    def __call__(self, number: int, frame: Any) -> None:
        raise ValueError(number)

    def named(self, number: int, frame: Any) -> None:
        self(number, frame)


def any_arguments(*arguments: Any) -> None:
    raise ValueError(arguments)


@pytest.mark.parametrize("handler", [Handler(), Handler().named, any_arguments], ids=["object", "method", "any"])
def test_an_error_of_a_handler_is_told_by_its_traceback(handler: Any) -> None:
    assert errors.comes_from_handler(raised_by_handler(handler))


def test_any_other_error_is_no_handlers() -> None:
    assert not errors.comes_from_handler(raised_by("a", 1))
    assert not errors.comes_from_handler(ValueError())
    with pytest.raises(OSError, match="no/such/file") as caught:
        mapped_file.open_file("/no/such/file", os.O_RDONLY, 1)
    assert not errors.comes_from_handler(caught.value)
    here = caught.value.__traceback__
    assert here is not None
    assert errors.outside(here) is here
    assert errors.outside(here.tb_next) is None
