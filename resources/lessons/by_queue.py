"""Each process counts its own rocket, and sends the result to the parent by one queue that all share."""

import argparse
import multiprocessing

rocket = 0
limit = 20_000_000
workers = 2


def count(name, queue, to):
    """What each worker runs: count this process's own rocket up to the limit, and send it."""
    global rocket, limit
    limit = to
    print(f"start {name}", flush=True)
    while rocket < limit:
        rocket += 1
    queue.put((name, rocket))
    print(f"end {name}", flush=True)


def main():
    global rocket, limit, workers
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=workers)
    parser.add_argument("--limit", type=int, default=limit)
    options = parser.parse_args()
    workers, limit = options.workers, options.limit

    queue = multiprocessing.Queue()
    names = [f"func{number + 1}" for number in range(workers)]
    started = [multiprocessing.Process(target=count, name=name, args=(name, queue, limit)) for name in names]
    for process in started:
        process.start()
    for _ in started:
        name, result = queue.get()
        rocket += result
        print(f"parent received {result} of {name}: rocket is {rocket}", flush=True)
    for process in started:
        process.join()


if __name__ == "__main__":
    main()
