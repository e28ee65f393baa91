"""What the agents tell of multiprocessing's processes, under every interpreter and start method."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Sequence
from typing import Any

import pytest

from rocketgui.agent import trace_format
from rocketgui.agent.hooks.multiprocessing import describe, helper_name
from rocketgui.resources import resource
from tests.agent.conftest import Script
from tests.helpers import START_METHODS, Done, Observed, Python, Told, alone_and_observed, pythons, this_python

ROCKET = resource("programs/rocket.py")

LIMIT = 50_000

every_way = pytest.mark.parametrize(
    ("python", "method"),
    list(itertools.product(pythons(), START_METHODS)),
    ids=lambda value: str(value),
)


def ways(choices: Sequence[Any]) -> list[tuple[Python, Any]]:
    """Each Python with one of the choices, in turn; the oldest, this one and the newest with all of them."""
    found = pythons()
    whole = {found[0], found[-1], this_python()}
    return [
        (python, choice)
        for place, python in enumerate(found)
        for choice in (choices if python in whole else [choices[place % len(choices)]])
    ]


every_python = pytest.mark.parametrize("python", pythons(), ids=str)

TOUR = """
    import multiprocessing, os, sys, traceback

    rocket = 0

    def count(limit):
        global rocket
        print("start", limit, flush=True)
        while rocket < limit:
            rocket += 1
        print("end", limit, flush=True)

    def fail(text):
        count(10)
        raise ValueError(text)

    def leave(code):
        sys.exit(code)

    def vanish():
        count(20)
        os._exit(5)

    def nest():
        run("inner", count, 30)

    def run(name, target, *arguments):
        process = multiprocessing.Process(target=target, name=name, args=arguments)
        process.start()
        process.join()
        print(name, process.exitcode, flush=True)

    if __name__ == "__main__":
        multiprocessing.set_start_method(sys.argv[1])
        run("plain", count, 100_000)
        run("failing", fail, "no fuel")
        run("leaving", leave, 3)
        run("saying", leave, "a sentence")
        run("vanishing", vanish)
        run("nesting", nest)
        try:
            run("unpicklable", lambda: None)
        except Exception:
            traceback.print_exc()
        print("parent", rocket)
        run("last", fail, "at the end")
        raise KeyError("the parent itself")
