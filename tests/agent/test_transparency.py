"""The program finds everything as it does alone: environment, path, threads, descriptors, output.

Also tests rocketgui.agent.inject.sitecustomize.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from rocketgui.agent import trace_format
from tests.agent.conftest import Script
from tests.agent.hooks.test_multiprocessing import every_python, no_trouble, same, ways
from tests.helpers import START_METHODS, Observed, Python, alone_and_observed, clean, pythons, this_python

LOOK = """
    import json, multiprocessing, os, signal, subprocess, sys, threading

    def sitecustomize():
        # Where the user has none, the agent's cannot vanish: Python is about to take it out of sys.modules itself.
        path = getattr(sys.modules.get("sitecustomize"), "__file__", "")
        return "" if path.endswith("agent/inject/sitecustomize.py") else path

    def look(title):
        print(title, json.dumps({
            "path": sys.path,
            "environ": dict(os.environ),
            "argv": sys.argv,
            "threads": [thread.name for thread in threading.enumerate()],
            "count": threading.active_count(),
            "descriptors": sorted(os.listdir("/proc/self/fd")),
            "sitecustomize": sitecustomize(),
            "user": getattr(sys, "user_was_here", None),
            "streams": [str(type(stream)) + str(stream.fileno()) for stream in (sys.stdout, sys.stderr)],
            "hooks": [sys.excepthook is sys.__excepthook__, sys.gettrace(), sys.getprofile()],
            "interval": sys.getswitchinterval(),
            "signals": [str(signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)],
            "children": len(multiprocessing.active_children()),
        }, sort_keys=True), flush=True)

    if __name__ == "__main__":
        look("parent")
        for method in ("fork", "spawn", "forkserver"):
            process = multiprocessing.get_context(method).Process(target=look, args=(method,))
            process.start()
            process.join()
        look("parent again")
        if len(sys.argv) == 1:
            subprocess.run([sys.executable, __file__, "as a subprocess"], check=True)
