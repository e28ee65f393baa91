"""Another collector takes over: the agents tell it again what the one before may not have been able to keep."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from rocketgui.agent import trace_format
from rocketgui.agent.subinterpreter import SubinterpreterAgent
from rocketgui.collector.control_block import ControlBlockWriter
from tests.agent.conftest import Script
from tests.agent.hooks.test_multiprocessing import every_python, no_trouble
from tests.helpers import Observed, Python, Told, control_block_in, read_trace, until

#: What the agent has mapped must live as long as this process.
KEPT: list[Any] = []

PROGRAM = """
    import threading, time

    rocket = 0

    def fly():
        threading.current_thread().rocket = 5
        time.sleep(1000)

    threading.Thread(target=fly, daemon=True).start()
    print("flies", flush=True)
    while rocket >= 0:
        rocket += 1
        time.sleep(0.01)
"""


def take_over(directory: str | Path, generation: int) -> ControlBlockWriter:
    """What the next collector does at its beginning."""
    descriptor = os.open(os.path.join(directory, trace_format.CONTROL_BLOCK_FILE), os.O_RDWR)
    try:
        return ControlBlockWriter(descriptor, 60.0, generation)
    finally:
        os.close(descriptor)


def names(reader: Told) -> list[tuple[str, ...]]:
    return [record.texts for record in reader.of(trace_format.NAME)]


def whole(reader: Told) -> list[tuple[str, ...]]:
    """What was told of the stack, where it was told as a whole."""
    return [record.texts for record in reader.of(trace_format.ACTIVITY) if len(record.texts) > 2]


@every_python
@pytest.mark.parametrize("watch", ["rocket", ""])
def test_all_names_and_the_stack_are_told_again(python: Python, watch: str, script: Script) -> None:
    with Observed(python, [script(PROGRAM)], watch=watch) as observed:
        assert observed.line() == "flies"
        until(lambda: whole(observed.readers()[0]), "a look at the stack")
        until(lambda: len(names(observed.readers()[0])) >= (2 if watch else 1), "the names")
        before = observed.readers()[0]
        assert {texts[1] for texts in names(before)} == {"rocket"}
        take_over(observed.directory, 1).close()
        until(lambda: names(observed.readers()[0]) == names(before) * 2, "the same names again")
        seen = len(observed.readers()[0].of(trace_format.ACTIVITY))
        until(lambda: len(observed.readers()[0].of(trace_format.ACTIVITY)) > seen, "one more look")
        told = observed.readers()[0]
        # `time.sleep` in the same line: but for that, nothing changes.
        assert len(whole(told)) >= 2
        assert whole(told)[-1][2:] == whole(before)[-1][2:]
        take_over(observed.directory, 1).close()
        control_block = take_over(observed.directory, 2)
        until(lambda: names(observed.readers()[0]) == names(before) * 3, "the same names once more")
        control_block.set("0", "rocket", -5)
        control_block.close()
        done = observed.finish()
    assert done.code == 0
    no_trouble(done)
    assert names(done.root) == names(before) * 3, "and not once more than that"


def test_another_interpreter_does_so_too(tmp_path: Path) -> None:
    control_block_in(tmp_path, 60.0).close()
    agent = SubinterpreterAgent(str(tmp_path), ["rocket"])
    KEPT.append(agent)
    agent._variables._new("height", 3)
    take_over(tmp_path, 1).close()
    assert agent._control_block.poll()
    agent._periodic_task(time.monotonic_ns())
    agent._periodic_task(time.monotonic_ns())
    [path] = tmp_path.glob(f"*{trace_format.TRACE_SUFFIX}")
    told = read_trace(str(path))
    assert names(told) == [("1", "height", "3"), ("0", "rocket", "0")]
    assert len(told.of(trace_format.OVERHEAD)) == 1
