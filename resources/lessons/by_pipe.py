"""Each process counts its own rocket, and sends the result to the parent by a pipe of its own."""

import argparse
import multiprocessing

rocket = 0
limit = 20_000_000
workers = 2


def count(name, end, to):
    """What each worker runs: count this process's own rocket up to the limit, and send it."""
    global rocket, limit
    limit = to
    print(f"start {name}", flush=True)
    while rocket < limit:
        rocket += 1
    end.send(rocket)
    print(f"end {name}", flush=True)


def main():
    global rocket, limit, workers
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=workers)
    parser.add_argument("--limit", type=int, default=limit)
    options = parser.parse_args()
    workers, limit = options.workers, options.limit

    started = []
    for number in range(workers):
        name = f"func{number + 1}"
        receiving, sending = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.Process(target=count, name=name, args=(name, sending, limit))
        process.start()
        sending.close()  # this end is the child's
        started.append((process, receiving))
    for process, receiving in started:
        result = receiving.recv()
        rocket += result
        print(f"parent received {result} of {process.name}: rocket is {rocket}", flush=True)
        process.join()


if __name__ == "__main__":
    main()