"""


@pytest.mark.parametrize(("python", "with_path"), ways([False, True]), ids=str)
def test_everything_looks_as_it_does_alone(python: Python, with_path: bool, script: Script, tmp_path: Path) -> None:
    base = clean()
    if with_path:
        user = tmp_path / "user"
        user.mkdir()
        user.joinpath("sitecustomize.py").write_text("import sys\nsys.user_was_here = __file__\n")
        base["PYTHONPATH"] = os.pathsep.join([str(tmp_path / "no such folder"), str(user)])
    alone, observed = alone_and_observed(python, ["-W", "always", script(LOOK)], base=base)
    assert observed.stderr == alone.stderr
    for one, other in zip(observed.stdout.splitlines(), alone.stdout.splitlines(), strict=True):
        title, _, seen = one.partition("{")
        expected_title, _, expected = other.partition("{")
        assert (title, json.loads("{" + seen)) == (expected_title, json.loads("{" + expected))
        assert with_path == bool(json.loads("{" + seen)["user"])
    assert observed.code == alone.code == 0
    no_trouble(observed)


@every_python
def test_sitecustomize_that_fails(python: Python, script: Script, tmp_path: Path) -> None:
    tmp_path.joinpath("sitecustomize.py").write_text("raise RuntimeError('not today')\n")
    base = {**clean(), "PYTHONPATH": str(tmp_path)}
    alone, observed = alone_and_observed(python, [script("rocket = 3\nprint('runs')\n")], base=base)
    same(alone, observed)
    assert "not today" in observed.stderr
    assert observed.root.values()[-1] == 3


@every_python
def test_program_that_closes_all_descriptors(python: Python, script: Script, tmp_path: Path) -> None:
    """Its own files then get the numbers that were free, and nothing but its own bytes may come into them."""
    program = script(
        """
        import os, sys

        rocket = 0
        os.closerange(3, 256)
        files = [open(os.path.join(sys.argv[1], str(n)), "w+b", buffering=0) for n in range(20)]
        for number, file in enumerate(files):
            file.write(b"%d" % number)
        while rocket < 2_000_000:
            rocket += 1
        pid = os.fork()
        while rocket < 3_000_000:
            rocket += 1
        if not pid:
            sys.exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        for number, file in enumerate(files):
            file.seek(0)
            assert file.read() == b"%d" % number, number
            file.close()
        os.closerange(3, 256)
        print("intact")
        """
    )
    folder = tmp_path / "files"
    folder.mkdir()
    with Observed(python, [program, str(folder)]) as running:
        observed = running.finish()
    assert (observed.stdout, observed.stderr, observed.code) == ("intact\n", "", 0)
    assert [path.read_text() for path in sorted(folder.iterdir(), key=lambda path: int(path.name))] == [
        str(number) for number in range(20)
    ]
    assert [reader.values()[-1] for reader in observed.readers] == [3_000_000, 3_000_000]
    no_trouble(observed)


@every_python
def test_modules_beside_the_program_are_its_own(python: Python, script: Script, tmp_path: Path) -> None:
    """Whatever the agent has imported by then, or imports later."""
    names = ["mmap", "resource", "struct", "threading"]
    for name in names:
        tmp_path.joinpath(f"{name}.py").write_text(f"print({name!r}, 'is mine')\n_shutdown = print\n")
    alone, observed = alone_and_observed(python, [script(f"import {', '.join(names)}\nrocket = 1\n")])
    same(alone, observed)
    assert observed.stdout.startswith("mmap is mine\nresource is mine\n")
    assert observed.root.of(trace_format.EXITING)
    no_trouble(observed)


def test_output_is_noted_and_passed_on(script: Script) -> None:
    program = script(
        r"""
        import contextlib, io, sys, threading

        print("a", "b", sep="-", end="")
        print("c")
        sys.stdout.write("two\nlines\n")
        print("äöü \u2603 \udcff".encode("utf-8", "replace").decode())
        print("to stderr", file=sys.stderr)
        with contextlib.redirect_stdout(io.StringIO()):
            print("nobody sees this")
        thread = threading.Thread(target=print, args=("from a thread",))
        thread.start()
        thread.join()
        sys.stdout.writelines(["x\n", "y\n"])
        try:
            sys.stdout.write(b"bytes")
        except TypeError as error:
            print(error)
        print("z" * 20_000)
        print("no end", end="")
        """
    )
    alone, observed = alone_and_observed(this_python(), [program], base={**clean(), "PYTHONUTF8": "1"})
    same(alone, observed)
    lines = alone.stdout.split("\n")
    long = lines.index("z" * 20_000)
    seen = observed.root.lines("stdout")
    # writelines() does not pass by write(), and a record holds no more than so many bytes
    expected = [line for line in lines if line not in ("x", "y")]
    assert [line for line in seen if line not in ("x", "y") and not line.startswith("z")] == [
        line for line in expected if line != lines[long]
    ]
    [cut] = [line for line in seen if line.startswith("z")]
    kept = len(cut) - len(cut.lstrip("z"))
    assert kept > 5_000
    assert cut == "z" * kept + f"… ({20_000 - kept} more characters)"
    assert observed.root.lines("stderr") == ["to stderr"]
    no_trouble(observed)


@pytest.mark.parametrize(
    ("program", "last"),
    [
        ("for i in range(100_000): sys.stderr.write(f'\\r{i}')", "99999"),
        ("for i in range(100_000): sys.stderr.write(f'{i}\\r')", "99999"),
        ("for i in range(50_000): sys.stderr.write('.')", "." * 7_700 + "… (42300 more characters)"),
        ("for i in range(50): sys.stderr.write('x\\n' * 100_000)", "x"),
    ],
)
def test_output_costs_what_is_written(script: Script, program: str, last: str) -> None:
    """Progress bars, dots and blocks: what is noted of them is little, and right at the end; nothing is quadratic."""
    with Observed(this_python(), [script(f"import sys\n{program}\n")]) as running:
        observed = running.finish()
    seen = observed.root.lines("stderr")
    assert seen[-1] == last
    assert len(seen) < 150_000
    assert observed.root.errors == []


def test_flood_of_output_is_counted(script: Script) -> None:
    """What the ring cannot hold is lost, but known to be; the lifecycle is not washed away."""
    with Observed(this_python(), [script("rocket = 1\nfor number in range(300_000):\n    print(number)\n")]) as running:
        observed = running.finish()
    assert observed.stdout == "".join(f"{number}\n" for number in range(300_000))
    seen = observed.root.lines("stdout")
    assert seen[-1] == "299999"
    assert 0 < len(seen) < 300_000
    assert 300_000 <= len(seen) + observed.root.lost <= 300_100  # in which some samples are
    assert observed.root.of(trace_format.EXITING)
    assert observed.root.values()[-1] == 1


def test_values_of_all_sizes_and_kinds(script: Script) -> None:
    program = script(
        """
        big = 2 ** 200
        negative = -(2 ** 63)
        fraction = 0.5
        rocket = True
        class Strange(int):
            def __str__(self):
                raise SystemExit("the agent ran code of the program's")
        strange = Strange(3)
        gone = 5
        del gone
        """
    )
    with Observed(this_python(), [program], watch="big,negative,fraction,rocket,strange,gone,never") as running:
        observed = running.finish()
    assert (observed.stderr, observed.code) == ("", 0)
    assert [observed.root.values(index)[-1:] for index in range(7)] == [[2**200], [-(2**63)], [0.5], [1], [3], [], []]
    no_trouble(observed)


def test_value_that_cannot_be_sampled_ends_nothing(script: Script) -> None:
    program = script(
        """
        import time

        rocket = 1 << 20_000
        other = 1
        time.sleep(0.2)
        rocket = 7
        other = 2
        """
    )
    with Observed(this_python(), [program], watch="rocket,other") as running:
        observed = running.finish()
    assert (observed.stderr, observed.code) == ("", 0)
    assert set(observed.root.values(0)) == {7}  # at its end, and perhaps by a sample before that
    assert {1, 2} == set(observed.root.values(1))
    assert observed.root.errors == []
    assert [record.texts for record in observed.root.of(trace_format.NOT_DRAWN)] == [("0",)]
    assert observed.root.of(trace_format.EXITING)


HOLD = """
    import multiprocessing, sys, time

    rocket = 0
    limit = 1

    def fly(name):
        global rocket
        print(name, multiprocessing.current_process().pid, flush=True)
        while limit:
            rocket += 1
            time.sleep(0.001)
        print("end", name, flush=True)

    if __name__ == "__main__":
        multiprocessing.set_start_method(sys.argv[1])
        processes = [multiprocessing.Process(target=fly, name=name, args=(name,)) for name in ("a", "b")]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
