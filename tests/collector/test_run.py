"""A run whose collector comes late: what happened before it first looked is known all the same."""

from __future__ import annotations

import json

from tests.helpers import LONGEST, environment, mark, nothing_is_left, start, this_python

__all__ = ["mark"]

#: Launches, and looks for the first time when nothing is left of the program but what it wrote.
LATE = """\
import json, os, sys, time
from rocketgui import following
from rocketgui.arguments import rocket_launch, Options
from rocketgui.collector.collector import Collector
from rocketgui.collector.launching import Started
from rocketgui.collector import processes
from rocketgui.model.session import Model

def wait_until(holds):
    while not holds():
        time.sleep(0.01)

options = Options(workers=2, limit=sys.maxsize, start_method="spawn")
started = Started(options.command(own_session=False)._replace(output=os.devnull))
below = lambda: processes.descendants(started.supervised.pid)
wait_until(lambda: sum(b"start func" in open(os.path.join(started.directory, name), "rb").read()
                       for name in os.listdir(started.directory) if name.endswith(".box")) == 2)
collector, model = Collector(), Model()
collector.follow(started)
collector.run.stop()
wait_until(lambda: not below())
for frame in following.frames(collector, model, before=lambda: None):
    pass
print(json.dumps([[row.parent, row.signal] for row in model.session.processes.values() if row.kind != "helper"]))
"""


def test_a_late_first_look(mark: str) -> None:
    process = start(this_python(), ["-c", LATE], environment(mark))
    stdout, stderr = process.communicate(timeout=LONGEST)
    assert stderr == ""
    assert json.loads(stdout) == [[None, 9], [1, 9], [1, 9]]
    nothing_is_left(mark)
