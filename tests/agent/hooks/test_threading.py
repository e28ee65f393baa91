"""Threads as the agent sees them: what they did is noted, and the program finds everything as it does alone."""

from __future__ import annotations

from rocketgui.agent import trace_format
from tests.agent.conftest import Script
from tests.agent.hooks.test_multiprocessing import every_python, no_trouble, same
from tests.helpers import Python, Told, alone_and_observed

WHOLE = ["start_called", "began", "target_entered", "target_left", "joined"]

FLIGHT = """
    import threading

    class Shy(threading.Thread):
        def __getattr__(self, name):
            raise AttributeError("asked for " + name)

        def run(self):
            self.rocket = 7

    def fail():
        raise ValueError("no fuel")

    def fly(height):
        threading.current_thread().rocket = height

    threads = [
        Shy(name="shy"),
        threading.Thread(target=fail, name="failing"),
        threading.Thread(target=fly, name="daemon", args=(11,), daemon=True),
        threading.Timer(0, fly, (13,)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    unjoined = threading.Thread(target=fly, name="unjoined", args=(17,))
    unjoined.start()
    while unjoined.is_alive():
        pass
    print(threading.active_count(), [thread.ident is not None for thread in threads])
    try:
        unjoined.start()
    except RuntimeError as error:
        print(error)
"""


def threads(reader: Told) -> dict[str, list[tuple[str, str]]]:
    """What was noted of each thread, by its name: moments with their texts."""
    noted: dict[str, list[tuple[str, str]]] = {}
    for record in reader.of(trace_format.THREAD):
        number, moment, text = record.texts
        noted.setdefault(number, []).append((moment, text))
    assert [next(iter(moments))[0] for moments in noted.values()] == ["start_called"] * len(noted)
    return {moments[0][1].rstrip("-0123456789"): moments for moments in noted.values()}


def last_values(reader: Told) -> dict[str, int | float]:
    """The last value of each thread's `rocket`, by the thread's number."""
    return {
        record.texts[2]: reader.values(int(record.texts[0]))[-1]
        for record in reader.of(trace_format.NAME)
        if record.texts[2] != "0"
    }


@every_python
def test_moments_and_last_values(python: Python, script: Script) -> None:
    alone, observed = alone_and_observed(python, ["-W", "always", script(FLIGHT)])
    same(alone, observed)
    assert observed.code == 0
    no_trouble(observed)
    noted = threads(observed.root)
    moments = {name: [moment for moment, _ in told] for name, told in noted.items()}
    failing = moments.pop("failing")
    assert failing == [*WHOLE[:3], "failed", *WHOLE[3:]]
    assert ("failed", "ValueError: no fuel") in noted["failing"]
    assert moments.pop("unjoined") == WHOLE[:4]
    assert set(map(tuple, moments.values())) == {tuple(WHOLE)}
    assert len(moments) == 3
    assert all(dict(told)["began"].isdigit() for told in noted.values())
    assert sorted(last_values(observed.root).values()) == [7, 11, 13, 17]


@every_python
def test_traceback_is_as_it_is_alone(python: Python, script: Script) -> None:
    program = script(
        """
        import threading, traceback

        def deep():
            traceback.print_stack()
            raise KeyError("here")

        thread = threading.Thread(target=deep)
        thread.start()
        thread.join()
        """
    )
    alone, observed = alone_and_observed(python, [program])
    same(alone, observed)


@every_python
def test_nothing_is_kept_alive(python: Python, script: Script) -> None:
    program = script(
        """
        import gc, threading, weakref

        gc.disable()
        thread = threading.Thread(target=lambda: None)
        thread.start()
        while thread.is_alive():
            pass
        gone = weakref.ref(thread)
        del thread
        print(gone() is None)
        """
    )
    alone, observed = alone_and_observed(python, [program])
    same(alone, observed)


@every_python
def test_fork_beside_threads(python: Python, script: Script) -> None:
    """The child has no thread but its own, and numbers them from 1."""
    program = script(
        """
        import os, threading

        go = threading.Event()
        thread = threading.Thread(target=go.wait, name="parent's")
        thread.start()
        pid = os.fork()
        if not pid:
            child = threading.Thread(target=lambda: None, name="child's")
            child.start()
            child.join()
            raise SystemExit(0)
        os.waitpid(pid, 0)
        go.set()
        thread.join()
        """
    )
    alone, observed = alone_and_observed(python, ["-W", "ignore", program])
    same(alone, observed)
    [child] = observed.children
    assert [record.texts[0] for record in child.of(trace_format.THREAD)] == ["1"] * 5
    assert [record.texts[1] for record in observed.root.of(trace_format.THREAD)] == WHOLE
