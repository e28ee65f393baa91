"""The start method is set for the whole program."""

import multiprocessing
import sys

counter = 0


def count():
    global counter
    while counter < 100_000:
        counter += 1
    print(multiprocessing.get_start_method(), counter, flush=True)


if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    processes = [multiprocessing.Process(target=count) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print("parent", counter, [process.exitcode for process in processes])