"""


def same(one: Done, other: Done) -> None:
    """Both runs printed the same and ended alike; only addresses of objects may differ."""
    assert _plain(one.stderr) == _plain(other.stderr)
    assert _plain(one.stdout) == _plain(other.stdout)
    assert one.code == other.code


def _plain(text: str) -> str:
    return re.sub("0x[0-9a-f]+", "0x", text)


def no_trouble(done: Done) -> None:
    """No agent had an error, and no record was lost."""
    assert [(reader.name or reader.helper or "parent", reader.errors) for reader in done.readers if reader.errors] == []
    assert sum(reader.lost for reader in done.readers) == 0


def times_in_order(child: Told, parent: Told) -> None:
    """start called <= began <= entered <= left <= exiting <= joined."""
    [called] = [record for record in parent.of(trace_format.START_CALLED) if record.texts[0] == str(child.pid)]
    [joined] = [record for record in parent.of(trace_format.JOINED) if record.texts == (str(child.pid),)]
    moments = [
        called.t_ns,
        child.began_ns,
        child.one(trace_format.TARGET_ENTERED).t_ns,
        child.one(trace_format.TARGET_LEFT).t_ns,
        child.of(trace_format.EXITING)[0].t_ns,
        joined.t_ns,
    ]
    assert moments == sorted(moments)


@every_way
def test_rocket_program(python: Python, method: str) -> None:
    arguments = ["-W", "always", str(ROCKET), "--workers", "2", "--limit", str(LIMIT), "--start-method", method]
    alone, observed = alone_and_observed(python, arguments)
    assert observed.stderr == alone.stderr == ""
    assert sorted(observed.stdout.splitlines()) == sorted(alone.stdout.splitlines())
    assert observed.code == alone.code == 0
    no_trouble(observed)
    root, children = observed.root, observed.children
    assert set(root.values()) == {0}
    assert sorted(child.name for child in children) == ["func1", "func2"]
    assert [record.texts[1] for record in root.of(trace_format.START_CALLED)] == ["func1", "func2"]
    assert sorted(record.texts for record in root.of(trace_format.REAPED)) == sorted(
        (str(c.pid), "0") for c in children
    )
    how = "exec" if method == "spawn" else "fork"
    for child in children:
        assert child.kinds[:6] == [
            trace_format.BEGAN,
            trace_format.NAME,
            trace_format.NAMED,
            trace_format.TARGET_ENTERED,
            trace_format.TARGET_LEFT,
            trace_format.EXITING,
        ]
        assert child.one(trace_format.BEGAN).texts[:4] == (".".join(map(str, python.version)), "1", how, "")
        assert child.one(trace_format.NAMED).texts[1] == str(root.pid)
        assert child.of(trace_format.EXITING)[0].texts[0] == "0"
        assert child.values()[-1] == LIMIT
        assert child.values() == sorted(child.values())
        assert child.lines("stdout") == [f"start {child.name}", f"end {child.name}"]
        times_in_order(child, root)
    helpers = {"fork": set(), "spawn": {"resource tracker"}, "forkserver": {"fork server", "resource tracker"}}[method]
    assert {reader.helper for reader in observed.readers} - {""} <= helpers
    assert not any(reader.samples or reader.of(trace_format.OUTPUT) for reader in observed.readers if reader.helper)


@pytest.mark.parametrize(("python", "method"), ways(START_METHODS), ids=str)
def test_tour_of_all_ends(python: Python, method: str, script: Script) -> None:
    """Children that raise, leave, vanish, have children, cannot be started: everything reads as it does alone."""
    alone, observed = alone_and_observed(python, ["-W", "always", script(TOUR), method])
    same(alone, observed)
    assert observed.code == 1
    no_trouble(observed)
    root = observed.root
    assert set(root.values()) == {0}

    plain = observed.named("plain")
    assert plain.values()[-1] == 100_000
    times_in_order(plain, root)

    for name, error in (("failing", "ValueError: no fuel"), ("last", "ValueError: at the end")):
        failing = observed.named(name)
        assert failing.one(trace_format.FAILED).texts == (error,)
        assert failing.of(trace_format.EXITING)[0].texts[0] == "1"
        assert f"{error}\n" in observed.stderr
        assert failing.lines("stderr")[0] == f"Process {name}:"
        assert failing.lines("stderr")[-1] == error
        assert failing.values()[-1] == 10
        times_in_order(failing, root)

    for name, code in (("leaving", "3"), ("saying", "1")):
        leaving = observed.named(name)
        assert not leaving.of(trace_format.FAILED)
        assert leaving.of(trace_format.EXITING)[0].texts[0] == code

    vanishing = observed.named("vanishing")
    assert [record.texts[0] for record in vanishing.of(trace_format.EXITING)] == ["5"]
    assert (str(vanishing.pid), "5") in [record.texts for record in root.of(trace_format.REAPED)]

    nesting, inner = observed.named("nesting"), observed.named("inner")
    assert inner.one(trace_format.NAMED).texts[1] == str(nesting.pid)
    assert inner.values()[-1] == 30
    times_in_order(inner, nesting)

    refused = [record.texts for record in root.of(trace_format.START_FAILED)]
    if method == "fork":
        assert refused == []
    else:
        [(name, error)] = refused
        assert name == "unpicklable"
        assert _plain(error) in _plain(observed.stderr)
    assert root.one(trace_format.FAILED).texts == ("KeyError: 'the parent itself'",)


@every_way
def test_end_of_a_process_that_the_program_lets_go_of(python: Python, method: str, script: Script) -> None:
    """How it ended is known from the call that found it out, though nobody waited for it."""
    program = script(
        """
        import multiprocessing, sys, time

        rocket = 0

        if __name__ == "__main__":
            context = multiprocessing.get_context(sys.argv[1])
            for name in ("asked", "forgotten"):
                process = context.Process(target=sys.exit, args=(3,), name=name)
                process.start()
                while name == "asked" and process.is_alive():
                    time.sleep(0.001)
                process = None
            while multiprocessing.active_children():
                time.sleep(0.001)
        """
    )
    with Observed(python, [program, method]) as running:
        observed = running.finish()
    assert [record.texts[1] for record in observed.root.of(trace_format.REAPED)] == ["3", "3"]
    no_trouble(observed)


@pytest.mark.parametrize(("python", "method"), ways(START_METHODS), ids=str)
def test_processes_that_their_parent_ends(python: Python, method: str, script: Script) -> None:
    program = script(
        """
        import multiprocessing, os, sys, time, traceback

        rocket = 0

        def end(name, process):
            getattr(process, name)
            pid = os.fork()
            if not pid:
                getattr(process, name)()  # whose end this is not to note
                os._exit(0)
            os.waitpid(pid, 0)
            process.join()

        if __name__ == "__main__":
            context = multiprocessing.get_context(sys.argv[1])
            for name in ("terminate", "kill"):
                process = context.Process(target=time.sleep, args=(600,), name=name)
                process.start()
                process._popen.returncode
                getattr(process, name)()
                process.join()
                getattr(process, name)()
                print(process.exitcode, vars(process._popen)["returncode"])
            process = context.Process(target=time.sleep, args=(600,), name="by another")
            process.start()
            end("terminate", process)
            process = context.Process(target=time.sleep, args=(0.5,), name="refused", daemon=True)
            process.start()
            kill, os.kill = os.kill, None
            try:
                process.terminate()
            except TypeError:
                traceback.print_exc()
            os.kill = kill
            process.join()
            context.Process(target=time.sleep, args=(600,), name="daemon", daemon=True).start()
        """
    )
    alone, observed = alone_and_observed(python, [program, method])
    same(alone, observed)
    assert observed.code == 0
    no_trouble(observed)
    pids = {record.texts[1]: record.texts[0] for record in observed.root.of(trace_format.START_CALLED)}
    sent = [record.texts for record in observed.root.of(trace_format.TERMINATED)]
    assert sent == [(pids["terminate"], "15"), (pids["kill"], "9"), (pids["refused"], "15"), (pids["daemon"], "15")]
    assert not any(child.of(trace_format.TERMINATED) for child in observed.children)


@every_python
def test_processes_that_asyncio_waits_for(python: Python, script: Script) -> None:
    program = script(
        """
        import asyncio, sys

        rocket = 0

        async def run(*command):
            process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
            await process.communicate()
            print(process.returncode, process._transport._returncode)

        async def main():
            await asyncio.gather(run("true"), run("sh", "-c", "exit 3"), run("sh", "-c", "kill -9 $$"))

        asyncio.run(main())
        """
    )
    alone, observed = alone_and_observed(python, [program])
    assert (alone.stderr, observed.stderr) == ("", "")
    assert sorted(observed.stdout.splitlines()) == sorted(alone.stdout.splitlines())
    no_trouble(observed)
    assert sorted(record.texts[1] for record in observed.root.of(trace_format.REAPED)) == ["-9", "0", "3"]


@pytest.mark.parametrize("package", ["multiprocessing", "loky.backend", "joblib.externals.loky.backend"])
def test_helpers_are_told_by_their_command(package: str) -> None:
    assert helper_name(["python", "-c", f"from {package}.resource_tracker import main; main(5, False)"]) == (
        "resource tracker"
    )
    newest = f"import sys; from {package}.forkserver import main; main(5, 6, [], sys_argv=sys.argv[1:])"
    assert helper_name(["python", "-c", newest]) == "fork server"
    assert helper_name(["python", "-s", "-c", "from mine.resource_tracker import main; main()"]) == ""
    assert helper_name(["python", "-c", "print()"]) == ""


@every_python
def test_start_that_nobody_catches(python: Python, script: Script) -> None:
    program = script(
        """
        import multiprocessing

        if __name__ == "__main__":
            multiprocessing.set_start_method("spawn")
            multiprocessing.Process(target=lambda: None, name="unpicklable").start()
        """
    )
    alone, observed = alone_and_observed(python, [program])
    same(alone, observed)
    assert observed.code == 1
    name, error = observed.root.one(trace_format.START_FAILED).texts
    assert name == "unpicklable"
    # Python 3.14 adds notes below.
    assert any(_plain(error) in line for line in _plain(observed.stderr).splitlines())
    no_trouble(observed)


@every_python
def test_script_without_guard_under_spawn(python: Python, script: Script) -> None:
    """The classic mistake: the child's traceback, which says what to do, stays whole."""
    program = script(
        """
        import multiprocessing
        multiprocessing.set_start_method("spawn", force=True)
        process = multiprocessing.Process(target=print, name="unguarded")
        process.start()
        process.join()
        print(process.exitcode)
        """
    )
    alone, observed = alone_and_observed(python, [program])
    same(alone, observed)
    assert "freeze_support" in observed.stderr
    no_trouble(observed)


