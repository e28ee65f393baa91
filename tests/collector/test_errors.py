"""An error inside the collector, wherever it comes from, ends nothing: it is counted and told, and the run goes on."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from tests.helpers import environment, mark, nothing_is_left, start, this_python

__all__ = ["mark"]

#: What is observed: a child, a thread, a value and a line of output.
PROGRAM = """\
import multiprocessing, threading
count = 0
def work():
    global count
    count += 1
if __name__ == "__main__":
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    thread = threading.Thread(target=work)
    thread.start()
    child.join(), thread.join()
    print("done", child.exitcode)
"""

#: Runs the program once for each function of the collector's, which fails the first times that it is called.
INJECT = """\
import importlib, inspect, json, os, random, sys, time
from pathlib import Path
from rocketgui.collector.collector import Collector
from rocketgui.collector.launcher import Resumption, StartedRun
from rocketgui.collector.run_files import RunFiles
from rocketgui.protocol.launch_spec import Script
from rocketgui.protocol.messages import RunEnded

MODULES = (
    "checkpoint control_block cpu_load processes.activity processes.exit_watcher processes.perf_events "
    "processes.registry processes.sampler processes.system_monitor run_observer supervisor_reports trace.buffers "
    "trace.decoder trace.reader worker_target"
).split()
# What the owner calls before there is a collector, the entry of the first process, and what comes after the end.
EXCEPT = {"_opened", "_mapped", "PerfRings", "ControlBlockWriter", "ProcessEntry", "release"}

def functions():
    for name in MODULES:
        module = importlib.import_module("rocketgui.collector." + name)
        for owner in [module, *(kind for kind in vars(module).values() if inspect.isclass(kind))]:
            if owner.__name__ in EXCEPT:
                continue
            if getattr(owner, "__module__", owner.__name__) == module.__name__ or owner is module:
                for what, function in list(vars(owner).items()):
                    if inspect.isfunction(function) and function.__module__ == module.__name__ and what not in EXCEPT:
                        yield owner, what, function

def failing(function, count):
    def fail(*arguments, **named):
        if count:
            count.pop()
            raise RuntimeError("injected")
        return function(*arguments, **named)
    return fail

def follow(script, output):
    started = StartedRun(Script((script,)).launch(sys.executable, own_session=False)._replace(output=output))
    resumes = None
    for attempt in range(1, 10):  # one that cannot take over ends, and the owner starts another one
        try:
            collector = Collector()
            files = RunFiles([os.dup(one) for one in started.files.descriptors])
            rings = [os.dup(one) for one in started.rings.descriptors] if started.rings else []
            collector.observe(started.told(resumes), files, rings)
            break
        except RuntimeError:
            resumes = Resumption(False, 1, time.monotonic_ns(), 0, 0, attempt)
    found, deadline = [], time.monotonic() + 10
    try:
        while collector.running and time.monotonic() < deadline:
            found += collector.tick().messages
            time.sleep(1 / 120)
    finally:
        started.supervised.close(10)
        if collector.running:
            collector.run.release()
        started.clear_up()
    return [message for message in found if isinstance(message, RunEnded)]

folder, share, seed = Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
faults = []
chosen = random.Random(seed)
for owner, what, function in list(functions()):
    name = f"{owner.__name__}.{what}"
    for times in (1, 4):
        if chosen.random() > share:
            continue
        called = [None] * times
        setattr(owner, what, failing(function, called))
        try:
            ended = follow(str(folder / "program.py"), str(folder / "output"))
        except Exception as error:
            faults.append(f"{name}, {times} times: {error!r}")
            continue
        finally:
            setattr(owner, what, function)
        printed = (folder / "output").read_text()
        # Where reports are lost again and again, it is the owner that sees how the program ended.
        told = [(message.ended, message.exit_code) for message in ended] == [("finished", 0)] or times > 1
        if not told or printed != "done 0\\n":
            faults.append(f"{name}, {times} times: {ended} {printed!r}")
print(json.dumps(faults))
"""


#: The share of all functions that is tried; 1 takes some two minutes.
SHARE = float(os.environ.get("ROCKETGUI_CHAOS_ERRORS", "0.15"))


@pytest.mark.slow
@pytest.mark.timeout(60 + 300 * SHARE)
def test_an_error_at_any_call_ends_nothing(mark: str, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    seed = str(random.randrange(2**32))
    print(f"random seed {seed}")
    process = start(this_python(), ["-c", INJECT, str(tmp_path), str(SHARE), seed], environment(mark))
    stdout, stderr = process.communicate(timeout=50 + 300 * SHARE)
    assert process.returncode == 0, stderr
    assert json.loads(stdout) == []
    nothing_is_left(mark)
