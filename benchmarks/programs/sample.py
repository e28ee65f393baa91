"""The plainest sampler there could be: psutil at 60 Hz, every core and every worker, and nothing done with it.

python -m benchmarks.programs.sample WORKERS
"""

from __future__ import annotations

import subprocess
import sys
import time

import psutil

from rocketgui.resources import resource

PERIOD_S = 1 / 60


def main() -> int:
    workers = int(sys.argv[1])
    command = [
        sys.executable,
        str(resource("programs/rocket.py")),
        "--workers",
        str(workers),
        "--limit",
        str(sys.maxsize),
    ]
    with subprocess.Popen(command, start_new_session=True) as program:
        root = psutil.Process(program.pid)
        while len(target := root.children()) < workers:
            time.sleep(0.05)
        deadline = time.monotonic()
        while True:
            psutil.cpu_percent(percpu=True)
            for process in target:
                scheme(process)
            deadline = max(deadline + PERIOD_S, time.monotonic())
            time.sleep(max(0.0, deadline - time.monotonic()))


def scheme(process: psutil.Process) -> None:
    """The same that rocketgui asks of a process."""
    with process.oneshot():
        process.status()
        process.cpu_times()
        if hasattr(process, "cpu_num"):
            process.cpu_num()
        process.num_ctx_switches()
        process.memory_info()


if __name__ == "__main__":
    sys.exit(main())