@every_python
def test_raw_forks_and_their_forks(python: Python, script: Script) -> None:
    program = script(
        """
        import os, sys

        rocket = 1

        def wait(pid):
            print(os.waitpid(pid, 0)[1], flush=True)

        pid = os.fork()
        if not pid:
            rocket = 2
            inner = os.fork()
            if not inner:
                rocket = 3
                sys.exit(6)
            wait(inner)
            os._exit(4)
        wait(pid)
        """
    )
    alone, observed = alone_and_observed(python, ["-W", "always", program])
    same(alone, observed)
    assert observed.stdout.split() == [str(6 << 8), str(4 << 8)]
    child, grandchild = observed.children
    assert (child.parent_pid, grandchild.parent_pid) == (observed.root.pid, child.pid)
    assert [child.one(trace_format.BEGAN).texts[2], grandchild.one(trace_format.BEGAN).texts[2]] == ["fork", "fork"]
    assert observed.root.values()[-1] == 1
    assert grandchild.values()[-1] == 3
    assert grandchild.of(trace_format.EXITING)
    assert [record.texts[0] for record in child.of(trace_format.EXITING)] == ["4"]
    no_trouble(observed)


@every_python
def test_no_fork_is_warned_of(python: Python, script: Script) -> None:
    """From 3.12 on, Python warns when a process with more than one thread forks."""
    program = script(
        """
        import multiprocessing, os, time

        rocket = 0

        def nothing():
            pass

        for number in range(25):
            pid = os.fork()
            if not pid:
                os._exit(0)
            os.waitpid(pid, 0)
        context = multiprocessing.get_context("fork")
        for number in range(25):
            process = context.Process(target=nothing)
            process.start()
            process.join()
            assert process.exitcode == 0
        rocket = 50
        print("done")
        """
    )
    with Observed(python, ["-W", "always", program], rate_hz=500) as running:
        observed = running.finish()
    assert (observed.stdout, observed.stderr, observed.code) == ("done\n", "", 0)
    assert len(observed.children) == 50
    assert observed.root.values()[-1] == 50
    assert [
        len(observed.root.of(kind)) for kind in (trace_format.START_CALLED, trace_format.REAPED, trace_format.JOINED)
    ] == [25] * 3
    no_trouble(observed)


