"""Each process prints as it counts. With a limit that can be reached, the lines show that both advance in turn."""

import argparse
import multiprocessing

rocket = 0
limit = 20_000_000
workers = 2


def count(name, to):
    """What each worker runs: count this process's own rocket up to the limit, and print every millionth count."""
    global rocket, limit
    limit = to
    print(f"start {name}", flush=True)
    while rocket < limit:
        rocket += 1
        if rocket % 1_000_000 == 0:
            print(f"{name}: {rocket:,}", flush=True)
    print(f"end {name}", flush=True)


def main():
    global limit, workers
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=workers)
    parser.add_argument("--limit", type=int, default=limit)
    options = parser.parse_args()
    workers, limit = options.workers, options.limit

    names = [f"func{number + 1}" for number in range(workers)]
    started = [multiprocessing.Process(target=count, name=name, args=(name, limit)) for name in names]
    for process in started:
        process.start()
    for process in started:
        process.join()


if __name__ == "__main__":
    main()
