"""Children that are no daemons have pools of their own."""

import multiprocessing
import sys


def cube(number):
    return number**3


def total(method, first, results):
    with multiprocessing.get_context(method).Pool(2) as pool:
        results.put((first, sum(pool.map(cube, range(first, first + 10)))))
        pool.close()
        pool.join()


if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    results = context.SimpleQueue()
    processes = [context.Process(target=total, args=(sys.argv[1], first, results)) for first in (0, 10)]
    for process in processes:
        process.start()
    found = [results.get() for _ in processes]
    for process in processes:
        process.join()
    print(sorted(found), [process.exitcode for process in processes])