@every_python
def test_sampling_goes_on_after_forks(python: Python, script: Script) -> None:
    """The sampler's thread is ended for a fork; in the parent and in the child it comes back."""
    program = script(
        """
        import os

        rocket = 0
        limit = 1
        pid = os.fork()
        while limit:
            rocket += 1
        if not pid:
            os._exit(0)
        os.waitpid(pid, 0)
        """
    )
    with Observed(python, [program]) as running:
        # It ends only if both processes, after the fork, do what the control block says.
        running.control_block.set("0", "limit", 0)
        observed = running.finish()
    assert (observed.stderr, observed.code) == ("", 0)


def test_processes_of_pools_and_executors(script: Script) -> None:
    program = script(
        """
        import multiprocessing, sys
        from concurrent.futures import ProcessPoolExecutor

        def square(number):
            return number * number

        if __name__ == "__main__":
            multiprocessing.set_start_method(sys.argv[1])
            with multiprocessing.Pool(2) as pool:
                print(pool.map(square, range(4)))
                pool.close()
                pool.join()
            with ProcessPoolExecutor(2) as executor:
                print(list(executor.map(square, range(4))))
            with multiprocessing.Manager() as manager:
                shared = manager.list([1])
                print(list(shared))
        """
    )
    for method in START_METHODS:
        alone, observed = alone_and_observed(this_python(), ["-W", "always", program, method])
        same(alone, observed)
        assert len(observed.children) >= 4
        assert all(child.of(trace_format.NAMED) for child in observed.children)
        no_trouble(observed)


