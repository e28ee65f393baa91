"""Runs a program under the collector, 60 ticks a second, as `--headless` does; for programs other than the built-in.

python -m benchmarks.programs.observe START_METHOD PROGRAM ARGUMENTS...
"""

from __future__ import annotations

import sys
import time

from rocketgui.collector.collector import Collector
from rocketgui.messages import Launch

NS = 1_000_000_000


def main() -> int:
    start_method, *argv = sys.argv[1:]
    collector = Collector()
    collector.obey(
        Launch(
            argv=tuple(argv),
            python=sys.executable,
            run_as="processes",
            start_method=start_method,
            workers=0,
            limit=0,
            own_session=False,
        )
    )
    deadline = time.monotonic_ns()
    while collector.running:
        collector.tick()
        deadline = max(deadline + collector.period_ns, time.monotonic_ns())
        time.sleep(max(0, deadline - time.monotonic_ns()) / NS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
