"""Rockets that count at the same time, each in a process of its own.

    python rocket.py --workers 2 --limit 10000000 --start-method spawn

Every process has its own `rocket`. Counting in one changes nothing in the others, nor in the parent.
"""

import argparse
import multiprocessing
import sys
from multiprocessing.connection import wait

rocket = 0
limit = 10_000_000
workers = 2
start_method = None  # the system's own


def count(name, to):
    """What each worker runs: count this process's own rocket up to the limit."""
    global rocket, limit
    limit = to
    print(f"start {name}", flush=True)
    while rocket < limit:
        rocket += 1
    print(f"end {name}", flush=True)


def launch(number):
    """Start func1, func2, ... in a process of its own."""
    name = f"func{number}"
    process = multiprocessing.Process(target=count, name=name, args=(name, limit))
    process.start()
    return process


def main():
    global limit, workers
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=workers)
    parser.add_argument("--limit", type=int, default=limit)
    parser.add_argument("--start-method", default=start_method)
    options = parser.parse_args()
    workers, limit = options.workers, options.limit
    multiprocessing.set_start_method(options.start_method)

    started = []
    running = []
    while running or len(started) < workers:
        while len(started) < workers:  # `workers` may have grown in the meantime
            try:
                started.append(launch(len(started) + 1))
            except (OSError, EOFError) as error:  # EOFError: the fork server could not fork, and ended
                print(f"func{len(started) + 1} cannot start: {error}", file=sys.stderr)
                workers = len(started)
        running = [process.sentinel for process in started if process.is_alive()]
        wait(running, timeout=0.05)
    for process in started:
        process.join()
    print(f"rocket in the parent: {rocket}")
    if not started:
        sys.exit("none could start")


if __name__ == "__main__":
    main()