def test_subprocesses_that_are_python(script: Script) -> None:
    """A program's own subprocesses bring their agents with them; isolated ones do not."""
    program = script(
        """
        import subprocess, sys
        subprocess.run([sys.executable, "-c", "rocket = 5; print('inner')"], check=True)
        subprocess.run([sys.executable, "-I", "-c", "rocket = 6; print('isolated')"], check=True)
        subprocess.run(["sh", "-c", "exec \\"$0\\" -c 'rocket = 7'", sys.executable], check=True)
        """
    )
    alone, observed = alone_and_observed(this_python(), [program])
    same(alone, observed)
    assert [child.values()[-1] for child in observed.children] == [5, 7]
    assert all(child.parent_pid == observed.root.pid for child in observed.children)


def test_an_exec_in_the_same_process_is_followed(script: Script) -> None:
    program = script(
        """
        import os, sys
        rocket = 1
        if len(sys.argv) == 1:
            os.execv(sys.executable, [sys.executable, __file__, "again"])
        print("second")
        rocket = 2
        """
    )
    alone, observed = alone_and_observed(this_python(), [program])
    same(alone, observed)
    assert [reader.pid for reader in observed.readers] == [observed.root.pid] * 2
    assert observed.readers[1].values()[-1] == 2


def test_run_directory_that_is_gone(script: Script) -> None:
    """The program does not care whether anybody listens."""
    program = script(
        """
        import multiprocessing, os, shutil
        shutil.rmtree(os.path.dirname([line.split()[-1] for line in open("/proc/self/maps") if ".trace" in line][0]))
        process = multiprocessing.get_context("spawn").Process(target=print, args=("child",))
        if __name__ == "__main__":
            process.start()
            process.join()
            pid = os.fork()
            if not pid:
                os._exit(0)
            os.waitpid(pid, 0)
            print("end", process.exitcode)
        """.replace("shutil.rmtree(", "if __name__ == '__main__': shutil.rmtree(")
    )
    with Observed(this_python(), [program]) as running:
        stdout, stderr = running.process.communicate(timeout=30)
    assert (stdout.split(), stderr, running.process.returncode) == (["child", "end", "0"], "", 0)


def test_the_running_interpreter_is_among_them() -> None:
    assert sys.version_info[:3] in [python.version for python in pythons()]


def test_the_last_line_of_a_traceback_is_never_blank() -> None:
    assert describe(ValueError("no fuel")) == "ValueError: no fuel"
    assert describe(ValueError("")) == "ValueError"
    assert describe(RuntimeError("\n   no start\n\n   see the guide\n   ")) == "RuntimeError: no start"
    assert describe(ValueError("two\nlines\n")) == "lines"
