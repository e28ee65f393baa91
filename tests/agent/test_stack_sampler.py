"""What an agent tells of where its main thread is, and of what that waits for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from rocketgui.agent import trace_format
from rocketgui.agent.stack_sampler import WAITS
from rocketgui.protocol.messages import ACTIVITIES
from tests.agent.conftest import Script
from tests.agent.hooks.test_multiprocessing import no_trouble
from tests.helpers import Observed, Python, Told, pythons, this_python

PLACES = """
    import multiprocessing, queue, sys, threading, time

    rocket = 0

    def count():
        global rocket
        end = time.monotonic() + 0.7
        while time.monotonic() < end:
            rocket += 1

    def nap():
        time.sleep(0.7)

    def get():
        multiprocessing.Queue().get(timeout=0.7)

    def put():
        full = queue.Queue(1)
        full.put(1)
        full.put(2, timeout=0.7)

    def receive():
        pipe = multiprocessing.Pipe()
        pipe[0].poll(0.7)

    def lock():
        threading.Condition(threading.Lock()).__enter__()
        threading.Event().wait(0.7)

    def join():
        process = multiprocessing.Process(target=nap)
        process.start()
        process.join()

    if __name__ == "__main__":
        for call in (count, nap, get, put, receive, lock, join):
            try:
                call()
            except (queue.Empty, queue.Full):
                pass
        def deep(n):
            return deep(n - 1) if n else nap()
        deep(400)
"""


@dataclass
class Look:
    share: int
    late_us: int
    waits: str
    of: str
    file: str
    line: int
    function: str


def looks(told: Told) -> list[Look]:
    """What stands in the records, those that say "the same" completed."""
    found: list[Look] = []
    for record in told.of(trace_format.ACTIVITY):
        share, late, *rest = record.texts
        if rest:
            waits, of, file, line, function = rest
            found.append(Look(int(share), int(late), waits, of, file, int(line), function))
        else:
            last = found[-1]
            found.append(Look(int(share), int(late), last.waits, last.of, last.file, last.line, last.function))
    return found


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize("python", list(dict.fromkeys((pythons()[0], this_python(), pythons()[-1]))), ids=str)
def test_where_the_main_thread_is(python: Python, script: Script) -> None:
    program = script(PLACES)
    with Observed(python, [program]) as observed:
        done = observed.finish()
    assert (done.code, done.stderr) == (0, "")
    no_trouble(done)
    found = looks(done.root)
    assert {look.file for look in found if look.function != "count"} == {program}
    waits = {look.function: look.waits for look in found}
    known = {
        "nap": "", "get": "queue", "put": "full queue", "receive": "pipe", "lock": "lock", "join": "join",
    }  # fmt: skip
    assert {function: waits.get(function) for function in known} == known
    [child] = done.children
    assert {look.of for look in found if look.waits == "join"} == {f"process {child.pid}"}
    assert {look.function for look in looks(child)} == {"nap"}
    lines = Path(program).read_text().splitlines()
    assert {lines[look.line - 1].strip() for look in found if look.function == "nap"} == {"time.sleep(0.7)"}
    counting = [look for look in found if look.function == "count"]
    assert counting
    assert max(look.share for look in counting) > 2 * max(look.share for look in found if look.waits)


def test_an_idle_worker_of_a_pool_is_not_where_its_parent_forked(script: Script) -> None:
    program = script(
        """
        import multiprocessing, time

        if __name__ == "__main__":
            with multiprocessing.get_context("fork").Pool(1) as pool:
                time.sleep(0.8)
        """
    )
    with Observed(this_python(), [program]) as observed:
        done = observed.finish()
    [worker] = done.children
    assert {(look.waits, look.function) for look in looks(worker)} == {("queue", "worker")}


def test_objects_live_no_longer_for_being_looked_at(script: Script) -> None:
    program = script(
        """
        import time

        class Rocket:
            def __del__(self):
                print("gone", flush=True)

        def fly(rocket):
            time.sleep(0.6)
            del rocket
            time.sleep(0.6)
            print("landed", flush=True)

        fly(Rocket())
        """
    )
    for watch in ("", "fly:rocket"):
        with Observed(this_python(), [program], watch=watch) as observed:
            assert observed.finish().stdout.splitlines() == ["gone", "landed"]


@pytest.mark.parametrize("known", WAITS.values(), ids=WAITS)
def test_all_that_a_stack_can_tell_is_known_to_messages(known: dict[str, str]) -> None:
    assert set(known.values()) <= set(ACTIVITIES)
