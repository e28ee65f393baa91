"""A run whose collector comes late: what happened before it first looked is known all the same."""

from __future__ import annotations

import json

from tests.helpers import LONGEST, environment, mark, nothing_is_left, start, this_python

__all__ = ["mark"]

#: Launches, and looks for the first time when nothing is left of the program but what it wrote.
LATE = """\
import json, os, sys, time
import psutil
from rocketgui.options import Options
from rocketgui.protocol.variant import Variant
from rocketgui.collector.collector import Collector
from rocketgui.collector.launcher import StartedRun
from rocketgui.collector.run_files import RunFiles
from rocketgui.collector.processes.program_tree import ProgramTree
from rocketgui.collector.processes import sampler
from rocketgui.protocol.messages import CoreLoad
from rocketgui.model.model import Model

def wait_until(holds):
    while not holds():
        time.sleep(0.01)

options = Options(workers=2, limit=sys.maxsize, variant=Variant(start_method="spawn"))
started = StartedRun(options.command(own_session=False)._replace(output=os.devnull))
below = lambda: sampler.descendants(ProgramTree(started.supervised.pid))
wait_until(lambda: sum(b"start func" in open(os.path.join(started.directory, name), "rb").read()
                       for name in os.listdir(started.directory) if name.endswith(".trace")) == 2)
collector, model, loads = Collector(), Model(), []
times = psutil.cpu_times(percpu=True)
wait_until(lambda: all(now != before for now, before in zip(psutil.cpu_times(percpu=True), times)))
started.supervised.send("stop")
wait_until(lambda: not below())
rings = started.rings.descriptors if started.rings else []
files = RunFiles([os.dup(one) for one in started.files.descriptors])
collector.observe(started.told(), files, [os.dup(one) for one in rings])
collector.run.note_stop()
while collector.running:
    frame = collector.tick()
    model.apply_frame(frame)
    loads += [message for message in frame.messages if isinstance(message, CoreLoad)]
started.supervised.close(10)
started.clear_up()
rows = [[row.parent, row.signal] for row in model.run.processes.values() if row.kind != "helper"]
print(json.dumps([rows, len(loads)]))
"""


def test_a_late_first_look(mark: str) -> None:
    process = start(this_python(), ["-c", LATE], environment(mark))
    stdout, stderr = process.communicate(timeout=LONGEST)
    assert stderr == ""
    rows, loads = json.loads(stdout)
    assert rows == [[None, 15], [1, 15], [1, 15]]
    assert loads >= 1
    nothing_is_left(mark)
