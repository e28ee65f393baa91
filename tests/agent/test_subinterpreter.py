"""More interpreters in one process, as the agent sees them: their values, what they print, and their ends."""

from __future__ import annotations

import pytest

from rocketgui.agent import trace_format
from rocketgui.programs import source
from rocketgui.protocol.variant import INTERPRETERS_FROM, Variant
from tests.agent.conftest import Script
from tests.agent.hooks.test_multiprocessing import no_trouble, same
from tests.helpers import Observed, Python, Told, alone_and_observed, pythons, until

with_interpreters = pytest.mark.parametrize(
    "python", [python for python in pythons() if python.version >= INTERPRETERS_FROM], ids=str
)

POOL = """
    import threading
    from concurrent import interpreters
    from concurrent.futures import InterpreterPoolExecutor

    rocket = 0

    def fly(height):
        global rocket
        rocket += height
        print("at", rocket, flush=True)
        return rocket

    def fail():
        raise ValueError("no fuel")

    if __name__ == "__main__":
        with InterpreterPoolExecutor(max_workers=1) as pool:
            print(list(pool.map(fly, [3, 4, 5])))
            try:
                pool.submit(fail).result(timeout=30)
            except Exception as error:
                print(type(error).__name__, error)
        mine = interpreters.create()
        mine.exec("import threading; print(threading.active_count(), flush=True)")
        mine.close()
        print(rocket, threading.active_count())
"""


def subinterpreters(readers: list[Told]) -> list[Told]:
    return [reader for reader in readers if reader.thread]


@with_interpreters
def test_a_program_finds_everything_as_it_does_alone(python: Python, script: Script) -> None:
    alone, observed = alone_and_observed(python, ["-W", "always", script(POOL)])
    same(alone, observed)
    assert observed.code == 0, observed.stderr
    no_trouble(observed)
    pooled, mine = subinterpreters(observed.readers)
    assert observed.root.values()[-1] == 0
    assert pooled.values()[-1] == 12
    assert pooled.lines("stdout") == ["at 3", "at 7", "at 12"]
    # What is run as text is in no function of the main module.
    assert mine.values() == []
    assert pooled.thread != mine.thread
    assert {reader.pid for reader in observed.readers} == {observed.root.pid}


@with_interpreters
def test_moments_and_values_of_the_built_in_program(python: Python, script: Script) -> None:
    text = source(Variant("sub-interpreters"), 3, 200_000)
    alone, observed = alone_and_observed(python, ["-W", "always", script(text)])
    assert sorted(alone.stdout.splitlines()) == sorted(observed.stdout.splitlines())
    assert (alone.code, alone.stderr) == (observed.code, observed.stderr) == (0, "")
    no_trouble(observed)
    found = subinterpreters(observed.readers)
    assert [reader.values()[-1] for reader in found] == [200_000] * 3
    for reader in found:
        entered, left = reader.one(trace_format.TARGET_ENTERED), reader.one(trace_format.TARGET_LEFT)
        first = reader.of(trace_format.OUTPUT)[0]
        assert first.texts[1].startswith("start func")
        assert reader.began_ns < entered.t_ns < first.t_ns < left.t_ns
    began = [record.texts for record in observed.root.of(trace_format.THREAD) if record.texts[1] == "began"]
    assert {int(texts[2]) for texts in began} == {reader.thread for reader in found}


@with_interpreters
def test_the_control_block_reaches_each_interpreter(python: Python, script: Script) -> None:
    text = source(Variant("sub-interpreters"), 2, 10**12)
    with Observed(python, [script(text)]) as observed:
        until(
            lambda: len([reader for reader in subinterpreters(observed.readers()) if reader.values()]) == 2,
            "both interpreters",
        )
        one, other = subinterpreters(observed.readers())
        observed.control_block.set(f"{one.pid}:i{one.thread}", "limit", 0)
        until(
            lambda: any(reader.of(trace_format.TARGET_LEFT) for reader in subinterpreters(observed.readers())),
            "the end of one",
        )
        observed.control_block.set("0", "limit", 0)
        done = observed.finish()
    assert done.code == 0, done.stderr
    no_trouble(done)
    left = {reader.thread: reader.one(trace_format.TARGET_LEFT).t_ns for reader in subinterpreters(done.readers)}
    assert left[one.thread] < left[other.thread]
