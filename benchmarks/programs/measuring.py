"""Flies the built-in program's `count` in workers that are pinned to a core each and write down their CPU time.

`benchmarks.in_program` copies this file beside a copy of the program, so that it runs wherever that does. Standard
library only.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Count = Callable[[str, int], None]


def run(count: Count) -> None:
    """Start a worker per core and wait for all of them. `count` is that of the main module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--limit", type=int, required=True)
    parser.add_argument("--start-method", required=True)
    parser.add_argument("--results", required=True)
    parser.add_argument("--put-every", type=int, default=0)
    options = parser.parse_args()
    context: Any = multiprocessing.get_context(options.start_method)
    cores = sorted(os.sched_getaffinity(0))
    queue = context.Queue() if options.put_every else None
    target = [
        context.Process(target=measured, args=(count, number, core, options, queue))
        for number, core in enumerate(cores)
    ]
    for process in target:
        process.start()
    if queue is not None:
        for _ in range(len(target) * (options.limit // options.put_every)):
            queue.get()
    for process in target:
        process.join()


def measured(count: Count, number: int, core: int, options: argparse.Namespace, queue: Any) -> None:
    """What each worker runs. CPU time is that of the process with all its threads: an agent, a queue's feeder."""
    os.sched_setaffinity(0, {core})
    count.__globals__.update(queue=queue, put_every=options.put_every)
    before = time.process_time()
    count(f"func{number + 1}", options.limit)
    cpu_s = time.process_time() - before
    result = {"cpu_s": cpu_s, "core": core, "counted": count.__globals__["rocket"]}
    Path(options.results, f"{number}.json").write_text(json.dumps(result), encoding="utf-8")