"""


@pytest.mark.parametrize("method", START_METHODS)
def test_control_block_reaches_running_processes(method: str, script: Script) -> None:
    with Observed(this_python(), [script(HOLD), method]) as running:
        pids = dict(running.line().split() for _ in range(2))
        running.control_block.set(pids["a"], "limit", 0)
        assert running.line() == "end a"
        running.control_block.set("0", "limit", 0)
        assert running.line() == "end b"
        observed = running.finish()
    assert (observed.stdout, observed.stderr, observed.code) == ("", "", 0)
    no_trouble(observed)


@every_python
def test_control_block_in_every_python(python: Python, script: Script) -> None:
    program = script("rocket = 0\nlimit = 1\nprint('up', flush=True)\nwhile limit:\n    rocket += 1\nprint(limit)\n")
    with Observed(python, [program]) as running:
        assert running.line() == "up"
        running.control_block.set("0", "unknown", 5)
        running.control_block.set("0", "limit", 0)
        assert running.line() == "0"
        assert running.finish().code == 0


@pytest.mark.alone
def test_rate(script: Script) -> None:
    """The more samples are asked for, the more come, and never more than were asked for."""
    program = script(
        """
        import time
        rocket = 0
        end = time.monotonic() + 1
        while time.monotonic() < end:
            rocket += 1
        """
    )
    counts = {}
    for rate_hz in (10, 200):
        with Observed(this_python(), [program], rate_hz=rate_hz) as running:
            root = running.finish().root
        seconds = (root.samples[-1].t_ns - root.samples[0].t_ns) / 1e9
        counts[rate_hz] = len(root.samples)
        assert len(root.samples) <= rate_hz * seconds * 1.05 + 3
    assert counts[200] > 3 * counts[10]


SIGNALS = """
    import os, signal, sys, threading, time

    def handler(number, frame):
        print("handled", flush=True)

    time.sleep(0.05)  # the sampling thread is there
    signal.signal(signal.SIGUSR2, handler)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM])
    for number in (signal.SIGUSR1, signal.SIGTERM):
        os.kill(os.getpid(), number)
        print(signal.sigwait([number]), flush=True)
    os.kill(os.getpid(), signal.SIGUSR2)
    time.sleep(0.05)
    print("unblock", flush=True)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR2])
    pid = os.fork()
    if not pid:
        time.sleep(0.05)
        print(signal.sigwait([signal.SIGTERM]), flush=True)
        os._exit(0)
    os.kill(pid, signal.SIGTERM)
    print(os.waitpid(pid, 0)[1], sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())), flush=True)
"""


@every_python
def test_signals_that_the_program_blocks_are_its_own(python: Python, script: Script) -> None:
    alone, observed = alone_and_observed(python, ["-W", "always", script(SIGNALS)])
    same(alone, observed)
    assert observed.code == 0, observed.stderr
    assert observed.stdout.splitlines()[2:4] == ["unblock", "handled"]


ENDS = """
    import atexit, json, multiprocessing, sys

    class Last:
        def __del__(self):
            print("del", json, flush=True)

    last = Last()
    atexit.register(lambda: print("at exit", last is not None, flush=True))

    if __name__ == "__main__":
        pool = multiprocessing.get_context("fork").Pool(1)
        print(pool.map(abs, [-1]))
"""


@every_python
def test_objects_die_at_the_end_as_they_do_alone(python: Python, script: Script) -> None:
    """A pool that is left to the interpreter's end complains where it dies later than it would alone."""
    alone, observed = alone_and_observed(python, ["-W", "ignore", script(ENDS)])
    same(alone, observed)
    assert "at exit True" in observed.stdout


@pytest.mark.parametrize("python", [python for python in pythons() if python.version >= (3, 11)], ids=str)
def test_a_print_that_fails_has_the_same_traceback(python: Python, script: Script) -> None:
    program = script(
        """
        import sys, traceback

        for text in ("\\u20ac", 3):
            try:
                sys.stdout.write(text)
            except Exception:
                traceback.print_exc()
        print("\\u20ac")
        """
    )
    alone, observed = alone_and_observed(python, [program], base={**clean(), "PYTHONIOENCODING": "ascii"})
    same(alone, observed)
    assert observed.stderr.count("Traceback") == 3


def test_a_child_without_room_for_a_trace_buffer_leaves_its_parents_alone(script: Script) -> None:
    program = script(
        """
        import multiprocessing, resource

        rocket = 0

        def fly():
            global rocket
            rocket = 7
            print("flown", flush=True)

        if __name__ == "__main__":
            processes = [multiprocessing.get_context("fork").Process(target=fly) for _ in range(3)]
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
            for process in processes:
                process.start()
            for process in processes:
                process.join()
        """
    )
    alone, observed = alone_and_observed(this_python(), [program])
    same(alone, observed)
    [root] = observed.readers
    assert root.lost == 0
    assert set(root.values()) == {0}
    assert len(root.of(trace_format.START_CALLED)) == len(root.of(trace_format.JOINED)) == 3
    assert not root.of(trace_format.NAMED)
